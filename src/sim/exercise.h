/* Plays a scenario at a training desk, as a client of its API: callers call and hang up, crews acknowledge, drive off,
 * arrive and clear, each after the time that the scenario says; what the people at the desk make of it is read from the
 * board and the stream, and measured.
 *
 *   scenario --> calls, statuses, positions --> desk --> board, stream --> what became of each call --> report
 *
 * The exercise's own time goes as fast as the desk's record of it says (GET /v1/exercises/current), so it is made faster,
 * halted and ended from the supervisor's screen and from here alike.  All spans of the report are in exercise time. */
#ifndef BM_SIM_EXERCISE_H
#define BM_SIM_EXERCISE_H

#include "base/buf.h"
#include "client/client.h"
#include "sim/scenario.h"

struct bm_exercise;

struct bm_exercise_options {
    const char *login, *password;   /* a supervisor's at the training desk */
    double pace;                    /* how much faster than life */
    void (*told)(const char *what); /* what happens, for people */
};

/* Logs in and begins.  Client and scenario stay the caller's.  NULL with the reason when the desk does not let it. */
struct bm_exercise *bm_exercise_begin(struct bm_client *client, const struct bm_scenario *scenario,
                                      const struct bm_exercise_options *options, struct bm_fault *fault);
void bm_exercise_free(struct bm_exercise *exercise); /* NULL is fine */
/* One round: does what is due, takes in what happened, waits at most `ms`.  False when it is over: stopped, at its length,
 * or when nothing is left to happen.  A desk that is away is waited for; the exercise's time stands meanwhile. */
bool bm_exercise_round(struct bm_exercise *exercise, int ms);
/* Asks the desk to go on so many times as fast as life (0: as it is), halted or not, or to end. */
void bm_exercise_steer(struct bm_exercise *exercise, double pace, int paused, bool stop);
double bm_exercise_pace(const struct bm_exercise *exercise, bool *ret_paused);

/* The report as it is now (exercise_report.c): the caller's. */
json_t *bm_exercise_report(struct bm_exercise *exercise);
/* The same for people, as Markdown. */
void bm_exercise_markdown(const json_t *report, struct bm_buf *out);

#endif
