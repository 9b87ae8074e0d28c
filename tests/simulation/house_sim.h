/* The whole house from one seed, in one process, on one thread, in virtual time: consoles and machines that speak HTTP over pipes
 * that delay, cut and stall; the server with its sessions, streams, vault, journal, dispatch and outbox; partners who answer or
 * do not; a disk that loses power; a process that is killed.  And a checker that knows what everybody was told.
 *
 *   desk_sim      the heart alone, thousands of commands a second, all its faults
 *   house_sim     everything around it, as bellman serve puts it together
 *
 *   house_sim_world.c    what libc, libsodium and libcurl would give: clocks, randomness, partners (linked before those libraries)
 *   house_sim_server.c   one life of the process: opened as serve.c opens it, killed, opened again
 *   house_sim_client.c   consoles over the simulated network: log-ins, commands, streams, boards
 *   house_sim_words.c    a command of the demand as the HTTP request that asks for it
 *   house_sim_field.c    terminals in vehicles: positions and calls for help by JT/T 808
 *   house_sim_check.c    what must hold: answers, rows, streams, boards, keys, deliveries
 *   house_sim.c          one run: trouble, then healing, then all must have converged
 *   house_sim_test.c     many runs; the same run twice; each lie found out */
#ifndef BM_TESTS_SIMULATION_HOUSE_SIM_H
#define BM_TESTS_SIMULATION_HOUSE_SIM_H

#include <jansson.h>

#include "../property/rungs.h"
#include "api/api.h"
#include "base/map.h"
#include "base/rng.h"
#include "desk/live.h"
#include "dispatch/dispatch.h"
#include "disk_vfs.h"
#include "intake/jt808.h"
#include "io/io_sim.h"
#include "outbox/outbox.h"

/* Deliberate faults: each must be found out. */
#define BM_HOUSE_LIES(W)                                                                                     \
    W(HOUSE_HONEST, "honest")                                                                                \
    W(HOUSE_FORGED, "an answer is given that the desk never gave")                                           \
    W(HOUSE_RESUMES_EARLY, "a stream resumes one event too early")                                           \
    W(HOUSE_RESUMES_LATE, "a stream resumes one event too late")                                             \
    W(HOUSE_NEW_KEY, "what was not answered is asked again under another key")                               \
    W(HOUSE_FRAME_LOST, "the network loses a whole frame of a stream")                                       \
    W(HOUSE_OUTBOX_SKIPS, "the outbox's place in the record is moved on past an event")                      \
    W(HOUSE_OUTBOX_FORGETS, "a delivery is forgotten")                                                       \
    W(HOUSE_LYING_DISK, "the disk says synced and is not")                                                   \
    W(HOUSE_DEAF_PARTNER, "a partner accepts what it was never sent")                                        \
    W(HOUSE_FORGED_HELP, "a terminal's call for help is answered for the desk")
#define HOUSE_WORD_ENUM(symbol, word) symbol,
enum house_lie { BM_HOUSE_LIES(HOUSE_WORD_ENUM) HOUSE_LIE_COUNT };

#define BM_HOUSE_FAULTS(W)                                                                                   \
    W(HOUSE_KILLED, "killed between events") W(HOUSE_KILLED_WRITING, "killed while it wrote")                \
    W(HOUSE_POWER_DROP, "power lost: unsynced dropped") W(HOUSE_POWER_PREFIX, "power lost: a prefix kept")   \
    W(HOUSE_POWER_SOME, "power lost: some kept, torn") W(HOUSE_POWER_STARTING, "power lost while starting")  \
    W(HOUSE_WRITE_ERROR, "write error") W(HOUSE_SYNC_ERROR, "sync error") W(HOUSE_READ_ERROR, "read error")  \
    W(HOUSE_DISK_FULL, "disk full") W(HOUSE_STOPPED_ITSELF, "stopped itself")                                \
    W(HOUSE_CLOCK_FORWARD, "clock forward") W(HOUSE_CLOCK_BACK, "clock back")                                \
    W(HOUSE_RESTARTED, "stopped and started in order") W(HOUSE_DOWN_LONG, "down for hours")                  \
    W(HOUSE_CONNECTION_RESET, "connection reset by a console") W(HOUSE_GAVE_UP, "gave up waiting")           \
    W(HOUSE_REPEATED, "asked twice at once") W(HOUSE_ASKED_AGAIN, "asked again") W(HOUSE_STALLED, "a stream that stalls") \
    W(HOUSE_TRUNCATED, "a request cut short") W(HOUSE_RESET_TOLD, "a stream told to start over")             \
    W(HOUSE_PARTNER_REFUSED, "a partner refused") W(HOUSE_PARTNER_SILENT, "a partner was silent")            \
    W(HOUSE_PARTNER_LOST, "a partner's answer was lost") W(HOUSE_PARTNER_GONE, "a partner is gone for good")
enum house_fault { BM_HOUSE_FAULTS(HOUSE_WORD_ENUM) HOUSE_FAULT_COUNT };

extern const char *const house_lie_words[HOUSE_LIE_COUNT], *const house_fault_words[HOUSE_FAULT_COUNT];

struct house_tally {
    uint64_t runs, clean, lives, requests, accepted, refused, replayed, shed, events, frames, boards, resumes, deliveries, posts, positions,
        helped;
    uint64_t power_losses, kills, faults[HOUSE_FAULT_COUNT], lies;
    uint64_t asked[BM_command_kind_COUNT], done[BM_command_kind_COUNT];
};

/* What one console wants of the desk, and what it was told. */
struct house_asked {
    const char *method;
    char path[96], key[40], if_match[16];
    char *body;              /* JSON; "" for none */
    uint64_t operator_id;
    enum bm_command_kind kind;
    bool accepted, refused;  /* was answered so, at least once */
    bool in_doubt;           /* sent, and not answered by that connection */
    unsigned sent, waiting;  /* copies that wait for an answer */
    uint64_t seq, made;      /* of the first acceptance; 0: none */
    int64_t first_sent_at_ms; /* by the desk's time */
    int status;
};

enum { HOUSE_CONSOLES = 10, HOUSE_LINKS = 3, HOUSE_HEAD_MAX = 8192 };

/* A connection for requests. */
struct house_link {
    struct bm_io_sim_client *client; /* NULL: not connected */
    int what;                        /* enum, house_sim_client.c */
    size_t asked;
    bool known;                      /* it had been accepted, and the console told so, when this copy was sent */
    int64_t until_ns;                /* then it gives up */
};
/* A console's board, from the board it fetched and the frames since. */
struct house_stream {
    bool wanted;
    struct bm_io_sim_client *client;
    bool head_seen, stalled;
    struct bm_buf text;      /* not yet a whole event */
    json_t *rows;            /* {"case":{"7":{...}}}; NULL: no board yet */
    uint64_t board_seq;      /* of the board it began with */
    uint64_t last_seq;       /* resume from here */
    uint64_t *frames;        /* seqs of the frames since that board, in order */
    size_t frame_count, frame_cap;
};
struct house_console {
    uint64_t operator_id;
    char token[80];          /* "": not logged in */
    bool fetching;           /* a board, or a log-in */
    struct house_link links[HOUSE_LINKS];
    struct house_stream stream;
};

/* A terminal in a vehicle, and what it has not been answered yet. */
enum { HOUSE_TERMINALS = 3, HOUSE_REPORTS = 8, HOUSE_IDENTITY_TEXT = 16 };
struct house_report {
    int64_t at_ms;           /* by the terminal's clock, which is the desk's */
    int32_t lat_e7;          /* no two are the same */
    bool alarm, batch;
    uint16_t serial;         /* of the message that said it on this connection; 0: not said */
    uint64_t jumps, device_seq; /* as it was said: how often the clock had been set, the device's last change */
};
struct house_terminal {
    uint64_t device;
    struct bm_rng rng;
    struct bm_jt808_head head;
    struct bm_io_sim_client *client; /* NULL: not connected */
    struct bm_jt808_stream in;
    enum { HOUSE_T_AWAY, HOUSE_T_REGISTERS, HOUSE_T_LOGS_ON, HOUSE_T_ON } state;
    char code[BM_JT808_CODE_TEXT];
    uint16_t serial;
    int64_t until_ns, next_ns; /* gives up; the next position */
    int32_t lat_e7;
    bool pressed, calm_since; /* the button; a position without it was answered after it */
    int64_t pressed_at_ms;   /* by the desk's time */
    struct house_report reports[HOUSE_REPORTS];
    size_t report_count;
};
/* A call for help that was answered. */
struct house_helped {
    uint64_t duress, unit;
    bool seen;
};

struct house_weather {
    unsigned crash, disk, clock, net, repeat, reset, stall, partners;
    bool chop;
    int64_t delay_ns;
};

/* One life of the process. */
struct house_life {
    struct bm_io *io;
    struct bm_vault *vault;
    struct bm_journal *journal;
    struct bm_quarantine *quarantine;
    struct bm_desk *desk;
    struct bm_live *live;
    struct bm_dispatch *dispatch;
    struct bm_api *api;
    struct bm_outbox *outbox;
    struct bm_vitals *vitals;
    struct bm_io_wake *wake;
    struct bm_io_timer *step_timer, *outbox_timer;
    uint16_t port, terminals_port;
    bool up;                 /* listens, and bm_api_go was said */
};

struct house {
    uint64_t seed;
    enum house_lie lie;
    struct house_tally *tally;
    struct bm_rng rng;
    char wrong[600], no_start[400]; /* why the last start failed */
    struct bm_hasher digest;
    struct house_weather weather;
    bool calm, dies;         /* healing; the process must end before anything else happens */
    struct house_life life;
    int64_t mono_ns, wall_ahead_ns; /* while no process runs */
    struct house_console consoles[HOUSE_CONSOLES];
    struct house_terminal terminals[HOUSE_TERMINALS];
    struct house_helped *helped;
    size_t helped_count, helped_cap;
    struct house_asked *asked;
    size_t asked_count, asked_cap;
    struct bm_map by_key;    /* of what a row says of its request: place in `asked` */
    /* the checker */
    uint64_t told_seq;       /* somebody was told of this row */
    uint64_t checked_seq;    /* rows up to here were read */
    uint64_t furnished_seq;  /* the record's end as it was furnished */
    struct rungs rungs;
    struct bm_map partner;   /* events that partners were sent, and how often */
};

#define HOUSE_GROW(array, count, cap)                                                              \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            (cap) = (cap) ? (cap) * 2 : 64;                                                        \
            (array) = bm_realloc((array), (cap) * sizeof *(array));                                \
        }                                                                                          \
    } while (0)

void house_wrong(struct house *house, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool house_failed(const struct house *house) {
    return house->wrong[0] != 0;
}
static inline bool house_chance(struct house *house, unsigned percent) {
    return bm_rng_chance(&house->rng, percent);
}
static inline uint64_t house_below(struct house *house, uint64_t below) {
    return bm_rng_below(&house->rng, below);
}
static inline void house_fault(struct house *house, enum house_fault fault) {
    house->tally->faults[fault]++;
}
/* In the callers' words that must never be found on the disk in clear. */
#define HOUSE_CANARY "canary-of-the-caller"

/* --- house_sim_world.c ------------------------------------------------------------------------ */

/* From now on libc's clocks, libsodium's randomness and libcurl's partners are of this run. */
void house_world_enter(struct house *house);
void house_world_leave(void);
/* When the next partner answers, on the monotonic clock; INT64_MAX: none is asked. */
int64_t house_world_answer_ns(void);

/* --- house_sim_server.c ----------------------------------------------------------------------- */

/* Once: the disk, and a folder with a furnished house to copy. */
void house_server_init(void);
void house_server_forked(void);
void house_server_end(void);
struct bm_disk *house_disk(void);
const char *house_dir(void);
/* A fresh copy of the furnished house. */
void house_server_make(struct house *house);
/* Opens it; false when it cannot be now (the process is gone again). */
bool house_server_start(struct house *house);
/* In order, as after SIGTERM. */
void house_server_stop(struct house *house);
/* At once: nothing is written any more; `damage` is BM_DISK_KEEP_ALL for kill -9. */
void house_server_die(struct house *house, enum bm_disk_damage damage);
/* The outbox has something to do now. */
void house_server_outbox(struct house *house);

/* --- house_sim_words.c ------------------------------------------------------------------------ */

/* The request that asks for it; false: there is none over HTTP. The command stays the caller's. */
bool house_words(struct house *house, const struct bm_command *command, struct house_asked *ret_asked);

/* --- house_sim_client.c ----------------------------------------------------------------------- */

void house_clients_make(struct house *house);
void house_clients_free(struct house *house);
/* The process died: all connections are gone. */
void house_clients_cut(struct house *house);
/* Lets each console do what it wants next, and read what has arrived. */
void house_clients_turn(struct house *house);
/* A command that somebody has in mind, when a link of theirs is free; twice at once when drawn so. */
void house_clients_ask(struct house *house, struct house_asked asked);
bool house_clients_idle(const struct house *house);
/* A fresh board for every console that follows a stream, at one seq: compared with what it has. */
void house_clients_compare(struct house *house);

/* --- house_sim_field.c ------------------------------------------------------------------------ */

/* What terminal 1.. is called in its protocol. */
void house_field_identity(unsigned terminal, char ret_identity[HOUSE_IDENTITY_TEXT]);
void house_field_make(struct house *house);
void house_field_free(struct house *house);
void house_field_cut(struct house *house);
/* Reads what has arrived: after every step, so that an answer is looked at when it is given. */
void house_field_hear(struct house *house);
/* Lets each terminal do what it does next. */
void house_field_turn(struct house *house);
/* Nothing waits for an answer, of those that are in service. */
bool house_field_idle(const struct house *house);
/* A row of the record; and, when all were seen: every call for help that was answered is there. */
void house_field_see(struct house *house, const struct bm_event *event);
void house_field_check(struct house *house);

/* --- house_sim_check.c ------------------------------------------------------------------------ */

int64_t house_desk_time(const struct house *house);
/* An answer arrived.  `known`: it had been accepted, and the console told so, when this copy was sent. */
void house_check_answer(struct house *house, struct house_asked *asked, bool known, int status, const json_t *answer);
/* Rows that are new in the journal; after a start and at times. */
void house_check_rows(struct house *house);
/* At the end: the record, its projections, keys, deliveries, streams. */
void house_check_end(struct house *house);

/* --- house_sim.c ------------------------------------------------------------------------------ */

/* One run; false when something is wrong: ret_wrong has room for 600 bytes. */
bool house_run(uint64_t seed, enum house_lie lie, struct house_tally *tally, struct bm_hash *ret_digest, char *ret_wrong);

#endif
