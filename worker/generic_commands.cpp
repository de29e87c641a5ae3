// generic_commands.cpp - ping, stats, subscriptions and logging switches of any actor.  Next: observation.hpp.
#include "worker/generic_commands.hpp"

#include "wire/value.hpp"
#include "worker/cell.hpp"
#include "worker/plugin.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

void handle_generic(Cell& cell, const Mail& mail) {
    auto& switchboard = cell.worker_->switchboard();
    const auto way = cell.is_on_trial() ? Switchboard::Way::broker : Switchboard::Way::shortest;
    auto reply = [&](std::string_view command, const Value& body) {
        switchboard.answer(mail, cell.name_, MailKind::reply, command, body.is_nil() ? std::string() : body.encoded(), way);
    };
    const auto command = static_cast<GenericCommand>(mail.command);
    if (command == GenericCommand::ping) return reply("pong", {});
    if (command == GenericCommand::stats)
        return reply("stats", Value::Map{{"handled", cell.handled_}, {"failed", cell.failed_},
                                         {"refused", cell.refused_},
                                         {"uptime", static_cast<double>(cell.worker_->now_ns() - cell.began_ns_) / 1e9},
                                         {"mailbox", cell.mailbox_.length()}, {"mailbox_bytes", cell.mailbox_.bytes()},
                                         {"open_asks", cell.operations_ ? cell.operations_->size() : 0},
                                         {"epoch", cell.epoch_}, {"class", cell.actor_class()->type->name},
                                         {"package", cell.actor_class()->plugin->package()},
                                         {"version", cell.actor_class()->plugin->version()}, {"node", cell.worker_->node()}});
    try {
        reply(cell.extras().observation.change(command, Value::decode(mail.body()), cell.worker_->sender_of(mail)), {});
    } catch (const Error& error) {
        const Value body = Value::Map{{"text", error.text}, {"from", cell.name_}};
        switchboard.answer(mail, cell.name_, MailKind::error, error.code, body.encoded(), way);
    }
}

}  // namespace peacepie::worker
