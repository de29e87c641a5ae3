// unacknowledged.cpp - the channels' books.  Next: cell_delivery.cpp.
#include "worker/unacknowledged.hpp"

#include <algorithm>
#include <utility>

#include "wire/convert.hpp"
#include "wire/limits.hpp"

namespace peacepie::worker {

bool Unacknowledged::add(std::string_view recipient, std::string_view command, std::string_view body) {
    if (size_ >= limits::unacknowledged_max || bytes_ + body.size() > limits::unacknowledged_bytes_max) return false;
    auto& channel = channels_[std::string(recipient)];
    channel.messages.push_back({++channel.last, std::string(command), std::string(body)});
    ++size_;
    bytes_ += body.size();
    return true;
}

Unacknowledged::Channels::iterator Unacknowledged::channel_of(std::uint64_t operation) {
    return std::ranges::find_if(channels_, [operation](const auto& named) {
        const auto& channel = named.second;
        if (channel.retry == operation) return true;
        const auto end = channel.messages.begin() + static_cast<std::ptrdiff_t>(channel.on_the_way);
        return std::find_if(channel.messages.begin(), end, [operation](const auto& one) { return one.operation == operation; }) != end;
    });
}

void Unacknowledged::acknowledged(Channels::iterator at, std::uint64_t operation) {
    auto& channel = at->second;
    const auto found = std::ranges::find(channel.messages, operation, &Message::operation);
    if (found == channel.messages.end()) return;
    channel.acked = found->number;
    channel.failures = 0;
    while (!channel.messages.empty() && channel.messages.front().number <= channel.acked) {
        --size_;
        bytes_ -= channel.messages.front().body.size();
        channel.messages.pop_front();
        if (channel.on_the_way > 0) --channel.on_the_way;
    }
}

std::deque<Unacknowledged::Message> Unacknowledged::drop(Channels::iterator at) {
    auto dropped = std::exchange(at->second.messages, {});
    for (const auto& message : dropped) bytes_ -= message.body.size();
    size_ -= dropped.size();
    at->second.acked = at->second.last;
    at->second.on_the_way = 0;
    return dropped;
}

Value Unacknowledged::to_value() const {
    Value::Array all;
    for (const auto& [recipient, channel] : channels_) {
        Value::Array messages;
        for (const auto& message : channel.messages) messages.push_back(Value::Array{message.command, Binary{message.body}});
        all.push_back(Value::Array{recipient, channel.last, channel.acked, std::move(messages)});
    }
    return Value::Map{{"origin", origin}, {"channels", std::move(all)}};
}

void Unacknowledged::read(const Value& value) try {
    const Value* all = value.find("channels");
    const Value* name = value.find("origin");
    if (!all || !all->as_array() || !name || !name->as_text()) return;
    origin = *name->as_text();
    for (const auto& one : *all->as_array()) {
        const auto& fields = one.as_array() ? *one.as_array() : Value::Array{};
        if (fields.size() != 4 || !fields[3].as_array()) continue;
        const auto recipient = convert<std::string>::from(fields[0]);
        auto& channel = channels_[recipient];
        channel.last = channel.acked = convert<std::uint64_t>::from(fields[2]);
        for (const auto& message : *fields[3].as_array()) {
            const auto& parts = message.as_array() ? *message.as_array() : Value::Array{};
            if (parts.size() != 2 || !parts[1].as_binary()) continue;
            (void)add(recipient, convert<std::string>::from(parts[0]), parts[1].as_binary()->bytes);
        }
        channel.last = std::max(channel.last, convert<std::uint64_t>::from(fields[1]));
    }
} catch (const Error&) {  // written by a worker; what was read stays
}

}  // namespace peacepie::worker
