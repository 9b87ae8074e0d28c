/* What became of each call of an exercise: as JSON for the supervisor's screen, and as Markdown for the file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/exercise_private.h"

/* An instant of the desk as exercise time since the call came; null when it is missing. */
static json_t *since_call(const struct bm_exercise *exercise, const json_t *contact, const json_t *row, const char *name) {
    const json_t *at = json_object_get(row, name), *from = json_object_get(contact, "received_at_ms");
    if (!json_is_integer(at) || !json_is_integer(from)) return json_null();
    return json_integer(bm_exercise_at(exercise, json_integer_value(at)) - bm_exercise_at(exercise, json_integer_value(from)));
}

/* Whether a span was kept; null when nothing was expected, and while there still is time. */
static json_t *kept(const struct bm_exercise *exercise, const json_t *span, int64_t from_ms, int64_t expected_ms) {
    if (expected_ms == BM_SCENARIO_NEVER) return json_null();
    bool in_time = !exercise->over && bm_exercise_now(exercise) - from_ms <= expected_ms;
    if (!json_is_integer(span) && in_time) return json_null();
    return json_boolean(json_is_integer(span) && json_integer_value(span) <= expected_ms);
}

static unsigned units_with(const struct bm_exercise *exercise, const char *case_id, const char *capability) {
    unsigned count = 0;
    const char *id;
    json_t *assignment;
    json_object_foreach(bm_exercise_table(exercise, "assignment"), id, assignment) {
        const json_t *unit = bm_exercise_row(exercise, "unit", bm_exercise_text(assignment, "unit"));
        const char *has = bm_exercise_text(unit, "capabilities"), *at = has;
        size_t len = strlen(capability);
        if (strcmp(bm_exercise_text(assignment, "case"), case_id) != 0) continue;
        if (strcmp(bm_exercise_text(assignment, "state"), "cancelled") == 0) continue;
        while ((at = strstr(at, capability)) && !((at == has || at[-1] == ' ') && (!at[len] || at[len] == ' '))) at++;
        count += at != NULL;
    }
    return count;
}

/* [{"capability","expected","sent"}], and whether all were sent. */
static json_t *units_of(const struct bm_exercise *exercise, const struct bm_scenario_call *call, const json_t *row, bool *ret_enough) {
    json_t *list = json_array();
    *ret_enough = true;
    for (unsigned i = 0; i < call->need_count; i++) {
        const struct bm_scenario_need *need = &call->needs[i];
        unsigned sent = row ? units_with(exercise, bm_exercise_text(row, "id"), need->capability) : 0;
        json_array_append_new(list, json_pack("{ss si si}", "capability", need->capability, "expected", (int)need->count, "sent", (int)sent));
        *ret_enough &= sent >= need->count;
    }
    return list;
}

static json_t *report_call(struct bm_exercise *exercise, unsigned i) {
    const struct bm_scenario_call *call = &exercise->scenario->calls[i];
    const struct played_call *played = &exercise->calls[i];
    json_t *contact = bm_exercise_row(exercise, "contact", played->contact), *row = bm_exercise_case(exercise, i);
    bool enough, answered = json_is_integer(json_object_get(contact, "answered_at_ms"));
    bool due = played->sent && !answered && strcmp(bm_exercise_text(contact, "state"), "ringing") != 0;
    json_t *units = units_of(exercise, call, row, &enough);
    json_t *answer_ms = since_call(exercise, contact, contact, "answered_at_ms");
    json_t *opened_ms = played->case_seen_ms < 0 ? json_null() : json_integer(played->case_seen_ms - call->at_ms);
    json_t *dispatched_ms = since_call(exercise, contact, row, "dispatched_at_ms");
    bool judged = row || exercise->over; /* what became of it shows in its incident */
    bool joins = call->same_as >= 0 && row && row == bm_exercise_case(exercise, (unsigned)call->same_as);
    json_t *report = json_pack(
        "{ss sI sb ss ss ss}", "call", call->name, "at_ms", (json_int_t)call->at_ms, "came", (int)played->sent, "contact",
        played->contact, "case", bm_exercise_text(row, "id"), "class", bm_exercise_text(row, "class"));
    json_object_set_new(report, "answered_in_time", kept(exercise, answer_ms, call->at_ms, call->answered_ms));
    json_object_set_new(report, "opened_in_time", kept(exercise, opened_ms, call->at_ms, call->opened_ms));
    json_object_set_new(report, "dispatched_in_time", kept(exercise, dispatched_ms, call->at_ms, call->dispatched_ms));
    json_object_set_new(report, "answer_ms", answer_ms);
    json_object_set_new(report, "opened_ms", opened_ms);
    json_object_set_new(report, "dispatched_ms", dispatched_ms);
    json_object_set_new(report, "expected_class", json_string(call->class_code));
    json_object_set_new(report, "class_right",
                        judged && call->class_code[0] ? json_boolean(strcmp(bm_exercise_text(row, "class"), call->class_code) == 0) : json_null());
    json_object_set_new(report, "joined", judged && call->same_as >= 0 ? json_boolean(joins) : json_null());
    json_object_set_new(report, "units", units);
    json_object_set_new(report, "units_right", judged && call->need_count ? json_boolean(enough) : json_null());
    json_object_set_new(report, "missed", json_boolean(due || (played->sent && !played->contact[0])));
    return report;
}

json_t *bm_exercise_report(struct bm_exercise *exercise) {
    json_t *calls = json_array();
    int came = 0, answered = 0, missed = 0, held = 0, expected = 0;
    static const char *const verdicts[] = {"answered_in_time", "opened_in_time", "dispatched_in_time", "class_right", "joined", "units_right"};
    for (unsigned i = 0; i < exercise->scenario->call_count; i++) {
        json_t *call = report_call(exercise, i);
        bool here = json_is_true(json_object_get(call, "came"));
        came += here;
        answered += json_is_integer(json_object_get(call, "answer_ms"));
        missed += json_is_true(json_object_get(call, "missed"));
        for (size_t v = 0; here && v < sizeof verdicts / sizeof verdicts[0]; v++) {
            expected += json_is_boolean(json_object_get(call, verdicts[v]));
            held += json_is_true(json_object_get(call, verdicts[v]));
        }
        json_array_append_new(calls, call);
    }
    return json_pack("{ss ss ss sI sb s{si si si si si si} so}", "scenario", exercise->scenario->name, "title", exercise->scenario->title,
                     "about", exercise->scenario->about, "exercise_ms", (json_int_t)bm_exercise_now(exercise), "over",
                     (int)exercise->over, "figures", "calls", (int)exercise->scenario->call_count, "came", came, "answered", answered,
                     "missed", missed, "expected", expected, "held", held, "calls", calls);
}

/* --- for people ------------------------------------------------------------------------------- */

/* "1:05 ✓": how long it took, and whether that was as expected. */
static void write_span(const json_t *call, const char *span, const char *verdict, struct bm_buf *out) {
    const json_t *ms = json_object_get(call, span), *kept_it = json_object_get(call, verdict);
    if (json_is_integer(ms)) {
        long long s = json_integer_value(ms) / 1000;
        bm_buf_printf(out, " %lld:%02lld", s / 60, s % 60);
    } else {
        bm_buf_text(out, " –");
    }
    if (json_is_boolean(kept_it)) bm_buf_text(out, json_is_true(kept_it) ? " ✓" : " ✗");
    bm_buf_text(out, " |");
}

static void write_verdict(const json_t *call, const char *verdict, const char *text, struct bm_buf *out) {
    const json_t *value = json_object_get(call, verdict);
    bm_buf_printf(out, " %s%s |", text, json_is_true(value) ? " ✓" : json_is_false(value) ? " ✗" : "");
}

void bm_exercise_markdown(const json_t *report, struct bm_buf *out) {
    const json_t *figures = json_object_get(report, "figures");
    size_t i, n;
    json_t *call, *need;
    bm_buf_printf(out, "# %s\n\nExercise `%s`. %s\n\n", bm_exercise_text(report, "title"), bm_exercise_text(report, "scenario"),
                  bm_exercise_text(report, "about"));
    bm_buf_printf(out, "%d of %d calls came, %d were answered, %d missed; %d of %d expectations were met.\n\n",
                  (int)json_integer_value(json_object_get(figures, "came")), (int)json_integer_value(json_object_get(figures, "calls")),
                  (int)json_integer_value(json_object_get(figures, "answered")),
                  (int)json_integer_value(json_object_get(figures, "missed")), (int)json_integer_value(json_object_get(figures, "held")),
                  (int)json_integer_value(json_object_get(figures, "expected")));
    bm_buf_text(out, "| call | answered | opened | dispatched | class | same incident | units | missed |\n"
                     "|---|---|---|---|---|---|---|---|\n");
    json_array_foreach(json_object_get(report, "calls"), i, call) {
        bm_buf_printf(out, "| %s |", bm_exercise_text(call, "call"));
        write_span(call, "answer_ms", "answered_in_time", out);
        write_span(call, "opened_ms", "opened_in_time", out);
        write_span(call, "dispatched_ms", "dispatched_in_time", out);
        write_verdict(call, "class_right", bm_exercise_text(call, "class"), out);
        write_verdict(call, "joined", "", out);
        bm_buf_text(out, " ");
        json_array_foreach(json_object_get(call, "units"), n, need) {
            int sent = (int)json_integer_value(json_object_get(need, "sent")), wanted = (int)json_integer_value(json_object_get(need, "expected"));
            bm_buf_printf(out, "%s %d/%d%s ", bm_exercise_text(need, "capability"), sent, wanted, sent >= wanted ? " ✓" : " ✗");
        }
        bm_buf_printf(out, "| %s |\n", json_is_true(json_object_get(call, "missed")) ? "missed" : "");
    }
    bm_buf_text(out, "\nTimes are in exercise time, from when the call came; – is missing.\n");
}
