#include "http/head.h"

#include <llhttp.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/check.h"

/* The characters of a token (RFC 9110, 5.6.2): methods and header names. */
static bool is_token_char(uint8_t c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

/* --- scanning --------------------------------------------------------------------------------- */

static const char *request_line_byte(struct bm_http_head_scan *scan, uint8_t c) {
    if (c == ' ') {
        if (++scan->spaces > 2) return "The request line has too many spaces.";
        if (scan->line_bytes == 0) return "The method is missing.";
    } else if (c < 0x21 || c > 0x7e) {
        return "The request line holds a character that is not allowed.";
    } else if (!scan->spaces && !is_token_char(c)) {
        return "The method holds a character that is not allowed.";
    }
    memmove(scan->tail, scan->tail + 1, sizeof scan->tail - 1);
    scan->tail[sizeof scan->tail - 1] = (char)c;
    return NULL;
}

static const char *header_byte(struct bm_http_head_scan *scan, uint8_t c) {
    if (scan->line_bytes == 0) {
        if (c == ' ' || c == '\t') return "A folded header line is not allowed.";
        if (c == ':') return "A header has no name.";
        scan->in_name = true;
    }
    if (scan->in_name) {
        if (c == ':') {
            scan->in_name = false;
        } else if (!is_token_char(c)) {
            return "A header name holds a character that is not allowed.";
        }
    } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
        return "A header value holds a control character.";
    }
    return NULL;
}

/* At a CRLF. `ret_done` is set at the empty line that ends the head. */
static const char *line_end(struct bm_http_head_scan *scan, bool *ret_done) {
    if (scan->in_headers) {
        if (scan->line_bytes == 0) *ret_done = true;
        if (scan->in_name) return "A header line has no colon.";
    } else if (scan->line_bytes == 0) {
        /* RFC 9112, 2.2: a server should ignore at least one empty line before the request line. */
        if (++scan->blank_lines > 2) return "The request line is missing.";
    } else {
        bool known = memcmp(scan->tail, " HTTP/1.1", 9) == 0 ||
                     memcmp(scan->tail, " HTTP/1.0", 9) == 0;
        if (!known || scan->spaces != 2) return "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
        scan->in_headers = true;
    }
    scan->line_bytes = 0;
    return NULL;
}

static const char *scan_byte(struct bm_http_head_scan *scan, uint8_t c, bool *ret_done) {
    if (scan->after_cr) {
        scan->after_cr = false;
        if (c != '\n') return "A carriage return without a line feed is not allowed.";
        return line_end(scan, ret_done);
    }
    if (c == '\r') {
        scan->after_cr = true;
        return NULL;
    }
    if (c == '\n') return "A line feed without a carriage return is not allowed.";
    const char *why = scan->in_headers ? header_byte(scan, c) : request_line_byte(scan, c);
    scan->line_bytes++;
    return why;
}

enum bm_http_scan bm_http_head_scan(struct bm_http_head_scan *scan, const uint8_t *bytes,
                                    size_t len, size_t bytes_max, size_t *ret_used,
                                    struct bm_fault *fault) {
    bool done = false;
    for (size_t i = 0; i < len; i++) {
        *ret_used = i + 1;
        if (++scan->bytes > bytes_max) {
            bm_fault_set(fault, BM_HEADERS_TOO_LARGE, NULL,
                         "The request line and headers may have %zu bytes together.", bytes_max);
            return BM_HTTP_SCAN_BAD;
        }
        const char *why = scan_byte(scan, bytes[i], &done);
        if (why) {
            bm_fault_set(fault, BM_BAD_REQUEST, NULL, "%s", why);
            return BM_HTTP_SCAN_BAD;
        }
        if (done) return BM_HTTP_SCAN_DONE;
    }
    *ret_used = len;
    return BM_HTTP_SCAN_MORE;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A text inside the head's bytes, as llhttp hands it over, perhaps in several neighbouring pieces.
 */
struct span {
    char *at;
    size_t len;
};

struct reading {
    struct bm_http_head *head;
    size_t headers_max;
    bool too_many, headers_over, in_value;
    struct span target, name, value;
};

static void span_add(struct span *span, const char *at, size_t len) {
    if (!span->at) span->at = (char *)(uintptr_t)at;
    span->len = (size_t)(at - span->at) + len;
}

static char *span_text(const struct span *span) {
    span->at[span->len] = 0;
    return span->at;
}

static int take_target(llhttp_t *parser, const char *at, size_t len) {
    struct reading *reading = parser->data;
    span_add(&reading->target, at, len);
    return 0;
}

static int take_name(llhttp_t *parser, const char *at, size_t len) {
    struct reading *reading = parser->data;
    span_add(&reading->name, at, len);
    return 0;
}

static int take_value(llhttp_t *parser, const char *at, size_t len) {
    struct reading *reading = parser->data;
    span_add(&reading->value, at, len);
    return 0;
}

static int value_complete(llhttp_t *parser) {
    struct reading *reading = parser->data;
    struct bm_http_head *head = reading->head;
    if (head->header_count == reading->headers_max) {
        reading->too_many = true;
        return HPE_USER;
    }
    /* The texts are ended after the whole head has been read: llhttp has yet to see what follows.
     */
    struct bm_http_header *header = &head->headers[head->header_count++];
    header->name = reading->name.at;
    header->value = reading->value.at;
    reading->name = reading->value = (struct span){.at = NULL};
    return 0;
}

static int headers_complete(llhttp_t *parser) {
    struct reading *reading = parser->data;
    reading->headers_over = true;
    reading->head->keep_alive = llhttp_should_keep_alive(parser);
    reading->head->http_1_0 = parser->http_minor == 0;
    /* The body's framing is ours: llhttp's work ends here. */
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
    .on_url = take_target,
    .on_header_field = take_name,
    .on_header_value = take_value,
    .on_header_value_complete = value_complete,
    .on_headers_complete = headers_complete,
};

/* Ends name and value with a NUL and lowers the name.  The scan has made sure that the name ends at
 * a colon and the value at a CR. */
static void finish_header(struct bm_http_header *header) {
    char *name = (char *)(uintptr_t)header->name;
    char *colon = strchr(name, ':');
    BM_CHECK(colon);
    for (char *c = name; c < colon; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
    /* llhttp gives no span for an empty value. */
    char *value = colon + 1;
    while (*value == ' ' || *value == '\t') value++;
    char *end = strchr(value, '\r');
    BM_CHECK(end);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t')) end--;
    *end = 0;
    *colon = 0;
    header->value = value;
}

/* The only value of a header that may come once; NULL when absent, `ret_twice` set when repeated.
 */
static const char *single(const struct bm_http_head *head, const char *name, bool *ret_twice) {
    const char *value = NULL;
    for (size_t i = 0; i < head->header_count; i++) {
        if (strcmp(head->headers[i].name, name) != 0) continue;
        if (value)
            *ret_twice = true;
        else
            value = head->headers[i].value;
    }
    return value;
}

static bool read_length(const char *text, uint64_t *ret_value) {
    uint64_t value = 0;
    size_t digits = strlen(text);
    if (digits == 0 || digits > 18) return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9') return false;
        value = value * 10 + (uint64_t)(*c - '0');
    }
    *ret_value = value;
    return true;
}

static bool host_is_plain(const char *host) {
    for (const char *c = host; *c; c++)
        if (!is_token_char((uint8_t)*c) && !strchr(":[]", *c)) return false;
    return true;
}

/* Where the body ends, and the other headers whose misuse is an attack. NULL when fine. */
static const char *judge_headers(struct bm_http_head *head) {
    bool twice = false;
    const char *length = single(head, "content-length", &twice);
    const char *coding = single(head, "transfer-encoding", &twice);
    const char *host = single(head, "host", &twice);
    const char *expect = single(head, "expect", &twice);
    if (twice) return "Content-Length, Transfer-Encoding, Host and Expect may come only once.";
    if (length && coding) return "Content-Length and Transfer-Encoding exclude each other.";
    if (length && !read_length(length, &head->body_bytes))
        return "Content-Length is not a plain number.";
    if (coding && head->http_1_0) return "HTTP/1.0 has no Transfer-Encoding.";
    if (coding && strcasecmp(coding, "chunked") != 0)
        return "The only Transfer-Encoding spoken here is chunked.";
    head->chunked = coding != NULL;
    if (!host && !head->http_1_0) return "The Host header is required.";
    if (host && !host_is_plain(host)) return "The Host header is not a host name.";
    if (single(head, "upgrade", &twice)) return "Upgrade is not offered here.";
    if (expect && strcasecmp(expect, "100-continue") != 0)
        return "The only expectation known here is 100-continue.";
    head->expects_continue = expect && !head->http_1_0;
    return NULL;
}

static const char *known_method(const char *word) {
    static const char *const known[] = {"GET", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "PUT"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(word, known[i]) == 0) return known[i];
    return NULL;
}

/* Cuts the target into path and query; "http://host/path" is the form proxies use. */
static enum bm_code read_target(struct bm_http_head *head, char *target, struct bm_fault *fault) {
    if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0) {
        char *authority = strstr(target, "://") + 3;
        char *end = authority + strcspn(authority, "/?#");
        if (end == authority || *end != '/')
            return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "The target has no path.");
        target = end;
    }
    if (*target != '/')
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "The path must begin with a slash.");
    if (strchr(target, '#'))
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "A fragment is not sent to a server.");
    char *mark = strchr(target, '?');
    head->query = mark ? mark + 1 : "";
    if (mark) *mark = 0;
    head->path = target;
    return bm_http_path_decode(target, fault);
}

enum bm_code bm_http_head_read(struct bm_http_head *head, struct bm_buf *bytes, size_t headers_max,
                               struct bm_fault *fault) {
    *head = (struct bm_http_head){.headers = head->headers};
    if (!head->headers) head->headers = bm_alloc_zero(headers_max, sizeof *head->headers);
    struct reading reading = {.head = head, .headers_max = headers_max};
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &reading;
    char *text = (char *)bytes->bytes;
    llhttp_execute(&parser, text, bytes->len);
    if (reading.too_many)
        return bm_fault_set(fault, BM_HEADERS_TOO_LARGE, NULL, "A request may have %zu headers.",
                            headers_max);
    /* The scan knows the grammar; llhttp adds the meanings (methods, framing headers). */
    while (*text == '\r' || *text == '\n') text++;
    char *method_end = strchr(text, ' ');
    BM_CHECK(method_end);
    *method_end = 0;
    head->method = known_method(text);
    if (!head->method)
        return bm_fault_set(fault, BM_NO_METHOD, NULL, "This method is not known here.");
    if (!reading.headers_over || !reading.target.at)
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "The request head is not well formed.");
    for (size_t i = 0; i < head->header_count; i++) finish_header(&head->headers[i]);
    const char *why = judge_headers(head);
    if (why) return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "%s", why);
    return read_target(head, span_text(&reading.target), fault);
}
