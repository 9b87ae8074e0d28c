/* The whole desk from one seed, on one thread, in virtual time: consoles that ask, a journal that fails,
 * a process that dies, a clock that jumps; and a checker that believes nobody.
 *
 *   desk_sim_store.c    the journals, and a layer over them that can be told to lie
 *   desk_sim_check.c    what must hold: rows, keys, clocks, frames, tables
 *   desk_sim_ask.c      the consoles: draw, delay, repeat, ask again
 *   desk_sim.c          one run: faults, restarts, then healing
 *   desk_sim_test.c     many runs, the same run twice, and each lie found out
 *
 * A run stops at the first thing that is wrong; `wrong` then says what. */
#ifndef BM_TESTS_SIMULATION_DESK_SIM_H
#define BM_TESTS_SIMULATION_DESK_SIM_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/table.h"
#include "../property/rungs.h"
#include "desk/desk.h"

/* Deliberate faults of the layer between desk and world: each must be found out. */
#define BM_SIM_LIES(W)                                                                             \
    W(BM_SIM_HONEST, "honest")                                                                     \
    W(BM_SIM_REPLY_BEFORE_COMMIT, "a lost append is called committed")                             \
    W(BM_SIM_LYING_SYNC, "the disk says synced and is not (synchronous=NORMAL)")                   \
    W(BM_SIM_CUT_TAIL, "a torn tail is cut without a word")                                        \
    W(BM_SIM_PROJECTION_MISSED, "a projection row is not written")                                 \
    W(BM_SIM_FRAME_DROPPED, "a frame is dropped")                                                  \
    W(BM_SIM_FRAME_TWICE, "a frame is given twice")                                                \
    W(BM_SIM_FRAME_ROW_DROPPED, "a frame lacks a row")                                             \
    W(BM_SIM_KEY_FORGOTTEN, "a key is forgotten")                                   \
    W(BM_SIM_RUNG_TWICE, "a timer rings twice")                                                    \
    W(BM_SIM_RUNG_LOST, "a timer does not ring")                                                   \
    W(BM_SIM_REFUSED_KEPT, "a refused command is in the journal")                                  \
    W(BM_SIM_OTHER_RESULT, "a repeat names another result")                                        \
    W(BM_SIM_TAIL_IGNORED, "a restart ignores the rows after its snapshot")
enum bm_sim_lie { BM_SIM_LIES(BM_WORD_ENUM) BM_SIM_LIE_COUNT };

#define BM_SIM_FAULTS(W)                                                                           \
    W(BM_SIM_STOPPED, "stopped between steps") W(BM_SIM_UNANSWERED, "died before answering")       \
    W(BM_SIM_POISONED, "died in a command") W(BM_SIM_QUARANTINED, "commands quarantined")          \
    W(BM_SIM_TIMER_POISONED, "died in a timer") W(BM_SIM_TIMER_ASIDE, "timers set aside, or still") \
    W(BM_SIM_TIMER_RETRIED, "timers tried again")                                                  \
    W(BM_SIM_UNKNOWN_LOST, "append unknown, lost") W(BM_SIM_UNKNOWN_KEPT, "append unknown, kept")  \
    W(BM_SIM_TAIL_TORN, "uncertain tail torn") W(BM_SIM_FULL, "append full")                       \
    W(BM_SIM_FENCED, "fenced") W(BM_SIM_POWER_IN_STEP, "power lost in a step")                     \
    W(BM_SIM_POWER_AT_REST, "power lost at rest") W(BM_SIM_POWER_CLOSING, "power lost closing")    \
    W(BM_SIM_POWER_OPENING, "power lost opening") W(BM_SIM_WRITE_ERROR, "write error")             \
    W(BM_SIM_SYNC_ERROR, "sync error") W(BM_SIM_DISK_FULL, "disk full")                            \
    W(BM_SIM_CLOCK_FORWARD, "clock forward") W(BM_SIM_CLOCK_BACK, "clock back")                    \
    W(BM_SIM_DOWNTIME, "days of downtime") W(BM_SIM_SNAPSHOT_MADE, "snapshots")                    \
    W(BM_SIM_SNAPSHOT_USED, "restarts from one") W(BM_SIM_SNAPSHOT_DAMAGED, "damaged ones")        \
    W(BM_SIM_SPACE_LOW, "space low") W(BM_SIM_SPACE_OUT, "space out")                              \
    W(BM_SIM_DELAYED, "delayed") W(BM_SIM_REPEATED, "repeated")                                    \
    W(BM_SIM_OTHER_BODY, "other body under a key") W(BM_SIM_ASKED_AGAIN, "asked again")
enum bm_sim_fault { BM_SIM_FAULTS(BM_WORD_ENUM) BM_SIM_FAULT_COUNT };

extern const char *const bm_sim_lie_words[BM_SIM_LIE_COUNT], *const bm_sim_fault_words[BM_SIM_FAULT_COUNT];

struct bm_sim_tally {
    uint64_t runs, clean, steps, commands, accepted, refused, replayed, reused, events, frames;
    uint64_t crashes, power_losses, faults[BM_SIM_FAULT_COUNT];
    uint64_t damages[3]; /* power losses by what they left: bm_disk_damage */
    uint64_t lies; /* times that the lie of the run was told */
};

/* One command that a console remembers, and what it was told of it. */
struct bm_sim_asked {
    struct bm_command command; /* owned */
    unsigned deaths;       /* of the process, while it ran, since it ended well; after two it is refused */
    unsigned deaths_least; /* since it was last given to the desk, which may have ended well before something else died */
    bool in_doubt;         /* it was on its way when the process died */
    bool known;            /* it is in the journal: a reply said so, or a row */
    uint64_t first_seq;    /* then: of its events */
    int64_t at_ms;
    uint8_t digest[16];    /* of the body that was accepted */
    uint8_t made_what;
    uint64_t made_id;
};
/* One command on its way: in a batch, or later. */
struct bm_sim_sent {
    size_t asked;
    uint64_t step;   /* not before this one */
    bool other_body; /* under the same key */
    bool answered;
};
/* What the checker keeps of a row. */
struct bm_sim_row {
    struct bm_hash hash;
    int64_t at_ms;
    enum bm_event_kind kind;
    bool by_desk, has_request;
    uint8_t request[BM_REQUEST_BYTES];
};
struct bm_sim_frame {
    uint64_t first_seq, last_seq;
    int64_t at_ms;
    bool claimed; /* by a reply */
};
/* The version of a case before the frame that ends at row `seq` changed it. */
struct bm_sim_former {
    uint64_t seq, on_case;
    uint32_t version;
};
/* A row of the client's board, and of the projections, as the frames told it. */
struct bm_sim_shown {
    void *record;
    bool in_memory; /* false: archived; it is left in the projections only */
};
struct bm_sim_clock {
    int64_t due_at_ms, budget_ms;
    uint32_t rung;
    unsigned deaths; /* of the process, as it was to ring; after two it is set aside, and others may ring before it */
    bool stopped;
};
/* A road closure as its rows tell it. */
struct bm_sim_road {
    int64_t until_at_ms;
    bool closed;
};
/* How much of each trouble this seed has, in percent of steps (or of commands). */
struct bm_sim_weather {
    unsigned crash, fault, clock, space, snapshot, delay, repeat, other_body, busy, poison;
};

struct bm_sim_store;

struct bm_sim {
    uint64_t seed;
    bool sqlite;
    enum bm_sim_lie lie;
    struct bm_sim_tally *tally;
    struct bm_rng rng;
    char wrong[400];
    uint64_t step;
    struct bm_sim_weather weather;
    bool calm;               /* healing: no more faults */
    struct bm_hasher digest; /* of all that was seen */
    /* the world */
    struct bm_sim_store *store;
    struct bm_quarantine *quarantine;
    enum bm_command_kind died_of; /* the timer in which the process died last */
    uint64_t died_of_target;
    size_t timer_deaths, aside_count;
    struct bm_desk *desk;
    int64_t true_ms, wall_offset_ms, mono_ns;
    int64_t now_most_ms;     /* the desk's time is not past this */
    struct bm_sim_clock_model {
        bool started, jumped, confirmed; /* in the last step */
        int64_t now_ms, wall_ms, mono_ns, followed_us;
    } time;                  /* what the desk's time must be, said once more */
    struct {
        uint64_t seq;        /* 0: none */
        bool damaged;
    } snapshots[2];          /* in the folder, newest first */
    enum bm_space space;
    bool dies_unanswered;    /* the process dies while it hands out replies ... */
    uint64_t unanswered_after; /* ... after so many calls of the sink */
    bool died;
    /* the consoles */
    struct bm_sim_asked *asked; /* by the consoles' own count, from 0 */
    size_t asked_count, asked_cap;
    struct bm_map asked_by_key;
    struct bm_sim_sent *queue;
    size_t queue_count, queue_cap;
    struct bm_sim_sent batch[64];
    size_t batch_count;
    /* the checker */
    struct bm_sim_row *rows;
    size_t row_count, row_cap;
    uint64_t durable_seq;    /* all up to here was answered or shown to somebody */
    bool time_held;
    struct rungs rungs;
    char refusal[400];       /* the last one */
    struct bm_table clocks, roads;
    struct bm_core *twin;    /* its own replay of every row */
    struct bm_table shown[BM_T_REQUEST];
    uint64_t shown_seq;      /* the last frame's */
    struct bm_sim_frame *frames; /* of this step */
    size_t frame_count, frame_cap;
    struct bm_sim_former *formers; /* of this step */
    size_t former_count, former_cap;
};

/* Makes room for one more item in a growing array. */
#define BM_SIM_GROW(array, count, cap)                                                             \
    do {                                                                                           \
        if ((count) == (cap)) {                                                                    \
            (cap) = (cap) ? (cap) * 2 : 64;                                                        \
            (array) = bm_realloc((array), (cap) * sizeof *(array));                                \
        }                                                                                          \
    } while (0)

/* Says what is wrong, once: the first stands. */
void bm_sim_wrong(struct bm_sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool bm_sim_failed(const struct bm_sim *sim) {
    return sim->wrong[0] != 0;
}
static inline bool bm_sim_chance(struct bm_sim *sim, unsigned percent) {
    return bm_rng_chance(&sim->rng, percent);
}
static inline uint64_t bm_sim_below(struct bm_sim *sim, uint64_t below) {
    return bm_rng_below(&sim->rng, below);
}

/* --- desk_sim_store.c ------------------------------------------------------------------------- */

/* Once: the disk, its folder, and an empty journal to copy.  A forked child takes a folder of its own.  The
 * last removes the folder. */
void bm_sim_store_init(void);
void bm_sim_store_forked(void);
void bm_sim_store_end(void);
const char *bm_sim_store_dir(void);
/* A fresh, empty journal. */
void bm_sim_store_make(struct bm_sim *sim);
void bm_sim_store_free(struct bm_sim *sim);
/* What the desk appends to. */
struct bm_journal *bm_sim_store_journal(struct bm_sim *sim);
/* Orders a fault for the coming step, as drawn. */
void bm_sim_store_order(struct bm_sim *sim);
/* After the step: takes back what did not happen; true when the process must die now. */
bool bm_sim_store_settle(struct bm_sim *sim);
/* Whether a step may end with this code after what was ordered. */
bool bm_sim_store_excuses(const struct bm_sim *sim, enum bm_code code);
/* BM_SIM_TAIL_IGNORED: from now on the journal seems to end at row `seq`; 0: it does not. */
void bm_sim_store_hide_after(struct bm_sim *sim, uint64_t seq);
/* The process is gone and comes back: the journal is closed and opened again.  Power may go too. */
void bm_sim_store_restart(struct bm_sim *sim, bool gently);

/* --- desk_sim_check.c ------------------------------------------------------------------------- */

void bm_sim_check_make(struct bm_sim *sim);
void bm_sim_check_free(struct bm_sim *sim);
/* The desk's sink. */
struct bm_desk_sink bm_sim_check_sink(struct bm_sim *sim);
/* The desk reads its clocks: what it must make of them. */
void bm_sim_check_time(struct bm_sim *sim, int64_t wall_ms);
/* After a step that went well: reads the new rows and compares. */
/* The process dies as this timer is fired. */
void bm_sim_check_died(struct bm_sim *sim, const struct bm_command *timer);
void bm_sim_check_step(struct bm_sim *sim);
/* After a restart: reads all rows anew; what anybody was told must still be there. */
void bm_sim_check_restart(struct bm_sim *sim);
/* The desk's state, a full replay, the client's board and the projections, field by field. */
void bm_sim_check_tables(struct bm_sim *sim);

/* --- desk_sim_ask.c --------------------------------------------------------------------------- */

void bm_sim_ask_house(struct bm_sim *sim);
/* Draws new commands and repeats, and picks the batch of this step. */
void bm_sim_ask_draw(struct bm_sim *sim);
/* Puts one command (taken over) into the next batch; returns its place among the asked. */
size_t bm_sim_ask(struct bm_sim *sim, struct bm_command command);
/* The process died: what was on its way is in doubt, and will be asked again. */
void bm_sim_ask_doubt(struct bm_sim *sim);
/* Takes everything that waits into batches, whatever its time. */
void bm_sim_ask_pick(struct bm_sim *sim, bool all);
void bm_sim_ask_free(struct bm_sim *sim);
/* The command as it is sent now. The caller's to release. */
struct bm_command bm_sim_ask_copy(struct bm_sim *sim, const struct bm_sim_sent *sent);

/* --- desk_sim.c ------------------------------------------------------------------------------- */

/* One run; returns false when something is wrong.  `ret_wrong` has room for 400 bytes. */
bool bm_sim_run(uint64_t seed, bool sqlite, enum bm_sim_lie lie, struct bm_sim_tally *tally,
                struct bm_hash *ret_digest, char *ret_wrong);

#endif
