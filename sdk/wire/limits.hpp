// limits.hpp - every number that bounds something on the wire or at rest, with its reason.
//
// Constants only; owned by nobody, read on any thread.  A limit that a user may set has its default here.
// Next: fault.hpp says which code a reader answers when a limit is passed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace peacepie::limits {

using namespace std::chrono_literals;

inline constexpr std::uint32_t protocol_version = 1;

// One envelope.
inline constexpr std::size_t body_size_max = 16u << 20;      ///< larger things go by reference
inline constexpr std::size_t body_depth_max = 64;            ///< a reader recurses once per level
inline constexpr std::size_t body_elements_max = 1u << 20;   ///< 5 bytes may announce 2^31 elements; this caps memory
inline constexpr std::size_t command_size_max = 128;         ///< a name, not a document
inline constexpr std::size_t address_size_max = 512;         ///< system!host.process/entity, each part at most 128
inline constexpr std::size_t name_size_max = 128;            ///< fits a file name and a log column
inline constexpr std::size_t meta_size_max = 4096;           ///< trace, user, delivery class: small facts
inline constexpr std::size_t header_size_max =
    command_size_max + 2 * address_size_max + meta_size_max + 64;

// One frame.
inline constexpr std::size_t batch_size_max = 64u << 10;     ///< more buys 17 % throughput and delays the others
inline constexpr std::size_t frame_size_max = body_size_max + header_size_max + 16;
inline constexpr int frames_in_flight_max = 64;              ///< ZeroMQ counts frames: 64 x 64 KiB = 4 MiB a peer
inline constexpr std::size_t credit_window = 4u << 20;       ///< under way between worker and broker, whatever a frame's size: 10 ms at 400 MB/s
inline constexpr std::size_t peer_queue_bytes_max = 64u << 20;  ///< broker's queue for a slow peer, beyond ZeroMQ's own
inline constexpr std::size_t peer_queue_frames_max = 65'536;

// One session.
inline constexpr auto heartbeat_interval = 1s;               ///< each side speaks at least this often
inline constexpr auto heartbeat_lateness = 200ms;            ///< the broker speaks, workers and launchers answer; so much later they speak by themselves
inline constexpr auto heartbeat_patience = 2'800ms;          ///< two missed and most of a third: within three seconds everybody knows of the loss
inline constexpr auto isolation_patience = 6s;               ///< without the broker and a way to its machine: before others have the names (node_patience)
inline constexpr auto path_look_patience = 1s;               ///< for an answer of that machine's kernel
inline constexpr int path_looks_missed = 2;                  ///< in a row before it counts as out of reach: a packet may be lost
inline constexpr auto renewal_patience = 4s;                 ///< of a silent broker whose machine answers: then the connection may be what is dead
inline constexpr auto transport_heartbeat_interval = 10s;    ///< ZeroMQ's own, for half-open connections only: each costs four wake-ups
inline constexpr int malformed_frames_max = 16;              ///< within `malformed_window`; then the session is closed
inline constexpr auto malformed_window = 60s;
inline constexpr std::size_t sessions_max = 20'000;          ///< the descriptor limit of a usual machine

// One actor.
inline constexpr std::size_t mailbox_length_max = 100'000;   ///< about a second of a busy actor; beyond it senders are told
inline constexpr std::size_t mailbox_bytes_max = 256u << 20;
inline constexpr std::size_t open_asks_max = 100'000;        ///< per actor
inline constexpr auto ask_timeout_default = 10s;             ///< the seed's default
inline constexpr auto ask_timeout_max = 24h;
inline constexpr int turn_messages_max = 64;                 ///< a busy actor yields its loop after so many
inline constexpr auto handler_patience = 1'800ms;            ///< then the watchdog, which looks each 80 ms, names the handler: within two seconds
inline constexpr auto handler_timeout_default = 10s;         ///< of a call that does not return, then its process is replaced: its asker has had its error
inline constexpr auto handler_timeout_max = 24h;
inline constexpr auto stopping_patience = 4s;                ///< the seed's limit for an actor's exit
inline constexpr std::size_t observers_max = 1'000;          ///< per actor

// Reliable messages of one actor.
inline constexpr std::size_t origins_max = 1'000;            ///< whose numbers it remembers
inline constexpr std::size_t numbers_remembered = 256;       ///< of an origin that does not count 1, 2, 3 …
inline constexpr std::size_t repeated_answer_max = 16u << 10; ///< a larger answer is given once
inline constexpr std::size_t repeated_answers_max = 4u << 20; ///< all that are kept
inline constexpr std::size_t unacknowledged_max = 10'000;    ///< messages; then its sender is told
inline constexpr std::size_t unacknowledged_bytes_max = 8u << 20;
inline constexpr std::size_t deliveries_on_the_way = 256;    ///< to one recipient
inline constexpr auto delivery_timeout = 5s;                 ///< then it goes again: an answer may be lost with a broker
inline constexpr auto delivery_retry_min = 100ms;            ///< doubled with each failure in a row
inline constexpr auto delivery_retry_max = 2s;
inline constexpr auto delivery_patience = 10min;             ///< without an acknowledgement: then its messages are dead letters

// One move.
inline constexpr auto move_timeout_default = 10s;            ///< the running turn must end within it
inline constexpr std::size_t held_messages_max = 100'000;    ///< broker's hold for a name on the move
inline constexpr std::size_t held_bytes_max = 64u << 20;     ///< the same for what is noted of a probation
inline constexpr std::size_t probation_errors_default = 1;
inline constexpr std::size_t probation_errors_max = 1'000'000;
inline constexpr auto probation_default = 5s;                ///< leaves time for the move in an ask of the default length
inline constexpr auto probation_max = 1h;                    ///< the old instance stays in memory, and all mail is noted
inline constexpr auto withdrawal_patience = 1s;              ///< for the running turn of a target that failed
inline constexpr auto move_beside_probation = 2s;            ///< of an ask's time, for the move itself and the way back

// One process or system.
inline constexpr std::size_t symbols_max = 65'535;           ///< distinct command names interned per worker
inline constexpr std::size_t actors_in_one_call_max = 1'000'000;
inline constexpr auto process_start_timeout = 10s;
inline constexpr auto shutdown_timeout = 10s;                ///< then the rest is killed
inline constexpr auto memory_look_interval = 200ms;          ///< how often a worker looks at its own memory: 2 us each
inline constexpr int processes_per_host_max = 256;
inline constexpr std::size_t page_size_max = 10'000;         ///< get_members

// One broker.
inline constexpr std::size_t asks_in_flight_max = 500'000;   ///< each costs about 200 bytes until its answer passes
inline constexpr std::size_t asks_of_client_max = 10'000;    ///< so that one client cannot use up the table
inline constexpr auto answer_grace = 250ms;                  ///< the recipient's own `expired` should win over the broker's
inline constexpr std::size_t queued_bytes_max = 1u << 30;    ///< all slow peers together
inline constexpr int round_frames_max = 64;                  ///< read before everything is flushed: latency of the others
inline constexpr std::size_t round_bytes_max = 1u << 20;
inline constexpr std::size_t actors_max = 10'000'000;        ///< names in the registry
inline constexpr std::size_t class_descs_max = 65'536;       ///< distinct ones, kept once each
inline constexpr std::size_t close_names_max = 5;
inline constexpr std::size_t close_names_examined_max = 4'096;  ///< per question; a registry may hold millions
inline constexpr int close_names_per_round_max = 8;          ///< a flood of unknown names must not cost the others
inline constexpr std::size_t moves_max = 1'000;              ///< at once
inline constexpr std::size_t monitors_max = 100'000;         ///< of all watchers together; some 300 bytes each
inline constexpr auto ends_remembered = 60s;                    ///< of actors, for monitors whose watcher's process or whose broker was away
inline constexpr std::size_t ends_remembered_max = 10'000;      ///< 1 to 2 MiB; of one beyond, that lives again by then, a monitor that is brought does not know
inline constexpr auto awaited_patience = 900ms;              ///< after a broker's restart: within the second in which an ask must end
inline constexpr auto return_patience = 5s;                  ///< by then all workers of a broker that died are back at the next one
inline constexpr std::size_t awaited_messages_max = 100'000; ///< of all names together, until their workers are back
inline constexpr std::size_t awaited_bytes_max = 64u << 20;
inline constexpr std::size_t nodes_awaited_max = 1'000;
inline constexpr std::size_t closed_peers_max = 1'024;       ///< remembered to be met with silence
inline constexpr auto pipe_retry = 1ms;                       ///< after the transport did not take a frame
inline constexpr auto broker_tick = 100ms;                   ///< how exactly the broker's deadlines are kept
inline constexpr int probes_max = 8;                         ///< of a connection that may be gone: the last after 25 s, when the transport has let go of thousands
inline constexpr auto node_patience = 10s;                   ///< a dead process is started again by its launcher within it
inline constexpr std::size_t withheld_names_max = 1'000'000; ///< of processes that may run on; some 150 bytes each, for node_patience
inline constexpr std::size_t declared_params_max = 64u << 10; ///< of one actor, encoded: kept by the broker, in memory and on disk
inline constexpr std::size_t declared_bytes_max = 1u << 30;   ///< of all
inline constexpr auto removal_remembered = 10min;            ///< of an actor whose process seemed dead and may come back with it
inline constexpr std::size_t kept_state_max = 15u << 20;      ///< of a durable actor: a message to the broker must carry it
inline constexpr std::size_t kept_bytes_max = 1u << 30;       ///< states of all durable actors, where the broker has no disk for them
inline constexpr int crashes_of_message_max = 2;             ///< then a reliable message is set aside
inline constexpr std::size_t suspects_max = 1'000;           ///< messages that crashed a process, remembered by the broker
inline constexpr std::size_t group_intensity_max = 1'000;    ///< ends of members that are remembered
inline constexpr auto group_period_max = 24h;
inline constexpr std::size_t ended_remembered_max = 10'000;  ///< by a worker, for a broker that may not have heard of it
inline constexpr std::size_t healed_at_once_max = 1'000;     ///< actors in one call
inline constexpr auto healing_patience = 30s;                ///< for the answer to it
inline constexpr int healing_attempts_max = 5;               ///< to make one actor again
inline constexpr std::size_t rows_per_round_max = 2'000;     ///< written to disk before others' turn: some 6 ms
inline constexpr std::size_t row_bytes_per_round_max = 4u << 20;
inline constexpr std::size_t changes_waiting_max = 1'000'000; ///< while the disk refuses; beyond it everything is written anew
inline constexpr auto ledger_retry = 1s;                     ///< after a disk that refused
inline constexpr std::size_t dead_letters_max = 10'000;       ///< kept; the oldest go first
inline constexpr std::size_t dead_letters_bytes_max = 16u << 20;
inline constexpr std::size_t dead_letter_body_max = 64u << 10; ///< of a larger one only the size is kept: a few must not push out all others
inline constexpr std::size_t dead_letter_text_max = 256;     ///< a sentence
inline constexpr std::size_t dead_letters_page_max = 1'000;  ///< shown in one answer, some 2 MiB at the worst
inline constexpr std::size_t dead_letters_reported_max = 1'000;  ///< by a worker in one interval, the rest as counts: a flood must not cost the others
inline constexpr std::size_t dead_letters_reported_bytes_max = 1u << 20;
inline constexpr auto dead_letters_interval = 1s;
inline constexpr std::uint64_t sends_lost_max = 1'000'000'000;  ///< with one process: who says more is not believed
inline constexpr std::uint64_t sends_told_max = ~std::uint64_t{0} >> 1;  ///< a number that every reader of MessagePack has
inline constexpr std::size_t losses_max = 1'000;             ///< sessions that ended with something unread, kept to be shown
inline constexpr auto last_words = 50ms;                     ///< a dead process's bytes may still be in the socket
inline constexpr auto launcher_words = 100ms;                ///< a process whose connection is gone: its launcher says in a moment why

// One launcher.
inline constexpr std::size_t restarts_max = 3;               ///< of one actor, or the broker, within `restart_window`; then it is given up
inline constexpr std::size_t process_restarts_max = 5;       ///< of a worker: more, so that the actor that kills it is given up before it is
inline constexpr auto restart_window = 5s;
inline constexpr auto restart_delay_min = 100ms;             ///< doubled for each further death in the window, a tenth more or less
inline constexpr auto restart_delay_max = 2s;
inline constexpr auto symbols_patience = 1s;                 ///< for the names in a backtrace; the launcher does nothing else meanwhile
inline constexpr std::size_t module_bytes_max = 1u << 30;    ///< of a file that is read for them
inline constexpr std::size_t reports_waiting_max = 1'024;    ///< kept for the broker while it is away

}  // namespace peacepie::limits
