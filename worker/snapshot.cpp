// snapshot.cpp - an actor on its way, as a body.  Next: migration.cpp sends and receives it.
#include "worker/order.hpp"

namespace peacepie::worker {

namespace {

const Value& field(const Value& value, const char* key) {
    if (const Value* found = value.find(key)) return *found;
    throw Error(Fault::bad_request, std::string("the snapshot lacks \"") + key + "\"");
}

std::string binary(const Value& value) { return value.as_binary() ? value.as_binary()->bytes : std::string(); }

}  // namespace

Value Snapshot::to_value() const {
    return Value::Map{{"state", Binary{state}}, {"version", version}, {"durable", durable}, {"permanent", permanent}, {"declared", Binary{declared}},
                      {"deliveries", Binary{deliveries}}, {"observation", observation.to_value()},
                      {"watches", watches}, {"last_operation", last_operation}, {"mailbox", Binary{mailbox}},
                      {"moved_messages", mailbox_length}, {"state_bytes", state.size()}};
}

Snapshot Snapshot::from_value(const Value& value) {
    Snapshot snapshot;
    snapshot.state = binary(field(value, "state"));
    if (auto version = field(value, "version").as_text()) snapshot.version = *version;
    if (const Value* durable = value.find("durable"); durable && durable->as_bool()) snapshot.durable = *durable->as_bool();
    if (const Value* permanent = value.find("permanent"); permanent && permanent->as_bool()) snapshot.permanent = *permanent->as_bool();
    if (const Value* declared = value.find("declared")) snapshot.declared = binary(*declared);
    if (const Value* deliveries = value.find("deliveries")) snapshot.deliveries = binary(*deliveries);
    snapshot.observation = Observation::from_value(field(value, "observation"));
    if (const Value* watches = value.find("watches")) snapshot.watches = *watches;
    if (auto last = field(value, "last_operation").as_integer()) snapshot.last_operation = static_cast<std::uint64_t>(*last);
    snapshot.mailbox = binary(field(value, "mailbox"));
    return snapshot;
}

}  // namespace peacepie::worker
