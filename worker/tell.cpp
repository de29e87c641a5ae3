// tell.cpp - the way of the usual message: a body, from one actor of this worker to another, by handles.
//
// Nothing is written down that need not be: the first to a recipient is a mail of a few words, what follows in a row lies in a
// bundle, and the other side is told from there.  Whatever is unusual goes the long way (0).  Decision 15.
// Next: chain.hpp, bundle.hpp; cell.cpp takes it, switchboard.cpp has all else.
#include "worker/cell_table.hpp"
#include "worker/generic_commands.hpp"
#include "worker/switchboard.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

/// The usual message of all.  Two ways that each need their own registers, and this one none.
int Switchboard::tell(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body) {
    if (!sender.speaks_plainly() || is_generic(command) || recipient == 0) return 0;
    worker_.tally().enter();
    return Chain::of_thread().recipient() == recipient ? tell_again(sender, recipient, command, body) : tell_first(sender, recipient, command, body);
}

[[gnu::noinline]] int Switchboard::tell_first(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body) {
    Cell* cell = CellTable::slot(recipient);
    if (cell == nullptr) return worker_.tally().take_back(), 0;
    cell->fetch();
    Mail* mail = Mail::tell(sender.handle(), command, body);
    auto& said = Chain::of_thread();
    if (said.is_ahead()) post_chain(said);
    said.begin(recipient);
    const auto posted = cell->post_message(mail, CellTable::generation(recipient));
    if (posted == Posted::wake_reader) return worker_.executor().schedule(*cell), 1;
    if (posted == Posted::queued) return 1;
    said.begin_with_nobody();  // the name decides, each time
    Mail::destroy(mail);
    worker_.tally().take_back();
    return 0;
}

[[gnu::noinline]] int Switchboard::tell_again(const Cell& sender, std::uint64_t recipient, std::uint32_t command, pp_bytes body) {
    auto& said = Chain::of_thread();
    if (said.append(recipient, sender.handle(), command, body)) return 1;
    if (said.is_full()) {
        post_chain(said);
        if (said.append(recipient, sender.handle(), command, body)) return 1;
    }
    Mail* mail = Mail::tell(sender.handle(), command, body);
    if (said.add(recipient, mail)) return 1;
    Mail::destroy(mail);
    return tell_first(sender, recipient, command, body);
}

}  // namespace peacepie::worker
