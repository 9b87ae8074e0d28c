/* The real world: libuv.  The only file of the program that includes uv.h.
 *
 * Traps this file keeps its callers away from:
 *   - uv_close is asynchronous: objects are freed in their close callback, never earlier;
 *   - libuv queues writes without limit: one write in flight per stream, checked;
 *   - repeating timers drift: deadlines are absolute and recomputed against the loop's clock;
 *   - a timer set to "now" inside a timer callback would starve sockets (libuv 1.44 runs it in the
 *     same pass), so deadlines in the past go to a list that runs once per turn, before polling;
 *   - SIGPIPE kills a server whose client left. */
#include "io/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timex.h>
#include <time.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/log.h"
#include "io/io_table.h"
#include "io/workers.h"

enum { BACKLOG = 1024, READ_BYTES = 64 * 1024, PEER_MAX = 64, NS_PER_MS = 1000000 };

struct stream {
    struct bm_io_stream base;
    uv_tcp_t tcp;
    uv_write_t write_request;
    uv_shutdown_t shutdown_request;
    const struct bm_io_stream_calls *calls; /* NULL until owned */
    void *context;
    bm_io_done_fn *done; /* not NULL while a write is in flight */
    void *done_context;
    bool reading, closing, write_ended;
    char peer[PEER_MAX];
};

struct listener {
    struct listener *next;
    struct uv_io *io;
    uv_tcp_t tcp;
    bm_io_accept_fn *accept;
    void *context;
};

struct timer {
    struct bm_io_timer base;
    uv_timer_t handle;
    bm_io_timer_fn *call;
    void *context;
    struct timer *soon_next, **soon_place; /* soon_place is NULL when not in the list */
    uint64_t soon_turn;                    /* the turn in which it was put there */
};

struct wake {
    struct bm_io_wake base;
    uv_async_t handle;
    bm_io_timer_fn *call;
    void *context;
};

struct signal_watch {
    uv_signal_t handle;
    bm_io_timer_fn *call;
    void *context;
};

struct uv_io {
    struct bm_io base;
    uv_loop_t loop;
    uv_async_t work_done;
    uv_prepare_t before_poll;
    uv_idle_t no_wait; /* active while `soon` is not empty, so that polling does not block */
    struct timer *soon, **soon_end; /* first in, first out */
    uint64_t turn;
    struct listener *listeners;
    struct bm_io_workers *workers;
    bool stopped;
    bool freeing;
    char read_bytes[READ_BYTES]; /* one for all streams: on_bytes may not keep it */
};

static struct uv_io *uv_io_of(struct bm_io *io) {
    return (struct uv_io *)io;
}

static struct stream *stream_of(struct bm_io_stream *stream) {
    return (struct stream *)stream;
}

/* --- clocks ----------------------------------------------------------------------------------- */

static int64_t wall_ms(struct bm_io *io) {
    (void)io;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_PER_MS;
}

/* The kernel knows: chrony, ntpd and systemd-timesyncd tell it, and it forgets when they stop. */
static enum bm_io_clock clock_state(struct bm_io *io) {
    (void)io;
    struct timex asked = {.modes = 0};
    int state = adjtimex(&asked);
    if (state < 0) return BM_IO_CLOCK_UNKNOWN;
    return state == TIME_ERROR || asked.status & STA_UNSYNC ? BM_IO_CLOCK_UNSYNCHRONISED : BM_IO_CLOCK_SYNCHRONISED;
}

static int64_t mono_ns(struct bm_io *io) {
    (void)io;
    return (int64_t)uv_hrtime();
}

static void random_bytes(struct bm_io *io, void *ret_bytes, size_t len) {
    (void)io;
    uint8_t *at = ret_bytes;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0) {
            BM_CHECK(errno == EINTR);
            continue;
        }
        at += got;
        len -= (size_t)got;
    }
}

/* --- streams ---------------------------------------------------------------------------------- */

static void finish_write(struct stream *stream, bool ok) {
    bm_io_done_fn *done = stream->done;
    void *context = stream->done_context;
    if (!done) return;
    stream->done = NULL;
    done(context, ok);
}

static void stream_closed(uv_handle_t *handle) {
    struct stream *stream = handle->data;
    finish_write(stream, false);
    if (stream->calls) stream->calls->on_closed(stream->context);
    bm_free(stream);
}

static void stream_close(struct bm_io_stream *base) {
    struct stream *stream = stream_of(base);
    if (stream->closing) return;
    stream->closing = true;
    stream->reading = false;
    uv_close((uv_handle_t *)&stream->tcp, stream_closed);
}

static void lend_read_bytes(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf) {
    (void)suggested;
    struct stream *stream = handle->data;
    struct uv_io *io = uv_io_of(stream->base.io);
    *ret_buf = uv_buf_init(io->read_bytes, sizeof io->read_bytes);
}

static void take_read_bytes(uv_stream_t *handle, ssize_t got, const uv_buf_t *buf) {
    struct stream *stream = handle->data;
    if (stream->closing || got == 0) return;
    if (got > 0) {
        stream->calls->on_bytes(stream->context, (const uint8_t *)buf->base, (size_t)got);
    } else if (got == UV_EOF) {
        stream->reading = false;
        stream->calls->on_end(stream->context);
    } else {
        stream_close(&stream->base);
    }
}

static void stream_resume(struct bm_io_stream *base) {
    struct stream *stream = stream_of(base);
    if (stream->reading || stream->closing) return;
    stream->reading = true;
    if (uv_read_start((uv_stream_t *)&stream->tcp, lend_read_bytes, take_read_bytes) < 0)
        stream_close(base);
}

static void stream_pause(struct bm_io_stream *base) {
    struct stream *stream = stream_of(base);
    if (!stream->reading) return;
    stream->reading = false;
    uv_read_stop((uv_stream_t *)&stream->tcp);
}

static void stream_own(struct bm_io_stream *base, const struct bm_io_stream_calls *calls,
                       void *context) {
    struct stream *stream = stream_of(base);
    BM_CHECK(!stream->calls);
    stream->calls = calls;
    stream->context = context;
    stream_resume(base);
}

static void write_done(uv_write_t *request, int status) {
    struct stream *stream = request->data;
    /* A closing stream reports the failure in its close callback: done(false), then on_closed. */
    if (stream->closing) return;
    if (status < 0) {
        stream_close(&stream->base);
        return;
    }
    finish_write(stream, true);
}

static void stream_write(struct bm_io_stream *base, const void *bytes, size_t len,
                         bm_io_done_fn *done, void *context) {
    struct stream *stream = stream_of(base);
    BM_CHECK(!stream->done);
    BM_CHECK(!stream->write_ended);
    stream->done = done;
    stream->done_context = context;
    /* The peer may have gone without its owner knowing yet: then closing answers done(false). */
    if (stream->closing) return;
    uv_buf_t buf = {.base = (char *)(uintptr_t)bytes, .len = len};
    stream->write_request.data = stream;
    int failed = uv_write(&stream->write_request, (uv_stream_t *)&stream->tcp, &buf, 1, write_done);
    if (failed) stream_close(base);
}

static void writing_ended(uv_shutdown_t *request, int status) {
    struct stream *stream = request->data;
    if (status < 0 && !stream->closing) stream_close(&stream->base);
}

static void stream_end_writing(struct bm_io_stream *base) {
    struct stream *stream = stream_of(base);
    if (stream->closing || stream->write_ended) return;
    stream->write_ended = true;
    stream->shutdown_request.data = stream;
    if (uv_shutdown(&stream->shutdown_request, (uv_stream_t *)&stream->tcp, writing_ended) < 0)
        stream_close(base);
}

static const char *stream_peer(struct bm_io_stream *base) {
    return stream_of(base)->peer;
}

/* "127.0.0.1:54321" or "[::1]:54321". */
static void name_peer(struct stream *stream) {
    struct sockaddr_storage address;
    int len = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    snprintf(stream->peer, sizeof stream->peer, "unknown");
    if (uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &len) < 0) return;
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)&address;
        uv_ip4_name(ip4, host, sizeof host);
        snprintf(stream->peer, sizeof stream->peer, "%s:%u", host, ntohs(ip4->sin_port));
    } else if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)&address;
        uv_ip6_name(ip6, host, sizeof host);
        snprintf(stream->peer, sizeof stream->peer, "[%s]:%u", host, ntohs(ip6->sin6_port));
    }
}

/* --- listeners -------------------------------------------------------------------------------- */

static void listener_closed(uv_handle_t *handle) {
    bm_free(handle->data);
}

static void take_connection(uv_stream_t *handle, int status) {
    struct listener *listener = handle->data;
    if (status < 0) {
        bm_log(BM_LOG_WARNING, "accept_failed", "error=%s", uv_err_name(status));
        return;
    }
    struct stream *stream = bm_alloc_zero(1, sizeof *stream);
    stream->base.io = &listener->io->base;
    uv_tcp_init(&listener->io->loop, &stream->tcp);
    stream->tcp.data = stream;
    if (uv_accept(handle, (uv_stream_t *)&stream->tcp) < 0) {
        stream_close(&stream->base);
        return;
    }
    uv_tcp_nodelay(&stream->tcp, 1);
    name_peer(stream);
    listener->accept(listener->context, &stream->base);
    BM_CHECK(stream->calls || stream->closing);
}

static enum bm_code listen_failed(struct listener *listener, const char *host, uint16_t port,
                                  int error, struct bm_fault *fault) {
    uv_close((uv_handle_t *)&listener->tcp, listener_closed);
    if (error == UV_EADDRINUSE)
        return bm_fault_set(fault, BM_BUSY, NULL,
                            "%s port %u is in use by another process: stop it or choose another "
                            "port.",
                            host, port);
    return bm_fault_set(fault, BM_IO, NULL,
                        "Cannot listen on %s port %u (%s): give an address of this machine and a "
                        "port this user may open.",
                        host, port, uv_strerror(error));
}

static enum bm_code start_listening(struct bm_io *base, const char *host, uint16_t port,
                                    bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                                    struct bm_fault *fault) {
    struct uv_io *io = uv_io_of(base);
    struct sockaddr_storage address;
    memset(&address, 0, sizeof address);
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)&address) < 0 &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address) < 0)
        return bm_fault_set(fault, BM_IO, NULL,
                            "\"%s\" is not an IP address: write one such as 127.0.0.1 or ::1.",
                            host);
    struct listener *listener = bm_alloc_zero(1, sizeof *listener);
    *listener = (struct listener){.io = io, .accept = accept, .context = context};
    uv_tcp_init(&io->loop, &listener->tcp);
    listener->tcp.data = listener;
    int error = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
    if (!error) error = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, take_connection);
    int len = sizeof address;
    if (!error) error = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &len);
    if (error) return listen_failed(listener, host, port, error, fault);
    /* sin_port and sin6_port lie at the same place. */
    if (ret_port) *ret_port = ntohs(((const struct sockaddr_in *)&address)->sin_port);
    listener->next = io->listeners;
    io->listeners = listener;
    return BM_OK;
}

static void stop_listening(struct bm_io *base) {
    struct uv_io *io = uv_io_of(base);
    for (struct listener *listener = io->listeners; listener; listener = listener->next)
        uv_close((uv_handle_t *)&listener->tcp, listener_closed);
    io->listeners = NULL;
}

/* --- timers ----------------------------------------------------------------------------------- */

static void nothing_idle(uv_idle_t *handle) {
    (void)handle;
}

static void soon_remove(struct timer *timer) {
    struct uv_io *io = uv_io_of(timer->base.io);
    if (!timer->soon_place) return;
    *timer->soon_place = timer->soon_next;
    if (timer->soon_next)
        timer->soon_next->soon_place = timer->soon_place;
    else
        io->soon_end = timer->soon_place;
    timer->soon_place = NULL;
}

static void soon_add(struct uv_io *io, struct timer *timer) {
    timer->soon_next = NULL;
    timer->soon_place = io->soon_end;
    timer->soon_turn = io->turn;
    *io->soon_end = timer;
    io->soon_end = &timer->soon_next;
    uv_idle_start(&io->no_wait, nothing_idle);
}

/* Runs what was due when the turn came here; what those calls set again waits one turn. */
static void run_soon(uv_prepare_t *handle) {
    struct uv_io *io = handle->data;
    io->turn++;
    while (io->soon && io->soon->soon_turn < io->turn) {
        struct timer *timer = io->soon;
        soon_remove(timer);
        timer->call(timer->context);
    }
    if (!io->soon) uv_idle_stop(&io->no_wait);
}

static void timer_fired(uv_timer_t *handle) {
    struct timer *timer = handle->data;
    timer->call(timer->context);
}

static struct bm_io_timer *timer_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct timer *timer = bm_alloc_zero(1, sizeof *timer);
    timer->base.io = base;
    timer->call = call;
    timer->context = context;
    uv_timer_init(&uv_io_of(base)->loop, &timer->handle);
    timer->handle.data = timer;
    return &timer->base;
}

static void timer_clear(struct bm_io_timer *base) {
    struct timer *timer = (struct timer *)base;
    soon_remove(timer);
    uv_timer_stop(&timer->handle);
}

static void timer_set(struct bm_io_timer *base, int64_t at_mono_ns) {
    struct timer *timer = (struct timer *)base;
    struct uv_io *io = uv_io_of(base->io);
    timer_clear(base);
    if (at_mono_ns <= (int64_t)uv_hrtime()) {
        soon_add(io, timer);
        return;
    }
    /* The loop's clock is the same monotonic clock in whole milliseconds, perhaps some time behind;
     * rounding the deadline up and measuring from the loop's own now never fires early. */
    int64_t at_ms = (at_mono_ns + NS_PER_MS - 1) / NS_PER_MS;
    int64_t wait_ms = at_ms - (int64_t)uv_now(&io->loop);
    uv_timer_start(&timer->handle, timer_fired, wait_ms > 1 ? (uint64_t)wait_ms : 1, 0);
}

static void free_handle_data(uv_handle_t *handle) {
    bm_free(handle->data);
}

static void timer_free(struct bm_io_timer *base) {
    struct timer *timer = (struct timer *)base;
    soon_remove(timer);
    uv_close((uv_handle_t *)&timer->handle, free_handle_data);
}

/* --- other threads, signals ------------------------------------------------------------------- */

static void notify_work(void *context) {
    struct uv_io *io = context;
    uv_async_send(&io->work_done);
}

static void finish_work(uv_async_t *handle) {
    struct uv_io *io = handle->data;
    if (!io->freeing) bm_io_workers_finish(io->workers);
}

static enum bm_code add_work(struct bm_io *base, bm_io_work_fn *work, bm_io_work_fn *after,
                             void *context) {
    return bm_io_workers_add(uv_io_of(base)->workers, work, after, context) ? BM_OK : BM_OVERLOADED;
}

static enum bm_code add_work_first(struct bm_io *base, bm_io_work_fn *work, bm_io_work_fn *after,
                                   void *context) {
    bool taken = bm_io_workers_add_first(uv_io_of(base)->workers, work, after, context);
    return taken ? BM_OK : BM_OVERLOADED;
}

static void end_work(struct bm_io *base) {
    bm_io_workers_end(uv_io_of(base)->workers);
}

static void wake_fired(uv_async_t *handle) {
    struct wake *wake = handle->data;
    wake->call(wake->context);
}

static struct bm_io_wake *wake_new(struct bm_io *base, bm_io_timer_fn *call, void *context) {
    struct wake *wake = bm_alloc_zero(1, sizeof *wake);
    wake->base.io = base;
    wake->call = call;
    wake->context = context;
    int failed = uv_async_init(&uv_io_of(base)->loop, &wake->handle, wake_fired);
    BM_CHECK(!failed);
    wake->handle.data = wake;
    return &wake->base;
}

static void wake_send(struct bm_io_wake *base) {
    uv_async_send(&((struct wake *)base)->handle);
}

static void wake_free(struct bm_io_wake *base) {
    uv_close((uv_handle_t *)&((struct wake *)base)->handle, free_handle_data);
}

static void signal_fired(uv_signal_t *handle, int signal_number) {
    (void)signal_number;
    struct signal_watch *watch = handle->data;
    watch->call(watch->context);
}

static void on_signal(struct bm_io *base, int signal_number, bm_io_timer_fn *call, void *context) {
    struct signal_watch *watch = bm_alloc_zero(1, sizeof *watch);
    watch->call = call;
    watch->context = context;
    int failed = uv_signal_init(&uv_io_of(base)->loop, &watch->handle);
    BM_CHECK(!failed);
    watch->handle.data = watch;
    failed = uv_signal_start(&watch->handle, signal_fired, signal_number);
    BM_CHECK(!failed);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void run(struct bm_io *base) {
    struct uv_io *io = uv_io_of(base);
    while (!io->stopped) uv_run(&io->loop, UV_RUN_DEFAULT);
    io->stopped = false;
}

static void stop(struct bm_io *base) {
    struct uv_io *io = uv_io_of(base);
    io->stopped = true;
    uv_stop(&io->loop);
}

static void close_left_open(uv_handle_t *handle, void *argument) {
    struct uv_io *io = argument;
    if (uv_is_closing(handle)) return;
    if (handle->type == UV_TCP) {
        stream_close(handle->data);
    } else if (handle->data == io) {
        uv_close(handle, NULL);
    } else {
        uv_close(handle, free_handle_data);
    }
}

static void free_io(struct bm_io *base) {
    struct uv_io *io = uv_io_of(base);
    io->freeing = true;
    bm_io_workers_free(io->workers);
    stop_listening(base);
    /* A closing callback may open something new (a timer), hence the loop. */
    do {
        uv_walk(&io->loop, close_left_open, io);
        uv_run(&io->loop, UV_RUN_NOWAIT);
    } while (uv_loop_close(&io->loop) == UV_EBUSY);
    bm_free(io);
}

static const struct bm_io_table uv_table = {
    .run = run,
    .stop = stop,
    .free = free_io,
    .wall_ms = wall_ms,
    .clock = clock_state,
    .mono_ns = mono_ns,
    .random = random_bytes,
    .listen = start_listening,
    .unlisten = stop_listening,
    .stream_own = stream_own,
    .pause = stream_pause,
    .resume = stream_resume,
    .write = stream_write,
    .end_writing = stream_end_writing,
    .close = stream_close,
    .peer = stream_peer,
    .timer_new = timer_new,
    .timer_set = timer_set,
    .timer_clear = timer_clear,
    .timer_free = timer_free,
    .work = add_work,
    .work_first = add_work_first,
    .end_work = end_work,
    .wake_new = wake_new,
    .wake = wake_send,
    .wake_free = wake_free,
    .on_signal = on_signal,
};

struct bm_io *bm_io_uv_new(unsigned workers) {
    struct uv_io *io = bm_alloc_zero(1, sizeof *io);
    io->base.table = &uv_table;
    io->soon_end = &io->soon;
    signal(SIGPIPE, SIG_IGN);
    BM_CHECK(uv_replace_allocator(bm_alloc, bm_realloc, bm_alloc_zero, bm_free) == 0);
    int failed = uv_loop_init(&io->loop);
    BM_CHECK(!failed);
    failed = uv_async_init(&io->loop, &io->work_done, finish_work);
    BM_CHECK(!failed);
    io->work_done.data = io;
    uv_prepare_init(&io->loop, &io->before_poll);
    io->before_poll.data = io;
    uv_prepare_start(&io->before_poll, run_soon);
    uv_idle_init(&io->loop, &io->no_wait);
    io->no_wait.data = io;
    io->workers = bm_io_workers_new(workers, notify_work, io);
    return &io->base;
}
