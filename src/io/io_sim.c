#include "io/io_sim.h"

#include "base/alloc.h"
#include "base/check.h"
#include "io/io_table.h"
#include "io/sim_world.h"

enum { PIPE_BYTES = 64 * 1024 };

struct bm_io_sim_timer {
    struct bm_io_timer base;
    bm_io_timer_fn *call;
    void *context;
    uint64_t serial; /* of its event in the queue, 0 if not set */
    unsigned events;
    bool freed;
    struct bm_io_sim_timer *next, **place;
};

struct bm_io_sim_wake {
    struct bm_io_wake base;
    bm_io_timer_fn *call;
    void *context;
    bool pending, freed;
    struct bm_io_sim_wake *next, **place;
};

struct piece {
    bm_io_work_fn *work;
    bm_io_work_fn *after;
    void *context;
};

static const struct bm_io_table sim_table;

struct bm_io_sim_world *bm_io_sim_world_of(struct bm_io *io) {
    BM_CHECK(io->table == &sim_table);
    return (struct bm_io_sim_world *)io;
}

/* SplitMix64 (Steele, Lea, Flood 2014): small, and any seed is a good one. */
uint64_t bm_io_sim_next_number(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* --- the queue of events ---------------------------------------------------------------------- */

static void run_timer(struct bm_io_sim_world *io, void *subject, uint64_t serial);

static bool earlier(const struct bm_io_sim_event *a, const struct bm_io_sim_event *b) {
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->serial < b->serial);
}

uint64_t bm_io_sim_add_event(struct bm_io_sim_world *io, int64_t at_ns, bm_io_sim_event_fn *run,
                             void *subject) {
    if (io->heap_count == io->heap_cap) {
        io->heap_cap = io->heap_cap ? io->heap_cap * 2 : 64;
        io->heap = bm_realloc(io->heap, io->heap_cap * sizeof *io->heap);
    }
    struct bm_io_sim_event event = {.at_ns = at_ns > io->mono_ns ? at_ns : io->mono_ns,
                                    .serial = ++io->serial,
                                    .run = run,
                                    .subject = subject};
    if (run != run_timer) io->not_timers++;
    size_t at = io->heap_count++;
    while (at && earlier(&event, &io->heap[(at - 1) / 2])) {
        io->heap[at] = io->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    io->heap[at] = event;
    return event.serial;
}

static struct bm_io_sim_event take_event(struct bm_io_sim_world *io) {
    struct bm_io_sim_event first = io->heap[0];
    struct bm_io_sim_event last = io->heap[--io->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= io->heap_count) break;
        if (child + 1 < io->heap_count && earlier(&io->heap[child + 1], &io->heap[child])) child++;
        if (!earlier(&io->heap[child], &last)) break;
        io->heap[at] = io->heap[child];
        at = child;
    }
    if (io->heap_count) io->heap[at] = last;
    if (first.run != run_timer) io->not_timers--;
    return first;
}

int64_t bm_io_sim_delay(struct bm_io_sim_world *io) {
    if (io->knobs.delay_max_ns <= 0) return 0;
    return (int64_t)(bm_io_sim_next_number(&io->draws) % ((uint64_t)io->knobs.delay_max_ns + 1));
}

/* --- timers, work, wakes ---------------------------------------------------------------------- */

static void free_timer_if_unused(struct bm_io_sim_timer *timer) {
    if (timer->events || !timer->freed) return;
    *timer->place = timer->next;
    if (timer->next) timer->next->place = timer->place;
    bm_free(timer);
}

static struct bm_io_timer *sim_timer_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    struct bm_io_sim_timer *timer = bm_alloc_zero(1, sizeof *timer);
    timer->base.io = base;
    timer->call = call;
    timer->context = context;
    timer->next = io->timers;
    timer->place = &io->timers;
    if (timer->next) timer->next->place = &timer->next;
    io->timers = timer;
    return &timer->base;
}

static void sim_timer_clear(struct bm_io_timer *base) {
    ((struct bm_io_sim_timer *)base)->serial = 0;
}

static void run_timer(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)io;
    struct bm_io_sim_timer *timer = subject;
    timer->events--;
    if (timer->serial == serial) {
        sim_timer_clear(&timer->base);
        timer->call(timer->context); /* may free the timer: touch it no more */
        return;
    }
    free_timer_if_unused(timer);
}

static void sim_timer_set(struct bm_io_timer *base, int64_t at_mono_ns) {
    struct bm_io_sim_timer *timer = (struct bm_io_sim_timer *)base;
    struct bm_io_sim_world *io = bm_io_sim_world_of(base->io);
    sim_timer_clear(base);
    timer->serial = bm_io_sim_add_event(io, at_mono_ns, run_timer, timer);
    timer->events++;
}

static void sim_timer_free(struct bm_io_timer *base) {
    struct bm_io_sim_timer *timer = (struct bm_io_sim_timer *)base;
    sim_timer_clear(base);
    timer->freed = true;
    free_timer_if_unused(timer);
}

static void run_after(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct piece *piece = subject;
    piece->after(piece->context);
    bm_free(piece);
}

static void run_work(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)serial;
    struct piece *piece = subject;
    io->work_waiting--;
    piece->work(piece->context);
    bm_io_sim_add_event(io, io->mono_ns + bm_io_sim_delay(io), run_after, piece);
}

static void no_work(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)io, (void)subject, (void)serial;
}

static enum bm_code sim_work(struct bm_io *base, bm_io_work_fn *work, bm_io_work_fn *after,
                             void *context) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    if (io->work_waiting >= BM_IO_WORK_MAX || io->work_ended) return BM_OVERLOADED;
    io->work_waiting++;
    struct piece *piece = bm_alloc(sizeof *piece);
    *piece = (struct piece){.work = work, .after = after, .context = context};
    bm_io_sim_add_event(io, io->mono_ns + bm_io_sim_delay(io), run_work, piece);
    return BM_OK;
}

/* Pieces run in any order here: being first is a matter of the limit only. */
static enum bm_code sim_work_first(struct bm_io *base, bm_io_work_fn *work, bm_io_work_fn *after,
                                   void *context) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    if (io->work_ended) return BM_OVERLOADED;
    io->work_waiting++;
    struct piece *piece = bm_alloc(sizeof *piece);
    *piece = (struct piece){.work = work, .after = after, .context = context};
    bm_io_sim_add_event(io, io->mono_ns, run_work, piece);
    return BM_OK;
}

/* Its one thread is never inside a piece: all that is left is to end those that wait. */
static void sim_end_work(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    io->work_ended = true;
    for (size_t i = 0; i < io->heap_count; i++) {
        struct bm_io_sim_event *event = &io->heap[i];
        if (event->run != run_work && event->run != run_after) continue;
        struct piece *piece = event->subject;
        event->run = no_work;
        piece->after(piece->context);
        bm_free(piece);
    }
    io->work_waiting = 0;
}

static struct bm_io_wake *sim_wake_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    struct bm_io_sim_wake *wake = bm_alloc_zero(1, sizeof *wake);
    wake->base.io = base;
    wake->call = call;
    wake->context = context;
    wake->next = io->wakes;
    wake->place = &io->wakes;
    if (wake->next) wake->next->place = &wake->next;
    io->wakes = wake;
    return &wake->base;
}

static void free_wake_if_unused(struct bm_io_sim_wake *wake) {
    if (wake->pending || !wake->freed) return;
    *wake->place = wake->next;
    if (wake->next) wake->next->place = wake->place;
    bm_free(wake);
}

static void run_wake(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct bm_io_sim_wake *wake = subject;
    wake->pending = false;
    if (wake->freed) {
        free_wake_if_unused(wake);
    } else {
        wake->call(wake->context);
    }
}

static void sim_wake_send(struct bm_io_wake *base) {
    struct bm_io_sim_wake *wake = (struct bm_io_sim_wake *)base;
    struct bm_io_sim_world *io = bm_io_sim_world_of(base->io);
    if (wake->pending) return;
    wake->pending = true;
    bm_io_sim_add_event(io, io->mono_ns, run_wake, wake);
}

static void sim_wake_free(struct bm_io_wake *base) {
    struct bm_io_sim_wake *wake = (struct bm_io_sim_wake *)base;
    wake->freed = true;
    free_wake_if_unused(wake);
}

static void sim_on_signal(struct bm_io *io, int signal_number, bm_io_timer_fn *call,
                          void *context) {
    (void)io, (void)signal_number, (void)call, (void)context;
}

/* --- time ------------------------------------------------------------------------------------- */

static int64_t sim_mono_ns(struct bm_io *base) {
    return bm_io_sim_world_of(base)->mono_ns;
}

static int64_t sim_wall_ms(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    return (io->mono_ns + io->wall_ahead_ns) / 1000000;
}

static enum bm_io_clock sim_clock(struct bm_io *base) {
    return bm_io_sim_world_of(base)->clock;
}

void bm_io_sim_set_clock(struct bm_io *io, enum bm_io_clock clock) {
    bm_io_sim_world_of(io)->clock = clock;
}

static void sim_random(struct bm_io *base, void *ret_bytes, size_t len) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(bm_io_sim_next_number(&io->bytes) >> 32);
}

bool bm_io_sim_step(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    for (;;) {
        if (!io->heap_count) return false;
        struct bm_io_sim_event event = take_event(io);
        /* A timer that was cleared or moved leaves its event behind: no time passes for it. */
        if (event.run == run_timer &&
            ((struct bm_io_sim_timer *)event.subject)->serial != event.serial) {
            event.run(io, event.subject, event.serial);
            continue;
        }
        if (event.at_ns > io->mono_ns) io->mono_ns = event.at_ns;
        event.run(io, event.subject, event.serial);
        return true;
    }
}

/* Drops the leftovers of cleared timers, so that the first event is a real one. */
static void drop_stale(struct bm_io_sim_world *io) {
    while (io->heap_count && io->heap[0].run == run_timer) {
        struct bm_io_sim_timer *timer = io->heap[0].subject;
        if (timer->serial == io->heap[0].serial) break;
        struct bm_io_sim_event event = take_event(io);
        event.run(io, event.subject, event.serial);
    }
}

/* Something is going on: an event that is not a timer's, or a timer due now. */
static bool busy(struct bm_io_sim_world *io) {
    drop_stale(io);
    return io->not_timers || (io->heap_count && io->heap[0].at_ns <= io->mono_ns);
}

void bm_io_sim_settle(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    while (busy(io)) bm_io_sim_step(base);
}

void bm_io_sim_advance(struct bm_io *base, int64_t ns) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    BM_CHECK(ns >= 0);
    int64_t until_ns = io->mono_ns + ns;
    for (;;) {
        drop_stale(io);
        if (!io->heap_count || io->heap[0].at_ns > until_ns) break;
        bm_io_sim_step(base);
    }
    if (io->mono_ns < until_ns) io->mono_ns = until_ns;
}

void bm_io_sim_jump_wall(struct bm_io *base, int64_t ms) {
    bm_io_sim_world_of(base)->wall_ahead_ns += ms * 1000000;
}

uint64_t bm_io_sim_draw(struct bm_io *base, uint64_t bound) {
    BM_CHECK(bound);
    return bm_io_sim_next_number(&bm_io_sim_world_of(base)->draws) % bound;
}

static void sim_run(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    while (!io->stopped && bm_io_sim_step(base)) {
    }
    io->stopped = false;
}

static void sim_stop(struct bm_io *base) {
    bm_io_sim_world_of(base)->stopped = true;
}

/* --- the table -------------------------------------------------------------------------------- */

static void free_everything(struct bm_io_sim_world *io) {
    while (io->heap_count) {
        struct bm_io_sim_event event = take_event(io);
        if (event.run == run_work || event.run == run_after) bm_free(event.subject);
    }
    bm_io_sim_pipes_free(io);
    while (io->timers) {
        struct bm_io_sim_timer *timer = io->timers;
        timer->events = 0;
        timer->freed = true;
        free_timer_if_unused(timer);
    }
    while (io->wakes) {
        struct bm_io_sim_wake *wake = io->wakes;
        wake->pending = false;
        wake->freed = true;
        free_wake_if_unused(wake);
    }
    bm_free(io->heap);
    bm_free(io);
}

static void sim_free(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    bm_io_sim_pipe_unlisten(base);
    /* As the real twin: streams get their last callbacks, nothing else runs. */
    bm_io_sim_pipes_close(io);
    free_everything(io);
}

static const struct bm_io_table sim_table = {
    .run = sim_run,
    .stop = sim_stop,
    .free = sim_free,
    .wall_ms = sim_wall_ms,
    .clock = sim_clock,
    .mono_ns = sim_mono_ns,
    .random = sim_random,
    .listen = bm_io_sim_pipe_listen,
    .unlisten = bm_io_sim_pipe_unlisten,
    .stream_own = bm_io_sim_pipe_own,
    .pause = bm_io_sim_pipe_pause,
    .resume = bm_io_sim_pipe_resume,
    .write = bm_io_sim_pipe_write,
    .end_writing = bm_io_sim_pipe_end_writing,
    .close = bm_io_sim_pipe_close,
    .peer = bm_io_sim_pipe_peer,
    .timer_new = sim_timer_new,
    .timer_set = sim_timer_set,
    .timer_clear = sim_timer_clear,
    .timer_free = sim_timer_free,
    .work = sim_work,
    .work_first = sim_work_first,
    .end_work = sim_end_work,
    .wake_new = sim_wake_new,
    .wake = sim_wake_send,
    .wake_free = sim_wake_free,
    .on_signal = sim_on_signal,
};

struct bm_io *bm_io_sim_new(uint64_t seed) {
    struct bm_io_sim_world *io = bm_alloc_zero(1, sizeof *io);
    io->base.table = &sim_table;
    io->knobs.pipe_bytes = PIPE_BYTES;
    io->draws = seed;
    io->bytes = seed ^ 0x5deece66d1ce4e5bu;
    io->mono_ns = INT64_C(3600) * 1000000000;
    io->wall_ahead_ns = INT64_C(1767225600) * 1000000000 - io->mono_ns; /* 2026-01-01T00:00:00Z */
    io->port_next = 40000;
    io->peer_next = 50000;
    return &io->base;
}

void bm_io_sim_set_time(struct bm_io *base, int64_t mono_ns, int64_t wall_ms) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    BM_CHECK(!io->heap_count);
    io->mono_ns = mono_ns;
    io->wall_ahead_ns = wall_ms * 1000000 - mono_ns;
}

void bm_io_sim_set_knobs(struct bm_io *base, const struct bm_io_sim_knobs *knobs) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    io->knobs = *knobs;
    if (!io->knobs.pipe_bytes) io->knobs.pipe_bytes = PIPE_BYTES;
}
