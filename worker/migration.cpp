// migration.cpp - the steps of a move at this worker.  Next: cell_life.cpp.
#include "worker/migration.hpp"

#include "wire/spawned_name.hpp"
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

Migration::Migration(Admin& admin) : admin_(admin) {
    using Step = void (Migration::*)(const RequestPointer&);
    const std::pair<const char*, Step> steps[] = {
        {"prepare_move", &Migration::prepare_move}, {"load", &Migration::load}, {"start", &Migration::start},
        {"cancel_move", &Migration::cancel_move}, {"freeze", &Migration::freeze}, {"resume", &Migration::resume},
        {"discard", &Migration::discard}};
    for (const auto& [command, step] : steps)
        admin.on(command, "", "", [this, step = step](const RequestPointer& request) {
            if (!request->is_from_head()) return request->fail(code_of(Fault::is_not_handled), "only the broker leads a move; say `recreate_actor`");
            (this->*step)(request);
        });
}

Migration::Incoming* Migration::incoming(const RequestPointer& request) {
    const auto place = incoming_.find(request->text("entity"));
    return place != incoming_.end() && place->second.epoch == request->number("epoch") ? &place->second : nullptr;
}

Migration::Outgoing* Migration::outgoing(const RequestPointer& request) {
    const auto place = outgoing_.find(request->text("entity"));
    return place != outgoing_.end() && place->second.epoch == request->number("epoch") ? &place->second : nullptr;
}

void Migration::prepare_move(const RequestPointer& request) {
    const auto entity = request->text("entity");
    const auto epoch = request->number("epoch");
    const Value* class_desc = request->body().find("class_desc");
    if (!class_desc) throw Error(Fault::bad_argument, "\"class_desc\" is required");
    if (incoming_.contains(entity)) throw Error(Fault::conflict, "\"" + entity + "\" is on its way here already");
    const ActorClass& actor_class = admin_.store().find(*class_desc);
    Cell* cell = CellTable::of_process().let(admin_.worker(), entity, actor_class, epoch);
    if (!cell) throw Error(Fault::no_space, "this process holds as many actors as it can");
    incoming_[entity] = {epoch, cell->handle()};
    auto order = std::make_unique<Order>(Order::Verb::create, [this, request, entity](Order& back) {
        if (!back.failed()) return request->reply("move_is_prepared");
        incoming_.erase(entity);
        request->fail(back.code, back.text);
    });
    order->cell = cell->handle();
    admin_.worker().give_order(std::move(order));
    admin_.worker().executor().schedule(*cell);
}

void Migration::load(const RequestPointer& request) {
    Incoming* here = incoming(request);
    if (!here) throw Error(Fault::fenced, "no such move is under way here");
    const Value* snapshot = request->body().find("snapshot");
    if (!snapshot) throw Error(Fault::bad_request, "\"snapshot\" is required");
    auto order = std::make_unique<Order>(Order::Verb::load, [this, request](Order& back) {
        if (back.failed()) return request->fail(back.code, back.text);
        if (Incoming* loaded = incoming(request)) loaded->loaded = true;
        request->reply("is_loaded");
    });
    order->snapshot = std::make_unique<Snapshot>(Snapshot::from_value(*snapshot));
    order->cell = here->cell;
    if (Cell* cell = CellTable::slot(here->cell)) admin_.worker().switchboard().expect(cell->name(), here->cell);
    admin_.worker().give_order(std::move(order));
}

void Migration::start(const RequestPointer& request) {
    Incoming* here = incoming(request);
    if (!here || !here->loaded) return;
    const auto entity = request->text("entity");
    admin_.actors().took_in(here->cell);
    auto order = std::make_unique<Order>(Order::Verb::start, [this, entity](Order& back) {
        if (back.failed()) {  // started() threw at the new home: the actor is gone, and everyone is told
            log::error({{"actor", entity}}, "{} could not start after its move: {}", entity, back.text);
            admin_.actors().gave_away(back.cell);
            admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{entity}}});
        }
    });
    order->moved = true;
    order->cell = here->cell;
    incoming_.erase(entity);
    admin_.worker().give_order(std::move(order));
}

void Migration::cancel_move(const RequestPointer& request) {
    Incoming* here = incoming(request);
    if (!here) return;
    auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
    order->cell = here->cell;
    admin_.worker().switchboard().expect_no_more(request->text("entity"));
    incoming_.erase(request->text("entity"));
    admin_.worker().give_order(std::move(order));
}

void Migration::freeze(const RequestPointer& request) {
    const auto entity = request->text("entity");
    const auto epoch = request->number("epoch");
    const auto cell = admin_.actors().cell_of(entity);
    if (cell == 0) {
        // A spawned actor that ended by itself after it was registered for this move: the broker must not keep the entry.
        if (looks_spawned(entity)) admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{entity}}});
        throw Error(Fault::no_such_actor, "\"" + entity + "\" does not live here");
    }
    outgoing_[entity] = {epoch, cell};
    auto order = std::make_unique<Order>(Order::Verb::freeze, [this, request, entity](Order& back) {
        if (back.failed()) {
            if (Outgoing* here = outgoing(request); here && here->cell == back.cell) outgoing_.erase(entity);
            return request->fail(back.code, back.text);
        }
        request->reply("snapshot", back.snapshot->to_value());
    });
    order->cell = cell;
    admin_.worker().give_order(std::move(order));
}

void Migration::resume(const RequestPointer& request) {
    const auto& entity = request->text("entity");
    auto order = std::make_unique<Order>(Order::Verb::resume, nullptr);
    order->cell = admin_.actors().cell_of(entity);
    outgoing_.erase(entity);
    if (order->cell != 0) admin_.worker().give_order(std::move(order));
}

void Migration::discard(const RequestPointer& request) {
    Outgoing* here = outgoing(request);
    if (!here) return;
    const auto entity = request->text("entity");
    admin_.actors().gave_away(here->cell);
    auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
    order->cell = here->cell;
    outgoing_.erase(entity);
    admin_.worker().give_order(std::move(order));
}

/// Another broker, or another session with the same one, knows of no move: what was frozen goes on, what was to come is
/// dropped, and no fence will come back.  Older mail may still wait in the outbox, so a new fence goes behind it.
void Migration::broker_has_changed() {
    for (const auto& name : admin_.worker().switchboard().names())
        if (!outgoing_.contains(name)) admin_.worker().fence_is_back(name, std::nullopt);
    for (const auto& [entity, here] : outgoing_) {
        auto order = std::make_unique<Order>(Order::Verb::resume, nullptr);
        order->cell = here.cell;
        admin_.worker().give_order(std::move(order));
    }
    for (const auto& [entity, here] : incoming_) {
        auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
        order->cell = here.cell;
        admin_.worker().switchboard().expect_no_more(entity);
        admin_.worker().give_order(std::move(order));
    }
    outgoing_.clear();
    incoming_.clear();
}

}  // namespace peacepie::worker
