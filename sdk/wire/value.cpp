// value.cpp - Value <-> MessagePack, by msgpack-c with every limit set.  Next: convert.hpp.
#include "wire/value.hpp"

#include <msgpack.hpp>

#include "wire/limits.hpp"

namespace peacepie {

namespace {

/// Builds a Value while msgpack-c parses; never more memory than the limits allow, whatever a header announces.
class Builder : public msgpack::null_visitor {
public:
    explicit Builder(Value& root) { open_.push_back(&root); }

    bool too_large() const { return too_large_; }

    bool visit_nil() { return put(Value()); }
    bool visit_boolean(bool flag) { return put(Value(flag)); }
    bool visit_positive_integer(std::uint64_t number) { return put(Value(number)); }
    bool visit_negative_integer(std::int64_t number) { return put(Value(number)); }
    bool visit_float32(float number) { return put(Value(number)); }
    bool visit_float64(double number) { return put(Value(number)); }
    bool visit_str(const char* data, std::uint32_t size) {
        if (key_expected_) {
            key_.assign(data, size);
            key_seen_ = true;
            return true;
        }
        return put(Value(std::string_view(data, size)));
    }
    bool visit_bin(const char* data, std::uint32_t size) { return put(Value(Binary{std::string(data, size)})); }
    bool visit_ext(const char*, std::uint32_t) { return false; }

    bool start_array(std::uint32_t) { return open(Value(Value::Array{})); }
    bool end_array() { return close(); }
    bool start_map(std::uint32_t) { return open(Value(Value::Map{})); }
    bool start_map_key() { return key_expected_ = true; }
    bool end_map_key() {
        key_expected_ = false;
        return std::exchange(key_seen_, false);
    }
    bool end_map() { return close(); }

    void parse_error(std::size_t, std::size_t) {}
    void insufficient_bytes(std::size_t, std::size_t) {}

private:
    Value* place(Value value) {
        if (key_expected_ || ++elements_ > limits::body_elements_max) {
            too_large_ = !key_expected_;
            return nullptr;
        }
        Value* parent = open_.back();
        if (open_.size() == 1) return *parent = std::move(value), parent;
        if (auto array = parent->as_array()) return &array->emplace_back(std::move(value));
        return &parent->as_map()->emplace_back(std::move(key_), std::move(value)).second;
    }
    bool put(Value value) { return place(std::move(value)) != nullptr; }
    bool open(Value value) {
        if (open_.size() > limits::body_depth_max) return too_large_ = true, false;
        Value* placed = place(std::move(value));
        if (placed) open_.push_back(placed);
        return placed != nullptr;
    }
    bool close() { return open_.pop_back(), true; }

    std::vector<Value*> open_;  // the containers around the cursor; the first is the root
    std::string key_;
    bool key_expected_ = false;
    bool key_seen_ = false;
    bool too_large_ = false;
    std::size_t elements_ = 0;
};

struct Sink {
    std::string& out;
    void write(const char* data, std::size_t size) { out.append(data, size); }
};

void pack(msgpack::packer<Sink>& packer, const Value& value) {
    if (value.is_nil()) packer.pack_nil();
    else if (auto flag = value.as_bool()) *flag ? packer.pack_true() : packer.pack_false();
    else if (auto integer = value.as_integer()) packer.pack_int64(*integer);
    else if (auto large = value.as_large()) packer.pack_uint64(*large);
    else if (auto real = value.as_double()) packer.pack_double(*real);
    else if (auto text = value.as_text()) {
        packer.pack_str(static_cast<std::uint32_t>(text->size()));
        packer.pack_str_body(text->data(), static_cast<std::uint32_t>(text->size()));
    } else if (auto binary = value.as_binary()) {
        packer.pack_bin(static_cast<std::uint32_t>(binary->bytes.size()));
        packer.pack_bin_body(binary->bytes.data(), static_cast<std::uint32_t>(binary->bytes.size()));
    } else if (auto array = value.as_array()) {
        packer.pack_array(static_cast<std::uint32_t>(array->size()));
        for (const auto& item : *array) pack(packer, item);
    } else if (auto map = value.as_map()) {
        packer.pack_map(static_cast<std::uint32_t>(map->size()));
        for (const auto& [key, item] : *map) {
            packer.pack_str(static_cast<std::uint32_t>(key.size()));
            packer.pack_str_body(key.data(), static_cast<std::uint32_t>(key.size()));
            pack(packer, item);
        }
    }
}

}  // namespace

Value Value::decode(std::string_view bytes) {
    Value root;
    if (bytes.empty()) return root;
    if (bytes.size() > limits::body_size_max) throw Error(Fault::too_large, "the body is larger than 16 MiB");
    Builder builder(root);
    std::size_t used = 0;
    bool whole = false;
    try {
        whole = msgpack::parse(bytes.data(), bytes.size(), used, builder);
    } catch (const msgpack::unpack_error&) {
        whole = false;
    }
    if (builder.too_large()) throw Error(Fault::too_large, "the body is nested too deeply or has too many elements");
    if (!whole) throw Error(Fault::bad_request, "the body is not MessagePack with text keys and without ext types");
    if (used != bytes.size()) throw Error(Fault::bad_request, "bytes are left over after the body");
    return root;
}

void Value::encode(std::string& out) const {
    Sink sink{out};
    msgpack::packer<Sink> packer(sink);
    pack(packer, *this);
}

std::string Value::encoded() const {
    std::string out;
    encode(out);
    return out;
}

const Value* Value::find(std::string_view key) const noexcept {
    if (auto map = as_map())
        for (const auto& [name, value] : *map)
            if (name == key) return &value;
    return nullptr;
}

Value& Value::set(std::string key, Value value) {
    if (is_nil()) data_ = Map{};
    auto map = as_map();
    if (!map) throw Error(Fault::bad_argument, std::string("expected map, got ") + type_name());
    for (auto& [name, present] : *map)
        if (name == key) return present = std::move(value), *this;
    map->emplace_back(std::move(key), std::move(value));
    return *this;
}

const char* Value::type_name() const noexcept {
    constexpr const char* names[] = {"nil", "bool", "int", "int", "float", "text", "binary", "array", "map"};
    return names[data_.index()];
}

}  // namespace peacepie
