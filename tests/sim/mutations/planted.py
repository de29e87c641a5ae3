"""The bugs that run.py plants: in which file which text becomes which, and what that breaks."""
import collections

Bug = collections.namedtuple("Bug", "what edits")


def bug(what, *edits):
    return Bug(what, edits)


BUGS = [
    bug("mail is not held while the source is frozen",
        ("broker/relocation.hpp", "return phase_ == Phase::loading || ((phase_ == Phase::freezing || phase_ == Phase::returning) && !envelope.is_answer());",
         "return phase_ == Phase::returning && !envelope.is_answer();")),
    bug("held mail goes out before the target is started",
        ("broker/relocation.cpp", "return {Step::commit, Step::send_start, Step::release, Step::send_discard, Step::answer_moved};",
         "return {Step::release, Step::commit, Step::send_start, Step::send_discard, Step::answer_moved};")),
    bug("held mail goes out in reverse",
        ("broker/relocation.cpp", "held_.push_back({std::string(encoded), now});", "held_.push_front({std::string(encoded), now});")),
    bug("a move does not wait for the fence of the one before",
        ("broker/moves.cpp", "if (registration == nullptr || registration->fences == 0) happened(running, Event::fence_back);",
         "happened(running, Event::fence_back);")),
    bug("the frozen source is not discarded after a move",
        ("broker/relocation.cpp", "Step::send_start, Step::release, Step::send_discard, Step::answer_moved", "Step::send_start, Step::release, Step::answer_moved")),
    bug("a move that is called off does not resume its source",
        ("broker/relocation.cpp", "if (!owner_lost && was_frozen) steps.push_back(Step::send_resume);", "")),
    bug("a source that dies behind its snapshot takes the actor with it, and the target is started all the same",
        ("broker/relocation.cpp", "        adopted_ = true;\n        return {Step::adopt};", "        adopted_ = true;\n        return {};")),
    bug("held mail of an actor that died is dropped",
        ("broker/held_mail.cpp", "        else exchange_.refuse(envelope, fault, running.text);\n", "")),
    bug("asks to a process that died are not answered",
        ("broker/departure.cpp", "    exchange_.answer_all(lost, Fault::worker_lost,", "    if (false) exchange_.answer_all(lost, Fault::worker_lost,"),
        ("broker/broker.cpp", "    exchange_.answer_all(of_clients, Fault::expired,", "    if (false) exchange_.answer_all(of_clients, Fault::expired,")),
    bug("names that live elsewhere are not dropped after a hello",
        ("worker/session.cpp", "    for (const auto& name : names) admin_.actors().discard(name);\n", "")),
    bug("healing makes an actor that its process has brought",
        ("broker/healing.cpp", "    if (exchange_.registry.holds(name)) return is_past ? Fate::forget : Fate::wait;", "    if (is_past) return Fate::forget;"),
        ("broker/door.cpp", "if (auto fallen = exchange_.fallen.take(actor.name)) {", "if (auto fallen = exchange_.fallen.find(actor.name)) {")),
    bug("local mail is not gated after a move",
        ("worker/cell.cpp", "if (fenced_ && mail->origin == Origin::local) extras().gated.push(mail);\n                else enqueue(mail);", "enqueue(mail);")),
    bug("the target is started without its waiting mail",
        ("worker/cell_moving.cpp", "        mailbox_.keeps(*mail);\n        enqueue(mail);\n", "        Mail::destroy(mail);\n")),
    bug("what came behind the snapshot goes before it when the move is called off",
        ("worker/cell_moving.cpp", "        extras_->handed_over.append(std::move(queue_));  // what came after the snapshot stays behind it",
         "        queue_.append(std::move(extras_->handed_over));\n        extras_->handed_over = std::move(queue_);")),
    bug("a frozen actor handles what comes",
        ("worker/cell.cpp", "return phase_ == Phase::open && ((", "return (phase_ == Phase::open || phase_ == Phase::frozen) && ((")),
    bug("a freeze does not wait for the running turn",
        ("worker/cell_life.cpp", "    if (extras_->pending && !busy_) end_pending();\n    while (extras_) {", "    if (extras_->pending) end_pending();\n    while (extras_) {")),
    bug("a target whose move was called off sends the mail of the snapshot after the actor",
        ("worker/probation.cpp", "    trial_ = Trial::silent;\n    leave();", "    leave();")),
    bug("a moment that came while the actor was frozen waits behind a handler that waits for it",
        ("worker/cell_moving.cpp", "        if (mail->is_message() || mail->kind == MailKind::alarm) enqueue(mail);\n        else others.push(mail);", "        enqueue(mail);")),
    bug("a fence lost with its broker is taken for one that came back",
        ("worker/cell_moving.cpp", "    if (word.mid != 0 && fenced_) return fence();\n", "    (void)word;\n")),
    bug("an ask that was answered while its worker was away is answered again",
        ("broker/broker.cpp", "envelope.sender.starts_with('@') && !exchange_.close_ask(envelope.sender, envelope.mid)) {",
         "envelope.sender.starts_with('@') && !exchange_.close_ask(envelope.sender, envelope.mid) && false) {")),
    bug("a process that brings an actor under an older epoch than was committed keeps it",
        ("broker/door.cpp", "const bool has_moved_on = waiting != nullptr && actor.epoch != 0 && actor.epoch < waiting->epoch;", "const bool has_moved_on = false;")),
    bug("an actor that froze between two hellos of its worker is dropped",
        ("broker/unsettled.cpp", "if (is_alive_there(copy, from)) {", "if (copy.is_loaded && is_alive_there(copy, from)) {")),
]
