/* What the two twins fill in and io.c calls.  Private to src/io.
 *
 * Every object begins with the pointer that finds its twin, so that callers hold one kind of
 * `struct bm_io_stream *` whichever world it lives in. */
#ifndef BM_IO_IO_TABLE_H
#define BM_IO_IO_TABLE_H

#include "io/io.h"

struct bm_io_table {
    void (*run)(struct bm_io *io);
    void (*stop)(struct bm_io *io);
    void (*free)(struct bm_io *io);
    int64_t (*wall_ms)(struct bm_io *io);
    int64_t (*mono_ns)(struct bm_io *io);
    enum bm_io_clock (*clock)(struct bm_io *io);
    void (*random)(struct bm_io *io, void *ret_bytes, size_t len);
    enum bm_code (*listen)(struct bm_io *io, const char *host, uint16_t port,
                           bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                           struct bm_fault *fault);
    void (*unlisten)(struct bm_io *io);
    void (*stream_own)(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                       void *context);
    void (*pause)(struct bm_io_stream *stream);
    void (*resume)(struct bm_io_stream *stream);
    void (*write)(struct bm_io_stream *stream, const void *bytes, size_t len, bm_io_done_fn *done,
                  void *context);
    void (*end_writing)(struct bm_io_stream *stream);
    void (*close)(struct bm_io_stream *stream);
    const char *(*peer)(struct bm_io_stream *stream);
    struct bm_io_timer *(*timer_new)(struct bm_io *io, bm_io_timer_fn *call, void *context);
    void (*timer_set)(struct bm_io_timer *timer, int64_t at_mono_ns);
    void (*timer_clear)(struct bm_io_timer *timer);
    void (*timer_free)(struct bm_io_timer *timer);
    enum bm_code (*work)(struct bm_io *io, bm_io_work_fn *work, bm_io_work_fn *after,
                         void *context);
    enum bm_code (*work_first)(struct bm_io *io, bm_io_work_fn *work, bm_io_work_fn *after,
                               void *context);
    void (*end_work)(struct bm_io *io);
    struct bm_io_wake *(*wake_new)(struct bm_io *io, bm_io_timer_fn *call, void *context);
    void (*wake)(struct bm_io_wake *wake);
    void (*wake_free)(struct bm_io_wake *wake);
    void (*on_signal)(struct bm_io *io, int signal_number, bm_io_timer_fn *call, void *context);
};

struct bm_io {
    const struct bm_io_table *table;
};
struct bm_io_stream {
    struct bm_io *io;
};
struct bm_io_timer {
    struct bm_io *io;
};
struct bm_io_wake {
    struct bm_io *io;
};

/* Pieces of work that may wait for a worker, in both twins. */
enum { BM_IO_WORK_MAX = 1024 };

#endif
