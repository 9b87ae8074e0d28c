#include "core/rates.h"

#include <inttypes.h>
#include <string.h>

static const char *const rate_texts[] = {BM_RATES(BM_WORD_TEXT)};
const struct bm_words bm_rate_words = BM_WORDS_OF(rate_texts);
static const char *const left_out_texts[] = {BM_LEFT_OUTS(BM_WORD_TEXT)};
const struct bm_words bm_left_out_words = BM_WORDS_OF(left_out_texts);

enum { SATISFIED_LEVEL = 4 };

bool bm_rates_counts(const struct bm_rates *rates, const struct bm_case *row) {
    return !bm_case_is_incident(row) && row->first_contact_at_ms >= rates->from_at_ms &&
           row->first_contact_at_ms < rates->to_at_ms &&
           (!rates->procedure[0] || strcmp(rates->procedure, row->procedure) == 0);
}

static void count(struct bm_rates *rates, enum bm_rate rate, bool hit) {
    rates->figures[rate].denominator++;
    rates->figures[rate].numerator += hit;
}

static void leave_out(struct bm_rates *rates, enum bm_rate rate, enum bm_left_out why) {
    rates->figures[rate].left_out[why]++;
}

static void count_solved(struct bm_rates *rates, const struct bm_case *row, bool closed) {
    if (!closed)
        leave_out(rates, BM_RATE_SOLVED, BM_LEFT_OUT_OPEN);
    else if (row->outcome == BM_OUTCOME_WITHDRAWN)
        leave_out(rates, BM_RATE_SOLVED, BM_LEFT_OUT_WITHDRAWN);
    else if (row->outcome == BM_OUTCOME_INVALID)
        leave_out(rates, BM_RATE_SOLVED, BM_LEFT_OUT_INVALID);
    else
        count(rates, BM_RATE_SOLVED, row->outcome == BM_OUTCOME_SOLVED || row->outcome == BM_OUTCOME_AGREEMENT);
}

void bm_rates_matter(struct bm_rates *rates, const struct bm_case *row, const struct bm_matter *matter) {
    static const enum bm_rate all[] = {BM_RATE_CLOSED, BM_RATE_SOLVED, BM_RATE_RETURNED, BM_RATE_REOPENED};
    if (row->merged_into.v) {
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) leave_out(rates, all[i], BM_LEFT_OUT_DUPLICATE);
        return;
    }
    bool closed = !bm_matter_is_open(matter);
    rates->matters++;
    count(rates, BM_RATE_CLOSED, closed);
    count_solved(rates, row, closed);
    if (matter->with_agency.v || matter->offered_to.v || matter->returns)
        count(rates, BM_RATE_RETURNED, matter->returns > 0);
    else
        leave_out(rates, BM_RATE_RETURNED, BM_LEFT_OUT_NEVER_HANDED_OVER);
    if (closed || matter->reopens)
        count(rates, BM_RATE_REOPENED, matter->reopens > 0);
    else
        leave_out(rates, BM_RATE_REOPENED, BM_LEFT_OUT_OPEN);
}

void bm_rates_promise(struct bm_rates *rates, const struct bm_case *row, const struct bm_promise *promise) {
    bool owed = strcmp(promise->force, "internal") != 0 && strcmp(promise->measures, "citizen") != 0;
    if (!owed) return;
    bool late = promise->breached_at_ms != BM_AT_NONE && promise->breached_at_ms <= rates->now_ms;
    bool ended = promise->stopped_at_ms != BM_AT_NONE;
    if (row->merged_into.v)
        leave_out(rates, BM_RATE_ON_TIME, BM_LEFT_OUT_DUPLICATE);
    else if (late || (!ended && promise->due_at_ms != BM_AT_NONE && promise->due_at_ms < rates->now_ms))
        count(rates, BM_RATE_ON_TIME, false);
    else if (ended)
        count(rates, BM_RATE_ON_TIME, true);
    else
        leave_out(rates, BM_RATE_ON_TIME, promise->paused ? BM_LEFT_OUT_PAUSED : BM_LEFT_OUT_RUNNING);
}

void bm_rates_contact(struct bm_rates *rates, const struct bm_matter *matter, const struct bm_contact *contact) {
    static const enum bm_rate both[] = {BM_RATE_SATISFIED, BM_RATE_SAID_SOLVED};
    rates->contacts++;
    rates->reporters += contact->identity.len > 0;
    for (int i = 0; i < 2; i++) {
        if (contact->rating)
            count(rates, both[i], both[i] == BM_RATE_SATISFIED ? contact->rating >= SATISFIED_LEVEL : contact->solved == BM_SOLVED_YES);
        else if (bm_matter_is_open(matter))
            leave_out(rates, both[i], BM_LEFT_OUT_OPEN);
        else
            leave_out(rates, both[i], matter->surveyed_at_ms == BM_AT_NONE ? BM_LEFT_OUT_NOT_ASKED : BM_LEFT_OUT_NOT_RATED);
    }
}

void bm_rates_write(const struct bm_rates *rates, struct bm_buf *buf) {
    bm_buf_printf(buf, "\"contacts\":%" PRIu64 ",\"reporters\":%" PRIu64 ",\"matters\":%" PRIu64 ",\"figures\":[", rates->contacts,
                  rates->reporters, rates->matters);
    for (unsigned r = 0; r < BM_rate_COUNT; r++) {
        const struct bm_rate_figure *figure = &rates->figures[r];
        bool first = true;
        bm_buf_printf(buf, "%s{\"rate\":\"%s\",\"numerator\":%" PRIu64 ",\"denominator\":%" PRIu64 ",\"left_out\":{", r ? "," : "",
                      bm_word(&bm_rate_words, r), figure->numerator, figure->denominator);
        for (unsigned w = 0; w < BM_left_out_COUNT; w++) {
            if (!figure->left_out[w]) continue;
            bm_buf_printf(buf, "%s\"%s\":%" PRIu64, first ? "" : ",", bm_word(&bm_left_out_words, w), figure->left_out[w]);
            first = false;
        }
        bm_buf_text(buf, "}}");
    }
    bm_buf_byte(buf, ']');
}
