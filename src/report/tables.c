#include "report/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "report/captions.h"

void bm_instant_text(int64_t at_ms, int64_t zone_ms, char ret_text[BM_INSTANT_TEXT]) {
    char text[BM_TIME_TEXT_BYTES];
    bm_time_text(at_ms + zone_ms, text); /* 2026-11-29T08:00:05... */
    snprintf(ret_text, BM_INSTANT_TEXT, "%.10s %.8s", text, text + 11);
}

static void heads(struct bm_workbook *book, const struct bm_table_asked *asked, const enum bm_caption *list, size_t count) {
    for (size_t i = 0; i < count; i++) bm_workbook_caption(book, list[i], asked->language);
}
#define HEADS(book, asked, ...)                                                                    \
    heads(book, asked, (const enum bm_caption[]){__VA_ARGS__}, sizeof((const enum bm_caption[]){__VA_ARGS__}) / sizeof(enum bm_caption))

static void rank(struct bm_workbook *book, struct bm_sample *sample, unsigned percent) {
    int64_t value;
    if (bm_sample_rank(sample, percent, &value))
        bm_workbook_seconds(book, value);
    else
        bm_workbook_none(book);
}

/* The number, or the name that it has for people. */
static void name_cell(struct bm_workbook *book, const struct bm_table_asked *asked, uint64_t id) {
    const char *name = asked->name && id ? asked->name(asked->context, id) : NULL;
    if (name)
        bm_workbook_text(book, name);
    else if (id)
        bm_workbook_number(book, (int64_t)id);
    else
        bm_workbook_none(book);
}

static void held_cell(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_band *band, uint64_t within, uint64_t all) {
    const char *held = bm_band_held(band, within, all);
    if (strcmp(held, "null") == 0)
        bm_workbook_none(book);
    else
        bm_workbook_caption(book, strcmp(held, "true") == 0 ? BM_CAPTION_YES : BM_CAPTION_NO, asked->language);
}

static void band_cells(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_band *band, uint64_t within, uint64_t all) {
    bm_workbook_text(book, band->name);
    bm_workbook_seconds(book, band->most_ms);
    if (band->percent)
        bm_workbook_number(book, band->percent);
    else
        bm_workbook_none(book);
    bm_workbook_number(book, (int64_t)within);
    bm_workbook_number(book, (int64_t)all);
    held_cell(book, asked, band, within, all);
    bm_workbook_text(book, band->source);
    bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_band_certainty_words, band->certainty), asked->language));
    bm_workbook_row(book);
}

static void left_out_row(struct bm_workbook *book, const struct bm_table_asked *asked, const char *what, uint64_t number) {
    bm_workbook_text(book, bm_caption(BM_CAPTION_LEFT_OUT, asked->language));
    bm_workbook_text(book, bm_caption_of_word(what, asked->language));
    bm_workbook_number(book, (int64_t)number);
    bm_workbook_row(book);
}

/* What it is of, and that a lawyer should be asked. */
static void about_rows(struct bm_workbook *book, const struct bm_table_asked *asked) {
    char from[BM_INSTANT_TEXT], to[BM_INSTANT_TEXT];
    bm_instant_text(asked->from_at_ms, asked->zone_ms, from);
    bm_instant_text(asked->to_at_ms, asked->zone_ms, to);
    bm_workbook_caption(book, BM_CAPTION_FROM, asked->language);
    bm_workbook_text(book, from);
    bm_workbook_row(book);
    bm_workbook_caption(book, BM_CAPTION_TO, asked->language);
    bm_workbook_text(book, to);
    bm_workbook_row(book);
    bm_workbook_caption(book, BM_CAPTION_SEQ, asked->language);
    bm_workbook_number(book, (int64_t)asked->seq);
    bm_workbook_row(book);
    bm_workbook_caption(book, BM_CAPTION_COUNSEL, asked->language);
    bm_workbook_row(book);
}

/* --- answering --------------------------------------------------------------------------------- */

static void answer_key(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_answer_report *report,
                       const struct bm_answer_group *group) {
    char text[BM_INSTANT_TEXT];
    if (group == &report->all) {
        bm_workbook_caption(book, BM_CAPTION_ALL, asked->language);
    } else if (report->asked.by == BM_ANSWER_BY_OPERATOR) {
        name_cell(book, asked, group->id);
    } else if (report->asked.by == BM_ANSWER_BY_LINE) {
        bm_workbook_text(book, group->line);
    } else {
        bm_instant_text(group->at_ms, report->asked.zone_ms, text);
        bm_workbook_text(book, text);
    }
}

static void answer_row(struct bm_workbook *book, const struct bm_table_asked *asked, struct bm_answer_report *report,
                       struct bm_answer_group *group) {
    const uint64_t numbers[] = {group->offered,         group->answered, group->abandoned,
                                group->abandoned_short, group->ringing,  group->elsewhere, group->out_of_order};
    answer_key(book, asked, report, group);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) bm_workbook_number(book, (int64_t)numbers[i]);
    rank(book, &group->waits, 50);
    rank(book, &group->waits, 90);
    rank(book, &group->waits, 95);
    rank(book, &group->waits, 100);
    for (unsigned r = 0; r < BM_contact_result_COUNT; r++) bm_workbook_number(book, (int64_t)group->results[r]);
    bm_workbook_row(book);
}

void bm_answer_tables(struct bm_answer_report *report, const struct bm_table_asked *asked, struct bm_workbook *book) {
    bm_workbook_sheet(book, "figures");
    HEADS(book, asked, BM_CAPTION_GROUP, BM_CAPTION_OFFERED, BM_CAPTION_ANSWERED, BM_CAPTION_ABANDONED, BM_CAPTION_SHORT, BM_CAPTION_RINGING,
          BM_CAPTION_ELSEWHERE, BM_CAPTION_DISORDER, BM_CAPTION_MEDIAN, BM_CAPTION_P90, BM_CAPTION_P95, BM_CAPTION_LONGEST);
    for (unsigned r = 0; r < BM_contact_result_COUNT; r++) bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_contact_result_words, r), asked->language));
    bm_workbook_row(book);
    answer_row(book, asked, report, &report->all);
    for (size_t g = 0; g < report->group_count; g++) answer_row(book, asked, report, &report->groups[g]);
    bm_workbook_sheet(book, "bands");
    HEADS(book, asked, BM_CAPTION_GROUP, BM_CAPTION_BAND, BM_CAPTION_MOST, BM_CAPTION_PERCENT, BM_CAPTION_WITHIN, BM_CAPTION_OUT_OF, BM_CAPTION_HELD,
          BM_CAPTION_SOURCE, BM_CAPTION_CERTAINTY);
    bm_workbook_row(book);
    for (size_t g = 0; g <= report->group_count; g++) {
        const struct bm_answer_group *group = g ? &report->groups[g - 1] : &report->all;
        for (size_t b = 0; b < report->asked.band_count; b++) {
            const struct bm_band *band = &report->asked.bands[b];
            if (band->measure != BM_TIMED_ANSWER) continue;
            answer_key(book, asked, report, group);
            band_cells(book, asked, band, bm_sample_within(&group->waits, band->most_ms), group->answered);
        }
    }
    bm_workbook_sheet(book, "about");
    for (unsigned c = 0; c < BM_channel_COUNT; c++)
        if (report->left_out[c])
            left_out_row(book, asked, c == BM_CHANNEL_TEXT ? "text_message" : bm_word(&bm_channel_words, c), report->left_out[c]);
    about_rows(book, asked);
}

/* --- intervals --------------------------------------------------------------------------------- */

static void interval_key(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_intervals *report,
                         const struct bm_interval_group *group) {
    if (group == &report->all)
        bm_workbook_caption(book, BM_CAPTION_ALL, asked->language);
    else if (report->by == BM_INTERVALS_BY_CLASS)
        bm_workbook_text(book, group->class_code);
    else if (report->by == BM_INTERVALS_BY_PRIORITY)
        bm_workbook_number(book, (int64_t)group->id);
    else
        name_cell(book, asked, group->id);
}

static bool is_measured(unsigned measure, unsigned scope) {
    bool of_case = measure == BM_TIMED_PROCESSING || measure == BM_TIMED_REPORT_BACK;
    return measure != BM_TIMED_ANSWER && !(of_case && scope == BM_OF_ALL);
}

static void figure_rows(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_intervals *report,
                        struct bm_interval_group *group) {
    for (unsigned m = 0; m < BM_timed_COUNT; m++) {
        for (unsigned s = 0; s < BM_first_or_all_COUNT; s++) {
            struct bm_interval_figure *figure = &group->figures[m][s];
            if (!is_measured(m, s)) continue;
            interval_key(book, asked, report, group);
            bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_timed_words, m), asked->language));
            bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_first_or_all_words, s), asked->language));
            bm_workbook_number(book, (int64_t)figure->times.count);
            bm_workbook_number(book, (int64_t)figure->missing);
            bm_workbook_number(book, (int64_t)figure->called_off);
            bm_workbook_number(book, (int64_t)figure->out_of_order);
            rank(book, &figure->times, 50);
            rank(book, &figure->times, 90);
            rank(book, &figure->times, 100);
            bm_workbook_row(book);
        }
    }
}

static void share_rows(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_intervals *report,
                       const struct bm_interval_group *group) {
    for (size_t b = 0; b < report->band_count; b++) {
        for (unsigned s = 0; s < BM_first_or_all_COUNT; s++) {
            const struct bm_band *band = &report->bands[b];
            if (!is_measured(band->measure, s)) continue;
            interval_key(book, asked, report, group);
            bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_timed_words, band->measure), asked->language));
            bm_workbook_text(book, bm_caption_of_word(bm_word(&bm_first_or_all_words, s), asked->language));
            band_cells(book, asked, band, group->shares[s][b].within, group->shares[s][b].all);
        }
    }
}

static void ended_row(struct bm_workbook *book, const struct bm_table_asked *asked, const struct bm_intervals *report,
                      const struct bm_interval_group *group) {
    interval_key(book, asked, report, group);
    bm_workbook_number(book, (int64_t)group->cases);
    bm_workbook_number(book, (int64_t)group->without_unit);
    bm_workbook_number(book, (int64_t)group->units);
    bm_workbook_number(book, (int64_t)group->out_of_order);
    bm_workbook_number(book, (int64_t)group->turned_back);
    for (unsigned e = 0; e < BM_end_reason_COUNT; e++) bm_workbook_number(book, (int64_t)group->ended[e]);
    bm_workbook_row(book);
}

void bm_intervals_tables(struct bm_intervals *report, const struct bm_table_asked *asked, struct bm_workbook *book) {
    bm_workbook_sheet(book, "figures");
    HEADS(book, asked, BM_CAPTION_GROUP, BM_CAPTION_MEASURE, BM_CAPTION_OF, BM_CAPTION_COUNT, BM_CAPTION_MISSING, BM_CAPTION_CALLED_OFF, BM_CAPTION_DISORDER,
          BM_CAPTION_MEDIAN, BM_CAPTION_P90, BM_CAPTION_LONGEST);
    bm_workbook_row(book);
    for (size_t g = 0; g <= report->group_count; g++) figure_rows(book, asked, report, g ? &report->groups[g - 1] : &report->all);
    bm_workbook_sheet(book, "bands");
    HEADS(book, asked, BM_CAPTION_GROUP, BM_CAPTION_MEASURE, BM_CAPTION_OF, BM_CAPTION_BAND, BM_CAPTION_MOST, BM_CAPTION_PERCENT, BM_CAPTION_WITHIN,
          BM_CAPTION_OUT_OF, BM_CAPTION_HELD, BM_CAPTION_SOURCE, BM_CAPTION_CERTAINTY);
    bm_workbook_row(book);
    for (size_t g = 0; g <= report->group_count; g++) share_rows(book, asked, report, g ? &report->groups[g - 1] : &report->all);
    bm_workbook_sheet(book, "cleared");
    HEADS(book, asked, BM_CAPTION_GROUP, BM_CAPTION_CASES, BM_CAPTION_WITHOUT_UNIT, BM_CAPTION_UNITS, BM_CAPTION_DISORDER, BM_CAPTION_TURNED_BACK,
          BM_CAPTION_AT_WORK, BM_CAPTION_DONE, BM_CAPTION_NOT_NEEDED, BM_CAPTION_CANCELLED, BM_CAPTION_DIVERTED, BM_CAPTION_SWAPPED, BM_CAPTION_MERGED,
          BM_CAPTION_UNABLE);
    bm_workbook_row(book);
    for (size_t g = 0; g <= report->group_count; g++) ended_row(book, asked, report, g ? &report->groups[g - 1] : &report->all);
    bm_workbook_sheet(book, "about");
    left_out_row(book, asked, "matters", report->matters);
    left_out_row(book, asked, "merged", report->merged);
    left_out_row(book, asked, "never_sent", report->never_sent);
    about_rows(book, asked);
}
