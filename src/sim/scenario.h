/* Scenario files of exercises: who calls when and says what, what crews do and when, and what is expected of the desk.
 *
 *   scenario: market-fire          a name of small letters, digits and hyphens
 *   title: Fire in the market      and, as people like: about: ...
 *   length: 20m                    it ends then at the latest
 *   crews: {acknowledge: 20s, depart: 40s, arrive: 4m, clear: 8m}    each after the step before; `never`: not at all
 *   units:                         what single ones do otherwise
 *     - {unit: A-102, acknowledge: never}
 *   calls:
 *     - call: first                a name, for `same_as`
 *       at: 10s                    from the beginning
 *       channel: call              word of the api; a call rings, everything else waits
 *       line: "110"
 *       caller: "13800000001"
 *       name: 王
 *       place: 31.2304, 121.4737   where the caller's device is
 *       text: ...                  what the caller says
 *       hangs_up: 40s              when nobody has answered by then
 *       expect: {answered: 10s, opened: 90s, dispatched: 2m, class: fire, units: "fire_engine:2 ambulance:1"}
 *     - {call: second, at: 1m, same_as: first, ...}    the same incident: it should end on the same case
 *
 * Durations: 90s, 2m, 1h, 1m30s.  Strict: what is not known is refused with line, column and the mend.  Pure. */
#ifndef BM_SIM_SCENARIO_H
#define BM_SIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "procedure/findings.h"

enum {
    BM_SCENARIO_CALLS_MAX = 200,
    BM_SCENARIO_UNITS_MAX = 200,
    BM_SCENARIO_NEEDS_MAX = 8,
    BM_SCENARIO_LENGTH_MAX_MS = 12 * 60 * 60 * 1000,
};
/* Not said; of crews' steps and of hanging up: never. */
#define BM_SCENARIO_NEVER (-1)

enum bm_scenario_step { BM_STEP_ACKNOWLEDGE, BM_STEP_DEPART, BM_STEP_ARRIVE, BM_STEP_CLEAR, BM_SCENARIO_STEPS };

struct bm_scenario_need {
    char capability[32];
    unsigned count;
};
struct bm_scenario_call {
    char name[49], channel[16], line[32], caller[64], who[200], text[2000];
    int64_t at_ms, hangs_up_ms;
    bool has_place;
    double lat, lon;
    int same_as; /* place of that call; -1: an incident of its own */
    /* Expected; BM_SCENARIO_NEVER, "" and 0: nothing is. */
    int64_t answered_ms, opened_ms, dispatched_ms;
    char class_code[32];
    struct bm_scenario_need needs[BM_SCENARIO_NEEDS_MAX];
    unsigned need_count;
};
struct bm_scenario_unit {
    char call_sign[32];
    int64_t after_ms[BM_SCENARIO_STEPS];
};
struct bm_scenario {
    char name[49], title[200], about[2000];
    int64_t length_ms, after_ms[BM_SCENARIO_STEPS];
    struct bm_scenario_call calls[BM_SCENARIO_CALLS_MAX];
    unsigned call_count;
    struct bm_scenario_unit units[BM_SCENARIO_UNITS_MAX];
    unsigned unit_count;
};

/* Reads a file.  The scenario is the caller's (bm_free); NULL when `findings` has errors. */
struct bm_scenario *bm_scenario_read(const void *bytes, size_t len, struct bm_findings *findings);

#endif
