#include "desk/live.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "desk/snapshot.h"
#include "desk/space.h"

enum { CLOCKS_APART_NS = 100000000 };
/* How long a look at the disk's room stands.  A busy desk writes ten megabytes a second and more, so its floors would be
 * behind it within the second that is enough for an idle one; a look costs microseconds. */
enum { ROOM_IDLE_NS = 1000000000, ROOM_BUSY_NS = 10000000 };

/* One thing on its way back to the io thread, in commit order. */
struct outgoing {
    struct outgoing *next;
    struct bm_frame *frame; /* or a reply: */
    void *ticket;
    struct bm_live_reply reply;
};

struct bm_live {
    struct bm_desk *desk;
    struct bm_live_config config;
    struct bm_live_calls calls;
    char dir[512];
    bool stepped, ended;     /* no thread; a commit failed */
    struct bm_asked *asked;  /* of the present step; BM_DESK_STEP_MAX */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted; /* monotonic clock */
    struct bm_asked queue[BM_LIVE_QUEUE_MAX];
    size_t queue_first, queue_count;
    bool stopping;
    struct outgoing *ready_first, *ready_last; /* under the lock */
    struct outgoing *own_first, *own_last;     /* the desk thread's, of the present step */
    struct bm_space_watch space;
    int64_t space_at_ns;
    uint64_t snapshot_seq;
    bool snapshot_runs; /* under the lock: the worker is at work */
    bool snapshot_made; /* a worker thread exists and must be joined */
    pthread_t snapshot_thread;
    struct bm_head snapshot_head;
    struct bm_hash snapshot_digest;
    struct bm_live_status status; /* under the lock */
    struct bm_desk_now now;       /* under the lock: as of the last step */
    struct bm_desk_aside asides[BM_ASIDES_MAX]; /* under the lock: status.asides of them */
    int64_t boot_ahead_ns;        /* of the machine's clock before the monotonic one: by what it slept */
};

static int64_t mono_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The clocks at one moment.  Whoever is stopped between the readings would see the wall clock jump by as long as
 * that took: then they are read again. */
static void read_clocks(struct bm_live *live, int64_t *ret_wall_ms, int64_t *ret_mono_ns) {
    for (int tries = 0; tries < 10; tries++) {
        *ret_mono_ns = mono_ns();
        *ret_wall_ms = wall_ms();
        if (live->config.anchor) live->boot_ahead_ns = bm_boot_ns() - *ret_mono_ns;
        if (mono_ns() - *ret_mono_ns < CLOCKS_APART_NS) return;
    }
}

/* --- to the io thread ------------------------------------------------------------------------- */

static void push_own(struct bm_live *live, struct outgoing *item) {
    if (live->own_last)
        live->own_last->next = item;
    else
        live->own_first = item;
    live->own_last = item;
}

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    if (!ticket) return;
    struct outgoing *item = bm_alloc_zero(1, sizeof *item);
    item->ticket = ticket;
    item->reply.reply = *reply;
    if (reply->fault) item->reply.fault = *reply->fault;
    if (reply->record) {
        const struct bm_shape *shape = bm_table_shape((enum bm_table_kind)reply->made_what);
        item->reply.record = bm_alloc(shape->record_size);
        bm_shape_copy(shape, reply->record, item->reply.record);
    }
    push_own(context, item);
}

static void on_frame(void *context, struct bm_frame *frame) {
    struct outgoing *item = bm_alloc_zero(1, sizeof *item);
    item->frame = frame;
    push_own(context, item);
}

/* Hands the step's results over in one go. */
static void hand_over(struct bm_live *live) {
    if (!live->own_first) return;
    pthread_mutex_lock(&live->lock);
    if (live->ready_last)
        live->ready_last->next = live->own_first;
    else
        live->ready_first = live->own_first;
    live->ready_last = live->own_last;
    pthread_mutex_unlock(&live->lock);
    live->own_first = live->own_last = NULL;
    BM_STEP_DONE(step_handed_over);
    live->calls.wake(live->calls.context);
}

static void free_outgoing(struct outgoing *item) {
    if (item->reply.record) {
        bm_shape_release(bm_table_shape((enum bm_table_kind)item->reply.reply.made_what),
                         item->reply.record);
        bm_free(item->reply.record);
    }
    bm_free(item);
}

void bm_live_drain(struct bm_live *live) {
    pthread_mutex_lock(&live->lock);
    struct outgoing *item = live->ready_first;
    live->ready_first = live->ready_last = NULL;
    pthread_mutex_unlock(&live->lock);
    if (item) BM_STEP_DONE(step_fetched);
    while (item) {
        struct outgoing *next = item->next;
        if (item->frame) {
            live->calls.on_frame(live->calls.context, item->frame);
        } else {
            item->reply.reply.fault = &item->reply.fault;
            item->reply.reply.record = item->reply.record;
            live->calls.on_reply(live->calls.context, item->ticket, &item->reply);
        }
        free_outgoing(item);
        item = next;
    }
}

/* --- snapshots -------------------------------------------------------------------------------- */

static void *make_snapshot(void *context) {
    struct bm_live *live = context;
    struct bm_fault fault = {0};
    enum bm_code code = bm_snapshot_make(live->dir, &live->snapshot_head, &live->snapshot_digest,
                                         &fault);
    if (code) {
        bm_log(code == BM_CONFLICT ? BM_LOG_ERROR : BM_LOG_WARNING, "snapshot_failed",
               "seq=%" PRIu64 " code=%s reason=\"%s\"", live->snapshot_head.seq, bm_code_word(code),
               fault.detail);
    }
    pthread_mutex_lock(&live->lock);
    live->snapshot_runs = false;
    if (code == BM_OK) live->status.snapshots++;
    if (code == BM_CONFLICT) live->status.snapshot_mismatches++;
    pthread_mutex_unlock(&live->lock);
    return NULL;
}

static bool begin_snapshot(struct bm_live *live) {
    if (live->stepped) {
        make_snapshot(live);
        return true;
    }
    if (live->snapshot_made) pthread_join(live->snapshot_thread, NULL);
    live->snapshot_made = pthread_create(&live->snapshot_thread, NULL, make_snapshot, live) == 0;
    return live->snapshot_made;
}

static void maybe_snapshot(struct bm_live *live) {
    struct bm_head head = bm_desk_head(live->desk);
    if (!live->config.dir || head.seq - live->snapshot_seq < live->config.snapshot_every) return;
    pthread_mutex_lock(&live->lock);
    bool busy = live->snapshot_runs;
    live->snapshot_runs = true;
    pthread_mutex_unlock(&live->lock);
    if (busy) return;
    live->snapshot_seq = head.seq;
    live->snapshot_head = head;
    live->snapshot_digest = bm_desk_digest(live->desk);
    if (begin_snapshot(live)) return;
    pthread_mutex_lock(&live->lock);
    live->snapshot_runs = false;
    pthread_mutex_unlock(&live->lock);
}

/* --- the desk thread -------------------------------------------------------------------------- */

static void look_at_space(struct bm_live *live, int64_t now_ns, bool busy) {
    if (!live->config.dir || now_ns - live->space_at_ns < (busy ? ROOM_BUSY_NS : ROOM_IDLE_NS)) return;
    live->space_at_ns = now_ns;
    enum bm_space space = bm_space_look(&live->space);
    bm_desk_set_space(live->desk, space);
    pthread_mutex_lock(&live->lock);
    if (live->status.space != space) {
        bm_log(space == BM_SPACE_FINE ? BM_LOG_INFO : BM_LOG_ERROR, "space",
               "level=%d free_bytes=%" PRIu64, space, live->space.free_bytes);
    }
    live->status.space = space;
    live->status.free_bytes = live->space.free_bytes;
    pthread_mutex_unlock(&live->lock);
}

/* When the next step is due, whoever asks: the next timer, or a second on (to notice clock jumps and full disks). */
static int64_t next_step_ns(struct bm_live *live) {
    int64_t until = mono_ns() + 1000000000, due = bm_desk_next_due(live->desk);
    return due < until ? due : until;
}

static void wait_for_work(struct bm_live *live) {
    int64_t until = next_step_ns(live);
    struct timespec deadline = {until / 1000000000, until % 1000000000};
    pthread_mutex_lock(&live->lock);
    while (!live->queue_count && !live->stopping) {
        if (pthread_cond_timedwait(&live->wanted, &live->lock, &deadline) == ETIMEDOUT) break;
    }
    pthread_mutex_unlock(&live->lock);
}

/* Takes up to BM_DESK_STEP_MAX commands; false when it is time to stop and nothing is left. */
static bool take(struct bm_live *live, struct bm_asked *ret_asked, size_t *ret_count) {
    pthread_mutex_lock(&live->lock);
    size_t count = live->queue_count < BM_DESK_STEP_MAX ? live->queue_count : BM_DESK_STEP_MAX;
    for (size_t i = 0; i < count; i++) {
        ret_asked[i] = live->queue[(live->queue_first + i) % BM_LIVE_QUEUE_MAX];
    }
    live->queue_first = (live->queue_first + count) % BM_LIVE_QUEUE_MAX;
    live->queue_count -= count;
    bool go_on = count || !live->stopping;
    pthread_mutex_unlock(&live->lock);
    if (count) BM_STEP_DONE(commands_taken);
    *ret_count = count;
    return go_on;
}

static void publish_status(struct bm_live *live, int64_t took_ns, bool committed) {
    struct bm_desk_now now = bm_desk_now(live->desk);
    if (live->config.anchor) bm_time_anchor_put(live->config.anchor, &now.time, now.time.mono_ns + live->boot_ahead_ns);
    pthread_mutex_lock(&live->lock);
    live->now = now;
    live->status.doubt = bm_desk_doubt(live->desk);
    live->status.head = bm_desk_head(live->desk);
    live->status.counts = bm_desk_counts(live->desk);
    live->status.time_held = bm_desk_time_held(live->desk);
    live->status.timers_stuck = bm_desk_timers_stuck(live->desk);
    size_t asides;
    const struct bm_desk_aside *aside = bm_desk_asides(live->desk, &asides);
    live->status.asides = (unsigned)asides;
    memcpy(live->asides, aside, asides * sizeof *aside);
    if (committed) {
        live->status.commit_ns_total += (uint64_t)took_ns;
        live->status.commit_count++;
    }
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        live->status.records[t] = bm_core_count(bm_desk_core(live->desk), (enum bm_table_kind)t);
    }
    pthread_mutex_unlock(&live->lock);
}

/* Stepped, the process goes on after a commit has failed: whoever was not answered by then is told to ask again. */
static void put_off(struct bm_live *live, const struct bm_asked *asked) {
    for (const struct outgoing *item = live->own_first; item; item = item->next)
        if (!item->frame && item->ticket == asked->ticket) return;
    struct bm_fault fault;
    enum bm_code code = bm_fault_set(&fault, BM_NOT_READY, NULL, "The desk is stopping; try again with the same key.");
    struct bm_reply reply = {.code = code, .fault = &fault};
    on_reply(live, asked->ticket, &reply);
}

/* One step with what waits; false when it was the last. */
static bool step(struct bm_live *live) {
    struct bm_desk_sink sink = {on_reply, on_frame, live};
    struct bm_asked *asked = live->asked;
    size_t count;
    if (!take(live, asked, &count)) return false;
    int64_t begin, now_ms;
    look_at_space(live, mono_ns(), count > 0); /* may take long on a disk that is slow to answer */
    read_clocks(live, &now_ms, &begin);
    uint64_t seq = bm_desk_head(live->desk).seq;
    enum bm_code code = bm_desk_step(live->desk, now_ms, begin, asked, count, &sink);
    for (size_t i = 0; i < count; i++) bm_command_release(&asked[i].command);
    publish_status(live, mono_ns() - begin, bm_desk_head(live->desk).seq != seq);
    if (code) {
        bm_log(BM_LOG_ERROR, "desk_stopped", "code=%s seq=%" PRIu64, bm_code_word(code), seq);
        live->calls.on_stop(live->calls.context, code);
        for (size_t i = 0; i < count; i++) put_off(live, &asked[i]);
        return false;
    }
    hand_over(live);
    maybe_snapshot(live);
    return true;
}

static void *run(void *context) {
    struct bm_live *live = context;
    while (step(live)) wait_for_work(live); /* first of all it says whether the time is in doubt, and what room there is */
    return NULL;
}

int64_t bm_live_step(struct bm_live *live) {
    live->ended = live->ended || !step(live);
    if (live->ended) return INT64_MAX;
    return live->queue_count ? mono_ns() : next_step_ns(live);
}

/* The desk's time is known before anybody asks for it: whether a log-in has ended hangs on it. */
static void begin_time(struct bm_live *live) {
    int64_t wall, mono;
    struct bm_desk_time before;
    read_clocks(live, &wall, &mono);
    bool known = live->config.anchor && bm_time_anchor_get(live->config.anchor, mono, mono + live->boot_ahead_ns, &before);
    bm_desk_begin(live->desk, wall, mono, known ? &before : NULL);
}

static struct bm_live *make(struct bm_desk *desk, const struct bm_live_config *config, const struct bm_live_calls *calls) {
    struct bm_live *live = bm_alloc_zero(1, sizeof *live);
    live->desk = desk;
    live->asked = bm_alloc(BM_DESK_STEP_MAX * sizeof *live->asked);
    live->config = *config;
    live->calls = *calls;
    if (!live->config.snapshot_every) live->config.snapshot_every = BM_SNAPSHOT_EVERY;
    if (!live->config.space_low_bytes) live->config.space_low_bytes = BM_SPACE_LOW_BYTES;
    if (!live->config.space_out_bytes) live->config.space_out_bytes = UINT64_C(8) << 20;
    if (!live->config.ballast_bytes) live->config.ballast_bytes = UINT64_C(32) << 20;
    if (config->dir) {
        snprintf(live->dir, sizeof live->dir, "%s", config->dir);
        live->space = bm_space_watch(config->dir, live->config.space_low_bytes,
                                     live->config.space_out_bytes, live->config.ballast_bytes);
    }
    live->space_at_ns = -1000000001;
    live->snapshot_seq = bm_desk_head(desk).seq;
    pthread_mutex_init(&live->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&live->wanted, &attributes);
    pthread_condattr_destroy(&attributes);
    begin_time(live);
    publish_status(live, 0, false);
    live->status.quarantine = bm_desk_quarantine_count(desk); /* made when it was opened; it stays */
    return live;
}

struct bm_live *bm_live_start(struct bm_desk *desk, const struct bm_live_config *config,
                              const struct bm_live_calls *calls) {
    struct bm_live *live = make(desk, config, calls);
    BM_CHECK(pthread_create(&live->thread, NULL, run, live) == 0);
    return live;
}

struct bm_live *bm_live_start_stepped(struct bm_desk *desk, const struct bm_live_config *config,
                                      const struct bm_live_calls *calls) {
    struct bm_live *live = make(desk, config, calls);
    live->stepped = true;
    return live;
}

/* What is queued is decided and answered yet; unless a commit has failed, for then nobody decides it. */
static void finish_stepped(struct bm_live *live) {
    while (!live->ended) bm_live_step(live);
    for (; live->queue_count; live->queue_count--) {
        struct bm_asked *asked = &live->queue[live->queue_first++ % BM_LIVE_QUEUE_MAX];
        put_off(live, asked);
        bm_command_release(&asked->command);
    }
    hand_over(live);
}

void bm_live_stop(struct bm_live *live) {
    if (!live) return;
    pthread_mutex_lock(&live->lock);
    live->stopping = true;
    pthread_cond_signal(&live->wanted);
    pthread_mutex_unlock(&live->lock);
    if (live->stepped)
        finish_stepped(live);
    else
        pthread_join(live->thread, NULL);
    if (live->snapshot_made) pthread_join(live->snapshot_thread, NULL);
    bm_live_drain(live);
    pthread_cond_destroy(&live->wanted);
    pthread_mutex_destroy(&live->lock);
    bm_free(live->asked);
    bm_free(live);
}

enum bm_code bm_live_submit(struct bm_live *live, struct bm_command *command, void *ticket) {
    size_t places = BM_LIVE_QUEUE_MAX;
    if (!bm_command_is_emergency(command->kind)) places -= BM_LIVE_QUEUE_RESERVED;
    pthread_mutex_lock(&live->lock);
    bool taken = live->queue_count < places && !live->stopping && !BM_FAILS(desk_queue_full);
    if (taken) {
        live->queue[(live->queue_first + live->queue_count++) % BM_LIVE_QUEUE_MAX] =
            (struct bm_asked){*command, ticket};
        pthread_cond_signal(&live->wanted);
    } else {
        live->status.overloaded++;
    }
    pthread_mutex_unlock(&live->lock);
    if (taken) BM_STEP_DONE(command_queued);
    if (taken && live->stepped) live->calls.wanted(live->calls.context);
    return taken ? BM_OK : BM_OVERLOADED;
}

struct bm_live_status bm_live_status(struct bm_live *live) {
    pthread_mutex_lock(&live->lock);
    struct bm_live_status status = live->status;
    status.queued = live->queue_count;
    pthread_mutex_unlock(&live->lock);
    return status;
}

struct bm_live_now bm_live_now(struct bm_live *live) {
    pthread_mutex_lock(&live->lock);
    struct bm_desk_now now = live->now;
    pthread_mutex_unlock(&live->lock);
    int64_t since_ms = (mono_ns() - now.time.mono_ns) / 1000000;
    return (struct bm_live_now){now.time.now_ms + (since_ms > 0 ? since_ms : 0), now.moved_ms, now.away_ms};
}

size_t bm_live_quarantined(struct bm_live *live, struct bm_quarantined *ret_list, size_t most) {
    return bm_desk_quarantined(live->desk, ret_list, most);
}

size_t bm_live_asides(struct bm_live *live, struct bm_desk_aside *ret_list, size_t most) {
    pthread_mutex_lock(&live->lock);
    size_t count = live->status.asides < most ? live->status.asides : most;
    memcpy(ret_list, live->asides, count * sizeof *ret_list);
    pthread_mutex_unlock(&live->lock);
    return count;
}
