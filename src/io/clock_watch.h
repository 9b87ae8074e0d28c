/* Watches whether a time service steers the wall clock: at the start and then every minute.  Instants in the record are those of
 * this clock, so people must know when nobody keeps it right.  A change is logged; screens, /readyz and /metrics show the word.
 * It is no event of the record: it says nothing of any matter, and a clock that really jumps is one (desk/time.h). */
#ifndef BM_IO_CLOCK_WATCH_H
#define BM_IO_CLOCK_WATCH_H

#include "io/io.h"

enum { BM_CLOCK_WATCH_EVERY_S = 60 };

struct bm_clock_watch;

/* `watched` false: there is no time service here and somebody said so (serve --no-time-service); the word is "unwatched". */
struct bm_clock_watch *bm_clock_watch_new(struct bm_io *io, bool watched);
void bm_clock_watch_free(struct bm_clock_watch *watch); /* NULL is fine */
/* "synchronised", "unsynchronised", "unknown" (the system does not tell) or "unwatched"; NULL watch: "unwatched". */
const char *bm_clock_watch_word(const struct bm_clock_watch *watch);
/* Whether people must be warned. */
bool bm_clock_watch_warns(const struct bm_clock_watch *watch);

#endif
