#include "io/io_sim.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "io/io_table.h"

enum { READ_BYTES = 64 * 1024, CHOP_MAX = 64, PIPE_BYTES = 64 * 1024, SENT_MAX = 256 << 20 };

/* Both ends of one connection.  It is freed when the program's end has had on_closed, the client
 * has been forgotten and no event points here. */
struct connection {
    struct bm_io_stream base; /* first: the program's end */
    struct connection *next, **place;
    const struct bm_io_stream_calls *calls;
    void *context;
    struct bm_buf to_program; /* sent by the client, not delivered */
    struct bm_buf pipe;       /* written by the program, the client does not read yet */
    struct bm_buf arrived;    /* read by the client, for the test to look at */
    const uint8_t *write_bytes;
    size_t write_len, write_at;
    bm_io_done_fn *done;
    void *done_context;
    unsigned events; /* pointing here */
    bool paused, closing, closed, write_ended;        /* the program's end */
    bool client_ended, client_gone, stalled, forgotten; /* the client's end */
    bool end_seen, ended, reset;
    bool delivering, writing, accepted;
    char peer[32];
};

struct bm_io_sim_client {
    struct connection connection;
};

struct sim_timer {
    struct bm_io_timer base;
    bm_io_timer_fn *call;
    void *context;
    uint64_t serial; /* of its event in the queue, 0 if not set */
    unsigned events;
    bool freed;
    struct sim_timer *next, **place;
};

struct sim_wake {
    struct bm_io_wake base;
    bm_io_timer_fn *call;
    void *context;
    bool pending, freed;
    struct sim_wake *next, **place;
};

struct piece {
    bm_io_work_fn *work;
    bm_io_work_fn *after;
    void *context;
};

struct listener {
    struct listener *next;
    uint16_t port;
    bm_io_accept_fn *accept;
    void *context;
};

struct sim_io;

struct event {
    int64_t at_ns;
    uint64_t serial;
    void (*run)(struct sim_io *io, void *subject, uint64_t serial);
    void *subject;
};

struct sim_io {
    struct bm_io base;
    struct bm_io_sim_knobs knobs;
    int64_t mono_ns, wall_ahead_ns; /* wall = mono + ahead */
    uint64_t draws, bytes;          /* two independent streams of the seed */
    uint64_t serial;
    struct event *heap; /* least (at_ns, serial) first */
    size_t heap_count, heap_cap;
    size_t not_timers; /* events in the heap that are not timers' */
    size_t work_waiting;
    struct listener *listeners;
    struct connection *connections;
    struct sim_timer *timers;
    struct sim_wake *wakes;
    uint16_t port_next, peer_next;
    bool stopped;
};

static const struct bm_io_table sim_table;

static struct sim_io *sim_of(struct bm_io *io) {
    BM_CHECK(io->table == &sim_table);
    return (struct sim_io *)io;
}

static struct connection *connection_of(struct bm_io_stream *stream) {
    return (struct connection *)stream;
}

/* SplitMix64 (Steele, Lea, Flood 2014): small, and any seed is a good one. */
static uint64_t draw(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool drawn(struct sim_io *io, uint32_t per_million) {
    return per_million && draw(&io->draws) % 1000000 < per_million;
}

/* --- the queue of events ---------------------------------------------------------------------- */

static void run_timer(struct sim_io *io, void *subject, uint64_t serial);

static bool earlier(const struct event *a, const struct event *b) {
    return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->serial < b->serial);
}

static uint64_t add_event(struct sim_io *io, int64_t at_ns,
                          void (*run)(struct sim_io *io, void *subject, uint64_t serial),
                          void *subject) {
    if (io->heap_count == io->heap_cap) {
        io->heap_cap = io->heap_cap ? io->heap_cap * 2 : 64;
        io->heap = bm_realloc(io->heap, io->heap_cap * sizeof *io->heap);
    }
    struct event event = {.at_ns = at_ns > io->mono_ns ? at_ns : io->mono_ns,
                          .serial = ++io->serial, .run = run, .subject = subject};
    if (run != run_timer) io->not_timers++;
    size_t at = io->heap_count++;
    while (at && earlier(&event, &io->heap[(at - 1) / 2])) {
        io->heap[at] = io->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    io->heap[at] = event;
    return event.serial;
}

static struct event take_event(struct sim_io *io) {
    struct event first = io->heap[0];
    struct event last = io->heap[--io->heap_count];
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

static int64_t delay(struct sim_io *io) {
    if (io->knobs.delay_max_ns <= 0) return 0;
    return (int64_t)(draw(&io->draws) % ((uint64_t)io->knobs.delay_max_ns + 1));
}

/* --- connections ------------------------------------------------------------------------------ */

static void free_connection_if_unused(struct connection *connection) {
    if (connection->events || !connection->closed || !connection->forgotten) return;
    *connection->place = connection->next;
    if (connection->next) connection->next->place = connection->place;
    bm_buf_free(&connection->to_program);
    bm_buf_free(&connection->pipe);
    bm_buf_free(&connection->arrived);
    bm_free(connection);
}

static void connection_event(struct connection *connection, int64_t wait_ns,
                             void (*run)(struct sim_io *io, void *subject, uint64_t serial)) {
    struct sim_io *io = sim_of(connection->base.io);
    connection->events++;
    add_event(io, io->mono_ns + wait_ns, run, connection);
}

static void event_over(struct connection *connection) {
    connection->events--;
    free_connection_if_unused(connection);
}

static void finish_write(struct connection *connection, bool ok) {
    bm_io_done_fn *done = connection->done;
    if (!done) return;
    connection->done = NULL;
    done(connection->done_context, ok);
}

static void run_closed(struct sim_io *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct connection *connection = subject;
    finish_write(connection, false);
    connection->closed = true;
    if (connection->calls) connection->calls->on_closed(connection->context);
    event_over(connection);
}

/* The client's kernel hands over what its program reads. */
static void move_to_arrived(struct connection *connection) {
    if (connection->stalled) return;
    bm_buf_add(&connection->arrived, connection->pipe.bytes, connection->pipe.len);
    bm_buf_clear(&connection->pipe);
}

static void sim_close(struct bm_io_stream *stream) {
    struct connection *connection = connection_of(stream);
    if (connection->closing) return;
    connection->closing = true;
    connection->ended = true;
    connection_event(connection, 0, run_closed);
}

static void reset_connection(struct connection *connection) {
    connection->reset = true;
    connection->client_gone = true;
    connection->ended = true;
    bm_buf_clear(&connection->to_program);
    bm_buf_clear(&connection->pipe);
    sim_close(&connection->base);
}

static size_t drawn_chunk(struct sim_io *io, size_t most) {
    if (most > READ_BYTES) most = READ_BYTES;
    if (!io->knobs.chop || most <= 1) return most;
    if (draw(&io->draws) % 4 == 0) return 1;
    size_t cut = most < CHOP_MAX ? most : CHOP_MAX;
    return 1 + (size_t)(draw(&io->draws) % cut);
}

static void schedule_delivery(struct connection *connection);

static void run_delivery(struct sim_io *io, void *subject, uint64_t serial) {
    (void)serial;
    struct connection *connection = subject;
    connection->delivering = false;
    if (connection->closing || connection->paused) {
        /* Resuming schedules again. */
    } else if (drawn(io, io->knobs.reset_per_million)) {
        reset_connection(connection);
    } else if (connection->to_program.len) {
        if (drawn(io, io->knobs.stall_per_million)) connection->stalled = true;
        size_t len = drawn_chunk(io, connection->to_program.len);
        /* A copy, of exactly the length: the call may send more, and sanitizers see overreads. */
        uint8_t *bytes = bm_alloc(len);
        memcpy(bytes, connection->to_program.bytes, len);
        bm_buf_drop_front(&connection->to_program, len);
        connection->calls->on_bytes(connection->context, bytes, len);
        bm_free(bytes);
        schedule_delivery(connection);
    } else if (connection->client_ended && !connection->end_seen) {
        connection->end_seen = true;
        connection->calls->on_end(connection->context);
    }
    event_over(connection);
}

static void schedule_delivery(struct connection *connection) {
    if (connection->delivering || connection->paused || connection->closing) return;
    if (!connection->calls) return;
    bool end_due = connection->client_ended && !connection->end_seen;
    if (!connection->to_program.len && !end_due) return;
    connection->delivering = true;
    connection_event(connection, delay(sim_of(connection->base.io)), run_delivery);
}

static void schedule_writing(struct connection *connection);

static void run_writing(struct sim_io *io, void *subject, uint64_t serial) {
    (void)serial;
    struct connection *connection = subject;
    connection->writing = false;
    if (connection->closing || !connection->done) {
        /* Closing tells the writer. */
    } else if (connection->client_gone || drawn(io, io->knobs.reset_per_million)) {
        reset_connection(connection);
    } else {
        size_t room = io->knobs.pipe_bytes - connection->pipe.len;
        if (!connection->stalled) room = SIZE_MAX;
        size_t left = connection->write_len - connection->write_at;
        size_t len = drawn_chunk(io, left < room ? left : room);
        bm_buf_add(&connection->pipe, connection->write_bytes + connection->write_at, len);
        connection->write_at += len;
        move_to_arrived(connection);
        if (connection->write_at == connection->write_len) finish_write(connection, true);
        /* A stalled client's full pipe waits for start_reading. */
        if (len) schedule_writing(connection);
    }
    event_over(connection);
}

static void schedule_writing(struct connection *connection) {
    if (connection->writing || !connection->done || connection->closing) return;
    connection->writing = true;
    connection_event(connection, delay(sim_of(connection->base.io)), run_writing);
}

static void sim_own(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                    void *context) {
    struct connection *connection = connection_of(stream);
    BM_CHECK(!connection->calls);
    connection->calls = calls;
    connection->context = context;
    schedule_delivery(connection);
}

static void sim_pause(struct bm_io_stream *stream) {
    connection_of(stream)->paused = true;
}

static void sim_resume(struct bm_io_stream *stream) {
    connection_of(stream)->paused = false;
    schedule_delivery(connection_of(stream));
}

static void sim_write(struct bm_io_stream *stream, const void *bytes, size_t len,
                      bm_io_done_fn *done, void *context) {
    struct connection *connection = connection_of(stream);
    BM_CHECK(!connection->done);
    BM_CHECK(!connection->write_ended);
    connection->done = done;
    connection->done_context = context;
    connection->write_bytes = bytes;
    connection->write_len = len;
    connection->write_at = 0;
    schedule_writing(connection);
}

/* The end follows the write in flight in the real world; here bytes and end are told apart by the
 * client, so only the flag is needed. */
static void sim_end_writing(struct bm_io_stream *stream) {
    struct connection *connection = connection_of(stream);
    if (connection->closing) return;
    connection->write_ended = true;
    connection->ended = true;
}

static const char *sim_peer(struct bm_io_stream *stream) {
    return connection_of(stream)->peer;
}

static enum bm_code sim_listen(struct bm_io *base, const char *host, uint16_t port,
                               bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                               struct bm_fault *fault) {
    struct sim_io *io = sim_of(base);
    if (!port) port = io->port_next++;
    for (struct listener *other = io->listeners; other; other = other->next)
        if (other->port == port)
            return bm_fault_set(fault, BM_BUSY, NULL,
                                "%s port %u is in use: stop the other server or choose another "
                                "port.", host, port);
    struct listener *listener = bm_alloc(sizeof *listener);
    *listener = (struct listener){.next = io->listeners, .port = port, .accept = accept,
                                  .context = context};
    io->listeners = listener;
    if (ret_port) *ret_port = port;
    return BM_OK;
}

static void sim_unlisten(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    while (io->listeners) {
        struct listener *next = io->listeners->next;
        bm_free(io->listeners);
        io->listeners = next;
    }
}

/* --- client ends ------------------------------------------------------------------------------ */

static void run_accept(struct sim_io *io, void *subject, uint64_t serial) {
    (void)serial;
    struct connection *connection = subject;
    struct listener *listener = io->listeners;
    /* The port was listening when the client came; it may have stopped meanwhile. */
    while (listener && listener->port != (uint16_t)(uintptr_t)connection->context)
        listener = listener->next;
    connection->context = NULL;
    connection->accepted = true;
    if (listener && !connection->closing) {
        listener->accept(listener->context, &connection->base);
        BM_CHECK(connection->calls || connection->closing);
    } else {
        reset_connection(connection);
    }
    event_over(connection);
}

struct bm_io_sim_client *bm_io_sim_connect(struct bm_io *base, uint16_t port) {
    struct sim_io *io = sim_of(base);
    struct listener *listener = io->listeners;
    while (listener && listener->port != port) listener = listener->next;
    if (!listener) return NULL;
    struct bm_io_sim_client *client = bm_alloc_zero(1, sizeof *client);
    struct connection *connection = &client->connection;
    connection->base.io = base;
    connection->to_program = bm_buf_make(SENT_MAX);
    connection->pipe = bm_buf_make(SENT_MAX);
    connection->arrived = bm_buf_make(SENT_MAX);
    connection->context = (void *)(uintptr_t)port;
    snprintf(connection->peer, sizeof connection->peer, "127.0.0.1:%u", io->peer_next++);
    connection->next = io->connections;
    connection->place = &io->connections;
    if (connection->next) connection->next->place = &connection->next;
    io->connections = connection;
    connection_event(connection, delay(io), run_accept);
    return client;
}

void bm_io_sim_send(struct bm_io_sim_client *client, const void *bytes, size_t len) {
    struct connection *connection = &client->connection;
    BM_CHECK(!connection->client_ended || connection->reset);
    if (connection->closing || connection->client_gone) return;
    bm_buf_add(&connection->to_program, bytes, len);
    BM_CHECK(!connection->to_program.overflow);
    schedule_delivery(connection);
}

const uint8_t *bm_io_sim_arrived(const struct bm_io_sim_client *client, size_t *ret_len) {
    *ret_len = client->connection.arrived.len;
    return (const uint8_t *)bm_buf_c_text(&client->connection.arrived);
}

void bm_io_sim_take(struct bm_io_sim_client *client, size_t len) {
    bm_buf_drop_front(&client->connection.arrived, len);
}

size_t bm_io_sim_unread(const struct bm_io_sim_client *client) {
    return client->connection.to_program.len;
}

void bm_io_sim_stop_reading(struct bm_io_sim_client *client) {
    client->connection.stalled = true;
}

void bm_io_sim_start_reading(struct bm_io_sim_client *client) {
    client->connection.stalled = false;
    move_to_arrived(&client->connection);
    schedule_writing(&client->connection);
}

void bm_io_sim_end(struct bm_io_sim_client *client) {
    client->connection.client_ended = true;
    schedule_delivery(&client->connection);
}

void bm_io_sim_close(struct bm_io_sim_client *client) {
    client->connection.client_gone = true;
    bm_io_sim_end(client);
    /* A write that hangs on the full pipe fails now. */
    schedule_writing(&client->connection);
}

void bm_io_sim_reset(struct bm_io_sim_client *client) {
    if (!client->connection.accepted) {
        /* Nothing was accepted: the accept event will find it closing. */
        client->connection.client_ended = true;
    }
    reset_connection(&client->connection);
}

bool bm_io_sim_ended(const struct bm_io_sim_client *client) {
    return client->connection.ended;
}

void bm_io_sim_forget(struct bm_io_sim_client *client) {
    if (!client) return;
    bm_io_sim_close(client);
    client->connection.forgotten = true;
    free_connection_if_unused(&client->connection);
}

/* --- timers, work, wakes ---------------------------------------------------------------------- */

static void free_timer_if_unused(struct sim_timer *timer) {
    if (timer->events || !timer->freed) return;
    *timer->place = timer->next;
    if (timer->next) timer->next->place = timer->place;
    bm_free(timer);
}

static struct bm_io_timer *sim_timer_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct sim_io *io = sim_of(base);
    struct sim_timer *timer = bm_alloc_zero(1, sizeof *timer);
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
    ((struct sim_timer *)base)->serial = 0;
}

static void run_timer(struct sim_io *io, void *subject, uint64_t serial) {
    (void)io;
    struct sim_timer *timer = subject;
    timer->events--;
    if (timer->serial == serial) {
        sim_timer_clear(&timer->base);
        timer->call(timer->context); /* may free the timer: touch it no more */
        return;
    }
    free_timer_if_unused(timer);
}

static void sim_timer_set(struct bm_io_timer *base, int64_t at_mono_ns) {
    struct sim_timer *timer = (struct sim_timer *)base;
    struct sim_io *io = sim_of(base->io);
    sim_timer_clear(base);
    timer->serial = add_event(io, at_mono_ns, run_timer, timer);
    timer->events++;
}

static void sim_timer_free(struct bm_io_timer *base) {
    struct sim_timer *timer = (struct sim_timer *)base;
    sim_timer_clear(base);
    timer->freed = true;
    free_timer_if_unused(timer);
}

static void run_after(struct sim_io *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct piece *piece = subject;
    piece->after(piece->context);
    bm_free(piece);
}

static void run_work(struct sim_io *io, void *subject, uint64_t serial) {
    (void)serial;
    struct piece *piece = subject;
    io->work_waiting--;
    piece->work(piece->context);
    add_event(io, io->mono_ns + delay(io), run_after, piece);
}

static enum bm_code sim_work(struct bm_io *base, bm_io_work_fn *work, bm_io_work_fn *after,
                             void *context) {
    struct sim_io *io = sim_of(base);
    if (io->work_waiting >= BM_IO_WORK_MAX) return BM_OVERLOADED;
    io->work_waiting++;
    struct piece *piece = bm_alloc(sizeof *piece);
    *piece = (struct piece){.work = work, .after = after, .context = context};
    add_event(io, io->mono_ns + delay(io), run_work, piece);
    return BM_OK;
}

static struct bm_io_wake *sim_wake_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct sim_io *io = sim_of(base);
    struct sim_wake *wake = bm_alloc_zero(1, sizeof *wake);
    wake->base.io = base;
    wake->call = call;
    wake->context = context;
    wake->next = io->wakes;
    wake->place = &io->wakes;
    if (wake->next) wake->next->place = &wake->next;
    io->wakes = wake;
    return &wake->base;
}

static void free_wake_if_unused(struct sim_wake *wake) {
    if (wake->pending || !wake->freed) return;
    *wake->place = wake->next;
    if (wake->next) wake->next->place = wake->place;
    bm_free(wake);
}

static void run_wake(struct sim_io *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct sim_wake *wake = subject;
    wake->pending = false;
    if (wake->freed) {
        free_wake_if_unused(wake);
    } else {
        wake->call(wake->context);
    }
}

static void sim_wake_send(struct bm_io_wake *base) {
    struct sim_wake *wake = (struct sim_wake *)base;
    struct sim_io *io = sim_of(base->io);
    if (wake->pending) return;
    wake->pending = true;
    add_event(io, io->mono_ns, run_wake, wake);
}

static void sim_wake_free(struct bm_io_wake *base) {
    struct sim_wake *wake = (struct sim_wake *)base;
    wake->freed = true;
    free_wake_if_unused(wake);
}

static void sim_on_signal(struct bm_io *io, int signal_number, bm_io_timer_fn *call,
                          void *context) {
    (void)io, (void)signal_number, (void)call, (void)context;
}

/* --- time ------------------------------------------------------------------------------------- */

static int64_t sim_mono_ns(struct bm_io *base) {
    return sim_of(base)->mono_ns;
}

static int64_t sim_wall_ms(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    return (io->mono_ns + io->wall_ahead_ns) / 1000000;
}

static void sim_random(struct bm_io *base, void *ret_bytes, size_t len) {
    struct sim_io *io = sim_of(base);
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)(draw(&io->bytes) >> 32);
}

bool bm_io_sim_step(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    for (;;) {
        if (!io->heap_count) return false;
        struct event event = take_event(io);
        /* A timer that was cleared or moved leaves its event behind: no time passes for it. */
        if (event.run == run_timer && ((struct sim_timer *)event.subject)->serial != event.serial) {
            event.run(io, event.subject, event.serial);
            continue;
        }
        if (event.at_ns > io->mono_ns) io->mono_ns = event.at_ns;
        event.run(io, event.subject, event.serial);
        return true;
    }
}

/* Drops the leftovers of cleared timers, so that the first event is a real one. */
static void drop_stale(struct sim_io *io) {
    while (io->heap_count && io->heap[0].run == run_timer) {
        struct sim_timer *timer = io->heap[0].subject;
        if (timer->serial == io->heap[0].serial) break;
        struct event event = take_event(io);
        event.run(io, event.subject, event.serial);
    }
}

/* Something is going on: an event that is not a timer's, or a timer due now. */
static bool busy(struct sim_io *io) {
    drop_stale(io);
    return io->not_timers || (io->heap_count && io->heap[0].at_ns <= io->mono_ns);
}

void bm_io_sim_settle(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    while (busy(io)) bm_io_sim_step(base);
}

void bm_io_sim_advance(struct bm_io *base, int64_t ns) {
    struct sim_io *io = sim_of(base);
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
    sim_of(base)->wall_ahead_ns += ms * 1000000;
}

uint64_t bm_io_sim_draw(struct bm_io *base, uint64_t bound) {
    BM_CHECK(bound);
    return draw(&sim_of(base)->draws) % bound;
}

static void sim_run(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    while (!io->stopped && bm_io_sim_step(base)) {}
    io->stopped = false;
}

static void sim_stop(struct bm_io *base) {
    sim_of(base)->stopped = true;
}

/* --- the table -------------------------------------------------------------------------------- */

static void free_everything(struct sim_io *io) {
    while (io->heap_count) {
        struct event event = take_event(io);
        if (event.run == run_work || event.run == run_after) bm_free(event.subject);
    }
    while (io->connections) {
        struct connection *connection = io->connections;
        connection->events = 0;
        connection->closed = true;
        connection->forgotten = true;
        free_connection_if_unused(connection);
    }
    while (io->timers) {
        struct sim_timer *timer = io->timers;
        timer->events = 0;
        timer->freed = true;
        free_timer_if_unused(timer);
    }
    while (io->wakes) {
        struct sim_wake *wake = io->wakes;
        wake->pending = false;
        wake->freed = true;
        free_wake_if_unused(wake);
    }
    bm_free(io->heap);
    bm_free(io);
}

static void sim_free(struct bm_io *base) {
    struct sim_io *io = sim_of(base);
    sim_unlisten(base);
    /* As the real twin: streams get their last callbacks, nothing else runs. */
    for (struct connection *connection = io->connections; connection;
         connection = connection->next) {
        if (connection->closed) continue;
        connection->closing = true;
        finish_write(connection, false);
        connection->closed = true;
        if (connection->calls) connection->calls->on_closed(connection->context);
    }
    free_everything(io);
}

static const struct bm_io_table sim_table = {
    .run = sim_run,
    .stop = sim_stop,
    .free = sim_free,
    .wall_ms = sim_wall_ms,
    .mono_ns = sim_mono_ns,
    .random = sim_random,
    .listen = sim_listen,
    .unlisten = sim_unlisten,
    .stream_own = sim_own,
    .pause = sim_pause,
    .resume = sim_resume,
    .write = sim_write,
    .end_writing = sim_end_writing,
    .close = sim_close,
    .peer = sim_peer,
    .timer_new = sim_timer_new,
    .timer_set = sim_timer_set,
    .timer_clear = sim_timer_clear,
    .timer_free = sim_timer_free,
    .work = sim_work,
    .wake_new = sim_wake_new,
    .wake = sim_wake_send,
    .wake_free = sim_wake_free,
    .on_signal = sim_on_signal,
};

struct bm_io *bm_io_sim_new(uint64_t seed) {
    struct sim_io *io = bm_alloc_zero(1, sizeof *io);
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

void bm_io_sim_set_knobs(struct bm_io *base, const struct bm_io_sim_knobs *knobs) {
    struct sim_io *io = sim_of(base);
    io->knobs = *knobs;
    if (!io->knobs.pipe_bytes) io->knobs.pipe_bytes = PIPE_BYTES;
}
