#include "fake_broker.hpp"

#include <stdexcept>
#include <zmq.h>

#include "wire/codec.hpp"

namespace peacepie::test {

FakeBroker::FakeBroker(On on, const std::string& endpoint) : on_(std::move(on)) {
    context_ = zmq_ctx_new();
    router_ = zmq_socket(context_, ZMQ_ROUTER);
    const int none = 0;
    zmq_setsockopt(router_, ZMQ_LINGER, &none, sizeof none);
    // A port that was just left may still be closing.
    int bound = -1;
    for (int i = 0; i < 100 && bound != 0; ++i) {
        bound = zmq_bind(router_, endpoint.c_str());
        if (bound != 0) zmq_poll(nullptr, 0, 20);
    }
    if (bound != 0) throw std::runtime_error("the fake broker cannot bind " + endpoint);
    char name[256];
    std::size_t size = sizeof name;
    zmq_getsockopt(router_, ZMQ_LAST_ENDPOINT, name, &size);
    endpoint_ = name;
    thread_ = std::thread([this] { run(); });
}

FakeBroker::~FakeBroker() {
    stop_ = true;
    thread_.join();
    zmq_close(router_);
    zmq_ctx_term(context_);
}

void FakeBroker::run() {
    while (!stop_) {
        zmq_pollitem_t item{router_, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, 5) <= 0) continue;
        std::string parts[2];
        for (auto& part : parts) {
            zmq_msg_t message;
            zmq_msg_init(&message);
            zmq_msg_recv(&message, router_, 0);
            part.assign(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
            zmq_msg_close(&message);
        }
        take(parts[0], parts[1]);
    }
}

void FakeBroker::take(const std::string& peer, const std::string& frame) {
    Envelope envelope;
    if (read_envelope(frame, envelope)) return;
    const Said said{peer, envelope.kind, envelope.mid, std::string(envelope.command), Value::decode(envelope.body)};
    if (forget_.exchange(false)) peers_.clear();
    if (said.command == "hello") {
        ++hellos_;
        if (!refusal_.empty()) return fail(said, refusal_, Value::Map{{"text", "not you"}});
        peers_.insert(peer);
        if (const Value* role = said.body.find("role"); role != nullptr && *role == Value("launcher")) launchers.insert(peer);
        return reply(said, "welcome", Value::Map{{"address", "@test.1"}, {"system", "king"}});
    }
    if (!peers_.contains(peer)) return fail(said, "no_session", Value::Map{{"text", "say hello"}});
    on_(*this, said);
}

void FakeBroker::put(const std::string& peer, Kind kind, std::uint64_t mid, const std::string& command, const Value& body) {
    const std::string bytes = body.is_nil() ? std::string() : body.encoded();
    Envelope envelope;
    envelope.kind = kind;
    envelope.mid = mid;
    envelope.command = command;
    envelope.sender = "first.main.admin";
    envelope.body = bytes;
    std::string frame;
    append_envelope(frame, envelope);
    put_bytes(peer, frame);
}

void FakeBroker::put_bytes(const std::string& peer, const std::string& frame) {
    zmq_send(router_, peer.data(), peer.size(), ZMQ_SNDMORE);
    zmq_send(router_, frame.data(), frame.size(), 0);
}

}  // namespace peacepie::test
