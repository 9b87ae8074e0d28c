/* A class's response plan: which capabilities a case of that class needs, and how many units of
 * each, by alarm level.
 *
 *   plan  := level (";" level)*            the first is alarm 1; at most BM_PLAN_ALARMS
 *   level := need (" " need)*              at most BM_PLAN_NEEDS, each capability once
 *   need  := capability ":" count          capability: 1..23 of a-z 0-9 _ ; count: 1..99
 *
 * An alarm level names everything that is to be there, not what comes on top of the level before.
 * A unit serves a need when its `capabilities`, separated by spaces, contain the word. */
#ifndef BM_CORE_PLAN_H
#define BM_CORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/code.h"

enum { BM_PLAN_ALARMS = 5, BM_PLAN_NEEDS = 12, BM_CAPABILITY_TEXT = 24 };

struct bm_need {
    char capability[BM_CAPABILITY_TEXT];
    uint32_t count;
};
struct bm_plan {
    uint32_t alarms; /* 0: the class has no plan */
    struct {
        uint32_t count;
        struct bm_need needs[BM_PLAN_NEEDS];
    } alarm[BM_PLAN_ALARMS];
};

/* Reads `text` ("": no plan).  BM_OUT_OF_RANGE names the place of the first mistake and the mend.
 */
BM_MUST_USE enum bm_code bm_plan_read(const char *text, struct bm_plan *ret_plan,
                                      struct bm_fault *fault);
/* Whether a unit's capabilities contain the word. */
bool bm_capabilities_have(const char *capabilities, const char *capability);

#endif
