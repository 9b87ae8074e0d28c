/* What the halves of the simulated twin share: io_sim.c keeps time and events, sim_pipe.c keeps
 * connections.  Private to src/io. */
#ifndef BM_IO_SIM_WORLD_H
#define BM_IO_SIM_WORLD_H

#include "io/io_sim.h"
#include "io/io_table.h"

struct bm_io_sim_world;

typedef void bm_io_sim_event_fn(struct bm_io_sim_world *world, void *subject, uint64_t serial);

struct bm_io_sim_event {
    int64_t at_ns;
    uint64_t serial;
    bm_io_sim_event_fn *run;
    void *subject;
};

struct bm_io_sim_world {
    struct bm_io base;
    struct bm_io_sim_knobs knobs;
    int64_t mono_ns, wall_ahead_ns; /* wall = mono + ahead */
    enum bm_io_clock clock;
    uint64_t draws, bytes;          /* two independent streams of the seed */
    uint64_t serial;
    struct bm_io_sim_event *heap; /* least (at_ns, serial) first */
    size_t heap_count, heap_cap;
    size_t not_timers; /* events in the heap that are not timers' */
    size_t work_waiting;
    bool work_ended;
    struct bm_io_sim_listener *listeners;
    struct bm_io_sim_connection *connections;
    struct bm_io_sim_timer *timers;
    struct bm_io_sim_wake *wakes;
    uint16_t port_next, peer_next;
    bool stopped;
};

/* Aborts for an io of another twin. */
struct bm_io_sim_world *bm_io_sim_world_of(struct bm_io *io);
uint64_t bm_io_sim_next_number(uint64_t *state);
/* A drawn wait within the knobs. */
int64_t bm_io_sim_delay(struct bm_io_sim_world *world);
/* Not before now; returns the event's serial number. */
uint64_t bm_io_sim_add_event(struct bm_io_sim_world *world, int64_t at_ns, bm_io_sim_event_fn *run,
                             void *subject);

/* --- sim_pipe.c: what stands in the table ----------------------------------------------------- */

enum bm_code bm_io_sim_pipe_listen(struct bm_io *io, const char *host, uint16_t port,
                                   bm_io_accept_fn *accept, void *context, uint16_t *ret_port,
                                   struct bm_fault *fault);
void bm_io_sim_pipe_unlisten(struct bm_io *io);
void bm_io_sim_pipe_own(struct bm_io_stream *stream, const struct bm_io_stream_calls *calls,
                        void *context);
void bm_io_sim_pipe_pause(struct bm_io_stream *stream);
void bm_io_sim_pipe_resume(struct bm_io_stream *stream);
void bm_io_sim_pipe_write(struct bm_io_stream *stream, const void *bytes, size_t len,
                          bm_io_done_fn *done, void *context);
void bm_io_sim_pipe_end_writing(struct bm_io_stream *stream);
void bm_io_sim_pipe_close(struct bm_io_stream *stream);
const char *bm_io_sim_pipe_peer(struct bm_io_stream *stream);
/* For bm_io_free: the last callbacks of every stream, then (no event left) the memory. */
void bm_io_sim_pipes_close(struct bm_io_sim_world *world);
void bm_io_sim_pipes_free(struct bm_io_sim_world *world);

#endif
