/* Reading a request: headers, query parameters, cookies, percent escapes. */
#include "http/http.h"

#include <string.h>

#include "http/head.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte of the escape at `text` ("%4f"), -1 when it is broken. Reads no further than a NUL. */
static int escaped_byte(const char *text) {
    int high = hex_value(text[1]);
    int low = high < 0 ? -1 : hex_value(text[2]);
    return low < 0 ? -1 : high * 16 + low;
}

/* A backslash and the escaped separators count as separators here: whoever decodes once more or
 * runs on another system must not climb out of a folder. */
static bool has_dot_dot(const char *path) {
    size_t segment = 0; /* characters so far */
    size_t dots = 0;
    for (const char *c = path;; c++) {
        int escaped = *c == '%' ? escaped_byte(c) : -1;
        bool separator = *c == '/' || *c == '\\' || escaped == '/' || !*c;
        if (separator) {
            if (segment == 2 && dots == 2) return true;
            segment = dots = 0;
            if (!*c) return false;
            if (escaped == '/') c += 2;
        } else {
            segment++;
            if (*c == '.') dots++;
        }
    }
}

enum bm_code bm_http_path_decode(char *path, struct bm_fault *fault) {
    char *to = path;
    for (const char *from = path; *from; from++) {
        if (*from != '%') {
            *to++ = *from;
            continue;
        }
        int byte = escaped_byte(from);
        if (byte < 0)
            return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "The path holds a broken escape.");
        if (byte < 0x20 || byte == 0x7f)
            return bm_fault_set(fault, BM_BAD_REQUEST, NULL,
                                "The path holds an escaped control character.");
        if (byte == '/') { /* stays "%2F": decoded it would look like a separator */
            *to++ = '%';
            *to++ = '2';
            *to++ = 'F';
        } else {
            *to++ = (char)byte;
        }
        from += 2;
    }
    *to = 0;
    if (has_dot_dot(path))
        return bm_fault_set(fault, BM_BAD_REQUEST, NULL, "The path may not hold \"..\".");
    return BM_OK;
}

const char *bm_http_header(const struct bm_http_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, name) == 0) return request->headers[i].value;
    return NULL;
}

/* Decodes one form-encoded character at *from and moves on; -1 when broken or NUL. */
static int form_char(const char **from) {
    const char *at = (*from)++;
    if (*at == '+') return ' ';
    if (*at != '%') return (uint8_t)*at;
    int byte = escaped_byte(at);
    if (byte <= 0) return -1;
    *from += 2;
    return byte;
}

/* True when the form-encoded text from `at` to `end` decodes to `name`. */
static bool form_equals(const char *at, const char *end, const char *name) {
    while (at < end && *name) {
        int c = form_char(&at);
        if (c < 0 || c != (uint8_t)*name++) return false;
    }
    return at == end && !*name;
}

static enum bm_code form_decode(const char *at, const char *end, char *ret_value, size_t cap) {
    /* Twice, so that ret_value stays untouched on failure. */
    size_t len = 0;
    for (const char *c = at; c < end; len++)
        if (form_char(&c) < 0) return BM_BAD_REQUEST;
    if (len + 1 > cap) return BM_TOO_LONG;
    char *to = ret_value;
    while (at < end) *to++ = (char)form_char(&at);
    *to = 0;
    return BM_OK;
}

enum bm_code bm_http_query(const struct bm_http_request *request, const char *name, char *ret_value,
                           size_t cap) {
    const char *at = request->query;
    while (*at) {
        const char *end = at + strcspn(at, "&");
        const char *equals = memchr(at, '=', (size_t)(end - at));
        const char *name_end = equals ? equals : end;
        if (form_equals(at, name_end, name))
            return form_decode(equals ? equals + 1 : end, end, ret_value, cap);
        at = *end ? end + 1 : end;
    }
    return BM_NOT_FOUND;
}

/* Looks in one Cookie header (RFC 6265, 4.2.1: "a=1; b=2"). */
static const char *find_cookie(const char *cookies, const char *name, size_t *ret_len) {
    size_t name_len = strlen(name);
    const char *at = cookies;
    while (*at) {
        while (*at == ' ' || *at == '\t' || *at == ';') at++;
        size_t len = strcspn(at, ";");
        if (len > name_len && at[name_len] == '=' && memcmp(at, name, name_len) == 0) {
            const char *value = at + name_len + 1;
            size_t value_len = len - name_len - 1;
            while (value_len && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
                value_len--;
            if (value_len >= 2 && value[0] == '"' && value[value_len - 1] == '"') {
                value++;
                value_len -= 2;
            }
            *ret_len = value_len;
            return value;
        }
        at += len;
    }
    return NULL;
}

enum bm_code bm_http_cookie(const struct bm_http_request *request, const char *name,
                            char *ret_value, size_t cap) {
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcmp(request->headers[i].name, "cookie") != 0) continue;
        size_t len = 0;
        const char *value = find_cookie(request->headers[i].value, name, &len);
        if (!value) continue;
        if (len + 1 > cap) return BM_TOO_LONG;
        memcpy(ret_value, value, len);
        ret_value[len] = 0;
        return BM_OK;
    }
    return BM_NOT_FOUND;
}
