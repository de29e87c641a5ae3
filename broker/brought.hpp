// brought.hpp - how a worker's actors were declared, as it brings it along with them: for a broker that does not know.
//
// Lives as long as one hello or page of names is read; its declarations live on with whoever takes them.  What a worker says is hostile
// until checked.  The broker's thread.
// Next: door.hpp takes actors back, unsettled.hpp those on the move.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/declaration.hpp"

namespace peacepie::broker {

class BroughtDeclarations {
public:
    /// Out of `declared` of that body: a list of encoded declarations, each of which many rows may mean.  Throws Error.
    BroughtDeclarations(const Value& body, DeclaredBytes& room) {
        const auto* texts = body.find("declared");
        if (texts == nullptr || texts->is_nil()) return;
        if (texts->as_array() == nullptr) throw Error(Fault::bad_request, "declared is a list of encoded maps");
        all_.reserve(texts->as_array()->size());
        for (const auto& text : *texts->as_array()) all_.push_back(read(text, room));
    }
    /// The one that a row means; null: it means none, or there was no room for it.  Throws Error bad_request.
    [[nodiscard]] DeclarationPointer of(const Value& row) const {
        const auto* place = row.find("declared");
        if (place == nullptr || place->is_nil()) return nullptr;
        const auto* number = place->as_integer();
        if (number == nullptr || *number < 0 || static_cast<std::uint64_t>(*number) >= all_.size())
            throw Error(Fault::bad_request, "declared: a row has the place of one in the list `declared`, from 0");
        return all_[static_cast<std::size_t>(*number)];
    }

private:
    static constexpr std::size_t size_max = limits::declared_params_max + 1'024;  // a group has a name, and words
    static DeclarationPointer read(const Value& text, DeclaredBytes& room) {
        const auto* binary = text.as_binary();
        if (binary == nullptr) throw Error(Fault::bad_request, "declared is a list of encoded maps");
        if (binary->bytes.size() > size_max) throw Error(Fault::too_large, "a declaration is larger than it may be");
        const auto fields = Value::decode(binary->bytes);
        if (fields.as_map() == nullptr) throw Error(Fault::bad_request, "declared is a list of encoded maps");
        auto declaration = Declaration::from(fields);
        return room.has_room_for(declaration) ? room.keep(std::move(declaration)) : nullptr;
    }

    std::vector<DeclarationPointer> all_;
};

}  // namespace peacepie::broker
