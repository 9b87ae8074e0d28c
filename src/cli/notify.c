#include "cli/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

/* Without a watchdog only the status is sent, now and then. */
enum { STATUS_EVERY_S = 10 };

struct bm_notify {
    int socket;
    struct sockaddr_un to;
    socklen_t to_len;
    struct bm_io *io;
    struct bm_io_timer *timer;
    struct bm_live *live;
    const struct bm_clock_watch *clock;
    int64_t every_ns;
    bool watchdog;
    uint64_t steps; /* of the desk thread, at the last sign of life */
    struct bm_vitals *vitals;
    char status[400];
};

struct bm_notify *bm_notify_new(void) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t len = path ? strlen(path) : 0;
    if (len == 0) return NULL;
    if ((path[0] != '/' && path[0] != '@') || len >= sizeof to.sun_path) {
        bm_log(BM_LOG_WARNING, "no_notify", "reason=\"NOTIFY_SOCKET is neither a path nor an abstract name\"");
        return NULL;
    }
    memcpy(to.sun_path, path, len);
    if (path[0] == '@') to.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        bm_log(BM_LOG_WARNING, "no_notify", "reason=\"%s\"", strerror(errno));
        return NULL;
    }
    struct bm_notify *notify = bm_alloc_zero(1, sizeof *notify);
    notify->socket = fd;
    notify->to = to;
    notify->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return notify;
}

void bm_notify_free(struct bm_notify *notify) {
    if (!notify) return;
    if (notify->timer) bm_io_timer_free(notify->timer);
    close(notify->socket);
    bm_free(notify);
}

void bm_notify_say(struct bm_notify *notify, const char *format, ...) {
    char text[600];
    va_list arguments;
    if (!notify) return;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (len < 0) return;
    if ((size_t)len >= sizeof text) len = sizeof text - 1;
    if (sendto(notify->socket, text, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&notify->to, notify->to_len) < 0)
        bm_log(BM_LOG_WARNING, "notify_failed", "reason=\"%s\"", strerror(errno));
}

/* In one line: where the record stands, and whatever a person should know. */
static void say_status(struct bm_notify *notify, const struct bm_live_status *status) {
    static const char *const space[] = {"", "; the disk is nearly full", "; the disk is full"};
    char text[sizeof notify->status], vitals[BM_VITALS_STATUS_TEXT];
    bm_vitals_status(notify->vitals, vitals);
    snprintf(text, sizeof text, "event %" PRIu64 ", %" PRIu64 " waiting%s%s%s%s%s", status->head.seq, status->queued, space[status->space],
             status->time_held ? "; the clock jumped and waits for confirmation" : "",
             status->timers_stuck ? "; no timer is fired" : status->asides ? "; a timer is set aside" : "",
             bm_clock_watch_warns(notify->clock) ? "; the system clock is not synchronised" : "", vitals);
    if (strcmp(text, notify->status) == 0) return;
    snprintf(notify->status, sizeof notify->status, "%s", text);
    bm_notify_say(notify, "STATUS=%s", text);
}

static void look(void *context) {
    struct bm_notify *notify = context;
    struct bm_live_status status = bm_live_status(notify->live);
    bm_io_timer_set(notify->timer, bm_io_mono_ns(notify->io) + notify->every_ns);
    if (status.counts.steps == notify->steps) return; /* the desk thread did nothing: it steps at least once a second */
    notify->steps = status.counts.steps;
    if (notify->watchdog) bm_notify_say(notify, "WATCHDOG=1");
    say_status(notify, &status);
}

/* How often the manager wants to hear of us; 0: not at all, or another process is meant. */
static int64_t watchdog_ns(void) {
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    char *end;
    if (!usec || !usec[0]) return 0;
    if (pid && pid[0] && strtol(pid, NULL, 10) != (long)getpid()) return 0;
    unsigned long long us = strtoull(usec, &end, 10);
    return *end || us == 0 || us > 86400000000ull ? 0 : (int64_t)us * 1000;
}

void bm_notify_ready(struct bm_notify *notify, struct bm_io *io, struct bm_live *live, struct bm_vitals *vitals, const struct bm_clock_watch *clock) {
    if (!notify) return;
    int64_t wanted = watchdog_ns();
    notify->io = io;
    notify->live = live;
    notify->clock = clock;
    notify->vitals = vitals;
    notify->watchdog = wanted > 0;
    /* A third of the time: two signs may be late or lost. */
    notify->every_ns = wanted ? wanted / 3 : (int64_t)STATUS_EVERY_S * 1000000000;
    notify->timer = bm_io_timer_new(io, look, notify);
    bm_io_timer_set(notify->timer, bm_io_mono_ns(io) + (notify->every_ns < 1000000000 ? notify->every_ns : 1000000000));
    bm_notify_say(notify, "READY=1\nSTATUS=the desk is open");
}

void bm_notify_stopping(struct bm_notify *notify) {
    if (!notify) return;
    if (notify->timer) bm_io_timer_clear(notify->timer);
    bm_notify_say(notify, "STOPPING=1\nSTATUS=finishing what was taken");
}
