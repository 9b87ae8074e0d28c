/* The simulated twin of io.h: one thread, virtual time, in-memory pipes, everything drawn from a
 * seed.  The same seed and the same calls give the same run, byte for byte.
 *
 *   struct bm_io *io = bm_io_sim_new(7);
 *   ... bm_io_listen(io, "127.0.0.1", 80, ...) ...
 *   struct bm_io_sim_client *client = bm_io_sim_connect(io, 80);
 *   bm_io_sim_send(client, "GET / HTTP/1.1\r\n...", n);
 *   bm_io_sim_settle(io);                      until only timers of the future are left
 *   ... bm_io_sim_arrived(client, &len) ...
 *   bm_io_sim_advance(io, 10 * second);        what a real wait would do
 *
 * What happens next is an event with an instant; events run in order of instant, then of being
 * made.  Nothing happens between calls of step, settle and advance.
 *
 * Functions here take only an io made by bm_io_sim_new; another one aborts. */
#ifndef BM_IO_IO_SIM_H
#define BM_IO_IO_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/io.h"

/* One client end of a connection; lives until bm_io_sim_forget or bm_io_free. */
struct bm_io_sim_client;

/* What the simulated world does to the program.  All zero but pipe_bytes: whole bytes at once. */
struct bm_io_sim_knobs {
    bool chop;                  /* every delivery is cut to a drawn 1..64 bytes (often 1) */
    int64_t delay_max_ns;       /* every delivery and piece of work waits 0..this, drawn */
    uint32_t reset_per_million; /* chance that a delivery resets the connection instead */
    uint32_t stall_per_million; /* chance that a delivery makes the client stop reading for good */
    size_t pipe_bytes;          /* what a client that does not read still takes; 64 KiB */
};

/* Wall clock at 2026-01-01T00:00:00Z, monotonic clock at one hour. Never NULL. */
struct bm_io *bm_io_sim_new(uint64_t seed);
void bm_io_sim_set_knobs(struct bm_io *io, const struct bm_io_sim_knobs *knobs);

/* Before anything happened: where the clocks stand, as on a machine that ran before. */
void bm_io_sim_set_time(struct bm_io *io, int64_t mono_ns, int64_t wall_ms);

/* Moves the clocks to the next event and runs it; false when nothing is left to do. */
bool bm_io_sim_step(struct bm_io *io);
/* Steps until only timers of the future are left (they wait for advance). */
void bm_io_sim_settle(struct bm_io *io);
/* Lets `ns` nanoseconds pass, running everything due on the way. */
void bm_io_sim_advance(struct bm_io *io, int64_t ns);
/* Moves the wall clock alone, as an operator or NTP would. */
void bm_io_sim_jump_wall(struct bm_io *io, int64_t ms);
/* What the system says of the time service; synchronised unless told. */
void bm_io_sim_set_clock(struct bm_io *io, enum bm_io_clock clock);
/* A number below `bound` (which is not 0) from the seed's own stream, for tests that draw along. */
uint64_t bm_io_sim_draw(struct bm_io *io, uint64_t bound);

/* NULL when nothing listens on `port`. */
struct bm_io_sim_client *bm_io_sim_connect(struct bm_io *io, uint16_t port);
/* Queues bytes towards the program (copied). Nothing after end or close. */
void bm_io_sim_send(struct bm_io_sim_client *client, const void *bytes, size_t len);
/* Bytes that have arrived and were not taken; valid until the next call that moves time. */
const uint8_t *bm_io_sim_arrived(const struct bm_io_sim_client *client, size_t *ret_len);
/* Forgets the first `len` arrived bytes. */
void bm_io_sim_take(struct bm_io_sim_client *client, size_t len);
/* Bytes sent that the program has not read yet. */
size_t bm_io_sim_unread(const struct bm_io_sim_client *client);
/* From now on the client reads nothing: pipe_bytes more fit, then the program's writes hang. */
void bm_io_sim_stop_reading(struct bm_io_sim_client *client);
void bm_io_sim_start_reading(struct bm_io_sim_client *client);
/* Half-close after what was sent: the program gets on_end. */
void bm_io_sim_end(struct bm_io_sim_client *client);
/* Closes both ways: the program gets on_end, its writes fail. */
void bm_io_sim_close(struct bm_io_sim_client *client);
/* Resets: what was sent and not read is lost, the program gets on_closed. */
void bm_io_sim_reset(struct bm_io_sim_client *client);
/* True once the program has ended or closed its direction, or the connection was reset. */
bool bm_io_sim_ended(const struct bm_io_sim_client *client);
/* Closes if need be; the pointer is dead afterwards. NULL is fine. */
void bm_io_sim_forget(struct bm_io_sim_client *client);

#endif
