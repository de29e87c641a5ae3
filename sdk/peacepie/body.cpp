// body.cpp - the two heads of MessagePack that a body of named fields needs.
//
// Next: value.hpp encodes what is inside.
#include "peacepie/body.hpp"

namespace peacepie {

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
    field.value.encode(out);
}

}  // namespace peacepie
