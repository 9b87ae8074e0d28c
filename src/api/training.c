/* Training: one exercise at a time, kept in memory.  Somebody plays it as a client of the API (sim/exercise.h), somebody
 * supervises it on the screen; both see it here, and either makes it faster, halts or ends it.
 *
 *   begun --> runs <--> paused --> stopped (its report stays until the next one, or the end of the process)
 *
 * On a training desk machines have nothing to say but for what the exercise plays: a telephone gateway or a device that is
 * wired to it by mistake is refused, so no real call can end here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/seal.h"

enum {
    NAME_BYTES = 96,
    TOKEN_BYTES = 33,
    PACE_LEAST = 10,          /* percent of life: a tenth */
    PACE_MOST = 20000,        /* two hundred times */
    REPORT_MAX = 512 * 1024,  /* as JSON */
    SILENCE_MS = 60 * 1000,   /* whoever plays it asks every second: after this it is over */
};

struct bm_training {
    uint64_t number; /* 0: none was begun */
    char name[NAME_BYTES], token[TOKEN_BYTES];
    int64_t begun_at_ms, heard_at_ms, ended_at_ms;
    uint32_t pace_percent;
    bool paused, stopped;
    json_t *report;
};

struct begin {
    char name[NAME_BYTES];
    uint32_t pace_percent;
};
struct change {
    uint32_t pace_percent;
    bool paused, stopped;
};
#define RECORD struct begin
static const struct bm_field begin_fields[] = {BM_FIELD_TEXT_R(RECORD, name, "name"),
                                               BM_FIELD_COUNT_IN(RECORD, pace_percent, "pace_percent", PACE_LEAST, PACE_MOST)};
#undef RECORD
#define RECORD struct change
static const struct bm_field change_fields[] = {BM_FIELD_COUNT_IN(RECORD, pace_percent, "pace_percent", PACE_LEAST, PACE_MOST),
                                                BM_FIELD_FLAG(RECORD, paused, "paused"), BM_FIELD_FLAG(RECORD, stopped, "stopped")};
#undef RECORD
const struct bm_shape bm_exercise_begin_shape = BM_SHAPE("exercise_begin", struct begin, begin_fields);
const struct bm_shape bm_exercise_change_shape = BM_SHAPE("exercise_change", struct change, change_fields);

struct bm_training *bm_training_new(void) {
    return bm_alloc_zero(1, sizeof(struct bm_training));
}

void bm_training_free(struct bm_training *training) {
    if (!training) return;
    json_decref(training->report);
    bm_free(training);
}

static bool runs(struct bm_training *training, int64_t now_ms) {
    return training->number && !training->stopped && now_ms - training->heard_at_ms <= SILENCE_MS;
}

static bool plays_it(struct bm_call *call) {
    const struct bm_training *training = call->api->training;
    const char *token = bm_http_header(call->request, "exercise");
    if (!token || !training->number || strlen(token) != TOKEN_BYTES - 1) return false;
    int differs = 0; /* all of it is looked at, wherever it differs */
    for (int i = 0; i < TOKEN_BYTES - 1; i++) differs |= token[i] ^ training->token[i];
    return differs == 0;
}

enum bm_code bm_training_gate(struct bm_call *call) {
    bool reads = strcmp(call->request->method, "GET") == 0 || strcmp(call->request->method, "HEAD") == 0;
    bool machine = call->has_viewer && (call->viewer.roles & BM_MACHINES);
    bool sessions = strncmp(call->request->path, "/v1/sessions", 12) == 0;
    if (!call->api->config.training || reads || !machine || sessions || plays_it(call)) return BM_OK;
    return bm_fault_set(&call->fault, BM_NOT_POSSIBLE, "Exercise",
                        "This is a training desk: it takes from machines only what its exercise plays. Send this to the real desk.");
}

bool bm_training_page(const struct bm_api *api, const char *type, const void *bytes, size_t len, struct bm_buf *out) {
    static const char element[] = "<html ", mark[] = "data-training=\"演练 · 演練 · TRAINING\" ";
    if (!api->config.training || strncmp(type, "text/html", 9) != 0) return false;
    const char *at = memmem(bytes, len, element, strlen(element));
    if (!at) return false;
    size_t before = (size_t)(at - (const char *)bytes) + strlen(element);
    bm_buf_clear(out);
    bm_buf_add(out, bytes, before);
    bm_buf_text(out, mark);
    bm_buf_add(out, at + strlen(element), len - before);
    return true;
}

/* --- the exercise ----------------------------------------------------------------------------- */

static void write_exercise(struct bm_call *call) {
    struct bm_training *training = call->api->training;
    struct bm_buf *out = &call->out;
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    bm_buf_printf(out, "\"training\":%s,\"exercise\":", call->api->config.training ? "true" : "false");
    if (!training->number) {
        bm_buf_text(out, "null");
        return;
    }
    bm_buf_printf(out, "{\"id\":\"%" PRIu64 "\",\"name\":", training->number);
    bm_json_text(out, training->name);
    bm_buf_printf(out, ",\"begun_at_ms\":%" PRId64 ",\"pace_percent\":%u,\"paused\":%s,\"running\":%s,\"report\":",
                  training->begun_at_ms, training->pace_percent, training->paused ? "true" : "false",
                  runs(training, now_ms) ? "true" : "false");
    char *text = training->report ? json_dumps(training->report, JSON_COMPACT) : NULL;
    bm_buf_text(out, text ? text : "null");
    free(text);
    bm_buf_byte(out, '}');
}

static void answer(struct bm_call *call) {
    if (!call->code) {
        bm_buf_byte(&call->out, '{');
        write_exercise(call);
        bm_buf_byte(&call->out, '}');
    }
    bm_call_finish(call);
}

/* Whoever leads an exercise: a supervisor, or an administrator. */
static enum bm_code may_lead(struct bm_call *call) {
    if (!call->api->config.training)
        return bm_fault_set(&call->fault, BM_NOT_POSSIBLE, NULL,
                            "This is a real desk: exercises run at one that was started with --training and a folder of its own.");
    if (call->viewer.roles & (BM_HEADS | BM_ADMINS)) return BM_OK;
    return bm_fault_set(&call->fault, BM_FORBIDDEN, NULL, "Exercises are for supervisors; ask yours.");
}

void bm_handle_exercise_begin(struct bm_call *call) {
    struct bm_training *training = call->api->training;
    struct begin given;
    int64_t now_ms = bm_io_wall_ms(call->api->io);
    bm_shape_clear(&bm_exercise_begin_shape, &given);
    call->code = may_lead(call);
    if (!call->code) call->code = bm_shape_read_json(&bm_exercise_begin_shape, call->body, &given, NULL, &call->fault);
    if (!call->code && runs(training, now_ms))
        call->code = bm_fault_set(&call->fault, BM_CONFLICT, NULL, "The exercise \"%s\" still runs; stop it first.", training->name);
    if (call->code) {
        bm_call_finish(call);
        return;
    }
    uint8_t secret[(TOKEN_BYTES - 1) / 2];
    bm_entropy(secret, sizeof secret);
    json_decref(training->report);
    *training = (struct bm_training){.number = training->number + 1, .begun_at_ms = now_ms, .heard_at_ms = now_ms};
    training->pace_percent = given.pace_percent ? given.pace_percent : 100;
    memcpy(training->name, given.name, sizeof training->name);
    bm_hex(secret, sizeof secret, training->token);
    bm_buf_printf(&call->out, "{\"token\":\"%s\",", training->token);
    write_exercise(call);
    bm_buf_byte(&call->out, '}');
    bm_call_finish(call);
}

/* For everybody at the desk: that it is an exercise is no secret. */
void bm_handle_exercise(struct bm_call *call) {
    if (plays_it(call)) call->api->training->heard_at_ms = bm_io_wall_ms(call->api->io);
    answer(call);
}

static enum bm_code is_there(struct bm_call *call) {
    enum bm_code code = may_lead(call);
    if (code || call->api->training->number) return code;
    return bm_fault_set(&call->fault, BM_NOT_FOUND, NULL, "No exercise was begun; POST /v1/exercises begins one.");
}

void bm_handle_exercise_change(struct bm_call *call) {
    struct bm_training *training = call->api->training;
    struct change given;
    uint64_t present = 0;
    bm_shape_clear(&bm_exercise_change_shape, &given);
    call->code = is_there(call);
    if (!call->code) call->code = bm_shape_read_json(&bm_exercise_change_shape, call->body, &given, &present, &call->fault);
    if (!call->code && (present & 1)) training->pace_percent = given.pace_percent;
    if (!call->code && (present & 2)) training->paused = given.paused;
    if (!call->code && (present & 4) && given.stopped) training->stopped = true; /* what was stopped is over */
    answer(call);
}

void bm_handle_exercise_report(struct bm_call *call) {
    struct bm_training *training = call->api->training;
    call->code = is_there(call);
    if (!call->code && !plays_it(call))
        call->code = bm_fault_set(&call->fault, BM_FORBIDDEN, "Exercise", "The report is written by whoever plays the exercise.");
    if (!call->code && call->request->body_len > REPORT_MAX)
        call->code = bm_fault_set(&call->fault, BM_TOO_LARGE, NULL, "A report has at most %d bytes.", REPORT_MAX);
    if (!call->code) {
        json_decref(training->report);
        training->report = json_incref(call->body);
        training->heard_at_ms = bm_io_wall_ms(call->api->io);
    }
    answer(call);
}
