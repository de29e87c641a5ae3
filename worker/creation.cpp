// creation.cpp - actors' way into this worker: claimed at the broker, built, and alive, all or none.  Next: cell_life.cpp.
#include <algorithm>
#include <utility>

#include "wire/limits.hpp"
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/migration.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

namespace {

std::unique_ptr<Snapshot> kept_in(const Value& kept) {
    const Value* version = kept.find("version");
    const Value* state = kept.find("state");
    if (!version || !version->as_text() || !state || !state->as_binary()) return nullptr;
    auto snapshot = std::make_unique<Snapshot>();
    snapshot->version = *version->as_text();
    snapshot->state = state->as_binary()->bytes;
    if (const Value* deliveries = kept.find("deliveries"); deliveries && deliveries->as_binary()) snapshot->deliveries = deliveries->as_binary()->bytes;
    return snapshot;
}

}  // namespace

void ActorCommands::create(const RequestPointer& request, bool single) {
    auto birth = std::make_shared<Birth>();
    birth->request = request;
    birth->single = single;
    Value declared = Value::Map{};
    try {
        const Value& body = request->body();
        if (single) birth->names.push_back(request->text("name"));
        else if (const Value* names = body.find("names"); names && names->as_array())
            birth->names = convert<std::vector<std::string>>::from(*names);
        if (birth->names.empty()) throw Error(Fault::bad_argument, "\"names\" must be a list with at least one name");
        if (birth->names.size() > limits::actors_in_one_call_max)
            throw Error(Fault::too_large, "at most " + std::to_string(limits::actors_in_one_call_max) + " actors in one call");
        for (const auto& name : birth->names)
            if (!is_name(name))
                throw Error(Fault::bad_argument, "\"" + name + "\" is not a name: 1 to 128 of A-Z a-z 0-9 _ -, not beginning with -");
        auto sorted = birth->names;
        std::sort(sorted.begin(), sorted.end());
        if (auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
            throw Error(Fault::conflict, "\"" + *twice + "\" is named twice");
        const Value* class_desc = body.find("class_desc");
        if (!class_desc || !class_desc->as_map())
            throw Error(Fault::bad_argument, "\"class_desc\" must be {\"requires_dist\": PACKAGE, \"class\": CLASS}");
        birth->actor_class = &admin_.store().find(*class_desc);
        if (const Value* params = body.find("params"); params && !params->is_nil()) {
            if (!params->as_map()) throw Error(Fault::bad_argument, "\"params\" must be a map of name and value");
            birth->parameters = Value(Value::Map{{"params", *params}}).encoded();
        }
        if (const Value* durable = body.find("durable"); durable && !durable->is_nil()) {
            if (!durable->as_bool()) throw Error(Fault::bad_argument, "\"durable\" must be true or false");
            birth->durable = *durable->as_bool();
        }
        birth->is_healing = request->is_from_head();
        const Value* restart = body.find("restart");
        birth->is_permanent = restart && restart->as_text() && *restart->as_text() == "permanent";
        for (const char* field : {"params", "restart", "durable", "group"})  // what it takes to make them again
            if (const Value* given = body.find(field); given && !given->is_nil()) declared.set(field, *given);
        if (!declared.as_map()->empty()) birth->declared = shared(declared.encoded());
    } catch (const Error& error) {
        return fail(birth, error.code, error.text);
    }
    for (const auto& name : birth->names) {
        if (birth->is_healing || birth->is_permanent) admin_.worker().switchboard().comes_back(name);
        birth->cells.push_back(cradles_.lay(name, *birth->actor_class));
    }
    Value claim = Value::Map{{"names", convert<std::vector<std::string>>::to(birth->names)},
                                   {"class_desc", pinned(*birth->actor_class)}};
    for (auto& [field, given] : *declared.as_map()) claim.set(std::move(field), std::move(given));
    for (const auto& name : birth->names) claimed_.insert(name);
    admin_.ask({}, "register_actors", claim, limits::ask_timeout_default, [this, birth](const Answer& answer) {
        for (const auto& name : birth->names) claimed_.erase(claimed_.find(name));
        if (!answer.ok) return refused(birth, answer.command, answer.text());
        const Value* epochs = answer.body.find("epochs");
        if (epochs) birth->epochs = convert<std::vector<std::uint64_t>>::from(*epochs);
        if (birth->epochs.size() != birth->names.size()) return refused(birth, "bad_request", "the broker gave no epochs");
        if (const Value* states = answer.body.find("states"); states && states->as_array() && states->as_array()->size() == birth->names.size())
            birth->kept = *states->as_array();
        if (const Value* aside = answer.body.find("set_aside")) birth->set_aside = *aside;
        build(birth);
    });
}

DeclaredPointer ActorCommands::shared(std::string declared) {
    if (declared.size() > declared_size_max)
        throw Error(Fault::too_large, "params, restart, durable and group are larger than " + std::to_string(declared_size_max) +
                                          " bytes; give less, and send the rest to the actor");
    if (last_declared_ == nullptr || *last_declared_ != declared) last_declared_ = share(std::move(declared));
    return last_declared_;
}

void ActorCommands::refused(const BirthPointer& birth, std::string_view code, std::string_view text) {
    for (std::size_t i = 0; i < birth->names.size(); ++i) cradles_.give_up(birth->names[i], birth->cells[i]);
    if (code == code_of(Fault::expired)) doubtful_.insert(birth->names.begin(), birth->names.end());
    take_back_claims(birth->names);
    fail(birth, code, text);
}

/// An earlier claim of these names may have been late, and nobody here waits for them any more: this goes behind it.
void ActorCommands::take_back_claims(const std::vector<std::string>& names) {
    Value::Array unborn;
    for (const auto& name : names) {
        if (claimed_.contains(name) || doubtful_.erase(name) == 0) continue;
        if (cell_of(name) == 0 && !admin_.migration().is_coming(name)) unborn.emplace_back(name);
    }
    if (!unborn.empty()) admin_.send({}, "unregister_actors", Value::Map{{"names", std::move(unborn)}, {"unborn", true}});
}

void ActorCommands::build(const BirthPointer& birth) {
    auto& worker = admin_.worker();
    birth->cells.assign(birth->names.size(), 0);
    birth->waiting = birth->names.size();
    for (std::size_t i = 0; i < birth->names.size(); ++i) {
        Cell* cell = cradles_.take(birth->names[i], *birth->actor_class);
        doubtful_.erase(birth->names[i]);
        if (cell) cell->set_epoch(birth->epochs[i]);
        else cell = CellTable::of_process().let(worker, birth->names[i], *birth->actor_class, birth->epochs[i]);
        auto order = std::make_unique<Order>(Order::Verb::create, [this, birth, i](Order& back) {
            one_is_built(birth, i, back);
        });
        if (!cell) {
            order->code = code_of(Fault::no_space);
            order->text = "this process holds as many actors as it can";
            one_is_built(birth, i, *order);
            continue;
        }
        order->starts = true;
        order->parameters = birth->parameters;
        cell->set_durable(birth->durable);
        if (const Value* aside = birth->set_aside.find(birth->names[i])) order->set_aside = convert<std::vector<std::string>>::from(*aside);
        if (!birth->kept.empty()) order->snapshot = kept_in(birth->kept[i]);
        order->cell = birth->cells[i] = cell->handle();
        cell->begin_behind_fence();  // what our senders said to that name until now is on its way through the broker
        worker.bind_behind_fence(cell->name(), cell->handle(), cell->epoch());
        took_in(cell->handle(), birth->declared);  // while it starts it is told of in a hello: another broker would have it made beside itself
        worker.give_order(std::move(order));
        worker.executor().schedule(*cell);  // a new cell counts as awake
    }
    admin_.session().has_more_to_tell();
}

void ActorCommands::one_is_built(const BirthPointer& birth, std::size_t which, const Order& order) {
    if (order.failed()) {
        if (const auto cell = std::exchange(birth->cells[which], 0); cell != 0) gave_away(cell);
        if (birth->code.empty()) birth->code = order.code, birth->text = order.text;
    }
    if (--birth->waiting == 0) all_are_built(birth);
}

void ActorCommands::all_are_built(const BirthPointer& birth) {
    if (!birth->code.empty()) {
        for (std::size_t i = 0; i < birth->names.size(); ++i)
            if (birth->cells[i] != 0) discard(birth->names[i]);
        admin_.send({}, "unregister_actors", Value::Map{{"names", convert<std::vector<std::string>>::to(birth->names)}, {"unborn", true}});
        return fail(birth, birth->code, birth->text);
    }
    if (!birth->is_permanent)
        for (const auto& name : birth->names) admin_.worker().switchboard().stays_away(name);
    const auto& system = admin_.session().system();
    const auto& node = admin_.worker().node();
    if (birth->single)
        return birth->request->reply("actor_is_created",
                                     Value::Map{{"system", system}, {"node", node}, {"entity", birth->names.front()}});
    birth->request->reply("actors_are_created",
                          Value::Map{{"node", node}, {"entities", convert<std::vector<std::string>>::to(birth->names)}});
}

void ActorCommands::fail(const BirthPointer& birth, std::string_view code, std::string_view text) {
    for (const auto& name : birth->names)  // one that lives here already is another's
        if (!birth->is_healing && cell_of(name) == 0) admin_.worker().switchboard().stays_away(name);
    birth->request->reply_failure(birth->single ? "actor_is_not_created" : "actors_are_not_created", code, text);
}

}  // namespace peacepie::worker
