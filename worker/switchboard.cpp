// switchboard.cpp - the way of every message but the usual one, which has tell.cpp.  Next: cell.cpp for those that stay, outbox.hpp for those that leave.
#include "worker/switchboard.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "wire/address.hpp"
#include "wire/spawned_name.hpp"
#include "wire/text_hash.hpp"
#include "wire/value.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/last_out.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

/// Another send like the last one that left.  False: the long way.
bool Switchboard::post_out_again(const Cell& sender, const pp_envelope& envelope) {
    auto& last = LastOut::of_thread();
    const auto routes = worker_.outbox().routes();  // before the look at the tables, like post_by_name
    if (!last.fits(version(), sender, envelope) || envelope.body.size > limits::body_size_max) return false;
    if (auto& said = Chain::of_thread(); said.is_ahead()) post_chain(said);
    return worker_.outbox().append(last.header(), view(envelope.body), routes) == Outbox::Put::taken;
}

/// To an actor of this worker by its handle: goes without a copy of the envelope.
void Switchboard::post_from(const Cell& sender, const pp_envelope& envelope) {
    if (envelope.kind == PP_SEND) worker_.tally().enter();
    const bool is_plain = envelope.recipient != 0 && envelope.command_text.size <= limits::command_size_max;
    if (Cell* cell = is_plain ? CellTable::slot(envelope.recipient) : nullptr) {
        cell->fetch();
        Mail* mail = Mail::make(envelope, Origin::local, sender.handle());
        auto& said = Chain::of_thread();
        if (mail->is_message() && said.add(envelope.recipient, mail)) return;
        if (said.is_ahead()) post_chain(said);
        said.begin(envelope.recipient);
        const auto posted = cell->post(mail, CellTable::generation(envelope.recipient));
        if (posted == Posted::queued) return;
        if (posted == Posted::wake_reader) return worker_.executor().schedule(*cell);
        said.begin_with_nobody();  // the name decides, each time
        Mail::destroy(mail);
    }
    post_the_long_way(sender, envelope);
}

/// Out of line, for the room that it needs on the stack.
[[gnu::noinline]] void Switchboard::post_the_long_way(const Cell& sender, const pp_envelope& envelope) {
    if (envelope.recipient == 0 && post_out_again(sender, envelope)) return;
    pp_envelope stamped = envelope;
    stamped.sender = sender.handle();
    stamped.sender_text = bytes(sender.name());
    const auto before = version();
    post(stamped, Origin::local);
    if (is_worth_keeping(sender, envelope)) LastOut::of_thread().keep(before, sender, envelope);
}

/// The second of its kind in a row, to a name that is not here and is written as the broker knows it.
bool Switchboard::is_worth_keeping(const Cell& sender, const pp_envelope& envelope) const {
    const auto name = view(envelope.recipient_text);
    if (envelope.recipient != 0 || !LastOut::is_bare(envelope) || name.empty() || looks_spawned(name) || name.size() > limits::address_size_max ||
        !LastOut::of_thread().has_seen(sender, envelope))
        return false;
    const auto found = find_for(name, Origin::local);
    return found.cell == 0 && !found.is_admin && !found.is_decorated;
}

void Switchboard::post_chain(Chain& said) {
    const auto recipient = said.recipient();
    if (const auto links = said.take(); links.newest != nullptr) post_links(recipient, links, Origin::local);
}

void Switchboard::post_links(std::uint64_t handle, const Mailbox::Links& links, Origin origin, std::string_view name) {
    Cell* cell = CellTable::slot(handle);
    const auto posted = cell->post(links, CellTable::generation(handle));
    if (posted == Posted::queued) return;
    if (posted == Posted::wake_reader) return worker_.executor().schedule(*cell);
    Mail* oldest_first = nullptr;
    for (Mail* mail = links.newest; mail != nullptr;) mail = std::exchange(mail->next, std::exchange(oldest_first, mail));
    while (oldest_first != nullptr) {  // some may fit, or the name decides
        Mail* mail = std::exchange(oldest_first, oldest_first->next);
        if (auto* bundle = Bundle::of(mail)) {
            oldest_first = Bundle::apart(bundle, oldest_first);
            continue;
        }
        pp_envelope envelope = mail->envelope();
        if (origin == Origin::local) envelope.recipient = handle;
        envelope.recipient_text = bytes(name);
        post(envelope, origin);
        Mail::destroy(mail);
    }
}

void Switchboard::post(const pp_envelope& envelope, Origin origin) {
    if (auto& said = Chain::of_thread(); said.is_ahead()) post_chain(said);  // it was said before
    if (envelope.command_text.size > limits::command_size_max)
        return refuse(envelope, Fault::bad_argument, "a command has at most " + std::to_string(limits::command_size_max) + " characters");
    if (envelope.recipient != 0 && post_to_cell(envelope, envelope.recipient, origin)) return;
    if (envelope.recipient_text.size != 0) return post_by_name(envelope, view(envelope.recipient_text), origin);
    if (envelope.recipient == 0) return post_by_name(envelope, {}, origin);
    const auto name = CellTable::of_process().name_of(envelope.recipient);
    if (name.empty()) return refuse(envelope, Fault::no_such_actor, "the actor behind that handle has left");
    post_by_name(envelope, name, origin);
}

/// False when the handle is stale: then the name decides.
bool Switchboard::post_to_cell(const pp_envelope& envelope, std::uint64_t handle, Origin origin) {
    Cell* cell = CellTable::slot(handle);
    if (!cell) return false;
    Mail* mail = Mail::make(envelope, origin);
    switch (cell->post(mail, CellTable::generation(handle))) {
        case Posted::queued: return true;
        case Posted::wake_reader: worker_.executor().schedule(*cell); return true;
        case Posted::gone: Mail::destroy(mail); return false;
        case Posted::full: worker_.counters().reach(cell->bound_met()); break;
    }
    Mail::destroy(mail);
    refuse(envelope, Fault::mailbox_full, "the mailbox of \"" + CellTable::of_process().name_of(handle) + "\" is full; send slower or later");
    return true;
}

void Switchboard::post_by_name(const pp_envelope& envelope, std::string_view name, Origin origin) {
    std::optional<Address> address;
    if (name.empty() && origin == Origin::link) return worker_.admin().post(Mail::make(envelope, origin));
    for (bool again = true; again;) {
        again = false;
        const auto routes = worker_.outbox().routes();
        const auto found = name.empty() ? Found{} : find_for(name, origin);
        if (found.is_admin) return worker_.admin().post(Mail::make(envelope, origin));
        if (found.is_decorated && !address) {
            address = Address::parse(name);
            again = address && address->system.empty() && address->key() != name;
            if (again) name = address->key();
            if (again) continue;
        }
        if (found.cell != 0 && post_to_cell(envelope, found.cell, origin)) return;
        if (origin == Origin::link) {  // the broker thought it was here: sending it back could go on for ever
            if (envelope.kind == PP_REPLY || envelope.kind == PP_ERROR) {
                worker_.counters().late_answers.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            if (is_to_come_back(name)) return refuse(envelope, Fault::unavailable, "\"" + std::string(name) + "\" is being made again; ask again soon");
            return refuse(envelope, Fault::no_such_actor, "\"" + std::string(name) + "\" does not live here (any more)");
        }
        send_out(envelope, name, routes, again);
    }
}

void Switchboard::send_out(const pp_envelope& envelope, std::string_view recipient, std::uint64_t routes, bool& again) {
    std::string sender;
    if (envelope.sender != 0 && envelope.sender_text.size == 0) sender = CellTable::of_process().name_of(envelope.sender);
    Envelope out;
    out.kind = static_cast<Kind>(envelope.kind);
    out.mid = envelope.mid;
    out.command = envelope.command != 0 ? Symbols::of_process().text(envelope.command) : view(envelope.command_text);
    out.recipient = recipient;
    out.sender = envelope.sender_text.size != 0 ? view(envelope.sender_text) : std::string_view(sender);
    const bool is_send = is_tallied(envelope);
    if (is_send && out.sender.empty()) out.sender = worker_.node();  // of an actor that has left
    if (envelope.deadline_ns != 0) out.timeout_ms = worker_.time_left_ms(envelope.deadline_ns);
    out.meta = view(envelope.meta);
    out.body = view(envelope.body);
    if (out.body.size() > limits::body_size_max || out.meta.size() > limits::meta_size_max ||
        out.command.size() > limits::command_size_max || recipient.size() > limits::address_size_max)
        return refuse(envelope, Fault::too_large,
                      "a message may carry " + std::to_string(limits::body_size_max >> 20) + " MiB; pass larger things by reference");
    switch (worker_.outbox().append(out, routes)) {
        case Outbox::Put::taken:
            if (is_send && recipient.empty()) worker_.ends(worker_.counters().sends.to_head);
            return;
        case Outbox::Put::route_changed: again = true; return;
        case Outbox::Put::muted: return refuse(envelope, Fault::fenced, "its sender lives elsewhere by now, and this process was away");
        case Outbox::Put::full:
            return refuse(envelope, Fault::unavailable, "the broker takes nothing at the moment; try again later");
    }
}

void Switchboard::refuse(const pp_envelope& envelope, Fault fault, std::string text) {
    if (envelope.kind == PP_REPLY && fault == Fault::too_large) return answer_is_too_large(envelope, text);
    if (envelope.kind != PP_ASK) return worker_.dead_letter(envelope, fault, text);
    worker_.counters().refused.fetch_add(1, std::memory_order_relaxed);
    const std::string body = Value(Value::Map{{"text", std::move(text)}, {"from", worker_.node()}}).encoded();
    pp_envelope error{};
    error.size = sizeof error;
    error.kind = PP_ERROR;
    error.mid = envelope.mid;
    error.command_text = bytes(code_of(fault));
    error.recipient = envelope.sender;
    error.recipient_text = envelope.sender_text;
    error.sender_text = bytes(worker_.node());
    error.body = bytes(body);
    post(error, Origin::local);
}

/// Who asked gets an error instead of the answer that cannot travel.
void Switchboard::answer_is_too_large(const pp_envelope& envelope, const std::string& text) {
    const std::string body = Value(Value::Map{{"text", text}, {"from", worker_.node()}}).encoded();
    pp_envelope error = envelope;
    error.kind = PP_ERROR;
    error.command = 0;
    error.command_text = bytes(code_of(Fault::too_large));
    error.body = bytes(body);
    post(error, Origin::local);
}

void Switchboard::answer(const Mail& to, std::string_view from, MailKind kind, std::string_view command,
                         std::string_view body, Way way) {
    if (to.kind != MailKind::ask) return;
    pp_envelope reply = answer_to(to, kind, command, body);
    reply.sender_text = bytes(from);
    if (way == Way::broker) post_through_broker(reply);
    else post(reply, Origin::local);
}

pp_envelope Switchboard::answer_to(const Mail& to, MailKind kind, std::string_view command, std::string_view body) {
    pp_envelope reply{};
    reply.size = sizeof reply;
    reply.kind = static_cast<std::uint8_t>(kind);
    reply.mid = to.mid;
    reply.command = Symbols::of_process().find(command);
    reply.command_text = bytes(command);
    reply.recipient = to.sender;
    reply.recipient_text = bytes(to.sender_text());
    reply.body = bytes(body);
    return reply;
}

void Switchboard::post_through_broker(const pp_envelope& envelope) {
    std::string recipient(view(envelope.recipient_text));
    if (recipient.empty() && envelope.recipient != 0) recipient = CellTable::of_process().name_of(envelope.recipient);
    if (recipient.empty() && envelope.recipient != 0) return refuse(envelope, Fault::no_such_actor, "the actor behind that handle has left");
    for (bool again = true; again;) {
        again = false;
        send_out(envelope, recipient, worker_.outbox().routes(), again);
    }
}

std::uint64_t Switchboard::find(std::string_view name) const {
    {
        std::shared_lock guard(lock_);
        if (const auto place = cells_.find(name); place != cells_.end()) return place->second;
    }
    return worker_.nursery().find(name);
}

/// Where recent names led, one per thread and origin, as of one version of the tables: the lock costs more than the rest of
/// the look-up.  "Not here" is remembered too: most of what leaves goes to few names.
class RecentNames {
public:
    struct Entry {
        std::string name;
        Switchboard::Found found;
    };
    /// The entry of that name, known or to be filled in.
    [[nodiscard]] Entry& of(std::uint64_t version, std::string_view name, bool& is_known) {
        if (version != version_) {
            for (auto& entry : entries_) entry.name.clear();
            version_ = version;
        }
        Entry& entry = entries_[hash_of_ends(name) % entries_.size()];
        is_known = entry.name == name;
        if (!is_known) entry.name = name;
        return entry;
    }

private:
    std::array<Entry, 64> entries_;
    std::uint64_t version_ = 0;
};

std::uint64_t Switchboard::new_version() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Switchboard::Found Switchboard::find_for(std::string_view name, Origin origin) const {
    static thread_local std::array<RecentNames, 2> recent;
    bool is_known = false;
    auto& entry = recent[static_cast<std::size_t>(origin)].of(version_.load(std::memory_order_acquire), name, is_known);
    if (!is_known) {
        const bool is_plain = name.find_first_of("./!") == name.npos || name.front() == '@';
        entry.found = {look_up(name, origin), name == worker_.node(), !is_plain};
    }
    Found found = entry.found;
    if (found.cell == 0) found.cell = worker_.nursery().find(name);
    return found;
}

std::uint64_t Switchboard::destination_of(std::string_view name) const {
    if (name.empty() || name.size() > limits::address_size_max) return 0;
    const auto found = find_for(name, Origin::link);
    return found.is_admin || found.is_decorated ? 0 : found.cell;
}

std::uint64_t Switchboard::find_expected(std::string_view name) const {
    const auto cell = look_up(name, Origin::link);
    return cell != 0 ? cell : worker_.nursery().find(name);
}

/// By the tables alone; a spawned actor is in them only after it has moved.
std::uint64_t Switchboard::look_up(std::string_view name, Origin origin) const {
    std::shared_lock guard(lock_);
    if (origin == Origin::link && !arriving_.empty())
        if (const auto place = arriving_.find(name); place != arriving_.end()) return place->second;
    const auto place = cells_.find(name);
    return place == cells_.end() ? 0 : place->second;
}

void Switchboard::expect(const std::string& name, std::uint64_t cell) {
    std::unique_lock guard(lock_);
    arriving_.erase(name);  // as in bind()
    arriving_.emplace(name, cell);
    names_have_changed();
}

void Switchboard::expect_no_more(const std::string& name) {
    std::unique_lock guard(lock_);
    if (arriving_.erase(name) != 0) names_have_changed();
}

void Switchboard::bind(const std::string& name, std::uint64_t cell) {
    std::unique_lock guard(lock_);
    arriving_.erase(name);
    cells_.erase(name);  // the key must view the new cell's own text
    cells_.emplace(name, cell);
    names_have_changed();
}

void Switchboard::unbind(const std::string& name, std::uint64_t cell) {
    std::unique_lock guard(lock_);
    if (const auto moving_in = arriving_.find(name); moving_in != arriving_.end() && moving_in->second == cell) {
        arriving_.erase(moving_in);
        names_have_changed();
    }
    const auto place = cells_.find(name);
    if (place == cells_.end() || place->second != cell) return;
    cells_.erase(place);
    names_have_changed();
}

void Switchboard::comes_back(const std::string& name) {
    std::unique_lock guard(lock_);
    coming_back_.insert(name);
}

bool Switchboard::stays_away(const std::string& name) {
    std::unique_lock guard(lock_);
    return coming_back_.erase(name) != 0;
}

bool Switchboard::is_to_come_back(std::string_view name) const {
    std::shared_lock guard(lock_);
    return coming_back_.contains(name);
}

std::size_t Switchboard::size() const {
    std::shared_lock guard(lock_);
    return cells_.size();
}

std::vector<std::string> Switchboard::names(std::size_t at_most) const {
    std::shared_lock guard(lock_);
    std::vector<std::string> names;
    names.reserve(std::min(at_most, cells_.size()));
    for (auto each = cells_.begin(); each != cells_.end() && names.size() < at_most; ++each) names.emplace_back(each->first);
    for (const auto& [name, cell] : arriving_)
        if (names.size() < at_most && !cells_.contains(name)) names.emplace_back(name);
    return names;
}

}  // namespace peacepie::worker
