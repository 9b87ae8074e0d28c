#include "intake/jt808_server.h"

#include <string.h>

#include "base/alloc.h"
#include "base/table.h"

#define SWEEP_EVERY_NS INT64_C(10000000000)

struct link {
    struct bm_jt808_server *server;
    struct bm_io_stream *stream;
    uint64_t id, device; /* 0: nobody has logged on */
    struct bm_jt808_head head; /* that it logged on with: how later answers are addressed */
    struct bm_jt808_stream in;
    struct bm_buf out, writing; /* what waits, and what is on its way */
    bool busy, paused, closing;
    uint16_t serial;
    int64_t since_ns, heard_ns;
};
struct slot {
    struct link *link;
};

struct bm_jt808_server {
    struct bm_io *io;
    struct bm_jt808_calls calls;
    struct bm_table links; /* of struct slot, by id */
    uint64_t last_id;
    struct bm_io_timer *sweep;
    struct bm_jt808_counts counts;
    bool freed;
};

static struct link *link_of(const struct bm_jt808_server *server, uint64_t id) {
    const struct slot *slot = bm_table_get(&server->links, id);
    return slot ? slot->link : NULL;
}

static void hang_up(struct link *link) {
    if (link->closing) return;
    link->closing = true;
    bm_io_close(link->stream);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_on(struct link *link);

static void written(void *context, bool ok) {
    struct link *link = context;
    link->busy = false;
    bm_buf_clear(&link->writing);
    if (!ok || link->closing) return;
    write_on(link);
    if (link->paused && link->out.len < BM_JT808_OUT_MAX / 2) {
        link->paused = false;
        bm_io_resume(link->stream);
    }
}

static void write_on(struct link *link) {
    if (link->out.overflow) { /* it asks and does not read */
        hang_up(link);
        return;
    }
    if (!link->paused && link->out.len >= BM_JT808_OUT_MAX / 2) {
        link->paused = true;
        bm_io_pause(link->stream);
    }
    if (link->busy || link->closing || !link->out.len) return;
    struct bm_buf swap = link->writing;
    link->writing = link->out;
    link->out = swap;
    link->busy = true;
    bm_io_write(link->stream, link->writing.bytes, link->writing.len, written, link);
}

static void answer(struct link *link, const struct bm_jt808_head *to, uint16_t serial, uint16_t id, uint8_t result) {
    if (result != BM_JT808_FINE) link->server->counts.refused++;
    bm_jt808_write_answer(to, ++link->serial, serial, id, result, &link->out);
}

/* --- what terminals say ----------------------------------------------------------------------- */

static void take_registration(struct link *link, const struct bm_jt808_message *message) {
    struct bm_jt808_server *server = link->server;
    char terminal[BM_JT808_TERMINAL_TEXT] = "", code[BM_JT808_CODE_TEXT] = "";
    if (bm_jt808_registration(message, terminal, NULL)) terminal[0] = 0; /* cut: it is known by its number all the same */
    uint8_t result = BM_JT808_NO_SUCH_TERMINAL;
    if (server->calls.known(server->calls.context, message->head.phone, terminal)) {
        server->calls.code(server->calls.context, message->head.phone, code);
        result = BM_JT808_FINE;
    } else {
        server->counts.refused++;
    }
    bm_jt808_write_registered(&message->head, ++link->serial, result, code, &link->out);
}

/* The connection is from now on the one that logs on, or nobody's. */
static uint8_t take_log_on(struct link *link, const struct bm_jt808_message *message) {
    struct bm_jt808_server *server = link->server;
    char given[BM_JT808_CODE_TEXT], wanted[BM_JT808_CODE_TEXT];
    uint64_t device = server->calls.known(server->calls.context, message->head.phone, "");
    if (device && !bm_jt808_log_on(message, given, NULL)) {
        server->calls.code(server->calls.context, message->head.phone, wanted);
        if (strcmp(given, wanted) != 0) device = 0; /* it registers anew */
    } else {
        device = 0;
    }
    if (link->device) server->counts.logged_on--;
    if (device) server->counts.logged_on++;
    link->device = device;
    link->head = message->head;
    return device ? BM_JT808_FINE : BM_JT808_FAILED;
}

struct batch {
    struct link *link;
    struct bm_jt808_ticket ticket;
    unsigned taken, refused;
    bool later;
};

static void take_one(void *context, const struct bm_report *report) {
    struct batch *batch = context;
    struct bm_jt808_server *server = batch->link->server;
    if (batch->later) batch->ticket.link = 0;
    switch (server->calls.take(server->calls.context, batch->link->device, report, batch->ticket)) {
    case BM_JT808_TAKEN:
        batch->taken++;
        break;
    case BM_JT808_REFUSED:
        batch->refused++;
        break;
    case BM_JT808_LATER:
        batch->later = true;
    }
}

/* False when the answer comes later. */
static bool take_positions(struct link *link, const struct bm_jt808_message *message, uint8_t *ret_result) {
    struct batch batch = {.link = link, .ticket = {link->id, message->head.serial, message->head.id}};
    struct bm_report report;
    unsigned broken = 0;
    enum bm_code code;
    *ret_result = BM_JT808_FAILED;
    if (!link->device || strcmp(link->head.phone, message->head.phone) != 0) return true;
    if (message->head.id == BM_JT808_LOCATION) {
        code = bm_jt808_location(message->body, message->body_len, &report, NULL);
        if (!code) take_one(&batch, &report);
    } else {
        code = bm_jt808_locations(message->body, message->body_len, take_one, &batch, &broken, NULL);
    }
    if (batch.later) return false;
    if (code || (broken && !batch.taken))
        *ret_result = BM_JT808_WRONG;
    else if (!batch.refused)
        *ret_result = BM_JT808_FINE;
    return true;
}

static bool take_message(void *context, const struct bm_jt808_message *message, bool is_part) {
    struct link *link = context;
    const struct bm_jt808_head *head = &message->head;
    uint8_t result = BM_JT808_UNSUPPORTED;
    bool now = true;
    link->server->counts.messages++;
    if (is_part) {
        result = BM_JT808_FINE;
    } else if (head->encrypted) {
        result = BM_JT808_UNSUPPORTED;
    } else if (head->id == BM_JT808_REGISTER) {
        take_registration(link, message);
        now = false;
    } else if (head->id == BM_JT808_LOG_ON) {
        result = take_log_on(link, message);
    } else if (head->id == BM_JT808_LOCATION || head->id == BM_JT808_LOCATIONS) {
        now = take_positions(link, message, &result);
    } else if (head->id == BM_JT808_HEARTBEAT || head->id == BM_JT808_LOG_OFF) {
        result = link->device ? BM_JT808_FINE : BM_JT808_FAILED;
    } else if (head->id == BM_JT808_ACK) {
        now = false;
    }
    if (now) answer(link, head, head->serial, head->id, result);
    return !link->out.overflow;
}

static void on_bytes(void *context, const uint8_t *bytes, size_t len) {
    struct link *link = context;
    uint64_t broken = link->in.broken;
    link->heard_ns = bm_io_mono_ns(link->server->io);
    bool go_on = bm_jt808_stream_take(&link->in, bytes, len, take_message, link);
    link->server->counts.broken += link->in.broken - broken;
    write_on(link);
    if (!go_on || link->in.broken >= BM_JT808_BROKEN_MAX) hang_up(link);
}

void bm_jt808_answer(struct bm_jt808_server *server, struct bm_jt808_ticket ticket, bool fine) {
    struct link *link = link_of(server, ticket.link);
    if (!link || link->closing) return;
    answer(link, &link->head, ticket.serial, ticket.id, fine ? BM_JT808_FINE : BM_JT808_FAILED);
    write_on(link);
}

/* --- connections ------------------------------------------------------------------------------ */

/* Streams close in their own time; the last to go takes the server with it. */
static void end_when_empty(struct bm_jt808_server *server) {
    if (!server->freed || server->links.count) return;
    bm_table_free(&server->links);
    bm_free(server);
}

static void on_end(void *context) {
    hang_up(context);
}

static void on_closed(void *context) {
    struct link *link = context;
    struct bm_jt808_server *server = link->server;
    server->counts.links--;
    if (link->device) server->counts.logged_on--;
    bm_jt808_stream_free(&link->in);
    bm_buf_free(&link->out);
    bm_buf_free(&link->writing);
    bm_table_remove(&server->links, link->id);
    bm_free(link);
    end_when_empty(server);
}

static void on_accept(void *context, struct bm_io_stream *stream) {
    static const struct bm_io_stream_calls calls = {on_bytes, on_end, on_closed};
    struct bm_jt808_server *server = context;
    if (server->freed || server->counts.links >= BM_JT808_LINKS_MAX) {
        bm_io_close(stream);
        return;
    }
    struct link *link = bm_alloc_zero(1, sizeof *link);
    link->server = server;
    link->stream = stream;
    link->id = ++server->last_id;
    link->out = bm_buf_make(BM_JT808_OUT_MAX);
    link->writing = bm_buf_make(BM_JT808_OUT_MAX);
    link->since_ns = link->heard_ns = bm_io_mono_ns(server->io);
    bm_jt808_stream_make(&link->in);
    ((struct slot *)bm_table_add(&server->links, link->id))->link = link;
    server->counts.links++;
    bm_io_stream_own(stream, &calls, link);
}

static void on_sweep(void *context) {
    struct bm_jt808_server *server = context;
    int64_t now_ns = bm_io_mono_ns(server->io);
    BM_TABLE_EACH(&server->links, id) {
        struct link *link = link_of(server, id);
        bool stranger = !link->device && now_ns - link->since_ns > BM_JT808_STRANGER_MS * INT64_C(1000000);
        if (stranger || now_ns - link->heard_ns > BM_JT808_SILENT_MS * INT64_C(1000000)) hang_up(link);
    }
    bm_io_timer_set(server->sweep, now_ns + SWEEP_EVERY_NS);
}

struct bm_jt808_server *bm_jt808_server_new(struct bm_io *io, const struct bm_jt808_calls *calls) {
    struct bm_jt808_server *server = bm_alloc_zero(1, sizeof *server);
    server->io = io;
    server->calls = *calls;
    server->links = bm_table_make(sizeof(struct slot));
    server->sweep = bm_io_timer_new(io, on_sweep, server);
    bm_io_timer_set(server->sweep, bm_io_mono_ns(io) + SWEEP_EVERY_NS);
    return server;
}

enum bm_code bm_jt808_listen(struct bm_jt808_server *server, const char *host, uint16_t port, uint16_t *ret_port, struct bm_fault *fault) {
    return bm_io_listen(server->io, host, port, on_accept, server, ret_port, fault);
}

struct bm_jt808_counts bm_jt808_counts(const struct bm_jt808_server *server) {
    return server->counts;
}

void bm_jt808_server_free(struct bm_jt808_server *server) {
    if (!server) return;
    bm_io_timer_free(server->sweep);
    BM_TABLE_EACH(&server->links, id) hang_up(link_of(server, id));
    server->freed = true;
    end_when_empty(server);
}
