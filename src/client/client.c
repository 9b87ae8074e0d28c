#include "client/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"

enum { EVENT_BYTES_MAX = 16 * 1024 * 1024 };

struct bm_client {
    CURLM *multi;
    CURL *easy, *stream;
    char url[256];
    struct bm_buf body;
    bool stream_open;
    struct curl_slist *stream_headers;
    struct bm_buf pending; /* of the stream: what is not a whole event yet */
    struct bm_client_event *events;
    size_t first, count;
};

struct bm_client *bm_client_new(const char *url) {
    struct bm_client *client = bm_alloc_zero(1, sizeof *client);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    client->stream = curl_easy_init();
    snprintf(client->url, sizeof client->url, "%s", url);
    client->body = bm_buf_make(BM_CLIENT_BODY_MAX);
    client->pending = bm_buf_make(EVENT_BYTES_MAX);
    client->events = bm_alloc_zero(BM_CLIENT_EVENTS_MAX, sizeof *client->events);
    return client;
}

void bm_client_free(struct bm_client *client) {
    if (!client) return;
    bm_client_stream_close(client);
    curl_easy_cleanup(client->easy);
    curl_easy_cleanup(client->stream);
    curl_multi_cleanup(client->multi);
    bm_buf_free(&client->body);
    bm_buf_free(&client->pending);
    bm_free(client->events);
    bm_free(client);
}

/* What curl has finished; true when it was `wanted`. */
static bool finished(struct bm_client *client, const CURL *wanted, CURLcode *ret_code) {
    CURLMsg *message;
    int left;
    bool found = false;
    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        if (message->easy_handle == client->stream) client->stream_open = false;
        if (message->easy_handle != wanted) continue;
        *ret_code = message->data.result;
        found = true;
    }
    return found;
}

/* Runs everything until `wanted` is done or the time is over. */
static CURLcode run(struct bm_client *client, const CURL *wanted) {
    CURLcode code = CURLE_OPERATION_TIMEDOUT;
    for (;;) { /* bounded by the request's own time limit */
        int running;
        if (curl_multi_perform(client->multi, &running) != CURLM_OK) return CURLE_SEND_ERROR;
        if (finished(client, wanted, &code)) return code;
        if (curl_multi_poll(client->multi, NULL, 0, 1000, NULL) != CURLM_OK)
            return CURLE_RECV_ERROR;
    }
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    struct bm_client *client = context;
    bm_buf_add(&client->body, bytes, size * count);
    return client->body.overflow ? 0 : size * count;
}

static struct curl_slist *header(struct curl_slist *headers, const char *name, const char *value) {
    char line[512];
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *more = curl_slist_append(headers, line);
    return more ? more : headers;
}

static struct curl_slist *headers_of(const struct bm_client_request *request) {
    struct curl_slist *headers = header(NULL, "Expect", "");
    char text[256];
    if (request->token) {
        snprintf(text, sizeof text, "Bearer %s", request->token);
        headers = header(headers, "Authorization", text);
    }
    if (request->key) headers = header(headers, "Idempotency-Key", request->key);
    if (request->if_match) {
        snprintf(text, sizeof text, "\"%u\"", request->if_match);
        headers = header(headers, "If-Match", text);
    }
    if (request->file) return header(headers, "Content-Type", request->type);
    return request->body ? header(headers, "Content-Type", "application/json") : headers;
}

static void set_address(struct bm_client *client, CURL *easy, const char *path) {
    char address[2048];
    snprintf(address, sizeof address, "%s%s", client->url, path);
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, address);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 3000L);
}

void bm_client_call(struct bm_client *client, const struct bm_client_request *request,
                    struct bm_client_answer *ret_answer) {
    struct curl_slist *headers = headers_of(request);
    char *body = request->body ? json_dumps(request->body, JSON_COMPACT) : NULL;
    long status = 0;
    *ret_answer = (struct bm_client_answer){0};
    bm_buf_clear(&client->body);
    set_address(client, client->easy, request->path);
    curl_easy_setopt(client->easy, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(client->easy, CURLOPT_TIMEOUT_MS, (long)(request->wait_ms ? request->wait_ms : BM_CLIENT_WAIT_MS));
    curl_easy_setopt(client->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(client->easy, CURLOPT_WRITEDATA, client);
    if (body) {
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, body);
    }
    if (request->file) {
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->file_len);
        curl_easy_setopt(client->easy, CURLOPT_POSTFIELDS, request->file);
    }
    curl_multi_add_handle(client->multi, client->easy);
    CURLcode code = run(client, client->easy);
    if (code == CURLE_OK) curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(client->multi, client->easy);
    curl_slist_free_all(headers);
    free(body);
    ret_answer->status = (int)status;
    ret_answer->text = bm_buf_c_text(&client->body);
    ret_answer->len = client->body.len;
    if (!status || !client->body.len) return;
    if (bm_json_parse(client->body.bytes, client->body.len, &ret_answer->body, NULL) != BM_OK)
        ret_answer->body = NULL;
}

void bm_client_answer_free(struct bm_client_answer *answer) {
    json_decref(answer->body);
    answer->body = NULL;
}

const char *bm_client_complaint(const struct bm_client_answer *answer) {
    static char text[480];
    const char *word = json_string_value(json_object_get(answer->body, "code"));
    const char *detail = json_string_value(json_object_get(answer->body, "detail"));
    if (answer->status == 0) return "the desk was not reached";
    snprintf(text, sizeof text, "%d %s: %s", answer->status, word ? word : "",
             detail ? detail : "");
    return text;
}

/* --- the stream ------------------------------------------------------------------------------- */

static void drop_events(struct bm_client *client) {
    for (; client->count; client->count--) {
        json_decref(client->events[client->first].content);
        client->first = (client->first + 1) % BM_CLIENT_EVENTS_MAX;
    }
}

void bm_client_stream_close(struct bm_client *client) {
    curl_multi_remove_handle(client->multi, client->stream);
    curl_slist_free_all(client->stream_headers);
    client->stream_headers = NULL;
    client->stream_open = false;
    bm_buf_clear(&client->pending);
    drop_events(client);
}

/* One event: lines of `field: value`.  False when there is no more room for it. */
static bool take_event(struct bm_client *client, const char *text, size_t len) {
    struct bm_client_event event = {.name = "message"};
    const char *content = NULL;
    size_t content_len = 0;
    for (const char *line = text, *end = text + len; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((next ? next : end) - line);
        if (line_len > 7 && memcmp(line, "event: ", 7) == 0) {
            snprintf(event.name, sizeof event.name, "%.*s", (int)(line_len - 7), line + 7);
        } else if (line_len > 6 && memcmp(line, "data: ", 6) == 0) {
            content = line + 6;
            content_len = line_len - 6;
        }
        line += line_len + 1;
    }
    if (!content || bm_json_parse(content, content_len, &event.content, NULL) != BM_OK) return true;
    if (client->count == BM_CLIENT_EVENTS_MAX) {
        json_decref(event.content);
        return false;
    }
    client->events[(client->first + client->count++) % BM_CLIENT_EVENTS_MAX] = event;
    return true;
}

static size_t take_stream(char *bytes, size_t size, size_t count, void *context) {
    struct bm_client *client = context;
    bm_buf_add(&client->pending, bytes, size * count);
    if (client->pending.overflow) return 0;
    const char *text = (const char *)client->pending.bytes, *end;
    size_t used = 0;
    while ((end = memmem(text + used, client->pending.len - used, "\n\n", 2))) {
        size_t len = (size_t)(end - text) - used;
        if (!take_event(client, text + used, len)) return 0;
        used += len + 2;
    }
    bm_buf_drop_front(&client->pending, used);
    return size * count;
}

void bm_client_stream_open(struct bm_client *client, const char *token, uint64_t from) {
    char path[64];
    struct bm_client_request request = {.token = token};
    bm_client_stream_close(client);
    snprintf(path, sizeof path, "/v1/stream?from=%llu", (unsigned long long)from);
    client->stream_headers = headers_of(&request);
    set_address(client, client->stream, path);
    curl_easy_setopt(client->stream, CURLOPT_HTTPHEADER, client->stream_headers);
    curl_easy_setopt(client->stream, CURLOPT_WRITEFUNCTION, take_stream);
    curl_easy_setopt(client->stream, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(client->stream, CURLOPT_FAILONERROR, 1L);
    /* The desk beats every few seconds; a minute of silence is a dead connection. */
    curl_easy_setopt(client->stream, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(client->stream, CURLOPT_LOW_SPEED_TIME, 60L);
    client->stream_open = curl_multi_add_handle(client->multi, client->stream) == CURLM_OK;
}

bool bm_client_stream_is_open(const struct bm_client *client) {
    return client->stream_open;
}

bool bm_client_stream_next(struct bm_client *client, struct bm_client_event *ret_event) {
    if (!client->count) return false;
    *ret_event = client->events[client->first];
    client->first = (client->first + 1) % BM_CLIENT_EVENTS_MAX;
    client->count--;
    return true;
}

void bm_client_wait(struct bm_client *client, int ms) {
    int running;
    CURLcode ignored;
    if (client->count) return;
    curl_multi_poll(client->multi, NULL, 0, ms, NULL);
    curl_multi_perform(client->multi, &running);
    finished(client, NULL, &ignored);
}

void bm_client_wake(struct bm_client *client) {
    curl_multi_wakeup(client->multi);
}
