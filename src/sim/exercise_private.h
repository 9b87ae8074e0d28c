/* What playing and reporting share; see exercise.h. */
#ifndef BM_SIM_EXERCISE_PRIVATE_H
#define BM_SIM_EXERCISE_PRIVATE_H

#include "sim/exercise.h"

enum { TURNS_MAX = 1000 }; /* changes of pace that are remembered; a further one is measured at the last */

/* From this instant of the desk's clock on, exercise time goes so fast. */
struct turn {
    int64_t desk_ms, exercise_ms;
    double rate;
};

struct played_call {
    char contact[24];
    bool sent, hung_up;
    int64_t case_seen_ms; /* exercise time; -1: not yet */
};

struct bm_exercise {
    struct bm_client *client;
    const struct bm_scenario *scenario;
    struct bm_exercise_options options;
    char token[160], key[64], operator_id[24];
    uint64_t run; /* makes Idempotency-Keys its own */
    int64_t desk_ahead_ms; /* of this clock */
    json_t *tables; /* {"contact":{"12":{...}}}: all that the exercise has seen, also what is over */
    json_t *hands;  /* assignment -> {"state","since"}: since when it has been there, in exercise time */
    struct turn turns[TURNS_MAX];
    unsigned turn_count;
    double pace;
    bool paused, stopped, synced, over;
    int64_t asked_ms, retry_ms; /* monotonic */
    struct played_call calls[BM_SCENARIO_CALLS_MAX];
};

int64_t bm_exercise_now(const struct bm_exercise *exercise);              /* in exercise time */
int64_t bm_exercise_at(const struct bm_exercise *exercise, int64_t desk_ms); /* of an instant of the desk */
json_t *bm_exercise_row(const struct bm_exercise *exercise, const char *table, const char *id); /* NULL: never seen */
json_t *bm_exercise_table(const struct bm_exercise *exercise, const char *table);
/* The case that a call came to, through whatever it was merged into; NULL: none. */
json_t *bm_exercise_case(const struct bm_exercise *exercise, unsigned call);
const char *bm_exercise_text(const json_t *row, const char *name); /* "" when it is null */

#endif
