/* Answers: status line, headers, problem documents. */
#include "http/http.h"

#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "http/connection.h"

static const char *status_phrase(int status) {
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status) return phrases[i].phrase;
    return "Unknown";
}

/* Days since 1970 to year, month, day.  Source: H. Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms", civil_from_days. */
static void civil_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153; /* months since March */
    *ret_day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *ret_month = shifted < 10 ? shifted + 3 : shifted - 9;
    *ret_year = (int)(year_of_era + era * 400) + (*ret_month <= 2);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), made once per second. */
static const char *date_text(struct bm_http *http) {
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t now_s = bm_io_wall_ms(http->io) / 1000;
    if (now_s < 0) now_s = 0;
    if (http->date[0] && now_s == http->date_s) return http->date;
    http->date_s = now_s;
    int year;
    unsigned month, day;
    civil_date(now_s / 86400, &year, &month, &day);
    unsigned second = (unsigned)(now_s % 86400);
    snprintf(http->date, sizeof http->date, "%.3s, %02u %.3s %04d %02u:%02u:%02u GMT",
             days + 3 * (now_s / 86400 % 7), day, months + (size_t)3 * (month - 1), year % 10000,
             second / 3600, second / 60 % 60, second % 60);
    return http->date;
}

void bm_http_answer_begin(struct bm_http *http, struct bm_buf *out, int status) {
    bm_buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nX-Content-Type-Options: nosniff\r\n", status,
                  status_phrase(status), date_text(http));
}

static bool is_header(const char *line, const char *name) {
    size_t len = strlen(name);
    return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

/* Adds the caller's lines; true when one of them is Cache-Control. */
static bool add_lines(struct bm_buf *out, const struct bm_http_answer *answer) {
    bool caches = false;
    for (size_t i = 0; i < answer->header_count; i++) {
        const char *line = answer->headers[i];
        if (strpbrk(line, "\r\n")) {
            /* Somebody's text got into a header: better no header than a second answer. */
            bm_log(BM_LOG_ERROR, "http_header_dropped", "reason=line_end");
            continue;
        }
        if (is_header(line, "cache-control")) caches = true;
        bm_buf_text(out, line);
        bm_buf_text(out, "\r\n");
    }
    return caches;
}

void bm_http_answer_write(struct bm_http_connection *connection,
                          const struct bm_http_answer *answer) {
    struct bm_buf *out = &connection->out;
    const struct bm_http_head *head = &connection->head;
    BM_CHECK(answer->status >= 200);
    BM_CHECK(answer->status <= 599);
    connection->close_after = answer->close || connection->discard || !head->keep_alive;
    bm_http_answer_begin(connection->http, out, answer->status);
    if (!add_lines(out, answer)) bm_buf_text(out, "Cache-Control: no-store\r\n");
    bool bodiless = answer->status == 204 || answer->status == 304;
    if (!bodiless) bm_buf_printf(out, "Content-Length: %zu\r\n", answer->body_len);
    if (answer->content_type) bm_buf_printf(out, "Content-Type: %s\r\n", answer->content_type);
    if (connection->close_after)
        bm_buf_text(out, "Connection: close\r\n");
    else if (head->http_1_0)
        bm_buf_text(out, "Connection: keep-alive\r\n");
    bm_buf_text(out, "\r\n");
    bool head_only = head->method && strcmp(head->method, "HEAD") == 0;
    if (!bodiless && !head_only && answer->body_len)
        bm_buf_add(out, answer->body, answer->body_len);
    connection->phase = BM_HTTP_ANSWERING;
    bm_http_deadline_clear(&connection->deadline);
    bm_http_connection_write(connection);
}

/* --- problem documents ------------------------------------------------------------------------ */

static struct bm_buf problem_document(const struct bm_fault *fault, int status) {
    struct bm_buf body = bm_buf_make(8 * 1024);
    const char *sentence = bm_code_sentence(fault->code);
    bm_buf_text(&body, "{\"type\":\"about:blank\",\"title\":");
    bm_json_text(&body, sentence);
    bm_buf_printf(&body, ",\"status\":%d,\"code\":", status);
    bm_json_text(&body, bm_code_word(fault->code));
    bm_buf_text(&body, ",\"field\":");
    bm_json_text(&body, fault->field);
    bm_buf_text(&body, ",\"detail\":");
    bm_json_text(&body, fault->detail[0] ? fault->detail : sentence);
    bm_buf_text(&body, "}\n");
    return body;
}

void bm_http_problem_write(struct bm_http_connection *connection, const struct bm_fault *fault,
                           bool close) {
    BM_CHECK(fault->code != BM_OK);
    int status = bm_code_status(fault->code);
    struct bm_buf body = problem_document(fault, status);
    const char *lines[1];
    size_t line_count = 0;
    if (status == 503 || status == 507 || status == 429) lines[line_count++] = "Retry-After: 1";
    if (status == 405 && close) /* refused here, so for every path */
        lines[line_count++] = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    bm_http_answer_write(connection,
                         &(struct bm_http_answer){.status = status,
                                                  .content_type = "application/problem+json",
                                                  .headers = lines,
                                                  .header_count = line_count,
                                                  .body = body.bytes,
                                                  .body_len = body.len,
                                                  .close = close});
    bm_buf_free(&body);
}

/* --- the exchange's answer -------------------------------------------------------------------- */

/* Ends the exchange; NULL when nobody is there to be answered (dropped and counted). */
static struct bm_http_connection *end_exchange(struct bm_http_exchange *exchange) {
    struct bm_http_connection *connection = exchange->connection;
    BM_CHECK(exchange->open);
    exchange->open = false;
    if (connection->io_stream && !connection->closing) return connection;
    connection->http->counts.answers_dropped++;
    bm_http_connection_answered(connection);
    bm_http_connection_release(connection);
    return NULL;
}

void bm_http_answer(struct bm_http_exchange *exchange, const struct bm_http_answer *answer) {
    struct bm_http_connection *connection = end_exchange(exchange);
    if (connection) bm_http_answer_write(connection, answer);
}

void bm_http_problem(struct bm_http_exchange *exchange, const struct bm_fault *fault) {
    struct bm_http_connection *connection = end_exchange(exchange);
    if (connection) bm_http_problem_write(connection, fault, false);
}

bool bm_http_alive(const struct bm_http_exchange *exchange) {
    return exchange->connection->io_stream && !exchange->connection->closing;
}
