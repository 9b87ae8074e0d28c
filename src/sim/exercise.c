#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "sim/exercise_private.h"

enum { ASK_EVERY_MS = 1000, RETRY_MS = 500 };

static int64_t clock_ms(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void tell(const struct bm_exercise *exercise, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void tell(const struct bm_exercise *exercise, const char *format, ...) {
    char text[400], what[440];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    int64_t s = bm_exercise_now(exercise) / 1000;
    snprintf(what, sizeof what, "%3d:%02d  %s", (int)(s / 60), (int)(s % 60), text);
    if (exercise->options.told) exercise->options.told(what);
}

/* --- time ------------------------------------------------------------------------------------- */

static int64_t desk_now(const struct bm_exercise *exercise) {
    return clock_ms(CLOCK_REALTIME) + exercise->desk_ahead_ms;
}

int64_t bm_exercise_at(const struct bm_exercise *exercise, int64_t desk_ms) {
    const struct turn *turn = &exercise->turns[0];
    for (unsigned i = 1; i < exercise->turn_count && exercise->turns[i].desk_ms <= desk_ms; i++) turn = &exercise->turns[i];
    return turn->exercise_ms + (int64_t)((double)(desk_ms - turn->desk_ms) * turn->rate);
}

int64_t bm_exercise_now(const struct bm_exercise *exercise) {
    return exercise->turn_count ? bm_exercise_at(exercise, desk_now(exercise)) : 0;
}

/* From now on; while the desk is away, or somebody halted it, time stands. */
static void turn(struct bm_exercise *exercise) {
    double rate = exercise->paused || !exercise->synced ? 0 : exercise->pace;
    int64_t now_ms = desk_now(exercise);
    struct turn next = {now_ms, bm_exercise_now(exercise), rate};
    const struct turn *last = exercise->turn_count ? &exercise->turns[exercise->turn_count - 1] : NULL;
    bool same = last && last->rate <= rate && last->rate >= rate;
    if (same || exercise->turn_count == TURNS_MAX) return;
    exercise->turns[exercise->turn_count++] = next;
}

/* --- asking the desk -------------------------------------------------------------------------- */

const char *bm_exercise_text(const json_t *row, const char *name) {
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

json_t *bm_exercise_table(const struct bm_exercise *exercise, const char *table) {
    json_t *rows = json_object_get(exercise->tables, table);
    if (rows) return rows;
    rows = json_object();
    json_object_set_new(exercise->tables, table, rows);
    return rows;
}

json_t *bm_exercise_row(const struct bm_exercise *exercise, const char *table, const char *id) {
    return json_object_get(bm_exercise_table(exercise, table), id);
}

/* An answer may overtake the stream: the newer row stays. */
static void take_row(struct bm_exercise *exercise, const char *table, json_t *row) {
    const char *id = bm_exercise_text(row, "id");
    json_t *rows = bm_exercise_table(exercise, table), *former = json_object_get(rows, id);
    uint64_t seq = strtoull(bm_exercise_text(row, "seq"), NULL, 10);
    if (!id[0] || (former && strtoull(bm_exercise_text(former, "seq"), NULL, 10) > seq)) return;
    json_object_set(rows, id, row);
}

static void lose(struct bm_exercise *exercise) {
    if (exercise->synced) tell(exercise, "the desk does not answer; waiting for it");
    exercise->synced = false;
    exercise->retry_ms = clock_ms(CLOCK_MONOTONIC) + RETRY_MS;
    turn(exercise);
}

/* `body` is taken.  The rows of a good answer are taken in. */
static int ask(struct bm_exercise *exercise, const char *method, const char *path, json_t *body, const char *key, json_t **ret_body) {
    static const char *const tables[] = {"contact", "case", "assignment", "unit"};
    struct bm_client_answer answer;
    struct bm_client_request request = {.method = method, .path = path, .token = exercise->token, .key = key,
                                        .exercise = exercise->key[0] ? exercise->key : NULL, .body = body};
    bm_client_call(exercise->client, &request, &answer);
    json_decref(body);
    int status = answer.status;
    bool good = status == 200 || status == 201;
    for (size_t i = 0; good && i < sizeof tables / sizeof tables[0]; i++) {
        json_t *row = json_object_get(answer.body, tables[i]);
        if (json_is_object(row)) take_row(exercise, tables[i], row);
    }
    if (good && ret_body) *ret_body = json_incref(answer.body);
    if (status == 0) lose(exercise);
    if (status >= 400 && status != 409) tell(exercise, "%s %s was refused: %s", method, path, bm_client_complaint(&answer));
    bm_client_answer_free(&answer);
    return status;
}

static bool log_in(struct bm_exercise *exercise, struct bm_fault *fault) {
    struct bm_client_answer answer;
    json_t *body = json_pack("{ss ss}", "login", exercise->options.login, "password", exercise->options.password);
    struct bm_client_request request = {.method = "POST", .path = "/v1/sessions", .body = body};
    bm_client_call(exercise->client, &request, &answer);
    json_decref(body);
    bool good = answer.status == 201;
    snprintf(exercise->token, sizeof exercise->token, "%s", bm_exercise_text(answer.body, "token"));
    snprintf(exercise->operator_id, sizeof exercise->operator_id, "%s", bm_exercise_text(answer.body, "operator"));
    if (!good) bm_fault_set(fault, BM_UNAUTHENTICATED, NULL, "%s cannot log in: %s", exercise->options.login, bm_client_complaint(&answer));
    bm_client_answer_free(&answer);
    return good;
}

struct bm_exercise *bm_exercise_begin(struct bm_client *client, const struct bm_scenario *scenario,
                                      const struct bm_exercise_options *options, struct bm_fault *fault) {
    struct bm_exercise *exercise = bm_alloc_zero(1, sizeof *exercise);
    struct bm_client_answer answer;
    exercise->client = client;
    exercise->scenario = scenario;
    exercise->options = *options;
    exercise->pace = options->pace;
    exercise->tables = json_object();
    exercise->hands = json_object();
    exercise->run = (uint64_t)clock_ms(CLOCK_REALTIME);
    for (unsigned i = 0; i < BM_SCENARIO_CALLS_MAX; i++) exercise->calls[i].case_seen_ms = -1;
    if (!log_in(exercise, fault)) {
        bm_exercise_free(exercise);
        return NULL;
    }
    json_t *body = json_pack("{ss si}", "name", scenario->name, "pace_percent", (int)(options->pace * 100 + 0.5));
    struct bm_client_request request = {.method = "POST", .path = "/v1/exercises", .token = exercise->token, .body = body};
    bm_client_call(client, &request, &answer);
    json_decref(body);
    const json_t *begun = json_object_get(answer.body, "exercise");
    snprintf(exercise->key, sizeof exercise->key, "%s", bm_exercise_text(answer.body, "token"));
    exercise->desk_ahead_ms = json_integer_value(json_object_get(begun, "begun_at_ms")) - clock_ms(CLOCK_REALTIME);
    bool good = answer.status == 201;
    if (!good) bm_fault_set(fault, BM_NOT_POSSIBLE, NULL, "the desk begins no exercise: %s", bm_client_complaint(&answer));
    bm_client_answer_free(&answer);
    if (good) return exercise;
    bm_exercise_free(exercise);
    return NULL;
}

void bm_exercise_free(struct bm_exercise *exercise) {
    if (!exercise) return;
    json_decref(exercise->tables);
    json_decref(exercise->hands);
    bm_free(exercise);
}

/* --- the board and what follows --------------------------------------------------------------- */

static bool find_desk(struct bm_exercise *exercise) {
    json_t *board = NULL, *rows, *row;
    const char *table;
    size_t i;
    struct bm_fault fault;
    if (clock_ms(CLOCK_MONOTONIC) < exercise->retry_ms) return false;
    exercise->retry_ms = clock_ms(CLOCK_MONOTONIC) + RETRY_MS;
    int status = ask(exercise, "GET", "/v1/board", NULL, NULL, &board);
    if (status == 401) log_in(exercise, &fault); /* the next try has the new session */
    if (status != 200) return false;
    json_object_foreach(json_object_get(board, "rows"), table, rows) {
        json_array_foreach(rows, i, row) take_row(exercise, table, row);
    }
    bm_client_stream_open(exercise->client, exercise->token, (uint64_t)json_integer_value(json_object_get(board, "seq")));
    json_decref(board);
    exercise->synced = true;
    turn(exercise);
    return true;
}

static void take_events(struct bm_exercise *exercise) {
    struct bm_client_event event;
    const char *table;
    json_t *rows, *row;
    size_t i;
    while (bm_client_stream_next(exercise->client, &event)) { /* bounded by what has come */
        if (strcmp(event.name, "reset") == 0) exercise->synced = false;
        if (strcmp(event.name, "message") == 0) {
            json_object_foreach(json_object_get(event.content, "upsert"), table, rows) {
                json_array_foreach(rows, i, row) take_row(exercise, table, row);
            }
        }
        json_decref(event.content);
    }
    if (!bm_client_stream_is_open(exercise->client)) exercise->synced = false;
}

json_t *bm_exercise_case(const struct bm_exercise *exercise, unsigned call) {
    json_t *contact = bm_exercise_row(exercise, "contact", exercise->calls[call].contact);
    json_t *row = bm_exercise_row(exercise, "case", bm_exercise_text(contact, "case"));
    for (int hops = 0; row && hops < 16; hops++) {
        json_t *into = bm_exercise_row(exercise, "case", bm_exercise_text(row, "merged_into"));
        if (!into) return row;
        row = into;
    }
    return row;
}

/* --- callers ---------------------------------------------------------------------------------- */

static void ring(struct bm_exercise *exercise, unsigned i) {
    const struct bm_scenario_call *call = &exercise->scenario->calls[i];
    struct played_call *played = &exercise->calls[i];
    char key[96];
    json_t *body = json_pack("{ss}", "channel", call->channel), *answer = NULL;
    const struct {
        const char *name, *text;
    } texts[] = {{"line", call->line}, {"number", call->caller}, {"name", call->who}, {"text", call->text}};
    for (size_t t = 0; t < sizeof texts / sizeof texts[0]; t++)
        if (texts[t].text[0]) json_object_set_new(body, texts[t].name, json_string(texts[t].text));
    if (call->has_place) {
        json_object_set_new(body, "lat", json_real(call->lat));
        json_object_set_new(body, "lon", json_real(call->lon));
        json_object_set_new(body, "fix_source", json_string("device"));
    }
    snprintf(key, sizeof key, "exercise-%llu-%s", (unsigned long long)exercise->run, call->name);
    int status = ask(exercise, "POST", "/v1/contacts", body, key, &answer);
    if (status == 201) {
        snprintf(played->contact, sizeof played->contact, "%s", bm_exercise_text(json_object_get(answer, "contact"), "id"));
        tell(exercise, "%s: %s %s", call->name, call->channel, call->caller);
    }
    json_decref(answer);
    if (status) played->sent = true; /* what the desk refuses is told, and missed in the report */
}

static void hang_up(struct bm_exercise *exercise, unsigned i) {
    struct played_call *played = &exercise->calls[i];
    char path[64], key[96];
    snprintf(path, sizeof path, "/v1/contacts/%s/abandon", played->contact);
    snprintf(key, sizeof key, "hang-up-%llu-%u", (unsigned long long)exercise->run, i);
    int status = ask(exercise, "POST", path, json_object(), key, NULL);
    if (status == 200) tell(exercise, "%s hangs up", exercise->scenario->calls[i].name);
    if (status) played->hung_up = true; /* answered in this very moment: then they talk */
}

static void callers_round(struct bm_exercise *exercise, int64_t now_ms) {
    for (unsigned i = 0; i < exercise->scenario->call_count && exercise->synced; i++) {
        const struct bm_scenario_call *call = &exercise->scenario->calls[i];
        struct played_call *played = &exercise->calls[i];
        if (!played->sent && now_ms >= call->at_ms) ring(exercise, i);
        const json_t *contact = bm_exercise_row(exercise, "contact", played->contact);
        bool rings = strcmp(bm_exercise_text(contact, "state"), "ringing") == 0;
        bool enough = call->hangs_up_ms != BM_SCENARIO_NEVER && now_ms >= call->at_ms + call->hangs_up_ms;
        if (rings && enough && !played->hung_up) hang_up(exercise, i);
        if (played->case_seen_ms < 0 && bm_exercise_text(contact, "case")[0]) played->case_seen_ms = now_ms;
    }
}

/* --- crews ------------------------------------------------------------------------------------ */

static const struct {
    const char *from, *to;
} steps[BM_SCENARIO_STEPS] = {
    {"assigned", "acknowledged"}, {"acknowledged", "en_route"}, {"en_route", "on_scene"}, {"on_scene", "cleared"}};

static const int64_t *after_of(const struct bm_exercise *exercise, const json_t *assignment) {
    const json_t *unit = bm_exercise_row(exercise, "unit", bm_exercise_text(assignment, "unit"));
    for (unsigned i = 0; i < exercise->scenario->unit_count; i++)
        if (strcmp(exercise->scenario->units[i].call_sign, bm_exercise_text(unit, "call_sign")) == 0)
            return exercise->scenario->units[i].after_ms;
    return exercise->scenario->after_ms;
}

/* Where it arrives, its device says so. */
static void stand_there(struct bm_exercise *exercise, const json_t *assignment) {
    const json_t *row = bm_exercise_row(exercise, "case", bm_exercise_text(assignment, "case"));
    const json_t *lat = json_object_get(row, "lat"), *lon = json_object_get(row, "lon");
    if (!json_is_number(lat) || !json_is_number(lon)) return;
    ask(exercise, "POST", "/v1/positions",
        json_pack("{s[{ss sf sf}]}", "positions", "unit", bm_exercise_text(assignment, "unit"), "lat", json_number_value(lat), "lon",
                  json_number_value(lon)),
        NULL, NULL);
}

static void step_on(struct bm_exercise *exercise, const json_t *assignment, int step) {
    char path[64], key[96];
    const char *id = bm_exercise_text(assignment, "id");
    json_t *body = json_pack("{ss ss}", "from", steps[step].from, "to", steps[step].to);
    if (step == BM_STEP_CLEAR) json_object_set_new(body, "report_code", json_string("exercise"));
    snprintf(path, sizeof path, "/v1/assignments/%s/status", id);
    snprintf(key, sizeof key, "step-%llu-%s-%d", (unsigned long long)exercise->run, id, step);
    if (ask(exercise, "POST", path, body, key, NULL) != 200) return;
    const json_t *unit = bm_exercise_row(exercise, "unit", bm_exercise_text(assignment, "unit"));
    tell(exercise, "%s %s", bm_exercise_text(unit, "call_sign"), steps[step].to);
    if (step == BM_STEP_ARRIVE) stand_there(exercise, assignment);
}

static void crews_round(struct bm_exercise *exercise, int64_t now_ms) {
    const char *id;
    json_t *assignment;
    void *next;
    json_object_foreach_safe(bm_exercise_table(exercise, "assignment"), next, id, assignment) {
        const char *state = bm_exercise_text(assignment, "state");
        json_t *hand = json_object_get(exercise->hands, id);
        if (!hand || strcmp(bm_exercise_text(hand, "state"), state) != 0) {
            hand = json_pack("{ss sI}", "state", state, "since", (json_int_t)now_ms);
            json_object_set_new(exercise->hands, id, hand);
        }
        for (int s = 0; s < BM_SCENARIO_STEPS && exercise->synced; s++) {
            int64_t after_ms = after_of(exercise, assignment)[s];
            int64_t since_ms = json_integer_value(json_object_get(hand, "since"));
            if (strcmp(state, steps[s].from) != 0 || after_ms == BM_SCENARIO_NEVER || now_ms < since_ms + after_ms) continue;
            json_object_set_new(hand, "since", json_integer(now_ms)); /* refused: again after the same time */
            json_incref(assignment);
            step_on(exercise, assignment, s);
            json_decref(assignment);
            break;
        }
    }
}

/* --- steering --------------------------------------------------------------------------------- */

static void take_exercise(struct bm_exercise *exercise, const json_t *answer) {
    const json_t *now = json_object_get(answer, "exercise");
    if (!json_is_object(now)) {
        exercise->stopped = true; /* the desk was started again and knows of none */
        return;
    }
    exercise->pace = (double)json_integer_value(json_object_get(now, "pace_percent")) / 100;
    exercise->paused = json_is_true(json_object_get(now, "paused"));
    exercise->stopped |= !json_is_true(json_object_get(now, "running"));
    turn(exercise);
}

static void ask_exercise(struct bm_exercise *exercise) {
    json_t *answer = NULL;
    if (ask(exercise, "PUT", "/v1/exercises/current/report", bm_exercise_report(exercise), NULL, &answer) == 200)
        take_exercise(exercise, answer);
    json_decref(answer);
    exercise->asked_ms = clock_ms(CLOCK_MONOTONIC);
}

void bm_exercise_steer(struct bm_exercise *exercise, double pace, int paused, bool stop) {
    json_t *body = json_object(), *answer = NULL;
    if (pace > 0) json_object_set_new(body, "pace_percent", json_integer((json_int_t)(pace * 100 + 0.5)));
    if (paused >= 0) json_object_set_new(body, "paused", json_boolean(paused));
    if (stop) json_object_set_new(body, "stopped", json_true());
    if (ask(exercise, "PATCH", "/v1/exercises/current", body, NULL, &answer) == 200) take_exercise(exercise, answer);
    json_decref(answer);
}

double bm_exercise_pace(const struct bm_exercise *exercise, bool *ret_paused) {
    *ret_paused = exercise->paused;
    return exercise->pace;
}

/* Every call came, ended one way or another, and what it led to is closed. */
static bool nothing_left(const struct bm_exercise *exercise) {
    for (unsigned i = 0; i < exercise->scenario->call_count; i++) {
        const struct played_call *played = &exercise->calls[i];
        const json_t *contact = bm_exercise_row(exercise, "contact", played->contact), *row = bm_exercise_case(exercise, i);
        const char *state = bm_exercise_text(contact, "state");
        if (!played->sent) return false;
        if (!played->contact[0]) continue;
        if (strcmp(state, "ringing") == 0 || strcmp(state, "waiting") == 0) return false;
        if (strcmp(state, "answered") == 0 && !row) return false;
        if (row && strcmp(bm_exercise_text(row, "state"), "closed") != 0) return false;
    }
    return true;
}

bool bm_exercise_round(struct bm_exercise *exercise, int ms) {
    if (exercise->over) return false;
    bm_client_wait(exercise->client, ms);
    if (exercise->synced) take_events(exercise);
    if (!exercise->synced && !find_desk(exercise)) {
        bm_client_wait(exercise->client, ms);
        return true;
    }
    int64_t now_ms = bm_exercise_now(exercise);
    if (!exercise->paused) callers_round(exercise, now_ms);
    if (!exercise->paused && exercise->synced) crews_round(exercise, now_ms);
    if (exercise->synced && clock_ms(CLOCK_MONOTONIC) >= exercise->asked_ms + ASK_EVERY_MS) ask_exercise(exercise);
    exercise->over = exercise->stopped || now_ms >= exercise->scenario->length_ms || nothing_left(exercise);
    if (!exercise->over) return true;
    ask_exercise(exercise); /* the whole report, once more */
    if (!exercise->stopped) bm_exercise_steer(exercise, 0, -1, true);
    return false;
}
