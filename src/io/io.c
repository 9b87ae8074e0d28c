#include "io/io.h"

#include "base/check.h"
#include "io/io_table.h"

void bm_io_run(struct bm_io *io) {
    io->table->run(io);
}

void bm_io_stop(struct bm_io *io) {
    io->table->stop(io);
}

void bm_io_free(struct bm_io *io) {
    if (io) io->table->free(io);
}

int64_t bm_io_wall_ms(struct bm_io *io) {
    return io->table->wall_ms(io);
}

int64_t bm_io_mono_ns(struct bm_io *io) {
    return io->table->mono_ns(io);
}

enum bm_io_clock bm_io_clock(struct bm_io *io) {
    return io->table->clock(io);
}

void bm_io_random(struct bm_io *io, void *ret_bytes, size_t len) {
    io->table->random(io, ret_bytes, len);
}

enum bm_code bm_io_listen(struct bm_io *io, const char *host, uint16_t port,
                          bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                          struct bm_fault *fault) {
    BM_CHECK(accept);
    return io->table->listen(io, host, port, accept, context, ret_port, fault);
}

void bm_io_unlisten(struct bm_io *io) {
    io->table->unlisten(io);
}

void bm_io_stream_own(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                      void *context) {
    BM_CHECK(calls && calls->on_bytes && calls->on_end && calls->on_closed);
    stream->io->table->stream_own(stream, calls, context);
}

void bm_io_pause(struct bm_io_stream *stream) {
    stream->io->table->pause(stream);
}

void bm_io_resume(struct bm_io_stream *stream) {
    stream->io->table->resume(stream);
}

void bm_io_write(struct bm_io_stream *stream, const void *bytes, size_t len, bm_io_done_fn *done,
                 void *context) {
    BM_CHECK(done);
    stream->io->table->write(stream, bytes, len, done, context);
}

void bm_io_end_writing(struct bm_io_stream *stream) {
    stream->io->table->end_writing(stream);
}

void bm_io_close(struct bm_io_stream *stream) {
    stream->io->table->close(stream);
}

const char *bm_io_peer(struct bm_io_stream *stream) {
    return stream->io->table->peer(stream);
}

struct bm_io_timer *bm_io_timer_new(struct bm_io *io, bm_io_timer_fn *call, void *context) {
    BM_CHECK(call);
    return io->table->timer_new(io, call, context);
}

void bm_io_timer_set(struct bm_io_timer *timer, int64_t at_mono_ns) {
    timer->io->table->timer_set(timer, at_mono_ns);
}

void bm_io_timer_clear(struct bm_io_timer *timer) {
    timer->io->table->timer_clear(timer);
}

void bm_io_timer_free(struct bm_io_timer *timer) {
    if (timer) timer->io->table->timer_free(timer);
}

enum bm_code bm_io_work(struct bm_io *io, bm_io_work_fn *work, bm_io_work_fn *after,
                        void *context) {
    BM_CHECK(work && after);
    return io->table->work(io, work, after, context);
}

enum bm_code bm_io_work_first(struct bm_io *io, bm_io_work_fn *work, bm_io_work_fn *after,
                              void *context) {
    BM_CHECK(work && after);
    return io->table->work_first(io, work, after, context);
}

void bm_io_end_work(struct bm_io *io) {
    io->table->end_work(io);
}

struct bm_io_wake *bm_io_wake_new(struct bm_io *io, bm_io_timer_fn *call, void *context) {
    BM_CHECK(call);
    return io->table->wake_new(io, call, context);
}

void bm_io_wake(struct bm_io_wake *wake) {
    wake->io->table->wake(wake);
}

void bm_io_wake_free(struct bm_io_wake *wake) {
    if (wake) wake->io->table->wake_free(wake);
}

void bm_io_on_signal(struct bm_io *io, int signal_number, bm_io_timer_fn *call, void *context) {
    BM_CHECK(call);
    io->table->on_signal(io, signal_number, call, context);
}
