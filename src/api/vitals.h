/* What the program knows of itself and people must hear of: the desk's state, its acknowledgements, the outbox.  Written by the io
 * thread once a second, read by any thread: the data port's /readyz and /metrics, each console's beat, and the management port
 * (admin.h), which answers when the io thread is drowned. */
#ifndef BM_API_VITALS_H
#define BM_API_VITALS_H

#include "base/pace.h"
#include "desk/live.h"
#include "http/http.h"
#include "outbox/outbox.h"

enum { BM_ACK_LIMIT_MS = 250, BM_ACK_WINDOW_S = 60, BM_LOOP_STALLED_MS = 5000 };

struct bm_vitals;

struct bm_vitals *bm_vitals_new(void);
void bm_vitals_free(struct bm_vitals *vitals); /* NULL is fine */
/* The desk, as soon as there is one; NULL before it is freed: nobody asks it after that. */
void bm_vitals_take_live(struct bm_vitals *vitals, struct bm_live *live);
/* The same of the outbox; `why_not`: it could not be opened because of that sentence. */
void bm_vitals_take_outbox(struct bm_vitals *vitals, struct bm_outbox *outbox, const char *why_not);

/* What only the io thread knows, as of now. */
struct bm_vitals_turn {
    int64_t at_ns; /* monotonic */
    struct bm_http_counts http;
    uint64_t problems;
    struct bm_pace_figures ack;
    const char *clock;  /* static: the word of io/clock_watch.h */
    bool clock_warns;
};
void bm_vitals_turn(struct bm_vitals *vitals, const struct bm_vitals_turn *turn);

/* Writes the body of /readyz as of `now_ns` (monotonic); 200 or 503.  No body and 503: the desk is still reading its journal. */
int bm_vitals_write_ready(struct bm_vitals *vitals, int64_t now_ns, struct bm_buf *out);
/* The body of /metrics. */
void bm_vitals_write_metrics(struct bm_vitals *vitals, int64_t now_ns, struct bm_buf *out);
/* The members of a beat: `"clock":..,"ack_slow":..` and so on. */
enum { BM_VITALS_BEAT_TEXT = 4000 };
void bm_vitals_beat(struct bm_vitals *vitals, char ret_text[BM_VITALS_BEAT_TEXT]);
/* For a status line: "; acknowledgements are slow; nobody outside is told", or "". */
enum { BM_VITALS_STATUS_TEXT = 160 };
void bm_vitals_status(struct bm_vitals *vitals, char ret_text[BM_VITALS_STATUS_TEXT]);
/* {"ack":..,"time_doubt":..,"timers":[..],"quarantine":[..],"outbox":..}: for whoever looks after the desk. */
void bm_vitals_write_all(struct bm_vitals *vitals, struct bm_buf *out);

#endif
