// declared.hpp - how an actor was declared when it was created, kept for a broker that does not know.
//
// The fields of its creation without class and names, encoded; shared by the actors of one creation, so that a million of them cost
// one text.  Null: nothing was given but a class.  Part of the admin, used in its turns.
// Next: session.hpp tells of it in a hello, broker/brought.hpp reads it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "wire/limits.hpp"
#include "wire/value.hpp"

namespace peacepie::worker {

using DeclaredPointer = std::shared_ptr<const std::string>;

inline constexpr std::size_t declared_size_max = limits::declared_params_max + 1'024;  ///< the rest of it are names and words

[[nodiscard]] inline DeclaredPointer share(std::string encoded) {
    return encoded.empty() ? nullptr : std::make_shared<const std::string>(std::move(encoded));
}

/// The `declared` of a hello, or of a page of names: each once, and the rows say its place.
class DeclaredList {
public:
    /// Nothing: this message carries as many as it may.  One always finds room in an empty list.
    [[nodiscard]] std::optional<std::size_t> place_of(const DeclaredPointer& one) {
        static const std::string nothing_given = Value(Value::Map{}).encoded();
        if (const auto known = places_.find(one.get()); known != places_.end()) return known->second;
        const auto& text = one != nullptr ? *one : nothing_given;
        if (bytes_ + text.size() > bytes_max) return std::nullopt;
        bytes_ += text.size();
        texts_.emplace_back(Binary{text});
        return places_.emplace(one.get(), texts_.size() - 1).first->second;
    }
    [[nodiscard]] Value::Array take() { return std::move(texts_); }

private:
    static constexpr std::size_t bytes_max = 4u << 20;  // beside 20 000 rows a quarter of what a message may carry
    std::unordered_map<const std::string*, std::size_t> places_;
    Value::Array texts_;
    std::size_t bytes_ = 0;
};

}  // namespace peacepie::worker
