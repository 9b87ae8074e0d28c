/* The footer of a zone file: POSIX TZ, as POSIX.1-2017 section 8.3 and RFC 8536 section 3.3.1 write
 * it. */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "procedure/zone_private.h"

enum { HOUR_S = 3600, DAY_S = 86400, CHANGE_AT_S = 2 * HOUR_S, HOURS_MAX = 167 };

/* --- reading ---------------------------------------------------------------------------------- */

struct text {
    const char *at, *end;
};

static bool take(struct text *text, char wanted) {
    if (text->at == text->end || *text->at != wanted) return false;
    text->at++;
    return true;
}

static bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A name of three letters or more, or anything of letters, digits and signs in angle brackets. */
static bool skip_name(struct text *text) {
    bool quoted = take(text, '<');
    const char *from = text->at;
    while (text->at < text->end) {
        char c = *text->at;
        if (!is_letter(c) && !(quoted && (is_digit(c) || c == '+' || c == '-'))) break;
        text->at++;
    }
    return text->at - from >= 3 && (!quoted || take(text, '>'));
}

static bool take_number(struct text *text, int32_t most, int32_t *ret_number) {
    int32_t number = 0, count = 0;
    for (; text->at < text->end && is_digit(*text->at) && count < 3; count++) {
        number = number * 10 + (*text->at++ - '0');
    }
    *ret_number = number;
    return count > 0 && number <= most;
}

/* [+|-]hh[:mm[:ss]] */
static bool take_time(struct text *text, int32_t hours_max, int32_t *ret_s) {
    int32_t sign = take(text, '-') ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (sign == 1) take(text, '+');
    if (!take_number(text, hours_max, &hours)) return false;
    if (take(text, ':')) {
        if (!take_number(text, 59, &minutes)) return false;
        if (take(text, ':') && !take_number(text, 59, &seconds)) return false;
    }
    *ret_s = sign * (hours * HOUR_S + minutes * 60 + seconds);
    return true;
}

/* Mm.w.d, Jn or n, then perhaps /time. */
static bool take_change(struct text *text, struct bm_rule_change *ret_change) {
    struct bm_rule_change change = {.time_s = CHANGE_AT_S};
    if (!take(text, ',')) return false;
    if (take(text, 'M')) {
        change.kind = BM_RULE_MONTH;
        if (!take_number(text, 12, &change.month) || change.month < 1) return false;
        if (!take(text, '.') || !take_number(text, 5, &change.week) || change.week < 1)
            return false;
        if (!take(text, '.') || !take_number(text, 6, &change.day)) return false;
    } else if (take(text, 'J')) {
        change.kind = BM_RULE_JULIAN;
        if (!take_number(text, 365, &change.day) || change.day < 1) return false;
    } else {
        change.kind = BM_RULE_ZERO;
        if (!take_number(text, 365, &change.day)) return false;
    }
    if (take(text, '/') && !take_time(text, HOURS_MAX, &change.time_s)) return false;
    *ret_change = change;
    return true;
}

/* POSIX counts west of Greenwich. */
static bool read_rule(struct text *text, struct bm_zone_rule *rule) {
    int32_t west;
    if (!skip_name(text) || !take_time(text, 24, &west)) return false;
    rule->standard_s = rule->summer_s = -west;
    if (text->at == text->end) return true;
    rule->has_summer = true;
    if (!skip_name(text)) return false;
    rule->summer_s = rule->standard_s + HOUR_S;
    if (text->at < text->end && *text->at != ',') {
        if (!take_time(text, 24, &west)) return false;
        rule->summer_s = -west;
    }
    return take_change(text, &rule->start) && take_change(text, &rule->end) &&
           text->at == text->end;
}

bool bm_zone_rule_read(const char *text, size_t len, struct bm_zone_rule *ret_rule,
                       size_t *ret_at) {
    struct text rest = {text, text + len};
    struct bm_zone_rule rule = {.has_summer = false};
    if (!read_rule(&rest, &rule)) {
        *ret_at = (size_t)(rest.at - text);
        return false;
    }
    *ret_rule = rule;
    return true;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool is_leap(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The day on which the clocks change in a year. */
static int32_t change_day(const struct bm_rule_change *change, int32_t year) {
    int32_t new_year = bm_date_day((struct bm_date){year, 1, 1});
    if (change->kind == BM_RULE_ZERO) return new_year + change->day;
    if (change->kind == BM_RULE_JULIAN) {
        return new_year + change->day - 1 + (is_leap(year) && change->day > 59);
    }
    int32_t first = bm_date_day((struct bm_date){year, (uint8_t)change->month, 1});
    int32_t next = change->month < 12
                       ? bm_date_day((struct bm_date){year, (uint8_t)(change->month + 1), 1})
                       : bm_date_day((struct bm_date){year + 1, 1, 1});
    int32_t sunday_first = (bm_date_weekday(first) + 1) % 7; /* 0 Sunday, as the rule counts */
    int32_t day = first + (change->day - sunday_first + 7) % 7 + (change->week - 1) * 7;
    return day < next ? day : day - 7;
}

struct change {
    int64_t at_s;
    int32_t offset_s;
};

/* All changes of five years in rising order.  When summer ends at the instant at which the next one
 * begins (a place that keeps summer time for ever), the beginning holds: it comes last. */
enum { YEARS = 5, CHANGES = 2 * YEARS };
static void changes_about(const struct bm_zone_rule *rule, int32_t year,
                          struct change ret_changes[CHANGES]) {
    int count = 0;
    for (int32_t y = year - YEARS / 2; y <= year + YEARS / 2; y++) {
        int64_t start = (int64_t)change_day(&rule->start, y) * DAY_S + rule->start.time_s;
        int64_t end = (int64_t)change_day(&rule->end, y) * DAY_S + rule->end.time_s;
        struct change both[2] = {{end - rule->summer_s, rule->standard_s},
                                 {start - rule->standard_s, rule->summer_s}};
        for (int i = 0; i < 2; i++) {
            int at = count++;
            for (; at > 0 && ret_changes[at - 1].at_s > both[i].at_s; at--) {
                ret_changes[at] = ret_changes[at - 1];
            }
            ret_changes[at] = both[i];
        }
    }
    /* An ending of the next year may have been put behind the beginning at its instant. */
    for (int i = 1; i < CHANGES; i++) {
        struct change *a = &ret_changes[i - 1], *b = &ret_changes[i];
        if (a->at_s == b->at_s && a->offset_s == rule->summer_s) {
            struct change held = *a;
            *a = *b;
            *b = held;
        }
    }
}

struct bm_stretch bm_zone_rule_at(const struct bm_zone_rule *rule, int64_t at_s) {
    struct bm_stretch stretch = {INT64_MIN, INT64_MAX, rule->standard_s};
    if (!rule->has_summer) return stretch;
    int64_t day = (at_s >= 0 ? at_s : at_s - (DAY_S - 1)) / DAY_S;
    struct change changes[CHANGES];
    changes_about(rule, bm_date_of((int32_t)day).year, changes);
    int at = 0;
    while (at < CHANGES && changes[at].at_s <= at_s) at++;
    /* A change of the year before the last lies behind, one of the year after the next ahead: a
     * rule moves a change by eight days at most out of its year. */
    BM_CHECK(at > 0 && at < CHANGES);
    return (struct bm_stretch){changes[at - 1].at_s, changes[at].at_s, changes[at - 1].offset_s};
}

/* Every year that there can be, and what follows it, comes within 28 years: a leap year or not, by the weekday on which it begins. */
bool bm_zone_rule_keeps_gaps(const struct bm_zone_rule *rule) {
    if (!rule->has_summer) return true;
    for (int32_t year = 2000; year <= 2028; year += YEARS - 1) {
        struct change changes[CHANGES];
        int64_t landed_s = INT64_MIN;
        changes_about(rule, year, changes);
        for (int i = 1; i < CHANGES; i++) {
            bool holds = i + 1 == CHANGES || changes[i + 1].at_s > changes[i].at_s; /* else the one behind it does, at the same instant */
            int before = i - 1;
            while (before > 0 && changes[before].at_s == changes[i].at_s) before--;
            if (holds && !bm_zone_keeps_gap(&landed_s, changes[i].at_s, changes[before].offset_s, changes[i].offset_s)) return false;
        }
    }
    return true;
}
