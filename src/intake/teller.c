#include "intake/teller.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/log.h"
#include "client/client.h"

enum { RETRY_MS = 1000, REFUSED_RETRY_MS = 5000, WAIT_MS = 1000 };

struct bm_teller {
    const struct bm_teller_options *options;
    struct bm_reports *reports;
    struct bm_client *client;
    pthread_t thread;
    atomic_bool ending;
    atomic_llong end_at_ms;
    char token[128];
    bool synced; /* the stream is open, and what was answered before it is known */
    int64_t retry_at_ms;
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

/* --- asking ----------------------------------------------------------------------------------- */

static void lose(struct bm_teller *teller, const char *what, const struct bm_client_answer *answer, int ms) {
    bm_log(BM_LOG_WARNING, "desk_away", "what=%s retry_ms=%d reason=\"%s\"", what, ms, bm_client_complaint(answer));
    teller->retry_at_ms = now_ms() + ms;
    teller->synced = false;
}

static bool log_in(struct bm_teller *teller) {
    struct bm_client_answer answer;
    json_t *body = json_pack("{ss ss}", "login", teller->options->account, "password", teller->options->password);
    struct bm_client_request request = {.method = "POST", .path = "/v1/sessions", .body = body};
    bm_client_call(teller->client, &request, &answer);
    json_decref(body);
    const char *token = text_of(answer.body, "token");
    bool good = answer.status == 201 && token[0] && strlen(token) < sizeof teller->token;
    if (good)
        snprintf(teller->token, sizeof teller->token, "%s", token);
    else
        lose(teller, "log_in", &answer, answer.status ? REFUSED_RETRY_MS : RETRY_MS);
    bm_client_answer_free(&answer);
    return good;
}

/* Asks with a session, a new one when the old one is over. The caller frees the answer. */
static void ask(struct bm_teller *teller, const char *method, const char *path, json_t *body,
                struct bm_client_answer *ret_answer) {
    *ret_answer = (struct bm_client_answer){0};
    for (int tried = 0; tried < 2; tried++) {
        if (!teller->token[0] && !log_in(teller)) return;
        struct bm_client_request request = {.method = method, .path = path, .token = teller->token, .body = body};
        bm_client_answer_free(ret_answer);
        bm_client_call(teller->client, &request, ret_answer);
        if (ret_answer->status != 401) return;
        teller->token[0] = 0;
    }
}

/* --- telling ---------------------------------------------------------------------------------- */

static json_t *body_of(const struct bm_report *report) {
    static const char *const words[] = {"ringing", "answered", "transferred", "abandoned", "ended"};
    json_t *body = json_pack("{ss ss ss sI}", "channel", "call", "call", report->call, "event", words[report->kind],
                             "occurred_at_ms", (json_int_t)report->at_ms);
    const struct {
        const char *name, *text;
    } texts[] = {{"number", report->number}, {"position", report->position}, {"trunk", report->trunk},
                 {"line", report->line},     {"recording", report->recording}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].text[0]) json_object_set_new(body, texts[i].name, json_string(texts[i].text));
    }
    return body;
}

/* True when the desk has it, or will never take it. */
static bool tell(struct bm_teller *teller, const struct bm_report *report) {
    struct bm_client_answer answer;
    json_t *body = body_of(report);
    ask(teller, "POST", "/v1/contacts", body, &answer);
    json_decref(body);
    bool taken = answer.status == 200 || answer.status == 201;
    bool refused = answer.status >= 400 && answer.status < 500 && answer.status != 401 && answer.status != 403 &&
                   answer.status != 408 && answer.status != 429;
    if (refused) {
        bm_log(BM_LOG_ERROR, "report_refused", "call=\"%s\" reason=\"%s\"", report->call, bm_client_complaint(&answer));
    } else if (!taken && teller->token[0]) {
        lose(teller, "tell", &answer, answer.status == 403 ? REFUSED_RETRY_MS : RETRY_MS);
    }
    bm_client_answer_free(&answer);
    return taken || refused;
}

static void tell_all(struct bm_teller *teller) {
    struct bm_report report;
    while (now_ms() >= teller->retry_at_ms && bm_reports_first(teller->reports, &report)) { /* each turn drops one, or waits */
        if (!tell(teller, &report)) return;
        bm_reports_drop(teller->reports);
    }
}

/* --- following -------------------------------------------------------------------------------- */

static void take_contact(struct bm_teller *teller, const json_t *row) {
    struct bm_claim claim;
    if (!text_of(row, "call")[0] || strcmp(text_of(row, "state"), "answered") != 0) return;
    snprintf(claim.call, sizeof claim.call, "%s", text_of(row, "call"));
    snprintf(claim.position, sizeof claim.position, "%s", text_of(row, "position"));
    while (!bm_claims_put(teller->reports, &claim) && !atomic_load(&teller->ending)) { /* the bridge takes them at once */
        teller->options->claimed(teller->options->context);
        bm_client_wait(teller->client, 10);
    }
    teller->options->claimed(teller->options->context);
}

static void take_rows(struct bm_teller *teller, const json_t *rows) {
    size_t i;
    const json_t *row;
    json_array_foreach((json_t *)rows, i, row) take_contact(teller, row);
}

/* What was answered while nobody followed, then the stream from there. */
static void sync_up(struct bm_teller *teller) {
    struct bm_client_answer answer;
    ask(teller, "GET", "/v1/contacts?open=1&newest=1&limit=1000", NULL, &answer);
    if (answer.status == 200) {
        take_rows(teller, json_object_get(answer.body, "rows"));
        const json_t *seq = json_object_get(answer.body, "seq");
        uint64_t from = json_is_string(seq) ? strtoull(json_string_value(seq), NULL, 10) : (uint64_t)json_integer_value(seq);
        bm_client_stream_open(teller->client, teller->token, from);
        teller->synced = true;
        bm_log(BM_LOG_INFO, "desk_followed", "seq=%llu", (unsigned long long)from);
    } else if (teller->token[0]) {
        lose(teller, "follow", &answer, RETRY_MS);
    }
    bm_client_answer_free(&answer);
}

static void follow(struct bm_teller *teller) {
    struct bm_client_event event;
    while (bm_client_stream_next(teller->client, &event)) { /* bounded by what has come */
        if (strcmp(event.name, "reset") == 0) teller->synced = false;
        if (strcmp(event.name, "message") == 0)
            take_rows(teller, json_object_get(json_object_get(event.content, "upsert"), "contact"));
        json_decref(event.content);
    }
    if (!bm_client_stream_is_open(teller->client)) teller->synced = false;
}

/* --- its thread ------------------------------------------------------------------------------- */

static bool over(struct bm_teller *teller) {
    if (!atomic_load(&teller->ending)) return false;
    return bm_reports_waiting(teller->reports) == 0 || now_ms() >= atomic_load(&teller->end_at_ms);
}

static void *run(void *context) {
    struct bm_teller *teller = context;
    while (!over(teller)) {
        if (teller->synced) follow(teller);
        if (!teller->synced && !atomic_load(&teller->ending) && now_ms() >= teller->retry_at_ms) sync_up(teller);
        tell_all(teller);
        if (!over(teller)) bm_client_wait(teller->client, WAIT_MS); /* ends early for an event of the desk, and for a wake */
    }
    return NULL;
}

struct bm_teller *bm_teller_new(const struct bm_teller_options *options, struct bm_reports *reports) {
    struct bm_teller *teller = bm_alloc_zero(1, sizeof *teller);
    teller->options = options;
    teller->reports = reports;
    teller->client = bm_client_new(options->desk);
    if (pthread_create(&teller->thread, NULL, run, teller) == 0) return teller;
    bm_client_free(teller->client);
    bm_free(teller);
    return NULL;
}

void bm_teller_wake(struct bm_teller *teller) {
    bm_client_wake(teller->client);
}

size_t bm_teller_free(struct bm_teller *teller, int ms) {
    if (!teller) return 0;
    atomic_store(&teller->end_at_ms, now_ms() + ms);
    atomic_store(&teller->ending, true);
    bm_client_wake(teller->client);
    pthread_join(teller->thread, NULL);
    size_t left = bm_reports_waiting(teller->reports);
    bm_client_free(teller->client);
    bm_free(teller);
    return left;
}
