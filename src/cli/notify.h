/* What the service manager is told: sd_notify(3)'s protocol, one datagram each to the socket in NOTIFY_SOCKET.  Without it all
 * of this does nothing. */
#ifndef BM_CLI_NOTIFY_H
#define BM_CLI_NOTIFY_H

#include "api/vitals.h"
#include "desk/live.h"
#include "io/clock_watch.h"

struct bm_notify;

/* Opens the socket, when the environment names one.  NULL: there is no service manager. */
struct bm_notify *bm_notify_new(void);
void bm_notify_free(struct bm_notify *notify); /* NULL is fine */
/* "STATUS=..." and its like; several lines are several variables. */
void bm_notify_say(struct bm_notify *notify, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The desk runs: says READY, and from now on what it does (STATUS) and, when the manager asked for it (WATCHDOG_USEC), that it is
 * alive - but only while the desk thread takes steps and the loop runs its timers.  A desk thread that hangs, on a disk that does
 * not answer or on a mistake of ours, is noticed and the manager starts the program again. */
void bm_notify_ready(struct bm_notify *notify, struct bm_io *io, struct bm_live *live, struct bm_vitals *vitals, const struct bm_clock_watch *clock);
/* It is about to stop: says STOPPING; no more signs of life are sent. */
void bm_notify_stopping(struct bm_notify *notify);

#endif
