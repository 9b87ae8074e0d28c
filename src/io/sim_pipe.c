/* The simulated twin's connections: both ends of them, bounded, cut and delayed as drawn. */
#include "io/io_sim.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/check.h"
#include "io/io_table.h"
#include "io/sim_world.h"

enum { READ_BYTES = 64 * 1024, CHOP_MAX = 64, SENT_MAX = 256 << 20 };

/* Both ends of one connection.  It is freed when the program's end has had on_closed, the client
 * has been forgotten and no event points here. */
struct bm_io_sim_connection {
    struct bm_io_stream base; /* first: the program's end */
    struct bm_io_sim_connection *next, **place;
    const struct bm_io_stream_calls *calls;
    void *context;
    struct bm_buf to_program; /* sent by the client, not delivered */
    struct bm_buf pipe;       /* written by the program, the client does not read yet */
    struct bm_buf arrived;    /* read by the client, for the test to look at */
    const uint8_t *write_bytes;
    size_t write_len, write_at;
    bm_io_done_fn *done;
    void *done_context;
    unsigned events;                                    /* pointing here */
    bool paused, closing, closed, write_ended;          /* the program's end */
    bool client_ended, client_gone, stalled, forgotten; /* the client's end */
    bool end_seen, ended, reset;
    bool delivering, writing, accepted;
    char peer[32];
};

struct bm_io_sim_client {
    struct bm_io_sim_connection connection;
};

struct bm_io_sim_listener {
    struct bm_io_sim_listener *next;
    uint16_t port;
    bm_io_accept_fn *accept;
    void *context;
};

static struct bm_io_sim_connection *connection_of(struct bm_io_stream *stream) {
    return (struct bm_io_sim_connection *)stream;
}

static bool drawn(struct bm_io_sim_world *io, uint32_t per_million) {
    return per_million && bm_io_sim_next_number(&io->draws) % 1000000 < per_million;
}

/* --- connections ------------------------------------------------------------------------------ */

static void free_connection_if_unused(struct bm_io_sim_connection *connection) {
    if (connection->events || !connection->closed || !connection->forgotten) return;
    *connection->place = connection->next;
    if (connection->next) connection->next->place = connection->place;
    bm_buf_free(&connection->to_program);
    bm_buf_free(&connection->pipe);
    bm_buf_free(&connection->arrived);
    bm_free(connection);
}

static void connection_event(struct bm_io_sim_connection *connection, int64_t wait_ns,
                             void (*run)(struct bm_io_sim_world *io, void *subject,
                                         uint64_t serial)) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(connection->base.io);
    connection->events++;
    bm_io_sim_add_event(io, io->mono_ns + wait_ns, run, connection);
}

static void event_over(struct bm_io_sim_connection *connection) {
    connection->events--;
    free_connection_if_unused(connection);
}

static void finish_write(struct bm_io_sim_connection *connection, bool ok) {
    bm_io_done_fn *done = connection->done;
    if (!done) return;
    connection->done = NULL;
    done(connection->done_context, ok);
}

static void run_closed(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)io, (void)serial;
    struct bm_io_sim_connection *connection = subject;
    finish_write(connection, false);
    connection->closed = true;
    if (connection->calls) connection->calls->on_closed(connection->context);
    event_over(connection);
}

/* The client's kernel hands over what its program reads. */
static void move_to_arrived(struct bm_io_sim_connection *connection) {
    if (connection->stalled) return;
    bm_buf_add(&connection->arrived, connection->pipe.bytes, connection->pipe.len);
    bm_buf_clear(&connection->pipe);
}

void bm_io_sim_pipe_close(struct bm_io_stream *stream) {
    struct bm_io_sim_connection *connection = connection_of(stream);
    if (connection->closing) return;
    connection->closing = true;
    connection->ended = true;
    connection_event(connection, 0, run_closed);
}

static void reset_connection(struct bm_io_sim_connection *connection) {
    connection->reset = true;
    connection->client_gone = true;
    connection->ended = true;
    bm_buf_clear(&connection->to_program);
    bm_buf_clear(&connection->pipe);
    bm_io_sim_pipe_close(&connection->base);
}

static size_t drawn_chunk(struct bm_io_sim_world *io, size_t most) {
    if (most > READ_BYTES) most = READ_BYTES;
    if (!io->knobs.chop || most <= 1) return most;
    if (bm_io_sim_next_number(&io->draws) % 4 == 0) return 1;
    size_t cut = most < CHOP_MAX ? most : CHOP_MAX;
    return 1 + (size_t)(bm_io_sim_next_number(&io->draws) % cut);
}

static void schedule_delivery(struct bm_io_sim_connection *connection);

static void run_delivery(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)serial;
    struct bm_io_sim_connection *connection = subject;
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

static void schedule_delivery(struct bm_io_sim_connection *connection) {
    if (connection->delivering || connection->paused || connection->closing) return;
    if (!connection->calls) return;
    bool end_due = connection->client_ended && !connection->end_seen;
    if (!connection->to_program.len && !end_due) return;
    connection->delivering = true;
    connection_event(connection, bm_io_sim_delay(bm_io_sim_world_of(connection->base.io)),
                     run_delivery);
}

static void schedule_writing(struct bm_io_sim_connection *connection);

static void run_writing(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)serial;
    struct bm_io_sim_connection *connection = subject;
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

static void schedule_writing(struct bm_io_sim_connection *connection) {
    if (connection->writing || !connection->done || connection->closing) return;
    connection->writing = true;
    connection_event(connection, bm_io_sim_delay(bm_io_sim_world_of(connection->base.io)),
                     run_writing);
}

void bm_io_sim_pipe_own(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                        void *context) {
    struct bm_io_sim_connection *connection = connection_of(stream);
    BM_CHECK(!connection->calls);
    connection->calls = calls;
    connection->context = context;
    schedule_delivery(connection);
}

void bm_io_sim_pipe_pause(struct bm_io_stream *stream) {
    connection_of(stream)->paused = true;
}

void bm_io_sim_pipe_resume(struct bm_io_stream *stream) {
    connection_of(stream)->paused = false;
    schedule_delivery(connection_of(stream));
}

void bm_io_sim_pipe_write(struct bm_io_stream *stream, const void *bytes, size_t len,
                          bm_io_done_fn *done, void *context) {
    struct bm_io_sim_connection *connection = connection_of(stream);
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
void bm_io_sim_pipe_end_writing(struct bm_io_stream *stream) {
    struct bm_io_sim_connection *connection = connection_of(stream);
    if (connection->closing) return;
    connection->write_ended = true;
    connection->ended = true;
}

const char *bm_io_sim_pipe_peer(struct bm_io_stream *stream) {
    return connection_of(stream)->peer;
}

enum bm_code bm_io_sim_pipe_listen(struct bm_io *base, const char *host, uint16_t port,
                                   bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                                   struct bm_fault *fault) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    if (!port) port = io->port_next++;
    for (struct bm_io_sim_listener *other = io->listeners; other; other = other->next)
        if (other->port == port)
            return bm_fault_set(fault, BM_BUSY, NULL,
                                "%s port %u is in use: stop the other server or choose another "
                                "port.",
                                host, port);
    struct bm_io_sim_listener *listener = bm_alloc(sizeof *listener);
    *listener = (struct bm_io_sim_listener){
        .next = io->listeners, .port = port, .accept = accept, .context = context};
    io->listeners = listener;
    if (ret_port) *ret_port = port;
    return BM_OK;
}

void bm_io_sim_pipe_unlisten(struct bm_io *base) {
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    while (io->listeners) {
        struct bm_io_sim_listener *next = io->listeners->next;
        bm_free(io->listeners);
        io->listeners = next;
    }
}

void bm_io_sim_pipes_close(struct bm_io_sim_world *io) {
    for (struct bm_io_sim_connection *connection = io->connections; connection;
         connection = connection->next) {
        if (connection->closed) continue;
        connection->closing = true;
        finish_write(connection, false);
        connection->closed = true;
        if (connection->calls) connection->calls->on_closed(connection->context);
    }
}

void bm_io_sim_pipes_free(struct bm_io_sim_world *io) {
    while (io->connections) {
        struct bm_io_sim_connection *connection = io->connections;
        connection->events = 0;
        connection->closed = true;
        connection->forgotten = true;
        free_connection_if_unused(connection);
    }
}

/* --- client ends ------------------------------------------------------------------------------ */

static void run_accept(struct bm_io_sim_world *io, void *subject, uint64_t serial) {
    (void)serial;
    struct bm_io_sim_connection *connection = subject;
    struct bm_io_sim_listener *listener = io->listeners;
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
    struct bm_io_sim_world *io = bm_io_sim_world_of(base);
    struct bm_io_sim_listener *listener = io->listeners;
    while (listener && listener->port != port) listener = listener->next;
    if (!listener) return NULL;
    struct bm_io_sim_client *client = bm_alloc_zero(1, sizeof *client);
    struct bm_io_sim_connection *connection = &client->connection;
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
    connection_event(connection, bm_io_sim_delay(io), run_accept);
    return client;
}

void bm_io_sim_send(struct bm_io_sim_client *client, const void *bytes, size_t len) {
    struct bm_io_sim_connection *connection = &client->connection;
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
