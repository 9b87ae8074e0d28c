#include "report/intervals.h"
#include "report/groups.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

static const char *const by_texts[] = {BM_INTERVALS_BYS(BM_WORD_TEXT)};
const struct bm_words bm_intervals_by_words = BM_WORDS_OF(by_texts);
static const char *const first_or_all_texts[] = {BM_FIRST_OR_ALLS(BM_WORD_TEXT)};
const struct bm_words bm_first_or_all_words = BM_WORDS_OF(first_or_all_texts);

/* Of these there is one time an incident, and it stands under the first. */
static bool is_of_case(unsigned measure) {
    return measure == BM_TIMED_PROCESSING || measure == BM_TIMED_REPORT_BACK;
}

/* --- groups ------------------------------------------------------------------------------------ */

static void make_shares(const struct bm_intervals *report, struct bm_interval_group *group) {
    for (int s = 0; s < BM_first_or_all_COUNT; s++)
        group->shares[s] = report->band_count ? bm_alloc_zero(report->band_count, sizeof **group->shares) : NULL;
}

static void free_group(struct bm_interval_group *group) {
    for (int m = 0; m < BM_timed_COUNT; m++)
        for (int s = 0; s < BM_first_or_all_COUNT; s++) bm_sample_free(&group->figures[m][s].times);
    for (int s = 0; s < BM_first_or_all_COUNT; s++) bm_free(group->shares[s]);
}

struct bm_intervals bm_intervals_make(enum bm_intervals_by by, const struct bm_band *bands, size_t band_count) {
    struct bm_intervals report = {.by = by, .bands = bands, .band_count = band_count};
    make_shares(&report, &report.all);
    return report;
}

void bm_intervals_free(struct bm_intervals *report) {
    free_group(&report->all);
    for (size_t g = 0; g < report->group_count; g++) free_group(&report->groups[g]);
    bm_free(report->groups);
    *report = (struct bm_intervals){0};
}

/* Where a unit's figures stand, or those of an incident without one; false: nowhere. */
static bool key_of(const struct bm_intervals *report, const struct bm_interval_case *row, const struct bm_interval_unit *unit,
                   struct bm_interval_group *ret_key) {
    *ret_key = (struct bm_interval_group){0};
    switch (report->by) {
    case BM_INTERVALS_BY_CLASS:
        memcpy(ret_key->class_code, row->class_code, sizeof ret_key->class_code);
        return true;
    case BM_INTERVALS_BY_PRIORITY:
        ret_key->id = row->priority;
        return true;
    case BM_INTERVALS_BY_AGENCY:
        ret_key->id = unit ? unit->agency : row->agency;
        return true;
    case BM_INTERVALS_BY_UNIT:
        ret_key->id = unit ? unit->unit : 0;
        return unit != NULL;
    case BM_INTERVALS_BY_ALL:
    case BM_intervals_by_COUNT:
        break;
    }
    return false;
}

static int by_key(const void *a, const void *b) {
    const struct bm_interval_group *one = a, *other = b;
    if (one->id != other->id) return one->id < other->id ? -1 : 1;
    return strcmp(one->class_code, other->class_code);
}

static struct bm_interval_group *find_group(struct bm_intervals *report, const struct bm_interval_group *key) {
    bool is_new = false;
    void *groups = report->groups;
    struct bm_interval_group *group = bm_group_of(&groups, &report->group_count, &report->group_cap, sizeof *group, key, by_key, &is_new);
    report->groups = groups;
    if (is_new) make_shares(report, group);
    return group;
}

/* Where it counts: with all, and in its group. */
struct counted_in {
    struct bm_interval_group *groups[2];
    int count;
};

static enum bm_code find_groups(struct bm_intervals *report, const struct bm_interval_case *row, const struct bm_interval_unit *unit,
                                struct counted_in *ret_in, struct bm_fault *fault) {
    struct bm_interval_group key;
    *ret_in = (struct counted_in){.groups = {&report->all}, .count = 1};
    if (report->taken == BM_REPORT_ROWS_MAX)
        return bm_fault_set(fault, BM_TOO_MANY, "to_ms", "More than %u units and incidents lie in this period; ask for a shorter one.",
                            BM_REPORT_ROWS_MAX);
    report->taken++;
    if (!key_of(report, row, unit, &key)) return BM_OK;
    struct bm_interval_group *group = find_group(report, &key);
    if (!group)
        return bm_fault_set(fault, BM_TOO_MANY, "by", "That makes more than %u groups; ask for a shorter period.",
                            BM_REPORT_GROUPS_MAX);
    ret_in->groups[ret_in->count++] = group;
    return BM_OK;
}

/* --- times ------------------------------------------------------------------------------------- */

struct ends {
    int64_t from_ms, to_ms;
};

static struct ends ends_of(unsigned measure, const struct bm_interval_case *row, const struct bm_interval_unit *unit) {
    switch ((enum bm_timed)measure) {
    case BM_TIMED_PROCESSING:
        return (struct ends){row->answered_at_ms, unit->sent_at_ms};
    case BM_TIMED_DISPATCH:
        return (struct ends){row->received_at_ms, unit->sent_at_ms};
    case BM_TIMED_ACKNOWLEDGE:
        return (struct ends){unit->sent_at_ms, unit->acknowledged_at_ms};
    case BM_TIMED_TURNOUT:
        return (struct ends){unit->sent_at_ms, unit->en_route_at_ms};
    case BM_TIMED_TRAVEL:
        return (struct ends){unit->en_route_at_ms, unit->on_scene_at_ms};
    case BM_TIMED_ON_SCENE:
        return (struct ends){unit->on_scene_at_ms, unit->cleared_at_ms};
    case BM_TIMED_RESPONSE:
        return (struct ends){row->received_at_ms, unit->on_scene_at_ms};
    case BM_TIMED_REPORT_BACK:
        return (struct ends){row->report_from_at_ms, row->reported_at_ms};
    case BM_TIMED_ANSWER:
    case BM_timed_COUNT:
        break;
    }
    return (struct ends){BM_AT_NONE, BM_AT_NONE};
}

static bool called_off(const struct bm_interval_unit *unit) {
    return unit->ended != BM_END_NONE && unit->ended != BM_END_DONE;
}

static bool is_about(const struct bm_band *band, unsigned measure, const struct bm_interval_case *row) {
    return band->measure == measure && (!band->class_code[0] || strcmp(band->class_code, row->class_code) == 0) &&
           (!band->priority || band->priority == row->priority);
}

static void add_time(const struct bm_intervals *report, const struct counted_in *in, unsigned measure, unsigned scope,
                     const struct bm_interval_case *row, const struct bm_interval_unit *unit) {
    struct ends ends = ends_of(measure, row, unit);
    bool missing = ends.from_ms == BM_AT_NONE || ends.to_ms == BM_AT_NONE;
    for (int g = 0; g < in->count; g++) {
        struct bm_interval_group *group = in->groups[g];
        struct bm_interval_figure *figure = &group->figures[measure][scope];
        if (missing) {
            figure->missing++;
            figure->called_off += called_off(unit);
            continue;
        }
        if (ends.to_ms < ends.from_ms) {
            figure->out_of_order++;
            continue;
        }
        bm_sample_add(&figure->times, ends.to_ms - ends.from_ms);
        for (size_t b = 0; b < report->band_count; b++) {
            if (!is_about(&report->bands[b], measure, row)) continue;
            group->shares[scope][b].all++;
            group->shares[scope][b].within += ends.to_ms - ends.from_ms <= report->bands[b].most_ms;
        }
    }
}

static bool out_of_order(const struct bm_interval_case *row, const struct bm_interval_unit *unit) {
    const int64_t instants[] = {row->received_at_ms,      unit->sent_at_ms,         unit->acknowledged_at_ms,   unit->en_route_at_ms,
                                unit->on_scene_at_ms,     unit->transporting_at_ms, unit->at_destination_at_ms, unit->cleared_at_ms};
    int64_t last = BM_AT_NONE;
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++) {
        if (instants[i] == BM_AT_NONE) continue;
        if (last != BM_AT_NONE && instants[i] < last) return true;
        last = instants[i];
    }
    return false;
}

static bool turned_back(const struct bm_interval_unit *unit) {
    bool superfluous = unit->ended == BM_END_NOT_NEEDED || unit->ended == BM_END_CANCELLED || unit->ended == BM_END_DIVERTED;
    return superfluous && unit->on_scene_at_ms == BM_AT_NONE;
}

enum bm_code bm_intervals_unit(struct bm_intervals *report, struct bm_interval_case *row, const struct bm_interval_unit *unit,
                               struct bm_fault *fault) {
    struct counted_in in;
    enum bm_code code = find_groups(report, row, unit, &in, fault);
    if (code) return code;
    for (int g = 0; g < in.count; g++) {
        struct bm_interval_group *group = in.groups[g];
        group->units++;
        group->out_of_order += out_of_order(row, unit);
        group->ended[unit->ended]++;
        group->turned_back += turned_back(unit);
    }
    for (unsigned m = 0; m < BM_timed_COUNT; m++)
        if (m != BM_TIMED_ANSWER && !is_of_case(m)) add_time(report, &in, m, BM_OF_ALL, row, unit);
    if (!row->units || unit->sent_at_ms < row->first_sent.sent_at_ms) row->first_sent = *unit;
    bool there = unit->on_scene_at_ms != BM_AT_NONE;
    bool was_there = row->units && row->first_there.on_scene_at_ms != BM_AT_NONE;
    if (!row->units || (there && (!was_there || unit->on_scene_at_ms < row->first_there.on_scene_at_ms))) row->first_there = *unit;
    if (!there && !was_there) row->first_there = row->first_sent;
    row->units++;
    return BM_OK;
}

enum bm_code bm_intervals_case(struct bm_intervals *report, const struct bm_interval_case *row, struct bm_fault *fault) {
    struct counted_in sent, there;
    if (!row->units) {
        enum bm_code code = find_groups(report, row, NULL, &sent, fault);
        for (int g = 0; !code && g < sent.count; g++) {
            sent.groups[g]->cases++;
            sent.groups[g]->without_unit++;
        }
        return code;
    }
    /* Both groups stand since their units were taken in, so that none moves now. */
    enum bm_code code = find_groups(report, row, &row->first_there, &there, fault);
    if (!code) code = find_groups(report, row, &row->first_sent, &sent, fault);
    if (code) return code;
    for (int g = 0; g < sent.count; g++) sent.groups[g]->cases++;
    for (unsigned m = 0; m < BM_timed_COUNT; m++) {
        bool of_there = m == BM_TIMED_TRAVEL || m == BM_TIMED_ON_SCENE || m == BM_TIMED_RESPONSE;
        if (m == BM_TIMED_ANSWER) continue;
        add_time(report, of_there ? &there : &sent, m, BM_OF_FIRST, row, of_there ? &row->first_there : &row->first_sent);
    }
    return BM_OK;
}

/* --- writing ----------------------------------------------------------------------------------- */

static void write_rank(struct bm_buf *buf, struct bm_sample *sample, const char *name, unsigned percent) {
    int64_t value;
    if (bm_sample_rank(sample, percent, &value))
        bm_buf_printf(buf, ",\"%s\":%" PRId64, name, value);
    else
        bm_buf_printf(buf, ",\"%s\":null", name);
}

static void write_shares(const struct bm_intervals *report, const struct bm_interval_group *group, unsigned measure, unsigned scope,
                         struct bm_buf *buf) {
    bool first = true;
    bm_buf_text(buf, ",\"bands\":[");
    for (size_t b = 0; b < report->band_count; b++) {
        const struct bm_interval_share *share = &group->shares[scope][b];
        if (report->bands[b].measure != measure) continue;
        bm_buf_printf(buf, "%s{\"numerator\":%" PRIu64 ",\"denominator\":%" PRIu64 ",\"held\":%s}", first ? "" : ",", share->within,
                      share->all, bm_band_held(&report->bands[b], share->within, share->all));
        first = false;
    }
    bm_buf_byte(buf, ']');
}

static void write_figures(const struct bm_intervals *report, struct bm_interval_group *group, struct bm_buf *buf) {
    bool first = true;
    bm_buf_text(buf, ",\"figures\":[");
    for (unsigned m = 0; m < BM_timed_COUNT; m++) {
        for (unsigned s = 0; s < BM_first_or_all_COUNT; s++) {
            struct bm_interval_figure *figure = &group->figures[m][s];
            if (m == BM_TIMED_ANSWER || (s == BM_OF_ALL && is_of_case(m))) continue;
            bm_buf_printf(buf,
                          "%s{\"measure\":\"%s\",\"of\":\"%s\",\"count\":%zu,\"missing\":%" PRIu64 ",\"called_off\":%" PRIu64
                          ",\"out_of_order\":%" PRIu64,
                          first ? "" : ",", bm_word(&bm_timed_words, m), bm_word(&bm_first_or_all_words, s), figure->times.count,
                          figure->missing, figure->called_off, figure->out_of_order);
            write_rank(buf, &figure->times, "median_ms", 50);
            write_rank(buf, &figure->times, "p90_ms", 90);
            write_rank(buf, &figure->times, "longest_ms", 100);
            write_shares(report, group, m, s, buf);
            bm_buf_byte(buf, '}');
            first = false;
        }
    }
    bm_buf_byte(buf, ']');
}

static void write_group(const struct bm_intervals *report, struct bm_interval_group *group, struct bm_buf *buf) {
    bool first = true;
    bm_buf_printf(buf,
                  "\"cases\":%" PRIu64 ",\"without_unit\":%" PRIu64 ",\"units\":%" PRIu64 ",\"out_of_order\":%" PRIu64
                  ",\"turned_back\":{\"numerator\":%" PRIu64 ",\"denominator\":%" PRIu64 "},\"ended\":{",
                  group->cases, group->without_unit, group->units, group->out_of_order, group->turned_back,
                  group->units - group->ended[BM_END_NONE]);
    for (unsigned e = 0; e < BM_end_reason_COUNT; e++) {
        if (!group->ended[e]) continue;
        bm_json_name(buf, &first, e == BM_END_NONE ? "at_work" : bm_word(&bm_end_reason_words, e));
        bm_buf_u64(buf, group->ended[e]);
    }
    bm_buf_byte(buf, '}');
    write_figures(report, group, buf);
}

static void write_key(const struct bm_intervals *report, const struct bm_interval_group *group, struct bm_buf *buf) {
    bm_buf_printf(buf, "\"%s\":", bm_word(&bm_intervals_by_words, report->by));
    if (report->by == BM_INTERVALS_BY_CLASS)
        bm_json_text(buf, group->class_code);
    else if (report->by == BM_INTERVALS_BY_PRIORITY)
        bm_buf_u64(buf, group->id);
    else
        bm_json_id(buf, group->id);
    bm_buf_byte(buf, ',');
}

void bm_intervals_write(struct bm_intervals *report, struct bm_buf *buf) {
    uint32_t measures = BM_BIT(BM_timed_COUNT) - 1;
    bm_buf_printf(buf, "\"left_out\":{\"matters\":%" PRIu64 ",\"merged\":%" PRIu64 ",\"never_sent\":%" PRIu64 "},\"bands\":",
                  report->matters, report->merged, report->never_sent);
    bm_bands_write(report->bands, report->band_count, measures & ~BM_BIT(BM_TIMED_ANSWER), buf);
    bm_buf_text(buf, ",\"all\":{");
    write_group(report, &report->all, buf);
    bm_buf_text(buf, "},\"groups\":[");
    for (size_t g = 0; g < report->group_count; g++) {
        bm_buf_text(buf, g ? ",{" : "{");
        write_key(report, &report->groups[g], buf);
        write_group(report, &report->groups[g], buf);
        bm_buf_byte(buf, '}');
    }
    bm_buf_byte(buf, ']');
}
