/* abi.h - all that crosses between a worker and a plug-in.  C, no dependencies.
 *
 * The waist of an hourglass: the worker above and the C++ SDK below are both free to change; this page is not.
 *   - Append only.  Every struct begins with its size as its maker knows it; a reader checks before it uses a new field.
 *   - Bytes are borrowed for the duration of the call that passes them, in both directions; copy what you keep.
 *   - Bodies and meta are MessagePack, everything else UTF-8.  An empty body stands for nil.
 *   - No call lets an exception out.
 * Threads: [turn] inside start, deliver, resume, save, load, stop or destroy of that instance: calls to one instance
 * never overlap, but the thread may change between them (the worker fences).  [any] any thread at any time.
 * tests/abi holds the hash of this file.  Next: actor.hpp for authors, worker/host_seam.hpp for the other side. */
#ifndef PEACEPIE_ABI_H
#define PEACEPIE_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PP_ABI 1u
#define PP_ENTRY "peacepie_plugin" /* the one exported symbol, a pp_entry */

typedef struct pp_bytes {
    const char* data;
    size_t size;
} pp_bytes;

typedef void (*pp_sink)(void* into, pp_bytes bytes);

enum { PP_SEND = 0, PP_ASK = 1, PP_REPLY = 2, PP_ERROR = 3 }; /* pp_envelope.kind */

typedef enum pp_outcome {
    PP_DONE = 0,        /* the turn is over */
    PP_BUSY = 1,        /* a handler is suspended; hold further messages, but bring what resumes it */
    PP_NOT_HANDLED = 2, /* deliver only: no such command here; the worker answers */
    PP_FAILED = 3       /* start, load: the reason went to host->fail; the instance will be destroyed */
} pp_outcome;

/* One message as views.  A command or an address is given by handle, by text, or both; 0 and empty mean "not given".
 * Handles: of a command, of this process and for its life; of an address, of a logical actor: valid while that actor lives
 * in this process, harmless (it is looked up again by name where one is given, else dead-lettered) ever after. */
typedef struct pp_envelope {
    uint32_t size;
    uint8_t kind;
    uint8_t reserved[3];
    uint64_t mid;          /* of an ask, and of the reply or error to it */
    uint64_t deadline_ns;  /* on host->now; 0: nobody waits */
    uint32_t command;
    uint32_t reserved2;
    uint64_t recipient;
    uint64_t sender;
    pp_bytes command_text;
    pp_bytes recipient_text;
    pp_bytes sender_text;
    pp_bytes meta;
    pp_bytes body;
} pp_envelope;

typedef struct pp_cell pp_cell; /* the worker's side of one instance, opaque here */

/* worker -> plug-in.  One table per process; lives as long as the process. */
typedef struct pp_host {
    uint32_t size;
    uint32_t abi;

    /* Names. */
    uint32_t (*command)(pp_bytes text);                    /* intern: text -> handle; 0 when the table is full   [any] */
    pp_bytes (*command_text)(uint32_t command);            /* lives as long as the process                       [any] */
    uint64_t (*address)(pp_cell* me, pp_bytes text);       /* handle of an actor living here, else 0             [any] */
    void (*address_text)(pp_cell* me, uint64_t address, pp_sink sink, void* into); /* nothing when stale         [any] */
    pp_bytes (*name)(pp_cell* me);                         /* this actor; lives as long as it                    [any] */
    pp_bytes (*node)(pp_cell* me);                         /* "first.main.admin"                                 [any] */

    /* Messages.  The sender is stamped by the worker.  A refusal of an ask comes back as an error, like any answer. */
    void (*send)(pp_cell* me, const pp_envelope* envelope);                            /* send, reply, error     [turn] */
    uint64_t (*ask)(pp_cell* me, const pp_envelope* envelope, uint64_t timeout_ns);    /* -> operation, never 0  [turn] */

    /* Operations end in one resume() each, or in cancel(). */
    uint64_t (*wait)(pp_cell* me, uint64_t ns);             /* resumed at once when due, even while busy         [turn] */
    uint64_t (*alarm)(pp_cell* me, uint64_t ns);            /* resumed when due, as a turn of its own in mail order [turn] */
    uint64_t (*open)(pp_cell* me);                          /* an operation that complete() ends                 [turn] */
    void (*cancel)(pp_cell* me, uint64_t operation);        /* idempotent; a late answer dies quietly            [turn] */
    void (*complete)(uint64_t address, uint64_t operation, pp_bytes body); /* ends an open(); stale is harmless  [any] */
    uint64_t (*self)(pp_cell* me);                          /* this actor's own address handle, for complete()   [turn] */

    /* Words. */
    void (*print)(pp_cell* me, pp_bytes line);              /* one bare line on the worker's standard output     [any] */
    void (*log)(pp_cell* me, int level, pp_bytes text);     /* 0 trace 1 debug 2 info 3 warning 4 error          [any] */
    void (*fail)(pp_cell* me, pp_bytes code, pp_bytes text); /* why this turn failed: log, stats, start's reason [turn] */
    uint64_t (*now)(void);                                  /* monotonic nanoseconds                             [any] */

    const void* (*extension)(const char* id);               /* "peacepie.fd/1"; NULL if unknown                  [any] */

    /* What came later: see size.  The usual message in registers: a send of a body by handles alone, neither of them 0.
     * 0: not taken; say the same by send(), with texts.  Class and host may leave their half out (NULL).          [turn] */
    int (*tell)(pp_cell* me, uint64_t recipient, uint32_t command, pp_bytes body);
} pp_host;

/* "peacepie.fd/1": an actor that owns sockets waits for them. */
enum { PP_READABLE = 1, PP_WRITABLE = 2 };
typedef struct pp_fd_extension {
    uint32_t size;
    uint64_t (*watch)(pp_cell* me, int fd, int events);     /* one shot -> operation; cancel before closing fd   [turn] */
} pp_fd_extension;

/* "peacepie.life/1": an actor creates others, and ends. */
struct pp_actor_type;
typedef struct pp_life_extension {
    uint32_t size;
    /* A new actor of a class of the caller's library, in this process, with `parameters` like a state without a version. -> its
     * address; 0: error was told a code and then a text.  Its first turn, `start`, comes after this one.     [turn] */
    uint64_t (*spawn)(pp_cell* me, const struct pp_actor_type* type, pp_bytes parameters, pp_sink error, void* into);
    void (*retire)(pp_cell* me);                            /* ends once no handler is suspended                 [turn] */
} pp_life_extension;

/* "peacepie.reliable/1": messages that are handled once, whoever dies. */
typedef struct pp_reliable_extension {
    uint32_t size;
    int (*send)(pp_cell* me, const pp_envelope* envelope);  /* sent again until it is acknowledged; 0: too many are not yet [turn] */
} pp_reliable_extension;

/* "peacepie.blocking/1": run something off the loops. */
typedef struct pp_blocking_extension {
    uint32_t size;
    void (*run)(void (*work)(void*), void* with);           /* on a thread of a small pool                       [any] */
} pp_blocking_extension;

/* plug-in -> worker.  One per actor class; lives as long as the library. */
typedef struct pp_actor_type {
    uint32_t size;
    const char* name;
    pp_bytes manual; /* what `describe` answers: {commands, params, text}, as MessagePack; a command with `overlapping: true`
                        is delivered even while the instance is busy */

    void* (*create)(pp_sink error, void* into);              /* construct, no effects; NULL: error was said      [any] */
    pp_outcome (*load)(void* self, const pp_host* host, pp_cell* me, pp_bytes state, pp_bytes from_version); /* before start */
    pp_outcome (*start)(void* self, const pp_host* host, pp_cell* me, int moved); /* first contact with the world */
    pp_outcome (*deliver)(void* self, const pp_envelope* envelope); /* send or ask; only when not busy, but for overlapping commands */
    pp_outcome (*resume)(void* self, uint64_t operation, const pp_envelope* answer); /* answer NULL: time is up, or due */
    void (*save)(void* self, pp_sink sink, void* into);      /* declared state, once, in one piece; only when not busy */
    void (*stop)(void* self);                                /* last words; then destroy */
    void (*destroy)(void* self);                             /* drops suspended handlers, which cancel their operations */

    /* What came later: see size. */
    pp_outcome (*told)(void* self, uint32_t command, uint64_t sender, pp_bytes body); /* deliver, of what tell() took */
} pp_actor_type;

typedef struct pp_plugin {
    uint32_t abi; /* PP_ABI: first, so that every reader can check it */
    uint32_t size;
    const char* package;
    const char* version;
    const char* toolchain; /* a report, not a lock */
    uint32_t type_count;
    const pp_actor_type* const* types;
} pp_plugin;

typedef const pp_plugin* (*pp_entry)(const pp_host* host);

#ifdef __cplusplus
}
#endif
#endif
