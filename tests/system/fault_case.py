"""The 34 faults found in the Python system that this one re-creates: what their tests share.

Each fault has a test, named after its number, that ours does not have it; WAITING names those that cannot exist yet
because their part is not there, and why.
"""

from bus import SHORT, Fault
from system_case import SharedSystem

WAITING = {
    10: "federation between systems is not there yet; inter_connect is answered is_not_handled (test_protocol_table)",
    25: "stored credentials are not there yet; get_credentials is answered is_not_handled (test_protocol_table)",
    26: "the web console and its files are not there yet; packages are taken from one folder only (fault 27)",
    28: "accounts and roles are not there yet; the sender is stamped already (test_sender_is_stamped)",
    30: "nothing here runs a command line with a password; comes with credentials",
}


class FaultCase(SharedSystem):
    """A shared system with a second process; a test that breaks things makes `own_system()`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.child = cls.king.create_process()

    def quickly(self, recipient, command, body=None, within=SHORT):
        with self.within(within):
            return self.king.ask(recipient, command, body)

    def fault_of(self, recipient, command, body=None, timeout=10.0):
        with self.assertRaises(Fault) as caught:
            self.king.ask(recipient, command, body, timeout)
        return caught.exception.code
