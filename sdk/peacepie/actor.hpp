// actor.hpp - the base class of everything an author writes.
//
// The constructor only declares: commands with `on`, and members Param, State, Ticker.  The world begins in `started`.
// Handlers of one actor run one after another, also across co_await, so members need no lock; a handler never blocks
// its thread (see blocking.hpp).  Owned by the worker.
// Next: param.hpp, reply.hpp, ask.hpp; sdk/README.md is the guide.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "peacepie/ask.hpp"
#include "peacepie/blocking.hpp"
#include "peacepie/body.hpp"
#include "peacepie/fd.hpp"
#include "peacepie/frame_pool.hpp"
#include "peacepie/group.hpp"
#include "peacepie/handler.hpp"
#include "peacepie/param.hpp"
#include "peacepie/print.hpp"
#include "peacepie/sleep.hpp"
#include "peacepie/system.hpp"
#include "peacepie/task.hpp"
#include "peacepie/ticker.hpp"
#include "wire/limits.hpp"

namespace peacepie {

class Actor : public Pooled {
public:
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;
    virtual ~Actor();

protected:
    // Words an author uses, at home here so that no using-directive is needed.
    using Address = Recipient;
    using Addresses = Recipients;
    using Binary = peacepie::Binary;
    using Error = peacepie::Error;
    using Fault = peacepie::Fault;
    using Level = peacepie::Level;
    using Reply = peacepie::Reply;
    using Seconds = peacepie::Seconds;
    using Ticker = peacepie::Ticker;
    using Value = peacepie::Value;
    template <class T = Reply>
    using Ask = peacepie::Ask<T>;
    template <class T = void>
    using Group = peacepie::Group<T>;
    template <class T>
    using Param = peacepie::Param<T>;
    template <class T>
    using Result = peacepie::Result<T>;
    template <class T>
    using State = peacepie::State<T>;
    template <class T = void>
    using Task = peacepie::Task<T>;

    Actor();

    /// Declares a command.  After the method: a name for each of its arguments in order; `overlapping` when it need not
    /// wait for suspended handlers; `about("...")`; or `whole_body` for a handler that takes the body as one argument.
    template <class Method, class... Words>
    void on(const char* command, Method method, Words... words) {
        if (detail::is_recorded()) record(detail::handler_of(command, method, words...));
    }
    static constexpr Overlapping overlapping{};
    static constexpr WholeBody whole_body{};
    [[nodiscard]] static About about(const char* text) noexcept { return {text}; }

    // Life.
    virtual Task<> started() { return {}; }        ///< first moment with a world around us; mail waits until it is over
    virtual void stopping() noexcept {}            ///< last words
    virtual void params_changed() {}               ///< after set_params; an Error thrown here undoes it and is the answer
    virtual void upgrade(std::string from_version, Value& state);  ///< state of another version, before it is loaded
    virtual void self_check() {}                   ///< the state of an earlier life is loaded; an Error thrown here keeps this one from beginning
    [[nodiscard]] bool has_moved() const noexcept { return flags_.moved; }  ///< this life began with a move

    // Who and where.
    [[nodiscard]] std::string_view name() const { return host_.name(); }
    [[nodiscard]] std::string_view node() const { return host_.node(); }  ///< the admin of this process
    [[nodiscard]] Sender sender() const noexcept {  ///< of what is being handled
        if (turn_ == nullptr) return {host_, 0, {}};
        return {host_, by_itself(turn_->sender), {by_itself(turn_->sender_text.data()), by_itself(turn_->sender_text.size())}};
    }
    [[nodiscard]] std::chrono::nanoseconds now() const { return std::chrono::nanoseconds(host_.now()); }

    // Words for people.
    template <class... Args>
    void print(fmt::format_string<Args...> text, Args&&... args) const {
        print_line(text, fmt::make_format_args(args...));
    }
    template <class... Args>
    void log(Level level, fmt::format_string<Args...> text, Args&&... args) const {
        log_line(level, text, fmt::make_format_args(args...));
    }

    // Messages.
    template <class... Fields>
    void send(const To& to, const Command& command, const Fields&... fields) const {
        if constexpr (sizeof...(Fields) == 0) post(to, command, {});
        else post(to, command, BodyInPassing(fields...).bytes());
    }
    /// Sent until the recipient has handled it, across crashes, restarts and moves, and handled once: it is numbered, and the
    /// recipient remembers the numbers.  In order among the reliable messages to one recipient.  What the handler answers, an
    /// error too, is the acknowledgement.  Given up, as a dead letter, after ten minutes without one.  A crash of this actor
    /// loses what is not acknowledged, unless it is durable.  Throws Error no_space: 10 000 messages or 8 MiB are waiting.
    template <class... Fields>
    void send_reliably(const To& to, const Command& command, const Fields&... fields) const {
        if constexpr (sizeof...(Fields) == 0) post_reliably(to, command, {});
        else post_reliably(to, command, BodyInPassing(fields...).bytes());
    }
    template <class... Fields>
    [[nodiscard]] Ask<> ask(const To& to, const Command& command, const Fields&... fields) {
        return question(to, command, encoded(fields...), limits::ask_timeout_default);
    }
    /// An ask that may take longer, or shorter, than the usual 10 s.
    template <class... Fields>
    [[nodiscard]] Ask<> ask_within(Seconds span, const To& to, const Command& command, const Fields&... fields) {
        return question(to, command, encoded(fields...), span);
    }
    template <class... Fields>
    [[nodiscard]] static Reply reply(const Command& command, Fields... fields) {
        return peacepie::reply(command, std::move(fields)...);
    }
    template <class T>
    [[nodiscard]] static auto named(std::string_view field, T&& value) {
        return peacepie::named(field, std::forward<T>(value));
    }
    template <class T>
    [[nodiscard]] static auto attempt(T&& ask) {
        return peacepie::attempt(std::forward<T>(ask));
    }
    template <class T>
    [[nodiscard]] static std::vector<T> joined(std::vector<std::vector<T>> lists) {
        return peacepie::joined(std::move(lists));
    }
    template <class... Args>
    [[nodiscard]] static std::string format(fmt::format_string<Args...> text, Args&&... args) {
        return formatted(text, fmt::make_format_args(args...));
    }

    // Others, and the end.
    /// A new actor of class T of this library, in this process, at once and without a word to the broker; a fortieth of the cost
    /// of create_actors.  `params` set its parameters.  Its name, `~…`, is unique in the system; it can be sent to, moved and
    /// removed like any.  It dies with its process.  Throws Error: what its constructor or the parameters say, or no_space.
    template <class T, class... Params>
    Sender spawn(const Params&... params) {
        return {host_, spawn_one(class_of<T>(), encoded_params(params...)), {}};
    }
    /// This actor ends once no handler of it is suspended; what comes after this turn is answered `no_such_actor`.
    void retire() { host_.retire(); }

    // Waiting.
    [[nodiscard]] Sleep sleep(Seconds span) noexcept { return {*this, span}; }
    [[nodiscard]] Watch readable(int fd) noexcept { return {*this, fd, Watch::For::reading}; }
    [[nodiscard]] Watch writable(int fd) noexcept { return {*this, fd, Watch::For::writing}; }
    /// Runs `f` on another thread; `f` must not touch the actor.  Begins at once: make it, name it, await the name.
    template <class F>
    [[nodiscard]] auto blocking(F f) {
        return Blocking<std::invoke_result_t<F>>(*this, std::move(f));
    }

    // The system's own commands (system.hpp), asked through the admin of this process unless another is named.
    [[nodiscard]] Ask<Recipient> create_process();
    [[nodiscard]] Ask<void> remove_process(const Recipient& node);
    [[nodiscard]] Ask<Recipient> create_actor(const Recipient& node, std::string package, std::string class_name,
                                              std::string name);
    [[nodiscard]] Ask<Recipients> create_actors(const Recipient& node, std::string package, std::string class_name,
                                                std::vector<std::string> names);
    [[nodiscard]] Ask<void> remove_actor(const Recipient& actor);
    [[nodiscard]] Ask<Move> recreate_actor(const Recipient& actor, const Recipient& node);
    [[nodiscard]] Ask<Found> seek_actor(const Recipient& actor);
    [[nodiscard]] Ask<Recipients> get_all_nodes();
    [[nodiscard]] Ask<Recipients> get_local_nodes();
    /// From now on this actor is to hear once of that one's end, as the command `down {ref, actor, reason}`, which it has to handle:
    /// normal, error, killed, worker_lost, no_connection (the process is silent, which is not death) or, at once, no_such_actor.
    /// -> the ref.  It outlives moves and brokers.  Errors: unavailable (too many, or not known yet).
    [[nodiscard]] Ask<std::int64_t> monitor(const Recipient& actor);
    /// Errors: bad_argument when it has fired, or is another's.
    [[nodiscard]] Ask<void> demonitor(std::int64_t ref);
    [[nodiscard]] Ask<Value> get_params(const Recipient& actor);
    [[nodiscard]] Ask<Value> describe(const Recipient& actor);
    template <class... Fields>
    [[nodiscard]] Ask<void> set_params(const Recipient& actor, const Fields&... fields) {
        return set_params(actor, std::vector<Named>{fields...});
    }
    [[nodiscard]] Ask<void> set_params(const Recipient& actor, std::vector<Named> params);
    [[nodiscard]] Ask<void> subscribe(const Recipient& actor, std::string command);
    [[nodiscard]] Ask<void> unsubscribe(const Recipient& actor, std::string command);

private:
    friend struct Inside;
    struct Flags {
        bool moved : 1 = false;
        bool busy : 1 = false;          ///< a handler is suspended and nobody may overlap it
        bool start_failed : 1 = false;
        bool changed : 1 = false;       ///< since the last save
    };

    static void record(Handler handler);
    [[nodiscard]] std::uint64_t spawn_one(const ActorClass& of, std::string_view parameters);
    template <class... Params>
    [[nodiscard]] static std::string encoded_params(const Params&... params) {
        if constexpr (sizeof...(Params) == 0) return {};
        else return encoded(Named{"params", body_of(params...)});
    }
    void print_line(fmt::string_view text, fmt::format_args args) const;
    void log_line(Level level, fmt::string_view text, fmt::format_args args) const;
    void post(const To& to, const Command& command, std::string_view body) const;
    void post_reliably(const To& to, const Command& command, std::string_view body) const;
    [[nodiscard]] Ask<> question(const To& to, const Command& command, std::string_view body, Seconds span);
    template <class T>
    [[nodiscard]] Ask<T> verb(const To& to, const Command& command, std::string_view body, Seconds span, T (*read)(Reply));

    const ActorClass* class_;
    Host host_;
    const Turn* turn_ = nullptr;
    Visit* visits_ = nullptr;       ///< suspended handlers, newest first
    Waiters waiters_;
    std::unique_ptr<Value> kept_;   ///< saved fields this version does not know
    Flags flags_;
};

}  // namespace peacepie
