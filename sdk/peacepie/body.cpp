// body.cpp - the two heads of MessagePack that a body of named fields needs.
//
// Next: value.hpp encodes what is inside.
#include "peacepie/body.hpp"

#include "wire/scan.hpp"

namespace peacepie {

namespace {

/// The usual value of a small message, without setting up a packer.
void append_integer(std::string& out, std::int64_t number) {
    if (number >= 0) return scan::put_unsigned(out, static_cast<std::uint64_t>(number));
    if (number >= -32) out += static_cast<char>(number);
    else Value(number).encode(out);
}

}  // namespace

void append_map_head(std::string& out, std::size_t size) {
    if (size < 16) {
        out += static_cast<char>(0x80 | size);
        return;
    }
    out += static_cast<char>(0xde);  // an argument list of more than 65535 fields does not compile
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size);
}

void append_field(std::string& out, const Named& field) {
    if (field.name.size() < 32) {
        out += static_cast<char>(0xa0 | field.name.size());
        out += field.name;
    } else {
        Value(field.name).encode(out);
    }
    if (const auto* number = field.value.as_integer()) append_integer(out, *number);
    else field.value.encode(out);
}

}  // namespace peacepie
