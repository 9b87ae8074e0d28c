#include "procedure/zone.h"

#include "base/alloc.h"
#include "base/check.h"
#include "procedure/zone_private.h"

#define DAY_MS INT64_C(86400000)

void bm_zone_free(struct bm_zone *zone) {
    if (!zone) return;
    bm_free(zone->transitions);
    bm_free(zone);
}

const char *bm_zone_name(const struct bm_zone *zone) {
    return zone->name;
}

static int64_t floor_div(int64_t number, int64_t by) {
    return number / by - (number % by < 0);
}

/* How many transitions lie at or before an instant. */
static uint32_t passed(const struct bm_zone *zone, int64_t at_s) {
    uint32_t low = 0, high = zone->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->transitions[middle].at_s <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct bm_stretch stretch_at(const struct bm_zone *zone, int64_t at_s) {
    uint32_t at = passed(zone, at_s);
    struct bm_stretch stretch = {INT64_MIN, INT64_MAX, zone->first_offset_s};
    if (at > 0) {
        stretch.from_s = zone->transitions[at - 1].at_s;
        stretch.offset_s = zone->transitions[at - 1].offset_s;
    }
    if (at < zone->count) {
        stretch.until_s = zone->transitions[at].at_s;
    } else if (zone->has_rule) {
        struct bm_stretch ruled = bm_zone_rule_at(&zone->rule, at_s);
        if (ruled.from_s > stretch.from_s) stretch.from_s = ruled.from_s;
        stretch.until_s = ruled.until_s;
        stretch.offset_s = ruled.offset_s;
    }
    return stretch;
}

bool bm_zone_keeps_gap(int64_t *landed_s, int64_t at_s, int32_t before_s, int32_t after_s) {
    int64_t shown_s = at_s + after_s;
    if (after_s < before_s) return shown_s >= *landed_s;
    if (after_s > before_s && shown_s > *landed_s) *landed_s = shown_s;
    return true;
}

/* The table, and the rule's first changes behind it; then the rule by itself. */
bool bm_zone_keeps_gaps(const struct bm_zone *zone) {
    int64_t last_s = zone->count ? zone->transitions[zone->count - 1].at_s : INT64_MIN, landed_s = INT64_MIN;
    struct bm_stretch at = stretch_at(zone, BM_ZONE_LEAST_S - BM_ZONE_OFFSET_MAX_S - 1), next;
    for (int behind = 0; behind < 3 && at.until_s <= BM_ZONE_MOST_S; at = next) {
        next = stretch_at(zone, at.until_s);
        if (!bm_zone_keeps_gap(&landed_s, at.until_s, at.offset_s, next.offset_s)) return false;
        behind += at.until_s > last_s;
    }
    return !zone->has_rule || bm_zone_rule_keeps_gaps(&zone->rule);
}

static int64_t seconds_of(int64_t at_ms) {
    int64_t at_s = floor_div(at_ms, 1000);
    BM_CHECK(at_s >= BM_ZONE_LEAST_S && at_s <= BM_ZONE_MOST_S);
    return at_s;
}

int32_t bm_zone_offset_s(const struct bm_zone *zone, int64_t at_ms) {
    return stretch_at(zone, seconds_of(at_ms)).offset_s;
}

int64_t bm_zone_civil_ms(const struct bm_zone *zone, int64_t at_ms) {
    return at_ms + (int64_t)bm_zone_offset_s(zone, at_ms) * 1000;
}

/* Stretch by stretch from the earliest instant that can have shown the time, there is the first
 * that shows it or a later one; 52 hours of stretches at most, at most BM_ZONE_TRANSITIONS_MAX and
 * some. */
int64_t bm_zone_instant_ms(const struct bm_zone *zone, int64_t civil_ms, enum bm_civil *ret_how) {
    int64_t civil_s = seconds_of(civil_ms), part_ms = civil_ms - civil_s * 1000;
    struct bm_stretch stretch = stretch_at(zone, civil_s - BM_ZONE_OFFSET_MAX_S - 1);
    for (; civil_s - stretch.offset_s >= stretch.until_s;
         stretch = stretch_at(zone, stretch.until_s)) {
    }
    int64_t at_s = civil_s - stretch.offset_s;
    bool skipped = at_s < stretch.from_s;
    if (ret_how) {
        *ret_how = skipped ? BM_CIVIL_SKIPPED : BM_CIVIL_ONCE;
        while (!skipped && *ret_how == BM_CIVIL_ONCE &&
               stretch.until_s <= civil_s + BM_ZONE_OFFSET_MAX_S) {
            stretch = stretch_at(zone, stretch.until_s);
            int64_t again = civil_s - stretch.offset_s;
            if (again >= stretch.from_s && again < stretch.until_s) *ret_how = BM_CIVIL_TWICE;
        }
    }
    /* Into a gap fall whole seconds and their parts: the jump is at a whole second. */
    return skipped ? stretch.from_s * 1000 : at_s * 1000 + part_ms;
}

int64_t bm_zone_day_start_ms(const struct bm_zone *zone, int32_t day) {
    return bm_zone_instant_ms(zone, day * DAY_MS, NULL);
}

/* A civil day that is shown again after midnight has passed once may lie a day or two behind. */
int32_t bm_zone_day_of(const struct bm_zone *zone, int64_t at_ms) {
    int32_t day = (int32_t)floor_div(bm_zone_civil_ms(zone, at_ms), DAY_MS);
    while (bm_zone_day_start_ms(zone, day + 1) <= at_ms) day++;
    return day;
}
