/* A course as one JSON object and back.  It is read by names into a course, which is then written again: bytes that differ
 * were not written by bm_course_write. */
#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "procedure/course_private.h"

static const char *const clock_states[BM_clock_phase_COUNT] = {"running", "paused", "stopped"};

static void write_instant(struct bm_buf *buf, int64_t at_ms) {
    if (at_ms == BM_AT_NONE)
        bm_buf_text(buf, "null");
    else
        bm_buf_i64(buf, at_ms);
}

static void write_fields(const struct bm_procedure *procedure, const struct bm_course *course, struct bm_buf *buf) {
    bool first = true;
    bm_buf_text(buf, ",\"fields\":{");
    for (uint32_t i = 0; i < procedure->field_count; i++) {
        if (!(course->filled >> i & 1)) continue;
        bm_json_name(buf, &first, procedure->fields[i].name);
        bm_buf_i64(buf, course->values[i]);
    }
    bm_buf_text(buf, "},\"required\":[");
    first = true;
    for (uint32_t i = 0; i < procedure->field_count; i++) {
        if (!(course->required >> i & 1)) continue;
        if (!first) bm_buf_byte(buf, ',');
        first = false;
        bm_json_text(buf, procedure->fields[i].name);
    }
    bm_buf_text(buf, "],\"taken\":{");
    first = true;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        if (!course->taken[i]) continue;
        char number[12];
        snprintf(number, sizeof number, "%u", i);
        bm_json_name(buf, &first, number);
        bm_buf_u64(buf, course->taken[i]);
    }
    bm_buf_byte(buf, '}');
}

/* Nothing at all before somebody has handled it, as before hands were kept. */
static void write_hands(const struct bm_course *course, struct bm_buf *buf) {
    bool first = true;
    if (!course->hand_count) return;
    bm_buf_text(buf, ",\"hands\":{");
    for (uint32_t i = 0; i < course->hand_count; i++) {
        char who[24];
        snprintf(who, sizeof who, "%" PRIu64, course->hands[i].who);
        bm_json_name(buf, &first, who);
        bm_buf_u64(buf, course->hands[i].did);
    }
    bm_buf_byte(buf, '}');
}

static void write_clock(const struct bm_clock_def *def, const struct bm_course_clock *clock, struct bm_buf *buf) {
    const struct bm_clock_state *work = &clock->work;
    bm_buf_printf(buf, "{\"state\":\"%s\",\"anchor\":%" PRId64 ",\"budget\":%" PRId64 ",\"consumed\":%" PRId64 ",\"since\":",
                  clock_states[work->phase], work->anchor_ms, work->budget, work->consumed);
    write_instant(buf, work->since_ms);
    bm_buf_text(buf, ",\"stopped\":");
    write_instant(buf, work->stopped_ms);
    bm_buf_printf(buf,
                  ",\"paused\":%" PRId64 ",\"extensions\":%u,\"extended\":%" PRId64
                  ",\"cause\":%u,\"was_paused\":%s,\"fired\":%u,\"held\":%s,\"pause\":%u,\"used\":[",
                  work->paused, work->extensions, work->extended, (unsigned)work->cause,
                  work->was_paused ? "true" : "false", clock->fired.bits, clock->held ? "true" : "false", clock->pause);
    for (uint32_t i = 0; i < def->pause_count; i++) bm_buf_printf(buf, "%s%" PRId64, i ? "," : "", clock->used[i]);
    bm_buf_byte(buf, ']');
    for (uint32_t i = 0; i < clock->told.count; i++) {
        char rung[BM_RUNG_TEXT_MAX];
        bm_rung_text(&clock->told.rungs[i], rung);
        bm_buf_text(buf, i ? "," : ",\"told\":[");
        bm_json_text(buf, rung);
    }
    bm_buf_text(buf, clock->told.count ? "]}" : "}");
}

void bm_course_write(const struct bm_track *track, const struct bm_course *course, struct bm_buf *buf) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    struct bm_buf at = bm_buf_make(BM_CHART_WRITTEN_MAX);
    bm_chart_write(bm_track_chart(track), &course->at, &at);
    bm_buf_text(buf, "{\"at\":");
    bm_json_text(buf, bm_buf_c_text(&at));
    bm_buf_free(&at);
    write_fields(procedure, course, buf);
    bm_buf_printf(buf, ",\"returns\":%u,\"reopens\":%u,\"extensions\":%u,\"last_actor\":", course->counters[0],
                  course->counters[1], course->counters[2]);
    bm_json_id(buf, course->last_actor);
    write_hands(course, buf);
    bm_buf_text(buf, ",\"closed\":");
    write_instant(buf, course->closed_ms);
    if (course->held_up) {
        bm_buf_text(buf, ",\"held_up\":");
        bm_json_text(buf, procedure->events[course->held_event].name);
    }
    bm_buf_text(buf, ",\"clocks\":{");
    bool first = true;
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        if (!course->clocks[i].there) continue;
        bm_json_name(buf, &first, procedure->clocks[i].name);
        write_clock(&procedure->clocks[i], &course->clocks[i], buf);
    }
    bm_buf_text(buf, "}}");
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Whatever is missing or of another kind becomes 0 here, and differs when it is written again. */
static int64_t number(const json_t *object, const char *name) {
    return json_integer_value(json_object_get(object, name));
}

static int64_t instant(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : BM_AT_NONE;
}

static uint64_t id_in(const char *text) {
    uint64_t id = 0;
    for (; text && *text >= '0' && *text <= '9'; text++) {
        /* More than an id can hold wraps, and differs when it is written again. */
        id = id * 10 + (uint64_t)(*text - '0');
    }
    return id;
}

static uint64_t id_of(const json_t *object, const char *name) {
    return id_in(json_string_value(json_object_get(object, name)));
}

/* False for more hands than a course has, or one that did nothing. */
static bool read_hands(const json_t *object, struct bm_course *course) {
    const char *who;
    json_t *did;
    json_object_foreach(json_object_get(object, "hands"), who, did) {
        json_int_t what = json_integer_value(did);
        if (course->hand_count == BM_COURSE_HANDS_MAX || what < 1 || what > BM_HAND_ALL) return false;
        course->hands[course->hand_count++] = (struct bm_course_hand){id_in(who), (uint8_t)what};
    }
    return true;
}

/* False for a value that its field cannot have. */
static bool read_fields(const struct bm_procedure *procedure, const json_t *object, struct bm_course *course) {
    const json_t *fields = json_object_get(object, "fields"), *required = json_object_get(object, "required");
    const json_t *taken = json_object_get(object, "taken");
    for (uint32_t i = 0; i < procedure->field_count; i++) {
        const json_t *value = json_object_get(fields, procedure->fields[i].name);
        if (!value) continue;
        course->filled |= UINT64_C(1) << i;
        course->values[i] = json_integer_value(value);
        if (!bm_course_value_fits(&procedure->fields[i], course->values[i])) return false;
    }
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        uint16_t field = name ? bm_procedure_field(procedure, name) : BM_NO_INDEX;
        if (field != BM_NO_INDEX) course->required |= UINT64_C(1) << field;
    }
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        char row[12];
        snprintf(row, sizeof row, "%u", i);
        course->taken[i] = (uint16_t)number(taken, row);
    }
    return true;
}

/* The years 0 to 9999, as calendars and clocks count. */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS BM_AT_MAX

static bool within(int64_t value, int64_t from, int64_t to) {
    return value >= from && value <= to;
}

/* Amounts and instants of which sums never overflow, and only rungs that the clock has. */
static bool could_be(const struct bm_clock_def *def, const struct bm_course_clock *clock) {
    const struct bm_clock_state *work = &clock->work;
    uint32_t rungs = ((UINT32_C(1) << def->rung_count) - 1) | UINT32_C(1) << BM_RUNG_BREACH;
    bool stopped = work->phase == BM_CLOCK_STOPPED;
    for (uint32_t i = 0; i < def->pause_count; i++) {
        if (!within(clock->used[i], 0, LAST_MS)) return false;
    }
    return within(work->anchor_ms, FIRST_MS, LAST_MS) && within(work->since_ms, FIRST_MS, LAST_MS) &&
           within(work->budget, 1, LAST_MS) && within(work->consumed, 0, LAST_MS) && within(work->paused, 0, LAST_MS) &&
           within(work->extended, 0, work->budget - 1) && work->extensions <= BM_CLOCK_EXTENSIONS_MAX &&
           (stopped ? within(work->stopped_ms, work->since_ms, LAST_MS) : work->stopped_ms == BM_AT_NONE) &&
           (stopped || !work->was_paused) && !(clock->fired.bits & ~rungs);
}

/* False for what is no rung, or more than are kept. */
static bool read_told(const json_t *object, struct bm_course_clock *clock) {
    const json_t *told = json_object_get(object, "told");
    if (json_array_size(told) > BM_RUNGS_TOLD_MAX) return false;
    for (size_t i = 0; i < json_array_size(told); i++) {
        const char *text = json_string_value(json_array_get(told, i));
        if (!text || bm_rung_read(text, strlen(text), &clock->told.rungs[clock->told.count++], NULL)) return false;
    }
    return true;
}

/* False when it cannot be a clock's: what would be read past an array or named by no word. */
static bool read_clock(const struct bm_clock_def *def, const json_t *object, struct bm_course_clock *clock) {
    const char *state = json_string_value(json_object_get(object, "state"));
    const json_t *used = json_object_get(object, "used");
    int64_t pause = number(object, "pause"), cause = number(object, "cause");
    enum bm_clock_phase which = 0;
    while (which < BM_clock_phase_COUNT && (!state || strcmp(state, clock_states[which]) != 0)) which++;
    if (which == BM_clock_phase_COUNT || cause < 0 || cause >= BM_pause_COUNT) return false;
    if (pause < 0 || (pause && pause >= def->pause_count)) return false;
    if (which == BM_CLOCK_PAUSED && !def->pause_count) return false;
    *clock = (struct bm_course_clock){
        .there = true,
        .held = json_is_true(json_object_get(object, "held")),
        .pause = (uint8_t)pause,
        .fired = {(uint32_t)number(object, "fired")},
        .work = {.phase = which,
                 .anchor_ms = number(object, "anchor"),
                 .budget = number(object, "budget"),
                 .consumed = number(object, "consumed"),
                 .since_ms = instant(object, "since"),
                 .stopped_ms = instant(object, "stopped"),
                 .paused = number(object, "paused"),
                 .extensions = (uint32_t)number(object, "extensions"),
                 .extended = number(object, "extended"),
                 .cause = (enum bm_pause)cause,
                 .was_paused = json_is_true(json_object_get(object, "was_paused"))}};
    for (size_t i = 0; i < def->pause_count; i++) clock->used[i] = json_integer_value(json_array_get(used, i));
    return could_be(def, clock) && read_told(object, clock);
}

/* Handling has ended exactly when it says when; then no clock runs any more. */
static bool ends_as_it_says(const struct bm_track *track, const struct bm_course *course) {
    if (!bm_course_closed(track, course)) return course->closed_ms == BM_AT_NONE;
    if (course->held_up) return false;
    for (uint32_t i = 0; i < bm_track_procedure(track)->clock_count; i++) {
        if (course->clocks[i].there && course->clocks[i].work.phase != BM_CLOCK_STOPPED) return false;
    }
    return within(course->closed_ms, FIRST_MS, LAST_MS);
}

static bool read_course(const struct bm_track *track, const json_t *object, struct bm_course *course,
                        struct bm_fault *fault) {
    const struct bm_procedure *procedure = bm_track_procedure(track);
    const json_t *at = json_object_get(object, "at"), *clocks = json_object_get(object, "clocks");
    if (!json_is_string(at) || bm_chart_read(bm_track_chart(track), json_string_value(at), json_string_length(at),
                                             &course->at, fault))
        return false;
    if (!read_fields(procedure, object, course) || !read_hands(object, course)) return false;
    course->counters[BM_COUNTER_RETURNS] = (uint32_t)number(object, "returns");
    course->counters[BM_COUNTER_REOPENS] = (uint32_t)number(object, "reopens");
    course->counters[BM_COUNTER_EXTENSIONS] = (uint32_t)number(object, "extensions");
    course->last_actor = id_of(object, "last_actor");
    course->closed_ms = instant(object, "closed");
    const char *held = json_string_value(json_object_get(object, "held_up"));
    course->held_event = held ? bm_procedure_event(procedure, held) : 0;
    course->held_up = held && course->held_event != BM_NO_INDEX;
    if (held && !course->held_up) return false;
    for (uint32_t i = 0; i < procedure->clock_count; i++) {
        const json_t *clock = json_object_get(clocks, procedure->clocks[i].name);
        if (clock && !read_clock(&procedure->clocks[i], clock, &course->clocks[i])) return false;
    }
    return ends_as_it_says(track, course);
}

enum bm_code bm_course_read(const struct bm_track *track, const void *json, size_t len, struct bm_course *ret_course,
                            struct bm_fault *fault) {
    json_t *object;
    struct bm_course course = {.closed_ms = BM_AT_NONE};
    if (len > BM_COURSE_WRITTEN_MAX || bm_json_parse(json, len, &object, fault))
        return bm_fault_set(fault, BM_CORRUPT, "course", "This is no JSON object of at most %d bytes.",
                            BM_COURSE_WRITTEN_MAX);
    bool fine = read_course(track, object, &course, fault);
    json_decref(object);
    struct bm_buf again = bm_buf_make(BM_COURSE_WRITTEN_MAX);
    if (fine) bm_course_write(track, &course, &again);
    fine = fine && !again.overflow && again.len == len && memcmp(again.bytes, json, len) == 0;
    bm_buf_free(&again);
    if (!fine)
        return bm_fault_set(fault, BM_CORRUPT, "course",
                            "No case of %s could have come to this; take the course as it was written.",
                            bm_track_procedure(track)->name);
    *ret_course = course;
    return BM_OK;
}
