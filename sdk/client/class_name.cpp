#include "client/class_name.hpp"

#include "client/exit_code.hpp"
#include "client/json.hpp"

namespace peacepie::client {
namespace {

std::pair<std::string, Value> param_of(const std::string& typed) {
    const auto equals = typed.find('=');
    if (equals == std::string::npos || equals == 0)
        throw UsageError("`" + typed + "` is no param; write NAME=VALUE, for example period=0.5");
    const std::string text = typed.substr(equals + 1);
    Value value = text;
    try {
        value = value_of_json(text);
    } catch (const Error& error) {
        if (error.code == code_of(Fault::too_large)) throw;  // otherwise it is a bare word: consumer=dancer_01
    }
    return {typed.substr(0, equals), std::move(value)};
}

}  // namespace

Value class_desc_of(const std::string& typed) {
    const auto slash = typed.rfind('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == typed.size())
        throw UsageError("`" + typed + "` names no class; write PACKAGE/CLASS, for example peacepie_example/HelloWorld");
    return Value::Map{{"requires_dist", typed.substr(0, slash)}, {"class", typed.substr(slash + 1)}};
}

Value params_of(const std::vector<std::string>& typed) {
    Value params = Value::Map{};
    for (const std::string& one : typed) {
        auto [name, value] = param_of(one);
        if (params.find(name) != nullptr) throw UsageError("the param `" + name + "` is given twice");
        params.set(std::move(name), std::move(value));
    }
    return params;
}

}  // namespace peacepie::client
