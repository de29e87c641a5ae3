// head_letters.cpp - dead letters: what workers report, and looking at them, sending them again, forgetting them.
//
// Next: dead_letters.hpp
#include <algorithm>
#include <initializer_list>

#include "broker/arguments.hpp"
#include "broker/head.hpp"
#include "wire/codec.hpp"
#include "wire/tally_page.hpp"

namespace peacepie::broker {

namespace {

/// A misspelt field must not select everything.
void expect_fields(const Value& body, std::initializer_list<std::string_view> known) {
    if (body.is_nil()) return;
    if (!body.as_map()) throw Error(Fault::bad_argument, "expected a map, got " + std::string(body.type_name()));
    for (const auto& [key, value] : *body.as_map())
        if (std::ranges::find(known, key) == known.end())
            throw Error(Fault::bad_argument, log::escaped(key) + ": there is no such argument; describe lists them");
}

Fault reason_in(const std::string& text) {
    if (const auto fault = fault_of(text)) return *fault;
    throw Error(Fault::bad_argument, "reason: " + log::escaped(text) + " is no fault's code; PROTOCOL.md has the list, no_such_actor is one");
}

std::vector<std::uint64_t> ids_in(const Value& field, std::size_t most) {
    constexpr const char* expected = "ids: expected a list of the ids that get_dead_letters shows";
    if (!field.as_array() || field.as_array()->size() > most) throw Error(Fault::bad_argument, expected);
    std::vector<std::uint64_t> ids;
    for (const auto& item : *field.as_array()) {
        if (!item.as_integer() || *item.as_integer() < 1) throw Error(Fault::bad_argument, expected);
        ids.push_back(static_cast<std::uint64_t>(*item.as_integer()));
    }
    std::ranges::sort(ids);
    return ids;
}

/// So many can be named; one that is there no more is no mistake.
std::size_t most_letters(const Exchange& exchange) { return std::max<std::size_t>(exchange.bounds.limit[Bound::dead_letters], 1); }

LetterSelection selection_of(const Exchange& exchange, const Value& body) {
    LetterSelection selection;
    if (const auto reason = optional_text_of(body, "reason")) selection.reason = reason_in(*reason);
    selection.recipient = optional_text_of(body, "recipient");
    if (const auto* ids = body.find("ids"); ids != nullptr && !ids->is_nil()) selection.ids = ids_in(*ids, most_letters(exchange));
    return selection;
}

std::size_t count_or(const Value& body, std::string_view key, std::size_t otherwise, std::size_t most) {
    const auto* field = body.find(key);
    return field == nullptr || field->is_nil() ? otherwise : count_of(body, key, most);
}

Value shown(const DeadLetter& letter) {
    Value value = Value::Map{};
    value.set("id", letter.id).set("sender", log::escaped(letter.sender));
    value.set("recipient", letter.recipient.empty() ? Value() : Value(log::escaped(letter.recipient)));
    value.set("command", log::escaped(letter.command)).set("reason", code_of(letter.reason)).set("text", log::escaped(letter.text));
    return value.set("time", letter.time).set("bytes", letter.body_size);
}

std::string_view bytes_in(const Value& letter, std::string_view key) {
    const auto* field = letter.find(key);
    return field != nullptr && field->as_binary() ? std::string_view(field->as_binary()->bytes) : std::string_view();
}

std::uint64_t number_in(const Value& letter, std::string_view key) {
    const auto* field = letter.find(key);
    if (field == nullptr) return 0;
    if (const auto* large = field->as_large()) return *large;
    return field->as_integer() && *field->as_integer() > 0 ? static_cast<std::uint64_t>(*field->as_integer()) : 0;
}

/// What a worker tells of one.  It must be what an envelope may carry, because it may be sent again; without
/// a sender it would speak as HEAD.
DeadLetter told(const Value& said, std::int64_t now) {
    const auto sender = text_of(said, "sender");
    const auto recipient = optional_text_of(said, "recipient").value_or("");
    const auto command = text_of(said, "command");
    const Envelope envelope{.mid = number_in(said, "mid"), .command = command, .recipient = recipient, .sender = sender,
                            .meta = bytes_in(said, "meta"), .body = bytes_in(said, "body")};
    std::string encoded;
    append_envelope(encoded, envelope);
    Envelope read;
    if (sender.empty() || read_envelope(encoded, read) || check_body(envelope.body))
        throw Error(Fault::bad_request, "a letter is no envelope; see PROTOCOL.md section 8");
    const auto age = static_cast<std::int64_t>(std::min<std::uint64_t>(number_in(said, "age"), 86'400));
    auto letter = DeadLetter::of(envelope, fault_of(text_of(said, "reason")).value_or(Fault::handler_failed), text_of(said, "text"), now - age);
    letter.body_size = std::max<std::size_t>(letter.body_size, number_in(said, "bytes"));
    return letter;
}

}  // namespace

Value Head::letters_by_reason() const {
    Value counts = Value::Map{};
    const auto& by_reason = exchange_.letters.by_reason();
    for (std::size_t i = 0; i < fault_codes.size(); ++i)
        if (by_reason[i] != 0) counts.set(std::string(fault_codes[i]), by_reason[i]);
    return counts;
}

void Head::get_dead_letters(Command& command) {
    expect_fields(command.body, {"page_size", "page", "ids", "reason", "recipient"});
    const auto selection = selection_of(exchange_, command.body);
    const auto size = count_or(command.body, "page_size", limits::dead_letters_page_max, limits::dead_letters_page_max);
    const auto page = count_or(command.body, "page", 1, most_letters(exchange_));
    Value::Array letters;
    std::size_t index = 0;
    exchange_.letters.each(selection, [&](const DeadLetter& letter) {
        if (index++ / size == page - 1) letters.push_back(shown(letter));
    });
    const auto pages = std::max<std::size_t>((index + size - 1) / size, 1);
    if (page > pages) throw Error(Fault::bad_argument, fmt::format("page: there are {}", pages));
    Value body = Value::Map{};
    body.set("letters", std::move(letters)).set("total", exchange_.letters.total()).set("kept", exchange_.letters.kept());
    body.set("forgotten", exchange_.letters.forgotten()).set("sent_again", exchange_.letters.sent_again());
    body.set("by_reason", letters_by_reason()).set("lost", exchange_.counters.lost);
    Value::Array losses;
    for (const auto& loss : exchange_.losses.all())
        if (page == 1 && loss.count() != 0) losses.push_back(loss.to_value());
    if (!losses.empty()) body.set("losses", std::move(losses));
    if (pages > 1) body.set("nav", Value::Map{{"page", page}, {"pages", pages}});
    exchange_.reply(command.asker, "dead_letters", body);
}

// Each is tried once: one that fails is a new letter, behind those that were taken out.
void Head::send_again(Command& command) {
    expect_fields(command.body, {"ids", "reason", "recipient"});
    const auto letters = exchange_.letters.take_to_send(selection_of(exchange_, command.body));
    for (const auto& letter : letters) send_again(letter);
    Value body = Value::Map{};
    body.set("count", letters.size());
    exchange_.reply(command.asker, "sent_again", body);
}

// The sender is who it was: broker or worker stamped it.  What parts say to each other is none of anybody else's to repeat.
void Head::send_again(const DeadLetter& letter) {
    ++exchange_.counters.made;
    const auto address = Address::parse(letter.recipient);
    const std::string recipient(address ? address->key() : letter.recipient);
    const Envelope envelope{.mid = letter.mid, .command = letter.command, .recipient = recipient, .sender = letter.sender,
                            .meta = letter.meta, .body = letter.body};
    if (address && !address->system.empty() && address->system != exchange_.options.system)
        return exchange_.refuse(envelope, Fault::unavailable, "the system " + address->system + " is not connected to this one");
    std::string encoded;
    append_envelope(encoded, envelope);
    auto* actor = exchange_.registry.find(recipient);
    auto* session = actor == nullptr ? exchange_.roster.birthplace_of(recipient) : nullptr;
    if (actor == nullptr && session == nullptr) {
        session = exchange_.roster.find(recipient);
        if (session == nullptr) return exchange_.refuse_unknown(envelope, recipient, unsettled.holds(recipient));
        if (session->role == Role::launcher || (session->role == Role::worker && is_internal_verb(letter.command)))
            return exchange_.refuse(envelope, Fault::is_not_handled, "that command is for the parts of the system only");
    }
    const bool taken = actor != nullptr ? exchange_.pass(*actor, envelope, encoded) : exchange_.outgoing.post(*session, encoded);
    if (!taken) return exchange_.refuse(envelope, Fault::mailbox_full, "the queue to the recipient is full; send it again later");
    if (actor != nullptr) return;
    ++exchange_.counters.routed;
    session->note_passed(envelope);
}

void Head::forget_dead_letters(Command& command) {
    expect_fields(command.body, {"ids", "reason", "recipient"});
    Value body = Value::Map{};
    body.set("count", exchange_.letters.forget(selection_of(exchange_, command.body)));
    exchange_.reply(command.asker, "dead_letters_are_forgotten", body);
}

// A worker's report.  Nobody answers it, so what cannot be read is said in the log.
void Head::dead_letters(Command& command) {
    const auto* letters = command.body.find("letters");
    const auto* more = command.body.find("more");
    if (command.from.role != Role::worker || letters == nullptr || !letters->as_array())
        throw Error(Fault::bad_request, "a worker reports dead letters: a list of {sender, recipient, command, reason, text, …}");
    const auto now = exchange_.options.wall_seconds();
    for (const auto& said : *letters->as_array()) {
        try {
            exchange_.letters.keep(told(said, now));
        } catch (const Error& error) {
            ++exchange_.counters.malformed;
            log::warning(log::Fields{{"node", command.from.address}}, "a dead letter of it cannot be read: {}", error.text);
        }
    }
    if (more != nullptr && more->as_map())
        for (const auto& [code, count] : *more->as_map())
            exchange_.letters.count(fault_of(code).value_or(Fault::handler_failed), number_in(*more, code));
    command.from.sends.numbers->received += letters_in(command.body);  // behind what became of them, like a send
    exchange_.reply(command.asker, "noted");
}

}  // namespace peacepie::broker
