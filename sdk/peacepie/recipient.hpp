// recipient.hpp - to whom: an address as an author holds it.
//
// Text plus, once used, the worker's handle for it, so that sending again looks nothing up.  A value; used by one actor at
// a time.  Inside an actor it is called `Address`.
// Next: host.hpp resolves it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "peacepie/host.hpp"
#include "wire/address.hpp"
#include "wire/convert.hpp"

namespace peacepie {

class Recipient {
public:
    Recipient() = default;
    Recipient(std::string text) : text_(std::move(text)) {}
    Recipient(std::string_view text) : text_(text) {}
    Recipient(const char* text) : text_(text) {}
    Recipient(const Address& address) : text_(address.text()) {}

    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }
    /// The worker's handle, asked for now and then only: an actor may come here or leave.  0 when it lives elsewhere.
    /// A recipient that lives here is only read, because those of an actor with many lie all over its caches.
    [[nodiscard]] std::uint64_t handle(const Host& host) const {
        if (handle_ == 0 ? uses_++ % 64 == 0 : host.is_time_to_ask()) handle_ = host.address(text_);
        return handle_;
    }

    friend bool operator==(const Recipient& left, const Recipient& right) noexcept { return left.text_ == right.text_; }
    template <class Stream>
    friend auto operator<<(Stream& stream, const Recipient& recipient) -> decltype(stream << recipient.text()) {
        return stream << recipient.text();
    }

private:
    friend class Sender;
    Recipient(std::string text, std::uint64_t handle) : text_(std::move(text)), handle_(handle), uses_(handle != 0 ? 1 : 0) {}

    std::string text_;
    mutable std::uint64_t handle_ = 0;
    mutable std::uint8_t uses_ = 0;
};

using Recipients = std::vector<Recipient>;

/// Who sent what is being handled, or was just spawned: an actor by its handle.  A view of the running turn; make a Recipient
/// of it to keep it.
class Sender {
public:
    Sender(Host host, std::uint64_t handle, std::string_view text) noexcept : host_(host), handle_(handle), text_(text) {}

    [[nodiscard]] bool empty() const noexcept { return handle_ == 0 && text_.empty(); }
    [[nodiscard]] std::string text() const { return text_.empty() ? host_.address_text(handle_) : std::string(text_); }
    operator Recipient() const { return Recipient(text(), handle_); }

private:
    friend class To;
    Host host_;
    std::uint64_t handle_;
    std::string_view text_;
};

/// What `send` and `ask` take: anything that names an actor, for the length of the call.
class To {
public:
    To(const Recipient& recipient) noexcept : cache_(&recipient), text_(recipient.text()) {}
    To(const Sender& sender) noexcept : handle_(sender.handle_), text_(sender.text_) {}
    To(const std::string& text) noexcept : text_(text) {}
    To(std::string_view text) noexcept : text_(text) {}
    To(const char* text) noexcept : text_(text) {}

    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] std::uint64_t handle(const Host& host) const { return cache_ != nullptr ? cache_->handle(host) : handle_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty() && handle_ == 0; }

private:
    const Recipient* cache_ = nullptr;
    std::uint64_t handle_ = 0;
    std::string_view text_;
};

/// Nil is an empty recipient; otherwise the text form or the seed's `{system, node, entity}`.
template <>
struct convert<Recipient> {
    static std::string name() { return "address"; }
    static Value to(const Recipient& recipient) { return recipient.empty() ? Value() : Value(recipient.text()); }
    static Recipient from(const Value& value) {
        if (value.is_nil()) return {};
        return Recipient(convert<Address>::from(value));
    }
};

}  // namespace peacepie
