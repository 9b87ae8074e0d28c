#include "procedure/ladder.h"

#include <string.h>

#include "base/check.h"
#include "base/shape.h"

static const char *const kind_names[] = {"before", "at", "after"};

enum { PERCENT_MAX = 100, NUMBER_MAX = 10000000 };

/* --- text ------------------------------------------------------------------------------------- */

struct text {
    const char *at, *end;
};

static bool take_word(struct text *text, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(text->end - text->at) < len || memcmp(text->at, word, len) != 0) return false;
    text->at += len;
    return true;
}

static bool take_number(struct text *text, uint32_t *ret_number) {
    uint32_t number = 0;
    const char *from = text->at;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9' && number < NUMBER_MAX;
         text->at++) {
        number = number * 10 + (uint32_t)(*text->at - '0');
    }
    *ret_number = number;
    return text->at > from && number <= NUMBER_MAX;
}

static bool take_kind(struct text *text, enum bm_rung_kind *ret_kind) {
    for (int kind = BM_RUNG_BEFORE; kind <= BM_RUNG_AFTER; kind++) {
        if (take_word(text, kind_names[kind])) {
            *ret_kind = (enum bm_rung_kind)kind;
            return take_word(text, " ");
        }
    }
    return false;
}

static bool take_unit(struct text *text, enum bm_clock_unit *ret_unit) {
    for (int unit = 0; unit < BM_clock_unit_COUNT; unit++) {
        struct text rest = *text;
        if (take_word(&rest, bm_clock_unit_names[unit]) && rest.at == rest.end) {
            *ret_unit = (enum bm_clock_unit)unit;
            *text = rest;
            return true;
        }
    }
    return false;
}

static bool read_rung(struct text *text, struct bm_rung *rung) {
    if (!take_kind(text, &rung->kind) || !take_number(text, &rung->amount)) return false;
    if (rung->kind == BM_RUNG_AT) {
        take_word(text, " ");
        return take_word(text, "%") && text->at == text->end;
    }
    if (rung->kind == BM_RUNG_AFTER && rung->amount == 0 && text->at == text->end) return true;
    return rung->amount > 0 && take_word(text, " ") && take_unit(text, &rung->unit);
}

enum bm_code bm_rung_read(const char *text, size_t len, struct bm_rung *ret_rung,
                          struct bm_fault *fault) {
    struct bm_rung rung = {.unit = BM_IN_MINUTES};
    struct text rest = {text, text + len};
    if (len >= BM_RUNG_TEXT_MAX || !read_rung(&rest, &rung)) {
        return bm_fault_set(fault, BM_BAD_REQUEST, "at",
                            "a rung reads \"before 2 working_days\", \"at 80 %%\", \"after 0\" or "
                            "\"after 3 working_days\"; "
                            "units are minutes, calendar_days, working_days, working_minutes");
    }
    *ret_rung = rung;
    return BM_OK;
}

void bm_rung_text(const struct bm_rung *rung, char ret_text[BM_RUNG_TEXT_MAX]) {
    const char *kind = kind_names[rung->kind];
    if (rung->kind == BM_RUNG_AT) {
        snprintf(ret_text, BM_RUNG_TEXT_MAX, "%s %u %%", kind, rung->amount);
    } else if (rung->amount == 0) {
        snprintf(ret_text, BM_RUNG_TEXT_MAX, "%s 0", kind);
    } else {
        snprintf(ret_text, BM_RUNG_TEXT_MAX, "%s %u %s", kind, rung->amount,
                 bm_clock_unit_names[rung->unit]);
    }
}

/* --- checks ----------------------------------------------------------------------------------- */

static bool same_rung(const struct bm_rung *a, const struct bm_rung *b) {
    return a->kind == b->kind && a->amount == b->amount && a->unit == b->unit;
}

static const char *wrong_with(const struct bm_rung *rung, const struct bm_clock_rule *rule) {
    bool has_unit = rung->kind != BM_RUNG_AT && rung->amount > 0;
    uint32_t most = bm_clock_unit_is_days(rule->unit) ? BM_CLOCK_DAYS_MAX : BM_CLOCK_MINUTES_MAX;
    if (rung->kind > BM_RUNG_AFTER) return "there is no such rung";
    if (has_unit && rung->unit != rule->unit)
        return "a rung counts in the unit of its clock; write it in that";
    if (rung->kind == BM_RUNG_AT && (rung->amount < 1 || rung->amount > PERCENT_MAX)) {
        return "a share is 1 to 100 %";
    }
    if (rung->kind == BM_RUNG_BEFORE && (rung->amount < 1 || rung->amount >= rule->budget)) {
        return "it falls before the clock starts; take less than the budget, 1 or more";
    }
    if (rung->kind == BM_RUNG_AFTER && rung->amount > most)
        return "it lies further off than a budget may reach";
    return NULL;
}

enum bm_code bm_ladder_check(const struct bm_ladder *ladder, const struct bm_clock_rule *rule,
                             struct bm_fault *fault) {
    if (ladder->count > BM_RUNGS_MAX) {
        return bm_fault_set(fault, BM_TOO_MANY, "ladder", "a ladder has at most %d rungs",
                            BM_RUNGS_MAX);
    }
    for (uint32_t i = 0; i < ladder->count; i++) {
        char text[BM_RUNG_TEXT_MAX];
        const struct bm_rung *rung = &ladder->rungs[i];
        const char *wrong = wrong_with(rung, rule);
        for (uint32_t j = 0; j < i && !wrong; j++) {
            if (same_rung(&ladder->rungs[j], rung)) wrong = "it stands twice; leave one out";
        }
        if (!wrong) continue;
        snprintf(text, sizeof text, "rung %u", i + 1);
        if (rung->kind <= BM_RUNG_AFTER && rung->unit < BM_clock_unit_COUNT)
            bm_rung_text(rung, text);
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "ladder", "\"%s\": %s", text, wrong);
    }
    return BM_OK;
}

/* --- instants --------------------------------------------------------------------------------- */

/* A clock on its calendar, with what all its rungs need. */
struct ground {
    const struct bm_clock_state *clock;
    struct bm_axis axis;
    int64_t due_ms, due_ticks;   /* the due instant and its count */
    int64_t from_ms, from_ticks; /* from which instant ticks count, and its count */
    struct bm_fault *fault;
};

static enum bm_code find_ground(const struct bm_clock_state *clock,
                                const struct bm_clock_rule *rule,
                                const struct bm_calendar *calendar, struct bm_fault *fault,
                                struct ground *ret_ground) {
    struct bm_clock_due due;
    struct ground ground = {.clock = clock, .axis = bm_clock_axis(rule, calendar), .fault = fault};
    enum bm_code code = bm_clock_due(clock, rule, calendar, &due, fault);
    if (code) return code;
    ground.due_ms = due.at_ms;
    code = bm_axis_ticks(&ground.axis, due.at_ms, &ground.due_ticks, fault);
    if (!code) code = bm_clock_counts_from(clock, rule, calendar, &ground.from_ms, fault);
    if (!code) code = bm_axis_ticks(&ground.axis, ground.from_ms, &ground.from_ticks, fault);
    if (!code) *ret_ground = ground;
    return code;
}

/* The instant of a count that is not past the due one: not before the clock runs, not after it is
 * due. */
static enum bm_code at_or_before_due(const struct ground *ground, int64_t ticks,
                                     int64_t *ret_at_ms) {
    int64_t at = ground->clock->since_ms;
    if (ticks > ground->from_ticks) {
        enum bm_code code = bm_axis_until(&ground->axis, ticks, &at, ground->fault);
        if (code) return code;
    }
    if (at < ground->clock->since_ms) at = ground->clock->since_ms;
    *ret_at_ms = at < ground->due_ms ? at : ground->due_ms;
    return BM_OK;
}

static enum bm_code rung_instant(const struct ground *ground, const struct bm_rung *rung,
                                 int64_t *ret_at_ms) {
    const struct bm_clock_state *clock = ground->clock;
    int64_t ticks = rung->amount * bm_clock_unit_ticks(ground->axis.unit);
    if (rung->kind == BM_RUNG_BEFORE)
        return at_or_before_due(ground, ground->due_ticks - ticks, ret_at_ms);
    if (rung->kind == BM_RUNG_AT) {
        int64_t share = (clock->budget * rung->amount + PERCENT_MAX - 1) / PERCENT_MAX;
        return at_or_before_due(ground, ground->from_ticks + share - clock->consumed, ret_at_ms);
    }
    if (ticks == 0) {
        *ret_at_ms = ground->due_ms + 1;
        return BM_OK;
    }
    return bm_axis_until(&ground->axis, ground->due_ticks + ticks, ret_at_ms, ground->fault);
}

/* Puts one behind all that are not later. */
static void put(struct bm_rung_due *list, size_t count, struct bm_rung_due item) {
    for (; count > 0 && list[count - 1].at_ms > item.at_ms; count--) list[count] = list[count - 1];
    list[count] = item;
}

enum bm_code bm_ladder_instants(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                                const struct bm_clock_rule *rule,
                                const struct bm_calendar *calendar,
                                struct bm_rung_due ret_due[BM_RUNGS_DUE_MAX], size_t *ret_count,
                                struct bm_fault *fault) {
    struct bm_rung_due list[BM_RUNGS_DUE_MAX];
    struct ground ground;
    size_t count = 0;
    BM_CHECK(ladder->count <= BM_RUNGS_MAX);
    if (clock->phase == BM_CLOCK_RUNNING) {
        enum bm_code code = find_ground(clock, rule, calendar, fault, &ground);
        if (code) return code;
        list[count++] = (struct bm_rung_due){BM_RUNG_BREACH, ground.due_ms + 1};
        for (uint32_t i = 0; i < ladder->count; i++) {
            struct bm_rung_due item = {.rung = i};
            code = rung_instant(&ground, &ladder->rungs[i], &item.at_ms);
            if (code) return code;
            put(list, count++, item);
        }
    }
    memcpy(ret_due, list, count * sizeof *list);
    *ret_count = count;
    return BM_OK;
}

enum bm_code bm_ladder_due(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                           const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                           struct bm_fired fired, int64_t now_ms,
                           struct bm_rung_due ret_due[BM_RUNGS_DUE_MAX], size_t *ret_count,
                           struct bm_fault *fault) {
    struct bm_rung_due all[BM_RUNGS_DUE_MAX];
    size_t count = 0, kept = 0;
    enum bm_code code = bm_ladder_instants(ladder, clock, rule, calendar, all, &count, fault);
    if (code) return code;
    for (size_t i = 0; i < count; i++) {
        if (all[i].at_ms <= now_ms && !bm_fired_has(fired, all[i].rung)) ret_due[kept++] = all[i];
    }
    *ret_count = kept;
    return BM_OK;
}

enum bm_code bm_ladder_next(const struct bm_ladder *ladder, const struct bm_clock_state *clock,
                            const struct bm_clock_rule *rule, const struct bm_calendar *calendar,
                            struct bm_fired fired, int64_t *ret_at_ms, struct bm_fault *fault) {
    struct bm_rung_due all[BM_RUNGS_DUE_MAX];
    size_t count = 0, at = 0;
    if (clock->phase == BM_CLOCK_PAUSED)
        return bm_clock_pause_ends(clock, rule, calendar, ret_at_ms, fault);
    enum bm_code code = bm_ladder_instants(ladder, clock, rule, calendar, all, &count, fault);
    if (code) return code;
    while (at < count && bm_fired_has(fired, all[at].rung)) at++;
    *ret_at_ms = at < count ? all[at].at_ms : BM_AT_NONE;
    return BM_OK;
}

/* --- what has fired --------------------------------------------------------------------------- */

bool bm_fired_has(struct bm_fired fired, uint32_t rung) {
    BM_CHECK(rung < 32);
    return fired.bits >> rung & 1;
}

struct bm_fired bm_fired_with(struct bm_fired fired, uint32_t rung) {
    BM_CHECK(rung < 32);
    return (struct bm_fired){fired.bits | UINT32_C(1) << rung};
}

/* One rung that fired: in the new ladder, or among those that are kept for a later one. */
static bool carry_rung(const struct bm_rung *rung, const struct bm_ladder *to, struct bm_fired *fired, struct bm_told *told) {
    for (uint32_t i = 0; i < to->count; i++) {
        if (!same_rung(&to->rungs[i], rung)) continue;
        *fired = bm_fired_with(*fired, i);
        return true;
    }
    if (told->count == BM_RUNGS_TOLD_MAX) return false;
    told->rungs[told->count++] = *rung;
    return true;
}

enum bm_code bm_ladder_carry(const struct bm_ladder *from, struct bm_fired fired, const struct bm_told *told,
                             const struct bm_ladder *to, struct bm_fired *ret_fired, struct bm_told *ret_told,
                             struct bm_fault *fault) {
    struct bm_fired kept = {fired.bits & UINT32_C(1) << BM_RUNG_BREACH};
    struct bm_told rest = {.count = 0};
    bool fits = true;
    for (uint32_t i = 0; i < told->count; i++) fits &= carry_rung(&told->rungs[i], to, &kept, &rest);
    for (uint32_t i = 0; i < from->count; i++) {
        if (bm_fired_has(fired, i)) fits &= carry_rung(&from->rungs[i], to, &kept, &rest);
    }
    if (!fits)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "ladder", "More than %d rungs were told that the new ladder does not have; keep some of them.",
                            BM_RUNGS_TOLD_MAX);
    *ret_fired = kept;
    *ret_told = rest;
    return BM_OK;
}
