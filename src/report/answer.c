#include "report/answer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "report/groups.h"

static const char *const by_texts[] = {BM_ANSWER_BYS(BM_WORD_TEXT)};
const struct bm_words bm_answer_by_words = BM_WORDS_OF(by_texts);

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* --- groups ------------------------------------------------------------------------------------ */

/* The instant at which the hour or day of `at_ms` began by the desk's clock. */
static int64_t begin_of(const struct bm_answer_asked *asked, int64_t at_ms) {
    int64_t length = asked->by == BM_ANSWER_BY_HOUR ? HOUR_MS : DAY_MS;
    int64_t local = at_ms + asked->zone_ms;
    int64_t past = local % length;
    return at_ms - (past < 0 ? past + length : past);
}

static struct bm_answer_group key_of(const struct bm_answer_asked *asked, const struct bm_contact *contact, int64_t rang_at_ms) {
    struct bm_answer_group key = {0};
    if (asked->by == BM_ANSWER_BY_OPERATOR)
        key.id = contact->operator_id.v;
    else if (asked->by == BM_ANSWER_BY_LINE)
        memcpy(key.line, contact->line, sizeof key.line);
    else
        key.at_ms = begin_of(asked, rang_at_ms);
    return key;
}

static int by_key(const void *a, const void *b) {
    const struct bm_answer_group *one = a, *other = b;
    if (one->at_ms != other->at_ms) return one->at_ms < other->at_ms ? -1 : 1;
    if (one->id != other->id) return one->id < other->id ? -1 : 1;
    return strcmp(one->line, other->line);
}

/* NULL when there are too many. */
static struct bm_answer_group *group_of(struct bm_answer_report *report, const struct bm_answer_group *key) {
    bool is_new;
    void *groups = report->groups;
    struct bm_answer_group *group = bm_group_of(&groups, &report->group_count, &report->group_cap, sizeof *group, key, by_key, &is_new);
    report->groups = groups;
    return group;
}

/* --- taking in --------------------------------------------------------------------------------- */

static void count(struct bm_answer_group *group, const struct bm_contact *contact, int64_t rang_at_ms, int64_t short_ms) {
    group->offered++;
    group->results[contact->result]++;
    if (contact->answered_at_ms != BM_AT_NONE) {
        if (contact->answered_at_ms < rang_at_ms) {
            group->out_of_order++;
            return;
        }
        group->answered++;
        bm_sample_add(&group->waits, contact->answered_at_ms - rang_at_ms);
    } else if (contact->abandoned_at_ms != BM_AT_NONE) {
        group->abandoned++;
        group->abandoned_short += contact->abandoned_at_ms - rang_at_ms <= short_ms;
    } else if (contact->state == BM_CONTACT_RINGING) {
        group->ringing++;
    } else {
        group->elsewhere++;
    }
}

enum bm_code bm_answer_take(struct bm_answer_report *report, const struct bm_contact *contact, struct bm_fault *fault) {
    const struct bm_answer_asked *asked = &report->asked;
    int64_t rang_at_ms = contact->rang_at_ms == BM_AT_NONE ? contact->received_at_ms : contact->rang_at_ms;
    if (rang_at_ms < asked->from_at_ms || rang_at_ms >= asked->to_at_ms) return BM_OK;
    bool counted = contact->channel == BM_CHANNEL_CALL || (asked->silent && contact->channel == BM_CHANNEL_SILENT);
    if (!counted) {
        report->left_out[contact->channel]++;
        return BM_OK;
    }
    if (report->all.offered == BM_REPORT_ROWS_MAX)
        return bm_fault_set(fault, BM_TOO_MANY, "to_ms", "More than %u calls lie in this period; ask for a shorter one.",
                            BM_REPORT_ROWS_MAX);
    count(&report->all, contact, rang_at_ms, asked->short_ms);
    if (asked->by == BM_ANSWER_BY_ALL) return BM_OK;
    struct bm_answer_group key = key_of(asked, contact, rang_at_ms);
    struct bm_answer_group *group = group_of(report, &key);
    if (!group)
        return bm_fault_set(fault, BM_TOO_MANY, "by", "That makes more than %u groups; ask for a shorter period.",
                            BM_REPORT_GROUPS_MAX);
    count(group, contact, rang_at_ms, asked->short_ms);
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

static void write_shares(const struct bm_answer_asked *asked, const struct bm_answer_group *group, struct bm_buf *buf) {
    uint64_t late = group->abandoned - group->abandoned_short;
    bool first = true;
    bm_buf_text(buf, ",\"bands\":[");
    for (size_t b = 0; b < asked->band_count; b++) {
        const struct bm_band *band = &asked->bands[b];
        if (band->measure != BM_TIMED_ANSWER) continue;
        size_t within = bm_sample_within(&group->waits, band->most_ms);
        bm_buf_printf(buf, "%s{\"numerator\":%zu,\"denominator\":%" PRIu64 ",\"denominator_offered\":%" PRIu64 ",\"held\":%s}",
                      first ? "" : ",", within, group->answered, group->answered + late, bm_band_held(band, within, group->answered));
        first = false;
    }
    bm_buf_byte(buf, ']');
}

static void write_group(const struct bm_answer_asked *asked, struct bm_answer_group *group, struct bm_buf *buf) {
    bool first = true;
    bm_buf_printf(buf,
                  "\"offered\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"abandoned\":%" PRIu64 ",\"abandoned_short\":%" PRIu64
                  ",\"ringing\":%" PRIu64 ",\"elsewhere\":%" PRIu64 ",\"out_of_order\":%" PRIu64,
                  group->offered, group->answered, group->abandoned, group->abandoned_short, group->ringing, group->elsewhere,
                  group->out_of_order);
    write_rank(buf, &group->waits, "median_ms", 50);
    write_rank(buf, &group->waits, "p90_ms", 90);
    write_rank(buf, &group->waits, "p95_ms", 95);
    write_rank(buf, &group->waits, "longest_ms", 100);
    write_shares(asked, group, buf);
    bm_buf_text(buf, ",\"results\":{");
    for (unsigned r = 0; r < BM_contact_result_COUNT; r++) {
        if (!group->results[r]) continue;
        bm_json_name(buf, &first, bm_word(&bm_contact_result_words, r));
        bm_buf_u64(buf, group->results[r]);
    }
    bm_buf_byte(buf, '}');
}

static void write_key(const struct bm_answer_asked *asked, const struct bm_answer_group *group, struct bm_buf *buf) {
    if (asked->by == BM_ANSWER_BY_OPERATOR) {
        bm_buf_text(buf, "\"operator\":");
        bm_json_id(buf, group->id);
    } else if (asked->by == BM_ANSWER_BY_LINE) {
        bm_buf_text(buf, "\"line\":");
        bm_json_text(buf, group->line);
    } else {
        bm_buf_printf(buf, "\"at_ms\":%" PRId64, group->at_ms);
    }
    bm_buf_byte(buf, ',');
}

static void write_left_out(const struct bm_answer_report *report, struct bm_buf *buf) {
    bool first = true;
    bm_buf_text(buf, "\"left_out\":{");
    for (unsigned c = 0; c < BM_channel_COUNT; c++) {
        if (!report->left_out[c]) continue;
        bm_json_name(buf, &first, bm_word(&bm_channel_words, c));
        bm_buf_u64(buf, report->left_out[c]);
    }
    bm_buf_byte(buf, '}');
}

void bm_answer_write(struct bm_answer_report *report, struct bm_buf *buf) {
    const struct bm_answer_asked *asked = &report->asked;
    write_left_out(report, buf);
    bm_buf_printf(buf, ",\"short_ms\":%" PRId64 ",\"bands\":", asked->short_ms);
    bm_bands_write(asked->bands, asked->band_count, BM_BIT(BM_TIMED_ANSWER), buf);
    bm_buf_text(buf, ",\"all\":{");
    write_group(asked, &report->all, buf);
    bm_buf_text(buf, "},\"groups\":[");
    for (size_t g = 0; g < report->group_count; g++) {
        bm_buf_text(buf, g ? ",{" : "{");
        write_key(asked, &report->groups[g], buf);
        write_group(asked, &report->groups[g], buf);
        bm_buf_byte(buf, '}');
    }
    bm_buf_byte(buf, ']');
}

void bm_answer_free(struct bm_answer_report *report) {
    bm_sample_free(&report->all.waits);
    for (size_t g = 0; g < report->group_count; g++) bm_sample_free(&report->groups[g].waits);
    bm_free(report->groups);
    report->groups = NULL;
    report->group_count = report->group_cap = 0;
}
