// migration.cpp - the steps of a move at this worker.  Next: cell_life.cpp.
#include "worker/migration.hpp"

#include "wire/spawned_name.hpp"
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/cell_table.hpp"
#include "worker/session.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

Migration::Migration(Admin& admin) : admin_(admin) {
    using Step = void (Migration::*)(const RequestPointer&);
    const std::pair<const char*, Step> steps[] = {
        {"prepare_move", &Migration::prepare_move}, {"load", &Migration::load}, {"start", &Migration::start},
        {"cancel_move", &Migration::cancel_move}, {"await_fence", &Migration::await_fence},
        {"freeze", &Migration::freeze}, {"resume", &Migration::resume}, {"discard", &Migration::discard},
        {"settle", &Migration::settle}, {"withdraw", &Migration::withdraw}};
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

/// The welcome that is awaited may say that its broker leads none of our moves, and they are called off: one of the broker
/// that has sent an earlier welcome, which came too late, must not be among them, because it would be here and there.
void Migration::expect_welcomed() const {
    if (admin_.session().is_greeting()) throw Error(Fault::unavailable, admin_.worker().node() + " is just joining; try again");
}

void Migration::prepare_move(const RequestPointer& request) {
    expect_welcomed();
    const auto entity = request->text("entity");
    const auto epoch = request->number("epoch");
    const Value* class_desc = request->body().find("class_desc");
    if (!class_desc) throw Error(Fault::bad_argument, "\"class_desc\" is required");
    if (incoming_.contains(entity)) throw Error(Fault::conflict, "\"" + entity + "\" is on its way here already");
    const ActorClass& actor_class = admin_.store().find(*class_desc);
    Cell* cell = CellTable::of_process().let(admin_.worker(), entity, actor_class, epoch);
    if (!cell) throw Error(Fault::no_space, "this process holds as many actors as it can");
    incoming_[entity] = {epoch, cell->handle(), request->text("source")};
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
    here->declared = share(std::move(order->snapshot->declared));
    if (order->snapshot->permanent) admin_.worker().switchboard().comes_back(request->text("entity"));
    if (Cell* cell = CellTable::slot(here->cell)) {
        cell->set_durable(order->snapshot->durable);
        admin_.worker().switchboard().expect(cell->name(), here->cell);
    }
    admin_.worker().give_order(std::move(order));
}

void Migration::start(const RequestPointer& request) {
    Incoming* here = incoming(request);
    if (!here || !here->loaded) return;
    const auto entity = request->text("entity");
    admin_.actors().took_in(here->cell, here->declared);
    auto order = std::make_unique<Order>(Order::Verb::start, [this, entity](Order& back) {
        if (!back.failed()) return;
        const auto place = incoming_.find(entity);
        const bool on_probation = place != incoming_.end() && place->second.cell == back.cell;
        if (on_probation) place->second.could_not_start = true;  // its cell has told the broker
        else give_up(entity, back.cell, back.text);
    });
    order->moved = true;
    order->cell = here->cell;
    const Value* errors = request->body().find("errors");
    here->on_probation = errors && errors->as_integer() && *errors->as_integer() > 0;
    if (here->on_probation) order->errors = static_cast<std::uint64_t>(*errors->as_integer());
    else incoming_.erase(entity);
    admin_.worker().give_order(std::move(order));
}

/// started() threw at the new home: the actor is gone, and everyone is told.
void Migration::give_up(const std::string& entity, std::uint64_t cell, std::string_view why) {
    log::error({{"actor", entity}}, "{} could not start after its move: {}", entity, why);
    admin_.actors().gave_away(cell);
    admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{entity}}, {"failed", true}});
}

void Migration::settle(const RequestPointer& request) {
    const Incoming* here = incoming(request);
    if (!here || !here->on_probation) return;
    const auto entity = request->text("entity");
    settle(entity, Incoming(*here));
    incoming_.erase(entity);
}

void Migration::settle(const std::string& entity, const Incoming& here) {
    auto order = std::make_unique<Order>(here.could_not_start ? Order::Verb::discard : Order::Verb::settle, nullptr);
    order->cell = here.cell;
    admin_.worker().give_order(std::move(order));
    if (here.could_not_start) give_up(entity, here.cell, "its probation was over before that was known");
}

void Migration::withdraw(const RequestPointer& request) {
    const Incoming* here = incoming(request);
    if (!here) return request->reply("is_withdrawn");
    auto order = std::make_unique<Order>(Order::Verb::withdraw, [request](Order&) { request->reply("is_withdrawn"); });
    order->cell = here->cell;
    admin_.actors().gave_away(here->cell);
    incoming_.erase(request->text("entity"));
    admin_.worker().give_order(std::move(order));
}

void Migration::cancel_move(const RequestPointer& request) {
    Incoming* here = incoming(request);
    if (!here) return;
    auto order = std::make_unique<Order>(Order::Verb::withdraw, nullptr);  // what it was handed is the source's again
    order->cell = here->cell;
    admin_.worker().switchboard().expect_no_more(request->text("entity"));
    incoming_.erase(request->text("entity"));
    admin_.worker().give_order(std::move(order));
}

std::uint64_t Migration::source_of(const std::string& entity) {
    const auto cell = admin_.actors().cell_of(entity);
    if (cell != 0) return cell;
    // A spawned actor that ended by itself after it was registered for this move: the broker must not keep the entry.
    if (looks_spawned(entity)) admin_.send({}, "unregister_actors", Value::Map{{"names", Value::Array{entity}}});
    throw Error(Fault::no_such_actor, "\"" + entity + "\" does not live here");
}

void Migration::await_fence(const RequestPointer& request) {
    auto order = std::make_unique<Order>(Order::Verb::await_fence, [request](Order& back) {
        back.failed() ? request->fail(back.code, back.text) : request->reply("fence_is_back");
    });
    expect_welcomed();
    order->cell = source_of(request->text("entity"));
    admin_.worker().give_order(std::move(order));
}

void Migration::freeze(const RequestPointer& request) {
    const auto entity = request->text("entity");
    const auto cell = source_of(entity);
    outgoing_[entity] = {request->number("epoch"), cell, request->text("target")};  // first: its box is shut already, and a `resume` opens it
    expect_welcomed();
    auto order = std::make_unique<Order>(Order::Verb::freeze, [this, request](Order& back) {
        if (back.failed()) return request->fail(back.code, back.text);  // `resume` follows, or another broker comes
        if (Outgoing* here = outgoing(request); here && here->cell == back.cell) here->frozen = true;
        if (const Cell* frozen = CellTable::slot(back.cell); frozen && frozen->declared()) back.snapshot->declared = *frozen->declared();
        back.snapshot->permanent = admin_.worker().switchboard().is_to_come_back(request->text("entity"));
        admin_.worker().outbox().count_left(back.snapshot->sends);
        request->reply("snapshot", back.snapshot->to_value());
    });
    order->cell = cell;
    admin_.worker().give_order(std::move(order));
}

void Migration::resume(const RequestPointer& request) {
    const Outgoing* here = outgoing(request);
    if (!here) return;
    auto order = std::make_unique<Order>(Order::Verb::resume, nullptr);
    order->cell = here->cell;
    const Value* life = request->body().find("life");
    if (Cell* cell = life && life->as_integer() ? CellTable::slot(here->cell) : nullptr) {
        order->epoch = static_cast<std::uint64_t>(*life->as_integer());
        cell->set_epoch(order->epoch);
    }
    outgoing_.erase(request->text("entity"));
    admin_.worker().give_order(std::move(order));
}

void Migration::discard(const RequestPointer& request) {
    Outgoing* here = outgoing(request);
    if (!here) return;
    const auto entity = request->text("entity");
    admin_.actors().gave_away(here->cell);
    auto order = std::make_unique<Order>(Order::Verb::discard, nullptr);
    order->cell = here->cell;
    const Value* fenced = request->body().find("fenced");
    order->fenced = fenced && fenced->as_bool() && *fenced->as_bool();
    outgoing_.erase(entity);
    if (admin_.actors().cell_of(entity) == 0) admin_.worker().switchboard().stays_away(entity);
    admin_.worker().give_order(std::move(order));
}

bool Migration::is_frozen(const std::string& name) const {
    const auto place = outgoing_.find(name);
    return place != outgoing_.end() && place->second.frozen && admin_.actors().cell_of(name) == place->second.cell;  // not its successor in place
}

Value::Array Migration::moving(DeclaredList& declared) {
    Value::Array all;
    int untold = 0;
    const auto tell = [&](Value one, const Cell& cell, const DeclaredPointer& known) {
        one.set("class_desc", pinned(*cell.actor_class()));
        if (const auto place = declared.place_of(known)) one.set("declared", *place);
        else ++untold;
        all.push_back(std::move(one));
    };
    for (auto& [name, here] : outgoing_) {
        here.brought = here.frozen;
        const Cell* cell = CellTable::slot(here.cell);
        if (!here.frozen || !cell) continue;
        tell(Value::Map{{"entity", name}, {"epoch", here.epoch}, {"life", cell->epoch()}, {"source", admin_.worker().node()}, {"target", here.target}, {"frozen", true}},
             *cell, cell->declared());
    }
    for (auto& [name, here] : incoming_) {
        here.brought = here.loaded && !here.on_probation;  // that one lives here
        const Cell* cell = CellTable::slot(here.cell);
        if (!here.brought || !cell) continue;
        tell(Value::Map{{"entity", name}, {"epoch", here.epoch}, {"source", here.source}, {"target", admin_.worker().node()}, {"loaded", true}}, *cell, here.declared);
    }
    if (untold != 0) log::warning("so much is on its way that of {} actors the broker is not told how they were declared", untold);
    return all;
}

/// A fence that was on its way may be lost.  Older mail may still wait in the outbox, so a new one goes behind it, now: whoever of our
/// senders moves away does so behind it.
void Migration::broker_has_changed() {
    auto& worker = admin_.worker();
    for (const auto& [name, number] : worker.fences().under_way()) {
        const auto handle = worker.switchboard().find(name);
        if (const Cell* cell = handle != 0 ? CellTable::slot(handle) : nullptr) worker.send_fence(name, cell->epoch());
        else (void)worker.fences().is_back(name, number);  // to nobody
    }
    std::erase_if(outgoing_, [this](const auto& named) {
        if (named.second.brought) return false;
        auto order = std::make_unique<Order>(Order::Verb::resume, nullptr);
        order->cell = named.second.cell;
        admin_.worker().give_order(std::move(order));
        return true;
    });
    std::erase_if(incoming_, [this](const auto& named) {
        if (named.second.brought) return false;
        if (named.second.on_probation) return settle(named.first, named.second), true;
        auto order = std::make_unique<Order>(Order::Verb::withdraw, nullptr);
        order->cell = named.second.cell;
        admin_.worker().switchboard().expect_no_more(named.first);
        admin_.worker().give_order(std::move(order));
        return true;
    });
}

}  // namespace peacepie::worker
