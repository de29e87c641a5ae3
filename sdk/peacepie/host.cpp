// host.cpp - calls out of the plug-in, through the table the worker gave us.
//
// No state.  Nothing here throws but for a missing extension or a missing host.
// Next: abi.h, the table itself.
#include "peacepie/host.hpp"

#include "peacepie/abi.h"
#include "peacepie/bytes.hpp"
#include "peacepie/envelope_of.hpp"
#include "wire/fault.hpp"

namespace peacepie {
namespace {

std::uint64_t positive(std::chrono::nanoseconds span) noexcept {
    return span.count() > 0 ? static_cast<std::uint64_t>(span.count()) : 0;
}

void append_to_string(void* into, pp_bytes text) { static_cast<std::string*>(into)->append(text.data, text.size); }

template <class Extension>
const Extension& extension_of(const pp_host& host, const char* id) {
    const auto* extension = static_cast<const Extension*>(host.extension(id));
    if (extension == nullptr || extension->size < sizeof(Extension))
        throw Error(Fault::unavailable, std::string("this worker does not offer ") + id + "; run the actor on one that does");
    return *extension;
}

}  // namespace

void Host::not_yet() {
    throw Error(Fault::denied, "a constructor only declares: talk to the world from started() or a handler");
}

std::uint32_t Host::command(std::string_view text) const { return table().command(bytes(text)); }
std::string_view Host::command_text(std::uint32_t command) const { return view(table().command_text(command)); }
std::uint64_t Host::address(std::string_view text) const { return table().address(cell_, bytes(text)); }

std::string Host::address_text(std::uint64_t address) const {
    std::string text;
    table().address_text(cell_, address, append_to_string, &text);
    return text;
}

std::string_view Host::name() const { return view(table().name(cell_)); }
std::string_view Host::node() const { return view(table().node(cell_)); }

void Host::send(const pp_envelope& envelope) const { table().send(cell_, &envelope); }
void Host::send(const Posting& posting) const { send(envelope_of(posting)); }

Operation Host::ask(const Posting& posting, std::chrono::nanoseconds timeout) const {
    const pp_envelope envelope = envelope_of(posting);
    return table().ask(cell_, &envelope, positive(timeout));
}

Operation Host::wait(std::chrono::nanoseconds span) const { return table().wait(cell_, positive(span)); }
Operation Host::alarm(std::chrono::nanoseconds span) const { return table().alarm(cell_, positive(span)); }
Operation Host::open() const { return table().open(cell_); }
void Host::cancel(Operation operation) const { table().cancel(cell_, operation); }
void Host::complete(std::uint64_t address, Operation operation) const { table().complete(address, operation, {nullptr, 0}); }
std::uint64_t Host::self() const { return table().self(cell_); }

Operation Host::watch_readable(int fd) const {
    return extension_of<pp_fd_extension>(table(), "peacepie.fd/1").watch(cell_, fd, PP_READABLE);
}

Operation Host::watch_writable(int fd) const {
    return extension_of<pp_fd_extension>(table(), "peacepie.fd/1").watch(cell_, fd, PP_WRITABLE);
}

void Host::run_blocking(void (*work)(void*), void* with) const {
    extension_of<pp_blocking_extension>(table(), "peacepie.blocking/1").run(work, with);
}

std::uint64_t Host::spawn(const pp_actor_type& type, std::string_view parameters) const {
    struct Reason {
        std::string code, text;
    } reason;
    const auto into = [](void* with, pp_bytes said) {
        auto& told = *static_cast<Reason*>(with);
        (told.code.empty() ? told.code : told.text) = view(said);
    };
    const auto handle = extension_of<pp_life_extension>(table(), "peacepie.life/1").spawn(cell_, &type, bytes(parameters), into, &reason);
    if (handle == 0) throw Error(std::move(reason.code), std::move(reason.text));
    return handle;
}

void Host::send_reliably(const Posting& posting) const {
    const pp_envelope envelope = envelope_of(posting);
    if (extension_of<pp_reliable_extension>(table(), "peacepie.reliable/1").send(cell_, &envelope) == 0)
        throw Error(Fault::no_space, "too many reliable messages of this actor are not acknowledged yet; send fewer, or wait");
}

void Host::retire() const { extension_of<pp_life_extension>(table(), "peacepie.life/1").retire(cell_); }

void Host::print(std::string_view line) const { table().print(cell_, bytes(line)); }
void Host::log(Level level, std::string_view text) const { table().log(cell_, static_cast<int>(level), bytes(text)); }
void Host::fail(std::string_view code, std::string_view text) const { table().fail(cell_, bytes(code), bytes(text)); }
std::uint64_t Host::now() const { return table().now(); }

}  // namespace peacepie
