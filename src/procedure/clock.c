#include "procedure/clock.h"

#include <string.h>

#include "base/check.h"
#include "base/shape.h"
#include "base/time.h"

const char *const bm_starts_names[BM_starts_COUNT] = {"same_day", "next_day"};
const char *const bm_roll_names[BM_roll_COUNT] = {"none", "next", "previous"};
const char *const bm_pause_names[BM_pause_COUNT] = {
#define BM_PAUSE_NAME(symbol, word) word,
    BM_PAUSES(BM_PAUSE_NAME)
#undef BM_PAUSE_NAME
};

static const struct bm_clock_due no_due = {
    .at_ms = BM_AT_NONE, .day = INT32_MIN, .rolled_from = INT32_MIN};

/* --- rules ------------------------------------------------------------------------------------ */

static uint32_t most_units(enum bm_clock_unit unit) {
    return bm_clock_unit_is_days(unit) ? BM_CLOCK_DAYS_MAX : BM_CLOCK_MINUTES_MAX;
}

static enum bm_code check_amounts(const struct bm_clock_rule *rule, struct bm_fault *fault) {
    uint32_t most = most_units(rule->unit);
    if (rule->budget < 1 || rule->budget > most) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "budget", "a budget is 1 to %u %s", most,
                            bm_clock_unit_names[rule->unit]);
    }
    if (rule->pause_causes >> BM_pause_COUNT) {
        return bm_fault_set(fault, BM_UNKNOWN_WORD, "pause", "a cause that is not in the list");
    }
    if ((rule->pause_causes == 0) != (rule->pause_most == 0) || rule->pause_most > most) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "max_pause",
                            "causes to pause need a limit of 1 to %u %s, and a limit needs causes",
                            most, bm_clock_unit_names[rule->unit]);
    }
    if ((rule->extend_times == 0) != (rule->extend_most == 0) ||
        rule->extend_times > BM_CLOCK_EXTENSIONS_MAX || rule->extend_most > most) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "extend",
                            "extensions need times (up to %d) and an amount (up to %u %s) each",
                            BM_CLOCK_EXTENSIONS_MAX, most, bm_clock_unit_names[rule->unit]);
    }
    return BM_OK;
}

enum bm_code bm_clock_rule_check(const struct bm_clock_rule *rule, struct bm_fault *fault) {
    if (rule->unit >= BM_clock_unit_COUNT || rule->starts >= BM_starts_COUNT ||
        rule->ends >= BM_ends_COUNT || rule->roll >= BM_roll_COUNT) {
        return bm_fault_set(fault, BM_UNKNOWN_WORD, "unit",
                            "a word that is not in the lists of clocks");
    }
    bool needs_calendar = rule->unit != BM_IN_MINUTES || rule->starts == BM_STARTS_NEXT_DAY;
    if (needs_calendar && !rule->calendar[0]) {
        return bm_fault_set(fault, BM_MISSING_FIELD, "calendar",
                            "%s%s need a calendar: its zone says when a day ends",
                            bm_clock_unit_names[rule->unit],
                            rule->starts == BM_STARTS_NEXT_DAY ? " from the next day" : "");
    }
    if (rule->ends != BM_ENDS_MIDNIGHT && !bm_clock_unit_is_days(rule->unit)) {
        return bm_fault_set(fault, BM_BAD_REQUEST, "counting",
                            "only days end at the close of business; %s end when they are used up",
                            bm_clock_unit_names[rule->unit]);
    }
    if (rule->roll != BM_ROLL_NONE && rule->unit != BM_IN_CALENDAR_DAYS) {
        return bm_fault_set(
            fault, BM_BAD_REQUEST, "roll",
            "only calendar_days can end on a day off and roll; leave roll out for %s",
            bm_clock_unit_names[rule->unit]);
    }
    return check_amounts(rule, fault);
}

/* --- parts ------------------------------------------------------------------------------------ */

struct bm_axis bm_clock_axis(const struct bm_clock_rule *rule, const struct bm_calendar *calendar) {
    return (struct bm_axis){rule->unit, rule->ends, calendar};
}

static enum bm_code check_calendar(const struct bm_clock_rule *rule,
                                   const struct bm_calendar *calendar, struct bm_fault *fault) {
    if (!rule->calendar[0] ||
        (calendar && strcmp(bm_calendar_name(calendar), rule->calendar) == 0)) {
        return BM_OK;
    }
    return bm_fault_set(
        fault, BM_NOT_FOUND, "calendar",
        "the clock counts on calendar \"%s\", which is not loaded; load it, or name another",
        rule->calendar);
}

/* Counting on the day after the anchor's begins when that day has ended. */
enum bm_code bm_clock_counts_from(const struct bm_clock_state *clock,
                                  const struct bm_clock_rule *rule,
                                  const struct bm_calendar *calendar, int64_t *ret_at_ms,
                                  struct bm_fault *fault) {
    int64_t from = clock->since_ms;
    if (rule->starts == BM_STARTS_NEXT_DAY) {
        if (!bm_calendar_has(calendar, clock->anchor_ms)) {
            struct bm_axis days = {BM_IN_CALENDAR_DAYS, BM_ENDS_MIDNIGHT, calendar};
            return bm_axis_ticks(&days, clock->anchor_ms, &from,
                                 fault); /* says how far it reaches */
        }
        const struct bm_zone *zone = bm_calendar_zone(calendar);
        int64_t next = bm_zone_day_start_ms(zone, bm_zone_day_of(zone, clock->anchor_ms) + 1);
        /* A day's end is the last ms before; minutes begin with the day itself. */
        int64_t gate = bm_clock_unit_is_days(rule->unit) ? next - 1 : next;
        if (gate > from) from = gate;
    }
    *ret_at_ms = from;
    return BM_OK;
}

/* Ticks between counts_from and an instant, none before. */
static enum bm_code ticks_since(const struct bm_clock_state *clock,
                                const struct bm_clock_rule *rule,
                                const struct bm_calendar *calendar, int64_t until_ms,
                                int64_t *ret_ticks, struct bm_fault *fault) {
    struct bm_axis axis = bm_clock_axis(rule, calendar);
    int64_t from_ms, from = 0, until = 0;
    enum bm_code code = bm_clock_counts_from(clock, rule, calendar, &from_ms, fault);
    if (!code) code = bm_axis_ticks(&axis, from_ms, &from, fault);
    if (!code) code = bm_axis_ticks(&axis, until_ms, &until, fault);
    if (!code) *ret_ticks = until > from ? until - from : 0;
    return code;
}

/* The first instant at which `ticks` have passed since `from_ms`, and not before it. */
static enum bm_code until_ticks(const struct bm_clock_rule *rule,
                                const struct bm_calendar *calendar, int64_t from_ms, int64_t ticks,
                                int64_t *ret_at_ms, struct bm_fault *fault) {
    struct bm_axis axis = bm_clock_axis(rule, calendar);
    int64_t from = 0;
    if (ticks <= 0) {
        *ret_at_ms = from_ms;
        return BM_OK;
    }
    enum bm_code code = bm_axis_ticks(&axis, from_ms, &from, fault);
    if (!code) code = bm_axis_until(&axis, from + ticks, ret_at_ms, fault);
    return code;
}

/* --- the due instant -------------------------------------------------------------------------- */

/* Moves a date that is not worked. A date is never moved to before the clock ran. */
static enum bm_code roll(const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                         int64_t from_ms, struct bm_clock_due *due, struct bm_fault *fault) {
    if (rule->roll == BM_ROLL_NONE || bm_calendar_works(calendar, due->day)) return BM_OK;
    int32_t before = bm_calendar_worked_before(calendar, due->day), to;
    if (!bm_calendar_nth_worked(calendar, rule->roll == BM_ROLL_NEXT ? before + 1 : before, &to)) {
        return bm_fault_set(
            fault, BM_OUT_OF_RANGE, "calendar",
            "calendar %s has no working day to roll to; load an edition that covers more",
            bm_calendar_name(calendar));
    }
    int64_t at_ms = bm_calendar_end_ms(calendar, to, rule->ends == BM_ENDS_MIDNIGHT);
    if (at_ms <= from_ms) return BM_OK;
    due->rolled = rule->roll;
    due->rolled_from = due->day;
    due->day = to;
    due->at_ms = at_ms;
    return BM_OK;
}

/* Whether the date rests on days past or before those announced. */
static bool is_provisional(const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                           int64_t from_ms, const struct bm_clock_due *due) {
    int32_t covers_from, covers_to;
    int32_t last = due->rolled != BM_ROLL_NONE && due->rolled_from > due->day ? due->rolled_from
                                                                              : due->day;
    bool worked = rule->unit == BM_IN_WORKING_DAYS || rule->unit == BM_IN_WORKING_MINUTES;
    bool looked = worked || rule->roll != BM_ROLL_NONE || rule->ends == BM_ENDS_BUSINESS;
    if (!looked) return false;
    bm_calendar_cover(calendar, &covers_from, &covers_to);
    int32_t first = worked ? bm_zone_day_of(bm_calendar_zone(calendar), from_ms) : due->day;
    return first < covers_from || last > covers_to;
}

enum bm_code bm_clock_due(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                          const struct bm_calendar *calendar, struct bm_clock_due *ret_due,
                          struct bm_fault *fault) {
    struct bm_clock_due due = no_due;
    if (clock->phase == BM_CLOCK_PAUSED || clock->was_paused) {
        *ret_due = due;
        return BM_OK;
    }
    int64_t from_ms = 0;
    enum bm_code code = bm_clock_counts_from(clock, rule, calendar, &from_ms, fault);
    if (!code) {
        int64_t left = clock->budget - clock->consumed;
        code = until_ticks(rule, calendar, from_ms, left, &due.at_ms, fault);
    }
    if (!code && calendar && rule->unit != BM_IN_MINUTES) {
        due.day = bm_zone_day_of(bm_calendar_zone(calendar), due.at_ms);
        code = roll(rule, calendar, from_ms, &due, fault);
        if (!code) due.provisional = is_provisional(rule, calendar, from_ms, &due);
    }
    if (!code) *ret_due = due;
    return code;
}

/* --- pauses ----------------------------------------------------------------------------------- */

enum bm_code bm_clock_pause_ends(const struct bm_clock_state *clock,
                                 const struct bm_clock_rule *rule,
                                 const struct bm_calendar *calendar, int64_t *ret_at_ms,
                                 struct bm_fault *fault) {
    if (clock->phase != BM_CLOCK_PAUSED) {
        *ret_at_ms = BM_AT_NONE;
        return BM_OK;
    }
    int64_t most = rule->pause_most * bm_clock_unit_ticks(rule->unit);
    int64_t from_ms = 0;
    enum bm_code code = bm_clock_counts_from(clock, rule, calendar, &from_ms, fault);
    if (!code) code = until_ticks(rule, calendar, from_ms, most - clock->paused, ret_at_ms, fault);
    return code;
}

/* Goes on running at an instant that is not past the pause's limit. */
static enum bm_code run_on(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                           const struct bm_calendar *calendar, int64_t at_ms,
                           struct bm_fault *fault) {
    int64_t ticks = 0;
    enum bm_code code = ticks_since(clock, rule, calendar, at_ms, &ticks, fault);
    if (code) return code;
    clock->paused += ticks;
    clock->since_ms = at_ms;
    clock->phase = BM_CLOCK_RUNNING;
    return BM_OK;
}

/* The clock as it stands at an instant: a pause past its limit has ended there. */
static enum bm_code settle(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                           const struct bm_calendar *calendar, int64_t now_ms,
                           struct bm_fault *fault) {
    if (clock->phase != BM_CLOCK_PAUSED) return BM_OK;
    int64_t ends = 0;
    enum bm_code code = bm_clock_pause_ends(clock, rule, calendar, &ends, fault);
    if (code || ends > now_ms) return code;
    return run_on(clock, rule, calendar, ends, fault);
}

/* Takes what was consumed since into the clock.  While it is still in time, a day at least is left:
 * its date may have rolled past the last day that was counted. */
static enum bm_code consume(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                            const struct bm_calendar *calendar, int64_t now_ms, bool in_time,
                            struct bm_fault *fault) {
    int64_t ticks = 0;
    enum bm_code code = ticks_since(clock, rule, calendar, now_ms, &ticks, fault);
    if (code) return code;
    clock->consumed += ticks;
    if (in_time && bm_clock_unit_is_days(rule->unit) && clock->consumed >= clock->budget) {
        clock->consumed = clock->budget - 1;
    }
    clock->since_ms = now_ms;
    return BM_OK;
}

/* --- acts ------------------------------------------------------------------------------------- */

static enum bm_code not_before(const struct bm_clock_state *clock, int64_t now_ms,
                               struct bm_fault *fault) {
    if (clock->phase == BM_CLOCK_STOPPED) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "clock",
                            "the clock has been stopped; start another");
    }
    if (now_ms < clock->since_ms) {
        return bm_fault_set(fault, BM_CONFLICT, "at",
                            "an instant before the clock's last act or anchor");
    }
    return BM_OK;
}

/* Whether it is in time at `now_ms`; one that is paused is. */
static enum bm_code in_time(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                            const struct bm_calendar *calendar, int64_t now_ms, bool *ret_in_time,
                            struct bm_fault *fault) {
    struct bm_clock_due due = no_due;
    enum bm_code code = bm_clock_due(clock, rule, calendar, &due, fault);
    if (!code) *ret_in_time = due.at_ms == BM_AT_NONE || now_ms <= due.at_ms;
    return code;
}

enum bm_code bm_clock_start(const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                            int64_t anchor_ms, struct bm_clock_state *ret_clock,
                            struct bm_fault *fault) {
    struct bm_clock_due due;
    enum bm_code code = bm_clock_rule_check(rule, fault);
    if (!code) code = check_calendar(rule, calendar, fault);
    if (code) return code;
    struct bm_clock_state clock = {.phase = BM_CLOCK_RUNNING,
                                   .anchor_ms = anchor_ms,
                                   .budget = rule->budget * bm_clock_unit_ticks(rule->unit),
                                   .since_ms = anchor_ms,
                                   .stopped_ms = BM_AT_NONE};
    code = bm_clock_due(&clock, rule, calendar, &due, fault);
    if (!code) *ret_clock = clock;
    return code;
}

enum bm_code bm_clock_pause(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                            const struct bm_calendar *calendar, enum bm_pause cause, int64_t now_ms,
                            struct bm_fault *fault) {
    struct bm_clock_state next = *clock;
    struct bm_clock_due due = no_due;
    if (cause >= BM_pause_COUNT || !(rule->pause_causes >> cause & 1)) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "cause",
                            "\"%s\" is no cause for which this clock may pause",
                            cause < BM_pause_COUNT ? bm_pause_names[cause] : "?");
    }
    enum bm_code code = not_before(clock, now_ms, fault);
    if (!code) code = settle(&next, rule, calendar, now_ms, fault);
    if (code) return code;
    if (next.phase == BM_CLOCK_PAUSED) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "clock",
                            "the clock is paused already; resume it first");
    }
    if (next.paused >= rule->pause_most * bm_clock_unit_ticks(rule->unit)) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "max_pause", "all %u %s of pause are used up",
                            rule->pause_most, bm_clock_unit_names[rule->unit]);
    }
    code = bm_clock_due(&next, rule, calendar, &due, fault);
    if (!code && now_ms >= due.at_ms) {
        code = bm_fault_set(fault, BM_NOT_POSSIBLE, "clock",
                            "the due instant has come; a pause would hide it");
    }
    if (!code) code = consume(&next, rule, calendar, now_ms, true, fault);
    if (code) return code;
    next.phase = BM_CLOCK_PAUSED;
    next.cause = cause;
    *clock = next;
    return BM_OK;
}

enum bm_code bm_clock_resume(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                             const struct bm_calendar *calendar, int64_t now_ms,
                             struct bm_fault *fault) {
    struct bm_clock_state next = *clock;
    enum bm_code code = not_before(clock, now_ms, fault);
    if (code) return code;
    if (clock->phase != BM_CLOCK_PAUSED) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "clock", "the clock is running already");
    }
    code = settle(&next, rule, calendar, now_ms, fault);
    if (!code && next.phase == BM_CLOCK_PAUSED) code = run_on(&next, rule, calendar, now_ms, fault);
    if (!code) *clock = next;
    return code;
}

static enum bm_code check_extension(const struct bm_clock_state *clock,
                                    const struct bm_clock_rule *rule, uint32_t amount,
                                    const char *reason, struct bm_fault *fault) {
    size_t len = reason ? strlen(reason) : 0;
    if (clock->extensions >= rule->extend_times) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "extend",
                            "this clock may be extended %u times, and has been %u",
                            rule->extend_times, clock->extensions);
    }
    if (amount < 1 || amount > rule->extend_most) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "amount", "an extension is 1 to %u %s",
                            rule->extend_most, bm_clock_unit_names[rule->unit]);
    }
    if (len < 1 || len > BM_CLOCK_REASON_MAX) {
        return bm_fault_set(fault, BM_MISSING_FIELD, "reason",
                            "an extension needs its reason, up to %d bytes", BM_CLOCK_REASON_MAX);
    }
    return BM_OK;
}

enum bm_code bm_clock_extend(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                             const struct bm_calendar *calendar, uint32_t amount,
                             const char *reason, int64_t now_ms, struct bm_fault *fault) {
    struct bm_clock_state next = *clock;
    struct bm_clock_due due;
    bool still = false;
    enum bm_code code = check_extension(clock, rule, amount, reason, fault);
    if (!code) code = not_before(clock, now_ms, fault);
    if (!code) code = settle(&next, rule, calendar, now_ms, fault);
    if (!code) code = in_time(&next, rule, calendar, now_ms, &still, fault);
    if (code) return code;
    if (!still) {
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "extend",
                            "the due instant has passed; extend before it");
    }
    int64_t ticks = amount * bm_clock_unit_ticks(rule->unit);
    next.budget += ticks;
    next.extended += ticks;
    next.extensions++;
    code = bm_clock_due(&next, rule, calendar, &due, fault);
    if (!code) *clock = next;
    return code;
}

enum bm_code bm_clock_rebind(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                             const struct bm_calendar *calendar,
                             const struct bm_clock_rule *new_rule,
                             const struct bm_calendar *new_calendar, int64_t now_ms,
                             struct bm_fault *fault) {
    struct bm_clock_state next = *clock;
    struct bm_clock_due due;
    bool still = false;
    enum bm_code code = bm_clock_rule_check(new_rule, fault);
    if (!code) code = check_calendar(new_rule, new_calendar, fault);
    if (!code) code = not_before(clock, now_ms, fault);
    if (code) return code;
    if (new_rule->unit != rule->unit) {
        return bm_fault_set(
            fault, BM_NOT_POSSIBLE, "unit",
            "%s that were consumed cannot be said in %s; stop this clock and start another",
            bm_clock_unit_names[rule->unit], bm_clock_unit_names[new_rule->unit]);
    }
    code = settle(&next, rule, calendar, now_ms, fault);
    if (!code) code = in_time(&next, rule, calendar, now_ms, &still, fault);
    if (!code && next.phase == BM_CLOCK_PAUSED) {
        code = run_on(&next, rule, calendar, now_ms, fault);
        bool may = new_rule->pause_causes >> next.cause & 1;
        int64_t most = new_rule->pause_most * bm_clock_unit_ticks(new_rule->unit);
        if (may && next.paused < most) next.phase = BM_CLOCK_PAUSED;
    } else if (!code) {
        code = consume(&next, rule, calendar, now_ms, still, fault);
    }
    if (code) return code;
    next.budget = new_rule->budget * bm_clock_unit_ticks(new_rule->unit) + next.extended;
    code = bm_clock_due(&next, new_rule, new_calendar, &due, fault);
    if (!code) *clock = next;
    return code;
}

enum bm_code bm_clock_stop(struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                           const struct bm_calendar *calendar, int64_t now_ms,
                           struct bm_fault *fault) {
    struct bm_clock_state next = *clock;
    enum bm_code code = not_before(clock, now_ms, fault);
    if (!code) code = settle(&next, rule, calendar, now_ms, fault);
    if (code) return code;
    next.was_paused = next.phase == BM_CLOCK_PAUSED;
    next.phase = BM_CLOCK_STOPPED;
    next.stopped_ms = now_ms;
    *clock = next;
    return BM_OK;
}

/* --- what follows ----------------------------------------------------------------------------- */

enum bm_code bm_clock_measure(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                              const struct bm_calendar *calendar, int64_t now_ms,
                              int64_t *ret_ticks, struct bm_fault *fault) {
    struct bm_clock_state at = *clock;
    int64_t ticks = 0;
    enum bm_code code = settle(&at, rule, calendar, now_ms, fault);
    if (code) return code;
    if (at.phase == BM_CLOCK_RUNNING || (at.phase == BM_CLOCK_STOPPED && !at.was_paused)) {
        int64_t until = at.phase == BM_CLOCK_STOPPED && at.stopped_ms < now_ms ? at.stopped_ms
                                                                               : now_ms;
        code = ticks_since(&at, rule, calendar, until, &ticks, fault);
    }
    if (!code) *ret_ticks = at.consumed + ticks;
    return code;
}

enum bm_code bm_clock_late(const struct bm_clock_state *clock, const struct bm_clock_rule *rule,
                           const struct bm_calendar *calendar, int64_t now_ms, bool *ret_late,
                           struct bm_fault *fault) {
    struct bm_clock_state at = *clock;
    bool still = false;
    enum bm_code code = settle(&at, rule, calendar, now_ms, fault);
    int64_t until = at.phase == BM_CLOCK_STOPPED && at.stopped_ms < now_ms ? at.stopped_ms : now_ms;
    if (!code) code = in_time(&at, rule, calendar, until, &still, fault);
    if (!code) *ret_late = !still;
    return code;
}

/* --- another edition of the calendar -----------------------------------------------------------
 */

static int32_t first_changed(const struct bm_calendar *before, const struct bm_calendar *after,
                             int32_t from, int32_t to) {
    for (int32_t day = from; day <= to; day++) {
        if (!bm_calendar_has_day(before, day) || !bm_calendar_has_day(after, day)) continue;
        if (bm_calendar_works(before, day) != bm_calendar_works(after, day)) return day;
    }
    return INT32_MIN;
}

static void say_reason(const struct bm_calendar *before, const struct bm_calendar *after,
                       struct bm_clock_moved *moved) {
    char date[BM_DATE_TEXT_BYTES];
    struct bm_day_info info;
    int len = snprintf(moved->reason, sizeof moved->reason, "calendar %s: edition %u after %u",
                       bm_calendar_name(after), bm_calendar_edition(after),
                       bm_calendar_edition(before));
    if (moved->first_changed == INT32_MIN ||
        bm_calendar_day(after, moved->first_changed, &info, NULL))
        return;
    bm_date_text(moved->first_changed, date);
    snprintf(moved->reason + len, sizeof moved->reason - (size_t)len, "; %s is %s%s%s", date,
             info.worked ? "worked now" : "off now", *info.source ? ", by " : "", info.source);
}

enum bm_code bm_clock_reproject(const struct bm_clock_state *clock,
                                const struct bm_clock_rule *rule, const struct bm_calendar *before,
                                const struct bm_calendar *after, struct bm_clock_moved *ret_moved,
                                struct bm_fault *fault) {
    struct bm_clock_moved moved = {.before = no_due, .after = no_due, .first_changed = INT32_MIN};
    enum bm_code code = check_calendar(rule, after, fault);
    if (!code && clock->phase == BM_CLOCK_RUNNING) {
        code = bm_clock_due(clock, rule, before, &moved.before, fault);
        if (!code) code = bm_clock_due(clock, rule, after, &moved.after, fault);
    }
    if (code) return code;
    moved.moved = moved.before.at_ms != moved.after.at_ms;
    if (before && after && moved.before.day != INT32_MIN) {
        int32_t from = bm_zone_day_of(bm_calendar_zone(after), clock->since_ms);
        int32_t to = moved.before.day > moved.after.day ? moved.before.day : moved.after.day;
        moved.first_changed = first_changed(before, after, from, to);
    }
    if (before && after) say_reason(before, after, &moved);
    *ret_moved = moved;
    return BM_OK;
}
