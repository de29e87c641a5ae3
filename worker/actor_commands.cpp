// actor_commands.cpp - the commands about actors; their ends and who is here.  Next: creation.cpp.
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

namespace {

constexpr int ending_tries = 20;  // a second apart: a move that is under way is over by then

}  // namespace

ActorCommands::ActorCommands(Admin& admin) : admin_(admin) {
    admin.on("create_actor", "class_desc:map name:text params:map? restart:text? durable:bool? group:map?", "creates an actor here",
             [this](const RequestPointer& request) { create(request, true); });
    admin.on("create_actors", "class_desc:map names:list params:map? restart:text? durable:bool? group:map?", "creates several actors here: all or none",
             [this](const RequestPointer& request) { create(request, false); });
    admin.on("remove_actor", "name:text", "ends an actor",
             [this](const RequestPointer& request) { remove(request); });
    admin.on("end_actor", "", "", [this](const RequestPointer& request) {
        if (request->is_from_head()) end(request->text("name"), ending_tries);
        else request->fail(code_of(Fault::is_not_handled), "only the broker may say that; say `remove_actor`");
    });
    admin.on("state_is_not_kept", "", "", [this](const RequestPointer& request) {
        const auto here = resident(request->text("name"));
        if (here && request->is_from_head()) give_order(*CellTable::slot(here.cell), std::make_unique<Order>(Order::Verb::unkept, nullptr));
    });
    admin.on("find_actor", "entity:address with_class_desc:bool?", "finds an actor in this process",
             [this](const RequestPointer& request) { find(request); });
    admin.on("recreate_actor", "entity:address node:address? class_desc:map? dry_run:bool? probation:map? replay:bool?",
             "moves an actor to another process, or puts another version in its place",
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
    const bool came_back = admin_.worker().switchboard().stays_away(here.name);
    stop(here.cell, here.name, Removal::for_good, [this, request, came_back, gone = here.name](const Order& order) {
        if (came_back && order.failed()) admin_.worker().switchboard().comes_back(gone);
        if (order.code == code_of(Fault::no_such_actor))
            return request->reply_failure("actor_is_absent", order.code, order.text, {{"name", gone}});
        if (order.failed()) return request->fail(order.code, order.text);  // it is there and stays for now
        request->reply("actor_is_removed", Value::Map{{"name", gone}});
    });
}

/// Ends the actor in order; one whose handler does not end within patience is cut off.
void ActorCommands::stop(std::uint64_t cell, const std::string& name, Removal removal, std::function<void(const Order&)> then) {
    auto settled = std::make_shared<bool>(false);
    auto order = std::make_unique<Order>(Order::Verb::stop, [this, name, removal, settled, then](Order& back) {
        if (!back.failed()) {
            gave_away(back.cell);
            unregister({name}, removal);
        }
        if (!std::exchange(*settled, true)) then(back);
    });
    order->cell = cell;
    order->for_good = removal == Removal::for_good;
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
    if (!here) return admin_.worker().outbox().unmute(name);
    auto order = std::make_unique<Order>(Order::Verb::discard, [this, name](Order&) { admin_.worker().outbox().unmute(name); });
    order->cell = here.cell;
    order->fenced = true;
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
    for (const Cell* cell : named) stop(cell->handle(), cell->name(), Removal::with_process, one_less);
    admin_.after(limits::stopping_patience + 1s, [this] {  // a handler that never returns must not hold the process
        if (all_stopped_) std::exchange(all_stopped_, nullptr)();
    });
}

void ActorCommands::unregister(const std::vector<std::string>& names, Removal removal) {
    for (const auto& name : names) admin_.session().note_end(name);
    Value body = Value::Map{{"names", convert<std::vector<std::string>>::to(names)}};
    if (removal == Removal::for_good) body.set("removed", true);
    if (removal == Removal::for_group) body.set("killed", true);
    admin_.send({}, "unregister_actors", body);
}

/// Its group is made again: it ends in order, and HEAD makes it again like those that died.
void ActorCommands::end(const std::string& name, int tries_left) {
    const auto here = resident(name);
    if (!here || CellTable::is_spawned(here.cell)) return;
    admin_.worker().switchboard().comes_back(name);
    stop(here.cell, here.name, Removal::for_group, [this, name, tries_left](const Order& order) {
        if (!order.failed() || order.code == code_of(Fault::no_such_actor)) return;
        if (tries_left == 0) return log::error({{"actor", name}}, "{} cannot be ended for its group: {}", name, order.text);
        admin_.after(1s, [this, name, tries_left] { end(name, tries_left - 1); });
    });
}

void ActorCommands::keep_states_again() {
    for (const Cell* cell : registered())
        if (cell->is_durable()) give_order(*cell, std::make_unique<Order>(Order::Verb::keep, nullptr));
}

void ActorCommands::give_order(const Cell& cell, std::unique_ptr<Order> order) {
    order->cell = cell.handle();
    admin_.worker().give_order(std::move(order));
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

std::unique_ptr<Order> ActorCommands::farewell(const std::string& name, std::uint64_t cell, bool failed) {
    auto order = std::make_unique<Order>(Order::Verb::stop, [this, name, cell, failed](Order&) {
        gave_away(cell);
        admin_.session().note_end(name);
        admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{name}}, {"ended", true}, {"failed", failed}});
    });
    order->cell = cell;
    return order;
}

std::vector<std::string> ActorCommands::registered_names() const {
    std::vector<std::string> names;
    for (const Cell* cell : registered()) names.push_back(cell->name());
    return names;
}

Value ActorCommands::roll(std::vector<std::string>& names, DeclaredList& declared) const {
    constexpr std::size_t rows_max = 20'000;  // far below what a message may carry, whatever the names are
    Value::Array all;
    for (; !names.empty() && all.size() < rows_max; names.pop_back()) {
        const auto here = resident(names.back());
        if (!here || CellTable::is_spawned(here.cell)) continue;
        const Cell& cell = *CellTable::slot(here.cell);
        const auto place = declared.place_of(cell.declared());
        if (!place) break;
        all.push_back(Value::Map{{"name", here.name}, {"epoch", cell.epoch()}, {"class_desc", pinned(*here.actor_class)}, {"declared", *place}});
    }
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

void ActorCommands::took_in(std::uint64_t cell, DeclaredPointer declared) { CellTable::slot(cell)->move_in(std::move(declared)); }

void ActorCommands::gave_away(std::uint64_t cell) {
    if (CellTable::is_spawned(cell)) return;  // it is here as long as its mailbox is open
    if (Cell* here = CellTable::slot(cell); here->handle() == cell) here->move_out();
}

std::uint64_t ActorCommands::cell_of(const std::string& name) const { return resident(name).cell; }

}  // namespace peacepie::worker
