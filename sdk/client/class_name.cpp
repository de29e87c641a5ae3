#include "client/class_name.hpp"

#include "client/exit_code.hpp"
#include "client/json.hpp"

namespace peacepie::client {

Value class_desc_of(const std::string& typed) {
    const auto slash = typed.rfind('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == typed.size())
        throw UsageError("`" + typed + "` names no class; write PACKAGE/CLASS, for example peacepie_example/HelloWorld");
    return Value::Map{{"requires_dist", typed.substr(0, slash)}, {"class", typed.substr(slash + 1)}};
}

Value param_of(const std::string& typed) {
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
    return Value::Map{{"name", typed.substr(0, equals)}, {"value", std::move(value)}};
}

Value params_of(const std::vector<std::string>& typed) {
    Value::Array params;
    for (const std::string& one : typed) params.push_back(param_of(one));
    return params;
}

}  // namespace peacepie::client
