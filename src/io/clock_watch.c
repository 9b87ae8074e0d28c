#include "io/clock_watch.h"

#include "base/alloc.h"
#include "base/log.h"

struct bm_clock_watch {
    struct bm_io *io;
    struct bm_io_timer *timer; /* NULL: unwatched */
    enum bm_io_clock state;
};

static const char *const words[] = {"synchronised", "unsynchronised", "unknown"};

static void tell(const struct bm_clock_watch *watch) {
    bool good = watch->state == BM_IO_CLOCK_SYNCHRONISED;
    bm_log(good ? BM_LOG_INFO : BM_LOG_WARNING, "clock", "state=%s%s", words[watch->state],
           good ? "" : " mend=\"start a time service (chrony, systemd-timesyncd), or say --no-time-service\"");
}

static void look(void *context) {
    struct bm_clock_watch *watch = context;
    enum bm_io_clock state = bm_io_clock(watch->io);
    bool changed = state != watch->state;
    watch->state = state;
    if (changed) tell(watch);
    bm_io_timer_set(watch->timer, bm_io_mono_ns(watch->io) + (int64_t)BM_CLOCK_WATCH_EVERY_S * 1000000000);
}

struct bm_clock_watch *bm_clock_watch_new(struct bm_io *io, bool watched) {
    struct bm_clock_watch *watch = bm_alloc_zero(1, sizeof *watch);
    watch->io = io;
    if (!watched) return watch;
    watch->timer = bm_io_timer_new(io, look, watch);
    watch->state = bm_io_clock(io);
    tell(watch);
    look(watch);
    return watch;
}

void bm_clock_watch_free(struct bm_clock_watch *watch) {
    if (!watch) return;
    if (watch->timer) bm_io_timer_free(watch->timer);
    bm_free(watch);
}

const char *bm_clock_watch_word(const struct bm_clock_watch *watch) {
    return watch && watch->timer ? words[watch->state] : "unwatched";
}

bool bm_clock_watch_warns(const struct bm_clock_watch *watch) {
    return watch && watch->timer && watch->state != BM_IO_CLOCK_SYNCHRONISED;
}
