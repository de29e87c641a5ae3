// actor_commands.cpp - one actor's way into this worker and out again.  Next: cell_life.cpp.
#include "worker/actor_commands.hpp"

#include <algorithm>
#include <functional>

#include "wire/closest.hpp"
#include "wire/limits.hpp"
#include "wire/spawned_name.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

ActorCommands::ActorCommands(Admin& admin) : admin_(admin) {
    admin.on("create_actor", "class_desc:map name:text params:map? restart:text?", "creates an actor here",
             [this](const RequestPointer& request) { create(request, true); });
    admin.on("create_actors", "class_desc:map names:list params:map? restart:text?", "creates several actors here: all or none",
             [this](const RequestPointer& request) { create(request, false); });
    admin.on("remove_actor", "name:text", "ends an actor",
             [this](const RequestPointer& request) { remove(request); });
    admin.on("find_actor", "entity:address with_class_desc:bool?", "finds an actor in this process",
             [this](const RequestPointer& request) { find(request); });
    admin.on("recreate_actor", "entity:address node:address? class_desc:map?", "moves an actor to another process, or puts another version in its place",
             [this](const RequestPointer& request) { recreate(request); });
    admin.on("load_package", "requires_dist:text", "loads a package's library into this process",
             [this](const RequestPointer& request) { load_package(request); });
    admin.on("get_source_path", "", "the folder packages are taken from", [this](const RequestPointer& request) {
        request->reply("source_path", Value::Map{{"path", admin_.store().folder().string()}});
    });
    admin.on("get_work_path", "", "the folder this process works in", [](const RequestPointer& request) {
        std::error_code error;
        request->reply("work_path", Value::Map{{"path", std::filesystem::current_path(error).string()}});
    });
}

void ActorCommands::create(const RequestPointer& request, bool single) {
    auto birth = std::make_shared<Birth>();
    birth->request = request;
    birth->single = single;
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
    } catch (const Error& error) {
        return fail(birth, error.code, error.text);
    }
    Value claim = Value::Map{{"names", convert<std::vector<std::string>>::to(birth->names)},
                                   {"class_desc", pinned(*birth->actor_class)}};
    for (const char* declared : {"params", "restart"})  // what it takes to make them again
        if (const Value* field = request->body().find(declared); field && !field->is_nil()) claim.set(declared, *field);
    admin_.ask({}, "register_actors", claim, limits::ask_timeout_default, [this, birth](const Answer& answer) {
        if (!answer.ok) return fail(birth, answer.command, answer.text());
        const Value* epochs = answer.body.find("epochs");
        if (epochs) birth->epochs = convert<std::vector<std::uint64_t>>::from(*epochs);
        if (birth->epochs.size() != birth->names.size()) return fail(birth, "bad_request", "the broker gave no epochs");
        build(birth);
    });
}

void ActorCommands::build(const BirthPointer& birth) {
    auto& worker = admin_.worker();
    birth->cells.assign(birth->names.size(), 0);
    birth->waiting = birth->names.size();
    for (std::size_t i = 0; i < birth->names.size(); ++i) {
        Cell* cell = CellTable::of_process().let(worker, birth->names[i], *birth->actor_class, birth->epochs[i]);
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
        order->cell = birth->cells[i] = cell->handle();
        worker.switchboard().bind(cell->name(), cell->handle());
        worker.give_order(std::move(order));
        worker.executor().schedule(*cell);  // a new cell counts as awake
    }
}

void ActorCommands::one_is_built(const BirthPointer& birth, std::size_t which, const Order& order) {
    if (order.failed()) {
        birth->cells[which] = 0;
        if (birth->code.empty()) birth->code = order.code, birth->text = order.text;
    } else {
        took_in(birth->cells[which]);
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
    const auto& system = admin_.session().system();
    const auto& node = admin_.worker().node();
    if (birth->single)
        return birth->request->reply("actor_is_created",
                                     Value::Map{{"system", system}, {"node", node}, {"entity", birth->names.front()}});
    birth->request->reply("actors_are_created",
                          Value::Map{{"node", node}, {"entities", convert<std::vector<std::string>>::to(birth->names)}});
}

void ActorCommands::fail(const BirthPointer& birth, std::string_view code, std::string_view text) {
    birth->request->reply_failure(birth->single ? "actor_is_not_created" : "actors_are_not_created", code, text);
}

void ActorCommands::remove(const RequestPointer& request) {
    const Value* name = request->body().find("name");
    if (!name || !name->as_text())
        return request->reply_failure("actor_is_absent", code_of(Fault::bad_argument), "\"name\" is required and must be text");
    const auto here = resident(*name->as_text());
    if (!here) {
        const Value* passed = request->body().find("passed_on");
        if (!passed && is_entity(*name->as_text())) {  // another worker may hold it: HEAD knows
            Value body = request->body();
            body.set("passed_on", true);
            return request->pass_on({}, &body);
        }
        return request->reply_failure("actor_is_absent", code_of(Fault::no_such_actor),
                                      "there is no actor \"" + *name->as_text() + "\"", {{"name", *name}});
    }
    stop(here.cell, here.name, [request, gone = here.name](const Order& order) {
        if (order.code == code_of(Fault::no_such_actor))
            return request->reply_failure("actor_is_absent", order.code, order.text, {{"name", gone}});
        if (order.failed()) return request->fail(order.code, order.text);  // it is there and stays for now
        request->reply("actor_is_removed", Value::Map{{"name", gone}});
    });
}

/// Ends the actor in order; one whose handler does not end within patience is cut off.
void ActorCommands::stop(std::uint64_t cell, const std::string& name, std::function<void(const Order&)> then) {
    auto settled = std::make_shared<bool>(false);
    auto order = std::make_unique<Order>(Order::Verb::stop, [this, name, settled, then](Order& back) {
        if (!back.failed()) {
            gave_away(back.cell);
            unregister({name});
        }
        if (!std::exchange(*settled, true)) then(back);
    });
    order->cell = cell;
    admin_.worker().give_order(std::move(order));
    admin_.after(limits::stopping_patience, [this, name, settled, handle = cell] {
        if (*settled) return;
        log::warning({{"actor", name}}, "{} does not end its turn; it is cut off", name);
        auto discard = std::make_unique<Order>(Order::Verb::discard, nullptr);
        discard->cell = handle;
        admin_.worker().give_order(std::move(discard));
    });
    admin_.after(limits::stopping_patience + 1s, [name, settled, then] {
        if (std::exchange(*settled, true)) return;
        Order stuck(Order::Verb::stop, nullptr);
        stuck.code = code_of(Fault::unavailable);
        stuck.text = "a handler of \"" + name + "\" does not return; remove its process to be rid of it";
        then(stuck);
    });
}

void ActorCommands::discard(const std::string& name) {
    const auto here = resident(name);
    if (!here) return;
    auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
    order->cell = here.cell;
    gave_away(here.cell);
    admin_.worker().give_order(std::move(order));
}

void ActorCommands::stop_all(std::function<void()> then) {
    admin_.worker().nursery().close();
    const auto named = registered();
    const auto spawned = CellTable::of_process().spawned_of(admin_.worker());
    if (named.empty() && spawned.empty()) return then();
    all_stopped_ = std::move(then);
    stopping_ = named.size() + spawned.size();
    auto one_less = [this](const Order&) {
        if (stopping_ > 0 && --stopping_ == 0 && all_stopped_) std::exchange(all_stopped_, nullptr)();
    };
    for (const auto cell : spawned) {  // the broker knows nothing of them, and one patience below is enough for all
        auto order = std::make_unique<Order>(Order::Verb::stop, one_less);
        order->cell = cell;
        admin_.worker().give_order(std::move(order));
    }
    for (const Cell* cell : named) stop(cell->handle(), cell->name(), one_less);
    admin_.after(limits::stopping_patience + 1s, [this] {  // a handler that never returns must not hold the process
        if (all_stopped_) std::exchange(all_stopped_, nullptr)();
    });
}

void ActorCommands::unregister(const std::vector<std::string>& names) {
    for (const auto& name : names) admin_.session().note_end(name);
    admin_.send({}, "unregister_actors", Value::Map{{"names", convert<std::vector<std::string>>::to(names)}});
}

void ActorCommands::find(const RequestPointer& request) {
    const Value* wanted = request->body().find("entity");
    const std::string entity(wanted ? convert<Address>::from(*wanted).key() : std::string_view(request->text("entity")));
    Value::Map body{{"mid", request->mail().mid}, {"entity", entity}};
    const auto here = resident(entity);
    if (!here) {
        Closest close(entity);
        for (const auto& name : admin_.worker().switchboard().names(limits::close_names_examined_max)) close.offer(name);
        body.emplace_back("close", convert<std::vector<std::string>>::to(close.take()));
        return request->reply("actor_is_not_found", body);
    }
    body.insert(body.begin() + 1, {"node", admin_.worker().node()});
    if (const Value* wish = request->body().find("with_class_desc"); wish && wish->as_bool() && *wish->as_bool())
        body.emplace_back("class_desc", pinned(*here.actor_class));
    request->reply("actor_is_found", body);
}

void ActorCommands::load_package(const RequestPointer& request) {
    try {
        const Plugin& plugin = admin_.store().load(request->text("requires_dist"));
        Value::Array classes;
        Value::Map manuals;
        for (const auto& one : plugin.classes()) {
            classes.emplace_back(one.type->name);
            manuals.emplace_back(one.type->name, one.manual);
        }
        request->reply("package_is_loaded", Value::Map{{"package", plugin.package()}, {"version", plugin.version()},
                                                       {"classes", std::move(classes)},
                                                       {"manuals", std::move(manuals)}});
    } catch (const Error& error) {
        request->reply_failure("package_is_not_loaded", error.code, error.text);
    }
}

/// The broker knows who lives where.  Of a spawned actor it learns now, because that one is about to leave its birthplace.
void ActorCommands::recreate(const RequestPointer& request) {
    const Value* entity = request->body().find("entity");
    const auto address = entity ? convert<Address>::from(*entity) : Address{};
    const auto here = looks_spawned(address.entity) ? resident(address.entity) : Resident{};
    if (here && CellTable::is_spawned(here.cell)) {
        admin_.send({}, "register_actors", Value::Map{{"names", Value::Array{here.name}}, {"class_desc", pinned(*here.actor_class)}});
        auto order = std::make_unique<Order>(Order::Verb::enlist, [this, name = here.name](Order& back) {
            if (back.failed()) unregister({name});  // it has ended meanwhile
        });
        order->cell = here.cell;
        admin_.worker().give_order(std::move(order));
    }
    request->pass_on({});
}

std::unique_ptr<Order> ActorCommands::farewell(const std::string& name, std::uint64_t cell) {
    auto order = std::make_unique<Order>(Order::Verb::stop, [this, name, cell](Order&) {
        gave_away(cell);
        admin_.session().note_end(name);
        admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{name}}, {"ended", true}});
    });
    order->cell = cell;
    return order;
}

std::vector<std::string> ActorCommands::registered_names() const {
    std::vector<std::string> names;
    for (const Cell* cell : registered()) names.push_back(cell->name());
    return names;
}

Value ActorCommands::roll(std::span<const std::string> names) const {
    Value::Array all;
    for (const auto& name : names)
        if (const auto here = resident(name); here && !CellTable::is_spawned(here.cell))
            all.push_back(Value::Map{{"name", name}, {"epoch", CellTable::slot(here.cell)->epoch()}, {"class_desc", pinned(*here.actor_class)}});
    return all;
}

/// A spawned actor's cell may be let to another at any moment, so it is known by its handle alone.
ActorCommands::Resident ActorCommands::resident(std::string_view name) const {
    const auto& switchboard = admin_.worker().switchboard();
    for (const auto handle : {switchboard.find_expected(name), switchboard.find(name)}) {  // a new home is resident from `start` on
        if (CellTable::is_spawned(handle)) {
            if (const auto* of = CellTable::class_of(handle)) return {handle, std::string(name), of};
        } else if (Cell* cell = handle != 0 ? CellTable::slot(handle) : nullptr; cell && cell->handle() == handle && cell->is_resident()) {
            return {handle, cell->name(), cell->actor_class()};
        }
    }
    return {};
}

std::vector<const Cell*> ActorCommands::registered() const {
    std::vector<const Cell*> all;
    for (const auto& name : admin_.worker().switchboard().names())
        if (const auto here = resident(name); here && !CellTable::is_spawned(here.cell)) all.push_back(CellTable::slot(here.cell));
    std::ranges::sort(all, std::greater{}, &Cell::epoch);
    return all;
}

std::size_t ActorCommands::count() const {
    return admin_.worker().switchboard().size() + CellTable::of_process().spawned_of(admin_.worker()).size();
}

void ActorCommands::took_in(std::uint64_t cell) { CellTable::slot(cell)->set_resident(true); }

void ActorCommands::gave_away(std::uint64_t cell) {
    if (CellTable::is_spawned(cell)) return;  // it is here as long as its mailbox is open
    if (Cell* here = CellTable::slot(cell); here->handle() == cell) here->set_resident(false);
}

std::uint64_t ActorCommands::cell_of(const std::string& name) const { return resident(name).cell; }

}  // namespace peacepie::worker
