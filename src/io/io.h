/* The world outside, as a table of functions: one loop, TCP streams, timers, workers, wake-ups and
 * the clock.  Two twins stand behind it:
 *
 *   io_uv.c    libuv; the only file that may include uv.h
 *   io_sim.c   virtual time, in-memory pipes, drawn from a seed; one thread
 *
 * All functions except `bm_io_wake` must be called on the loop's own thread.  Callbacks run on the
 * loop's thread, never from inside the call that caused them (a write's `done` comes later).
 *
 * Ownership: a stream belongs to the loop from accept until its `on_closed` callback, the last one
 * it ever gets.  Buffers given to `bm_io_write` must stay unchanged until its `done` callback. */
#ifndef BM_IO_IO_H
#define BM_IO_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

struct bm_io;
struct bm_io_stream;
struct bm_io_timer;
struct bm_io_wake;

/* What a stream tells its owner.  `context` is what bm_io_stream_own was given. */
struct bm_io_stream_calls {
    /* Bytes arrived; valid during the call only. */
    void (*on_bytes)(void *context, const uint8_t *bytes, size_t len);
    /* The peer sent its end of file; writing is still possible. */
    void (*on_end)(void *context);
    /* The stream is gone (closed by us, by the peer, or failed); forget it now. */
    void (*on_closed)(void *context);
};

/* A listener accepted `stream`; the owner must call bm_io_stream_own or bm_io_close on it. */
typedef void bm_io_accept_fn(void *context, struct bm_io_stream *stream);
/* `ok` is false when the bytes did not all reach the kernel. */
typedef void bm_io_done_fn(void *context, bool ok);
typedef void bm_io_timer_fn(void *context);
/* `work` runs on a worker thread and must not touch the loop; `after` runs on the loop. */
typedef void bm_io_work_fn(void *context);

/* --- making a loop ---------------------------------------------------------------------------- */

/* The libuv twin. `workers` is the number of worker threads, 1..16.  Never NULL. */
struct bm_io *bm_io_uv_new(unsigned workers);
/* Runs until bm_io_stop.  The simulated twin is driven by its own header io/io_sim.h instead. */
void bm_io_run(struct bm_io *io);
/* Makes bm_io_run return after the present callback. */
void bm_io_stop(struct bm_io *io);
/* Closes everything that is still open, runs the closing callbacks of streams, and frees. Work
 * being done is waited for, but no `after` is called any more: its context may be gone. NULL is
 * fine. */
void bm_io_free(struct bm_io *io);

/* --- clocks ----------------------------------------------------------------------------------- */

/* UTC wall clock, milliseconds since 1970; may jump. */
int64_t bm_io_wall_ms(struct bm_io *io);
/* Monotonic clock, nanoseconds from an arbitrary start; never goes back. */
int64_t bm_io_mono_ns(struct bm_io *io);
/* Whether a time service steers the wall clock, as the system says. */
enum bm_io_clock { BM_IO_CLOCK_SYNCHRONISED, BM_IO_CLOCK_UNSYNCHRONISED, BM_IO_CLOCK_UNKNOWN };
enum bm_io_clock bm_io_clock(struct bm_io *io);
/* Unpredictable bytes (the simulated twin draws them from its seed). */
void bm_io_random(struct bm_io *io, void *ret_bytes, size_t len);

/* --- streams ---------------------------------------------------------------------------------- */

/* Listens on `host` ("127.0.0.1", "::1", ...) and `port` (0 = any free one).
 * BM_BUSY when the port is taken, BM_IO otherwise; `fault->detail` names address and mend. */
BM_MUST_USE enum bm_code bm_io_listen(struct bm_io *io, const char *host, uint16_t port,
                                      bm_io_accept_fn *accept, void *context,
                                      uint16_t *ret_port, struct bm_fault *fault);
/* Stops accepting on every listener; streams go on. */
void bm_io_unlisten(struct bm_io *io);

/* Takes an accepted stream and starts reading. */
void bm_io_stream_own(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                      void *context);
/* Stops and restarts reading, so that a peer that sends faster than we answer waits in its kernel. */
void bm_io_pause(struct bm_io_stream *stream);
void bm_io_resume(struct bm_io_stream *stream);
/* Writes `len` bytes.  At most ONE write may be in flight per stream: calling again before `done`
 * is a mistake and aborts; the caller keeps its own bounded queue. */
void bm_io_write(struct bm_io_stream *stream, const void *bytes, size_t len, bm_io_done_fn *done,
                 void *context);
/* Half-closes after the write in flight: the peer sees the end of file and we go on reading, so
 * that an answer sent before its request was read whole is not lost to a TCP reset. Calling twice
 * is fine; writing after it is a mistake. */
void bm_io_end_writing(struct bm_io_stream *stream);
/* Closes; a write in flight gets done(false) first.  No on_bytes or on_end comes any more. Calling
 * twice is fine. */
void bm_io_close(struct bm_io_stream *stream);
/* "127.0.0.1:54321" or "[::1]:54321", "unknown" if the peer had gone before it was accepted; valid
 * while the stream lives. */
const char *bm_io_peer(struct bm_io_stream *stream);

/* --- timers ----------------------------------------------------------------------------------- */

/* A timer that is not set.  Deadlines are absolute monotonic instants, so they do not drift. */
struct bm_io_timer *bm_io_timer_new(struct bm_io *io, bm_io_timer_fn *call, void *context);
/* Fires once at `at_mono_ns`; setting again replaces the deadline. */
void bm_io_timer_set(struct bm_io_timer *timer, int64_t at_mono_ns);
void bm_io_timer_clear(struct bm_io_timer *timer);
/* NULL is fine; no callback comes after it. */
void bm_io_timer_free(struct bm_io_timer *timer);

/* --- other threads ---------------------------------------------------------------------------- */

/* Queues `work` for a worker thread, then `after` on the loop.
 * BM_OVERLOADED when 1,024 pieces are already waiting, or after bm_io_end_work (nothing is queued then). */
BM_MUST_USE enum bm_code bm_io_work(struct bm_io *io, bm_io_work_fn *work, bm_io_work_fn *after,
                                    void *context);
/* The same before all that wait, even when they are 1,024: for what emergencies wait for.  The caller bounds
 * how many there are.  BM_OVERLOADED only after bm_io_end_work. */
BM_MUST_USE enum bm_code bm_io_work_first(struct bm_io *io, bm_io_work_fn *work,
                                          bm_io_work_fn *after, void *context);
/* Before what the workers use is freed: waits for the pieces being worked on, leaves undone those that
 * wait, calls `after` of all; nothing is taken from then on.  On the loop's thread, when it does not run. */
void bm_io_end_work(struct bm_io *io);
/* A way for other threads to make `call` run on the loop; several wakes may be one call. */
struct bm_io_wake *bm_io_wake_new(struct bm_io *io, bm_io_timer_fn *call, void *context);
void bm_io_wake(struct bm_io_wake *wake);
void bm_io_wake_free(struct bm_io_wake *wake);
/* Calls `call` on the loop when the process receives `signal_number` (SIGINT, SIGTERM); a no-op in
 * the simulated twin. */
void bm_io_on_signal(struct bm_io *io, int signal_number, bm_io_timer_fn *call, void *context);

#endif
