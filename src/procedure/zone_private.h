/* Between the reader of zones, their rules and those who ask. */
#ifndef BM_PROCEDURE_ZONE_PRIVATE_H
#define BM_PROCEDURE_ZONE_PRIVATE_H

#include <stdbool.h>

#include "procedure/zone.h"

/* Nothing that is asked for lies outside. */
enum { BM_ZONE_NAME_BYTES = 64, BM_ZONE_OFFSET_MAX_S = 26 * 3600 };
#define BM_ZONE_LEAST_S INT64_C(-62168000000)
#define BM_ZONE_MOST_S INT64_C(253403000000)

/* A day of the year on which a rule changes the clocks. */
enum bm_rule_day { BM_RULE_JULIAN /* 1..365, never 29 February */, BM_RULE_ZERO /* 0..365 */, BM_RULE_MONTH };
struct bm_rule_change {
    enum bm_rule_day kind;
    int32_t month, week, day; /* MONTH: 1..12, 1..5 (5 the last), 0 Sunday .. 6; else `day` alone */
    int32_t time_s;           /* of the clocks as they then stand, -167..167 h */
};

/* A footer: standard time, and perhaps summer time between two changes of each year. */
struct bm_zone_rule {
    int32_t standard_s, summer_s; /* east of Greenwich */
    bool has_summer;
    struct bm_rule_change start, end;
};

struct bm_zone_transition {
    int64_t at_s;
    int32_t offset_s; /* from then on */
};

struct bm_zone {
    char name[BM_ZONE_NAME_BYTES];
    int32_t first_offset_s; /* before the first transition */
    bool has_rule;          /* holds from the last transition on */
    struct bm_zone_rule rule;
    uint32_t count;
    struct bm_zone_transition *transitions; /* rising */
};

/* A stretch of time with one offset, [from, until). */
struct bm_stretch {
    int64_t from_s, until_s;
    int32_t offset_s;
};

/* Reads a footer's text; on failure names the place in `ret_at`. */
bool bm_zone_rule_read(const char *text, size_t len, struct bm_zone_rule *ret_rule, size_t *ret_at);
/* The stretch of the rule that holds at an instant. */
struct bm_stretch bm_zone_rule_at(const struct bm_zone_rule *rule, int64_t at_s);

/* What a jump forward leaves out is never shown later: change by change in rising order, from `*landed_s` = INT64_MIN on; false where
 * a change goes back into what an earlier one left out. */
bool bm_zone_keeps_gap(int64_t *landed_s, int64_t at_s, int32_t before_s, int32_t after_s);
/* All changes of a rule keep their gaps; of a whole zone. */
bool bm_zone_rule_keeps_gaps(const struct bm_zone_rule *rule);
bool bm_zone_keeps_gaps(const struct bm_zone *zone);

#endif
