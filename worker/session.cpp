// session.cpp - hello, heartbeats, bye.  Next: actor_commands.cpp.
#include "worker/session.hpp"

#include <unistd.h>

#include <algorithm>

#include "wire/limits.hpp"
#include "worker/actor_commands.hpp"
#include "worker/admin.hpp"
#include "worker/migration.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

using namespace std::chrono_literals;

Session::Session(Admin& admin) : admin_(admin), since_(admin.worker().now()) {
    admin_.on("node_lost", "", "", [](const RequestPointer& request) {
        log::debug({{"node", request->text("node")}}, "{} has left: {}", request->text("node"), request->text("reason"));
    });
    admin_.on("shut_down", "", "", [this](const RequestPointer& request) {
        if (request->is_from_head()) shut_down();
        else request->fail(code_of(Fault::is_not_handled), "only the broker may say that");
    });
}

void Session::begin() {
    if (phase() != Phase::silent) return;
    phase_.store(Phase::greeting, std::memory_order_release);
    greet();
    beat();
}

void Session::lost(std::string_view why) {
    if (phase() != Phase::joined) return;
    log::warning("{}; saying hello again", why);
    phase_.store(Phase::greeting, std::memory_order_release);
    admin_.worker().outbox().close();
    greet();
}

void Session::stood_still() {
    if (phase() == Phase::joined || phase() == Phase::greeting) {
        admin_.worker().pause();  // a welcome of before the stop may have let them go on
        look_often();
        if (phase() == Phase::greeting) return greet();  // an answer to the hello of before, or that none came, says nothing of the stop
        return lost("the broker may have given this process up");
    }
    admin_.worker().resume();
    if (was_joined_) admin_.worker().outbox().open();
}

void Session::reconnected() {
    if (phase() == Phase::greeting) return greet();  // the hello before may have gone down with the connection
    lost("there is another connection to the broker");
}

void Session::has_more_to_tell() {
    if (phase() == Phase::greeting) greet();
}

void Session::greet() {
    const auto& options = admin_.worker().options();
    unbrought_ = admin_.actors().registered_names();
    std::erase_if(unbrought_, [this](const auto& name) { return admin_.migration().is_frozen(name); });
    DeclaredList declared;
    auto moving = admin_.migration().moving(declared);  // first: pages of names follow, and no further ones of these
    Value body = Value::Map{{"role", "worker"}, {"host", options.host}, {"process", options.process},
                            {"protocol", Value::Array{1, 1}}, {"pid", options.pid != 0 ? options.pid : static_cast<std::int64_t>(getpid())},
                            {"credit", options.bounds[Bound::credit_window]}, {"tells_sends", true},
                            {"actors", admin_.actors().roll(unbrought_, declared)}};
    if (!unbrought_.empty()) body.set("more", unbrought_.size());
    if (auto texts = declared.take(); !texts.empty()) body.set("declared", std::move(texts));
    if (options.look_for_broker) body.set("remote", true);
    if (!moving.empty()) body.set("moving", std::move(moving));
    if (!session_.empty()) body.set("session", session_);
    if (auto gone = ended_of_late(); !gone.as_array()->empty()) body.set("gone", std::move(gone));
    if (const auto nursery = admin_.worker().nursery().number(); nursery != 0) body.set("nursery", nursery);
    const auto greeting = ++greeting_;
    admin_.greet("hello", body, 1s, [this, greeting](const Answer& answer) {
        if (greeting != greeting_ || phase() != Phase::greeting) return;
        if (answer.ok) return on_welcome(answer.body);
        if (answer.command == code_of(Fault::expired) || answer.command == code_of(Fault::no_session)) return greet();
        on_refusal(answer.command, answer.text());
    });
}

void Session::on_welcome(const Value& body) {
    auto text = [&](const char* field) {
        const Value* found = body.find(field);
        return found && found->as_text() ? *found->as_text() : std::string();
    };
    const auto session_before = std::exchange(session_, text("session"));
    if (!text("system").empty()) system_ = text("system");
    if (const Value* prime = body.find("prime"); prime && prime->as_bool()) prime_ = *prime->as_bool();
    if (const Value* nursery = body.find("nursery"); nursery && nursery->as_integer())
        admin_.worker().nursery().set_number(static_cast<std::uint64_t>(*nursery->as_integer()));
    drop_fenced(body);
    has_new_session_ |= !session_before.empty() && session_before != session_;
    if (unbrought_.empty()) return join();
    log::info("{} brings {} more actors", admin_.worker().node(), unbrought_.size());
    bring_more();
}

void Session::note_end(const std::string& name) {
    const auto now = admin_.worker().now();
    ended_.emplace_back(now, name);
    // A lost session is noticed much sooner than after this patience, so what is older has been heard.
    while (ended_.size() > limits::ended_remembered_max || ended_.front().first + limits::node_patience < now) ended_.pop_front();
}

Value Session::ended_of_late() {
    Value::Array names;
    for (const auto& [when, name] : ended_)
        if (admin_.actors().cell_of(name) == 0) names.emplace_back(name);
    return names;
}

void Session::bring_more() {
    const auto greeting = ++greeting_;
    DeclaredList declared;
    Value page = Value::Map{{"actors", admin_.actors().roll(unbrought_, declared)}};
    if (auto texts = declared.take(); !texts.empty()) page.set("declared", std::move(texts));
    if (!unbrought_.empty()) page.set("more", unbrought_.size());
    admin_.greet("bring_actors", page, 5s, [this, greeting](const Answer& answer) {
        if (greeting != greeting_ || phase() != Phase::greeting) return;
        const bool is_new = answer.command == code_of(Fault::no_session) || answer.command == code_of(Fault::expired);
        if (!answer.ok && is_new) return greet();  // another broker again, or one with too much to do: from the beginning
        if (!answer.ok) {
            log::error({{"code", answer.command}}, "the broker does not take {} actors: {}; trying again", unbrought_.size(), answer.text());
            return admin_.after(1s, [this, greeting] {
                if (greeting == greeting_ && phase() == Phase::greeting) greet();
            });
        }
        drop_fenced(answer.body);
        unbrought_.empty() ? join() : bring_more();
    });
}

void Session::drop_fenced(const Value& body) {
    const Value* fenced = body.find("fenced");
    if (!fenced || !fenced->as_array()) return;
    std::vector<std::string> names;
    for (const auto& name : *fenced->as_array())
        if (name.as_text()) names.push_back(*name.as_text());
    admin_.worker().mute(names);
    for (const auto& name : names) admin_.actors().discard(name);
}

void Session::join() {
    if (std::exchange(has_new_session_, false)) admin_.migration().broker_has_changed();  // after all that lives elsewhere was dropped
    phase_.store(Phase::joined, std::memory_order_release);
    admin_.worker().resume();
    was_cut_ = false;
    const auto& options = admin_.worker().options();
    if (options.look_for_broker) (void)options.look_for_broker(admin_.worker().now());  // now its address can be had; later it could not
    admin_.worker().say_heartbeat(true);  // what the session before came to, ahead of all that waited: this broker may die over it as well
    admin_.worker().outbox().open();
    if (std::exchange(has_joined_, true)) admin_.actors().keep_states_again();
    for (const auto& body : admin_.worker().watches().told()) {
        const Envelope word{.command = "bring_monitors", .sender = admin_.worker().node(), .body = body};
        admin_.worker().outbox().append_surely(word);
    }
    log::info({{"node", admin_.worker().node()}, {"prime", prime_ ? "yes" : "no"}}, "{} has joined", admin_.worker().node());
}

void Session::on_refusal(const std::string& code, const std::string& text) {
    if (code == code_of(Fault::stopping)) {  // came while everything ends: that is in order
        log::info("the system is ending: {}", text);
        return phase_.store(Phase::ended, std::memory_order_release);
    }
    log::error({{"code", code}}, "the broker refuses this worker: {}", text);
    refused_.store(true, std::memory_order_release);
    phase_.store(Phase::ended, std::memory_order_release);
}

/// The broker's heartbeats are answered as they come (Worker::on_frame).  When none comes this speaks first: to a broker that
/// has fallen silent, or one that has only mail for us.
void Session::beat() {
    if (phase() == Phase::ended) return;
    if (phase() == Phase::leaving) say_beat();  // its actors may still be ending
    if (phase() == Phase::joined) {
        const auto silent = admin_.worker().now() - admin_.worker().last_heard();
        if (!admin_.worker().take_was_probed()) say_beat();
        // A silent broker may be frozen, restarted or cut off: a hello that it knows already is harmless.
        if (silent > limits::heartbeat_patience) lost("the broker has been silent");
    }
    look_for_broker();
    admin_.after(limits::heartbeat_interval + limits::heartbeat_lateness, [this] { beat(); });
}

/// Cut off, its actors stop before others are made in their place; a welcome lets them go on, or says that they live elsewhere.
void Session::look_for_broker() {
    auto& worker = admin_.worker();
    const auto now = worker.now(), silent = now - worker.last_heard();
    if (phase() != Phase::greeting || !has_joined_ || silent <= limits::heartbeat_patience || !worker.options().look_for_broker) return;
    const auto way = worker.options().look_for_broker(now);
    if (way == Way::gone && silent >= limits::isolation_patience && !worker.is_paused()) {
        worker.pause();
        log::warning("no word of the broker for {} s, and its machine cannot be reached: all actors stand still until it can; they may be made elsewhere",
                     std::chrono::duration_cast<std::chrono::seconds>(silent).count());
        look_often();
    }
    was_cut_ |= way == Way::gone;
    if (way != Way::there || silent < limits::renewal_patience) return;
    if (worker.options().renew_connection(std::exchange(was_cut_, false))) greet();
}

/// While its actors stand still: the seconds until they are made elsewhere are few.
void Session::look_often() {
    constexpr auto interval = 300ms;
    if (!admin_.worker().options().look_for_broker || std::exchange(looks_often_, true)) return;
    admin_.after(interval, [this] {
        looks_often_ = false;
        look_for_broker();
        if (phase() == Phase::greeting && admin_.worker().is_paused()) look_often();
    });
}

void Session::say_beat() { admin_.send({}, "heartbeat", admin_.worker().tally().told()); }

void Session::shut_down() {
    if (phase() == Phase::leaving || phase() == Phase::ended) return;
    was_joined_ = phase() == Phase::joined;
    phase_.store(Phase::leaving, std::memory_order_release);
    log::info("shutting down: {} actors", admin_.actors().count());
    admin_.actors().stop_all([this] {
        if (was_joined_) {
            admin_.worker().dead_letters().report(admin_);
            admin_.send({}, "bye", admin_.worker().tally().told());
        }
        phase_.store(Phase::ended, std::memory_order_release);
        log::info("{} has ended", admin_.worker().node());
    });
    admin_.worker().resume();  // paused, they would not even stop; an order comes before what they have not read
}

}  // namespace peacepie::worker
