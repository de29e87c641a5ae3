// host_seam.cpp - what a plug-in may call.  Nothing here may throw across the seam.  Next: cell.cpp, switchboard.cpp.
#include "worker/host_seam.hpp"

#include "log/log.hpp"
#include "wire/value.hpp"
#include "worker/blocking.hpp"
#include "worker/cell_table.hpp"
#include "worker/printing.hpp"
#include "worker/symbols.hpp"
#include "worker/worker.hpp"

namespace peacepie::worker {

namespace {

const Clock* process_clock = nullptr;

std::uint64_t now() noexcept {
    static const SteadyClock steady;
    return static_cast<std::uint64_t>((process_clock ? process_clock : &steady)->now().count());
}

std::uint64_t later(std::uint64_t ns) noexcept {
    const auto at = now() + ns;
    return at < ns ? Operation::never - 1 : at;
}

uint32_t command(pp_bytes text) { return Symbols::of_process().intern(view(text)); }
pp_bytes command_text(uint32_t symbol) { return bytes(Symbols::of_process().text(symbol)); }
uint64_t address(pp_cell* me, pp_bytes text) { return as_cell(me).worker().switchboard().find(view(text)); }
void address_text(pp_cell*, uint64_t handle, pp_sink sink, void* into) {
    const auto name = CellTable::of_process().name_of(handle);
    if (!name.empty()) sink(into, bytes(name));
}
pp_bytes name(pp_cell* me) { return bytes(as_cell(me).name()); }
pp_bytes node(pp_cell* me) { return bytes(as_cell(me).worker().node()); }
uint64_t self(pp_cell* me) { return as_cell(me).handle(); }

void send(pp_cell* me, const pp_envelope* envelope) {
    Cell& cell = as_cell(me);
    if (!cell.speaks_plainly()) return cell.say(*envelope);
    cell.worker().switchboard().post_from(cell, *envelope);
}

int tell(pp_cell* me, uint64_t recipient, uint32_t command, pp_bytes body) {
    return as_cell(me).worker().switchboard().tell(as_cell(me), recipient, command, body);
}

/// The error comes back like any answer, in a later turn.
void refuse_ask(Cell& cell, std::uint64_t mid) {
    const auto most = cell.worker().options().bounds[Bound::open_asks];
    const auto body = Value(Value::Map{{"text", "this actor waits for " + std::to_string(most) + " answers already"}}).encoded();
    cell.worker().counters().reach(Bound::open_asks);
    pp_envelope error{};
    error.size = sizeof error;
    error.kind = PP_ERROR;
    error.mid = mid;
    error.command_text = bytes(code_of(Fault::no_space));
    error.recipient = error.sender = cell.handle();
    error.body = bytes(body);
    cell.worker().switchboard().post(error, Origin::local);
}

uint64_t ask(pp_cell* me, const pp_envelope* envelope, uint64_t timeout_ns) {
    Cell& cell = as_cell(me);
    pp_envelope out = *envelope;
    out.kind = PP_ASK;
    out.deadline_ns = later(timeout_ns);
    const bool is_one_too_many = cell.open_operations() >= cell.worker().options().bounds[Bound::open_asks];
    out.mid = cell.open_operation(Operation::Kind::ask, out.deadline_ns);
    if (is_one_too_many) refuse_ask(cell, out.mid);
    else if (!cell.speaks_plainly()) cell.say(out);
    else cell.worker().switchboard().post_from(cell, out);
    return out.mid;
}

uint64_t wait(pp_cell* me, uint64_t ns) { return as_cell(me).open_operation(Operation::Kind::wait, later(ns)); }
uint64_t alarm(pp_cell* me, uint64_t ns) { return as_cell(me).open_operation(Operation::Kind::alarm, later(ns)); }
uint64_t open(pp_cell* me) { return as_cell(me).open_operation(Operation::Kind::open, Operation::never); }
void cancel(pp_cell* me, uint64_t operation) { as_cell(me).close_operation(operation); }

void complete(uint64_t handle, uint64_t operation, pp_bytes body) {
    Cell* cell = CellTable::slot(handle);
    if (!cell) return;
    pp_envelope envelope{};
    envelope.kind = static_cast<std::uint8_t>(MailKind::completed);
    envelope.mid = operation;
    envelope.body = body;
    Mail* mail = Mail::make(envelope, Origin::local);
    const auto posted = cell->post(mail, CellTable::generation(handle));
    if (posted == Posted::wake_reader) cell->worker().executor().schedule(*cell);
    else if (posted != Posted::queued) Mail::destroy(mail);  // the actor left: nobody waits any more
}

void print(pp_cell*, pp_bytes line) { print_line(view(line)); }

void log_line(pp_cell* me, int level, pp_bytes text) {
    const auto& actor = as_cell(me).name();
    const auto as = level <= 1 ? log::Level::debug
                    : level == 2 ? log::Level::info
                    : level == 3 ? log::Level::warning
                                 : log::Level::error;
    if (log::is_on(as)) log::write(as, {{"actor", actor}}, actor + ": " + std::string(view(text)));
}

void fail(pp_cell* me, pp_bytes code, pp_bytes text) { as_cell(me).fail(view(code), view(text)); }
uint64_t now_ns() { return now(); }

uint64_t watch(pp_cell* me, int descriptor, int events) {
    Cell& cell = as_cell(me);
    const auto operation = cell.open_operation(Operation::Kind::watch, Operation::never);
    if (!cell.worker().executor().watch(cell.handle(), operation, descriptor, events)) complete(cell.handle(), operation, {});
    return operation;  // a descriptor that cannot be watched counts as ready: the author's next call says what is wrong
}

void run_blocking(void (*work)(void*), void* with) { run_off_the_loops(work, with); }

/// 0: `into` was told why.
uint64_t spawn(pp_cell* me, const pp_actor_type* type, pp_bytes parameters, pp_sink error, void* into) {
    try {
        const Cell& parent = as_cell(me);
        return parent.worker().nursery().spawn(parent, *type, view(parameters));
    } catch (const Error& failure) {
        error(into, bytes(failure.code));
        error(into, bytes(failure.text));
    } catch (const std::exception& failure) {
        error(into, bytes(code_of(Fault::no_space)));
        error(into, bytes(std::string_view(failure.what())));
    }
    return 0;
}

int send_reliably(pp_cell* me, const pp_envelope* envelope) { return as_cell(me).send_reliably(*envelope) ? 1 : 0; }
void retire(pp_cell* me) { as_cell(me).retire(); }

const void* extension(const char* id) {
    static const pp_life_extension life{sizeof life, spawn, retire};
    static const pp_reliable_extension reliable{sizeof reliable, send_reliably};
    static const pp_fd_extension descriptors{sizeof descriptors, watch};
    static const pp_blocking_extension blocking{sizeof blocking, run_blocking};
    const std::string_view wanted = id ? id : "";
    if (wanted == "peacepie.life/1") return &life;
    if (wanted == "peacepie.reliable/1") return &reliable;
    if (wanted == "peacepie.fd/1") return &descriptors;
    if (wanted == "peacepie.blocking/1") return &blocking;
    return nullptr;
}

}  // namespace

void set_process_clock(const Clock& clock) noexcept { process_clock = &clock; }

const pp_host& host_of_process() {
    static const pp_host host{sizeof(pp_host), PP_ABI, command, command_text, address, address_text, name, node,
                              send, ask, wait, alarm, open, cancel, complete, self,
                              print, log_line, fail, now_ns, extension, tell};
    return host;
}

}  // namespace peacepie::worker
