#include "client/json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "client/base64.hpp"
#include "wire/limits.hpp"

namespace peacepie::client {
namespace {

// {"$binary": "..."} and {"$float": "nan"} become what they stand for.
Value plain(Value::Map map) {
    if (map.size() != 1 || map.front().second.as_text() == nullptr) return map;
    const auto& [key, value] = map.front();
    if (key == "$binary") {
        if (auto bytes = bytes_of_base64(*value.as_text())) return Binary{std::move(*bytes)};
        throw Error(Fault::bad_argument, "the text in $binary is no base64");
    }
    if (key == "$float") {
        if (*value.as_text() == "nan") return std::nan("");
        if (*value.as_text() == "inf") return HUGE_VAL;
        if (*value.as_text() == "-inf") return -HUGE_VAL;
        throw Error(Fault::bad_argument, "$float stands before \"nan\", \"inf\" or \"-inf\"");
    }
    return map;
}

void refuse_double_keys(const Value::Map& map) {
    std::vector<std::string_view> keys;
    keys.reserve(map.size());
    for (const auto& [key, value] : map) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) throw Error(Fault::bad_argument, "the key " + json_string(*twice) + " stands there twice");
}

// Builds the tree from events, so that no parser recurses and the limits hold while reading.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
public:
    [[nodiscard]] Value result() { return std::move(root_); }

    bool null() override { return put({}); }
    bool boolean(bool flag) override { return put(flag); }
    bool number_integer(number_integer_t number) override { return put(number); }
    bool number_unsigned(number_unsigned_t number) override { return put(number); }
    bool number_float(number_float_t number, const string_t&) override { return put(number); }
    bool string(string_t& text) override { return put(std::move(text)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Value::Map{}); }
    bool start_array(std::size_t) override { return open(Value::Array{}); }
    bool key(string_t& text) override {
        open_.back().key = std::move(text);
        return true;
    }
    bool end_array() override { return close(); }
    bool end_object() override {
        Value::Map& map = *open_.back().value.as_map();
        refuse_double_keys(map);
        open_.back().value = plain(std::move(map));
        return close();
    }
    bool parse_error(std::size_t position, const std::string& token, const nlohmann::json::exception& error) override {
        constexpr int number_overflow = 406;
        if (error.id == number_overflow)
            throw Error(Fault::bad_argument, "the number " + token + " is beyond what 64 bits hold; infinity is {\"$float\": "
                                             "\"inf\"}");
        std::string text = error.what();
        const auto colon = text.rfind(": ");
        throw Error(Fault::bad_argument,
                    "this is no JSON at character " + std::to_string(position) + ": " +
                        (colon == std::string::npos ? text : text.substr(colon + 2)) +
                        "; a text needs double quotes inside the shell's: '\"text\"'");
    }

private:
    struct Level {
        Value value;
        std::string key;
    };

    void count() {
        if (++elements_ > limits::body_elements_max)
            throw Error(Fault::too_large, "more than " + std::to_string(limits::body_elements_max) + " elements");
    }
    bool open(Value empty) {
        count();
        if (open_.size() >= limits::body_depth_max)
            throw Error(Fault::too_large, "nested deeper than " + std::to_string(limits::body_depth_max));
        open_.push_back({std::move(empty), {}});
        return true;
    }
    bool close() {
        Value done = std::move(open_.back().value);
        open_.pop_back();
        --elements_;
        return put(std::move(done));
    }
    bool put(Value value) {
        count();
        if (open_.empty()) root_ = std::move(value);
        else if (auto* array = open_.back().value.as_array()) array->push_back(std::move(value));
        else open_.back().value.as_map()->emplace_back(std::move(open_.back().key), std::move(value));
        return true;
    }

    Value root_;
    std::vector<Level> open_;
    std::size_t elements_ = 0;
};

std::string number_text(double number) {
    if (std::isnan(number)) return R"({"$float": "nan"})";
    if (std::isinf(number)) return number > 0 ? R"({"$float": "inf"})" : R"({"$float": "-inf"})";
    std::array<char, 40> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    std::string text(digits.data(), end);
    // 2.0 stays a float when somebody reads it again.
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

class Writer {
public:
    explicit Writer(Layout layout) : layout_(layout) {}

    void write(const Value& value) {
        if (value.is_nil()) out += "null";
        else if (auto flag = value.as_bool()) out += *flag ? "true" : "false";
        else if (auto integer = value.as_integer()) out += std::to_string(*integer);
        else if (auto large = value.as_large()) out += std::to_string(*large);
        else if (auto real = value.as_double()) out += number_text(*real);
        else if (auto text = value.as_text()) out += json_string(*text);
        else if (auto binary = value.as_binary()) out += "{\"$binary\": \"" + base64_of(binary->bytes) + "\"}";
        else if (auto array = value.as_array()) list('[', *array, ']', [this](const Value& item) { write(item); });
        else list('{', *value.as_map(), '}', [this](const auto& field) {
            out += json_string(field.first) + ": ";
            write(field.second);
        });
    }

    std::string out;

private:
    template <class Items, class Each>
    void list(char open, const Items& items, char close, Each each) {
        out += open;
        ++depth_;
        bool first = true;
        for (const auto& item : items) {
            if (!first) out += layout_ == Layout::line ? ", " : ",";
            first = false;
            new_line();
            each(item);
        }
        --depth_;
        if (!items.empty()) new_line();
        out += close;
    }
    void new_line() {
        if (layout_ == Layout::line) return;
        out += '\n';
        out.append(2 * depth_, ' ');
    }

    const Layout layout_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string json_string(std::string_view text) {
    using nlohmann::json;
    const std::string plain = json(std::string(text)).dump(-1, ' ', false, json::error_handler_t::replace);
    std::string safe;
    safe.reserve(plain.size());
    // The library leaves DEL and the C1 controls (C2 80 to C2 9F) as they are; some terminals obey them.
    static constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const auto byte = static_cast<unsigned char>(plain[i]);
        const auto after = i + 1 < plain.size() ? static_cast<unsigned char>(plain[i + 1]) : 0;
        if (byte == 0x7f) {
            safe += "\\u007f";
        } else if (byte == 0xc2 && after >= 0x80 && after < 0xa0) {
            safe += std::string("\\u00") + digits[after >> 4] + digits[after & 15];
            ++i;
        } else {
            safe += plain[i];
        }
    }
    return safe;
}

Value value_of_json(std::string_view text) {
    if (text.size() > 2 * limits::body_size_max) throw Error(Fault::too_large, "the JSON text is larger than a body may be");
    Builder builder;
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
    return builder.result();
}

std::string json_of(const Value& value, Layout layout) {
    Writer writer(layout);
    writer.write(value);
    return std::move(writer.out);
}

}  // namespace peacepie::client
