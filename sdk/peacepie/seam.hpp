// seam.hpp - what PEACEPIE_PLUGIN and the test stage need of seam.cpp.
//
// Functions over static, sealed tables; `offer` and `sealed` may be called on any thread.
// Next: seam.cpp.
#pragma once

#include <initializer_list>
#include <string>

#include "peacepie/actor_class.hpp"

struct pp_actor_type;
struct pp_bytes;
struct pp_host;
struct pp_plugin;

namespace peacepie {

/// This library, as it named itself.
struct Library {
    std::string package;
    std::string version;
};
[[nodiscard]] Library& library() noexcept;

using Create = void* (*)(void (*error)(void*, pp_bytes), void* into);

struct Offered {
    ActorClass* of;
    Create create;
};

[[nodiscard]] void* create(ActorClass& of, void (*error)(void*, pp_bytes), void* into) noexcept;
/// Records a sample of the class and seals it, once.  A class that cannot be made is sealed with its complaint.
[[nodiscard]] const pp_actor_type& sealed(ActorClass& of, Create create_one, const pp_host* host);
[[nodiscard]] const pp_plugin* offer(const pp_host* host, const char* package, const char* version,
                                     std::initializer_list<Offered> classes) noexcept;

/// One class a package offers, under the name others create it by.
template <class T>
[[nodiscard]] Offered actor(const char* name, const char* text = "") {
    static_assert(std::is_base_of_v<Actor, T>, "an actor is a class derived from peacepie::Actor");
    ActorClass& of = class_of<T>();
    of.name = name;
    of.text = text;
    return {&of, [](void (*error)(void*, pp_bytes), void* into) { return create(class_of<T>(), error, into); }};
}

}  // namespace peacepie
