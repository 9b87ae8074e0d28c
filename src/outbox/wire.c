/* What goes over the wire, and what is read back of it.  Pure. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "outbox/outbox_private.h"

/* --- templates -------------------------------------------------------------------------------- */

static void add_url(const char *text, struct bm_buf *out) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~", digits[] = "0123456789ABCDEF";
    while (*text) {
        size_t run = strspn(text, plain);
        bm_buf_add(out, text, run);
        text += run;
        if (!*text) return;
        const char escaped[3] = {'%', digits[(uint8_t)*text >> 4], digits[(uint8_t)*text & 15]};
        bm_buf_add(out, escaped, sizeof escaped);
        text++;
    }
}

/* Without the quotes: they stand in the template. */
static void add_json(const char *text, struct bm_buf *out) {
    struct bm_buf quoted = bm_buf_make(out->max_bytes);
    bm_json_text(&quoted, text);
    if (quoted.overflow)
        out->overflow = true;
    else
        bm_buf_add(out, quoted.bytes + 1, quoted.len - 2);
    bm_buf_free(&quoted);
}

static void add_xml(const char *text, struct bm_buf *out) {
    while (*text) {
        size_t run = strcspn(text, "&<>\"");
        bm_buf_add(out, text, run);
        text += run;
        if (!*text) return;
        bm_buf_text(out, *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&quot;");
        text++;
    }
}

static void add_escaped(const char *text, enum bm_out_escape escape, struct bm_buf *out) {
    switch (escape) {
    case BM_ESCAPE_URL:
        add_url(text, out);
        break;
    case BM_ESCAPE_JSON:
        add_json(text, out);
        break;
    case BM_ESCAPE_XML:
        add_xml(text, out);
        break;
    case BM_ESCAPE_NONE:
        bm_buf_text(out, text);
        break;
    }
}

void bm_out_fill(const char *pattern, const struct bm_out_words *words, enum bm_out_escape escape, struct bm_buf *out) {
    const struct {
        const char *name, *value;
    } known[] = {{"{number}", words->number}, {"{text}", words->text}, {"{secret}", words->secret}, {"{id}", words->id}};
    while (*pattern) {
        size_t plain = strcspn(pattern, "{");
        bm_buf_add(out, pattern, plain);
        pattern += plain;
        if (!*pattern) break;
        const char *value = NULL;
        for (int i = 0; i < 4 && !value; i++) {
            size_t len = strlen(known[i].name);
            if (!known[i].value || strncmp(pattern, known[i].name, len) != 0) continue;
            value = known[i].value;
            pattern += len;
        }
        if (value)
            add_escaped(value, escape, out);
        else
            bm_buf_byte(out, (uint8_t)*pattern++);
    }
}

enum bm_out_escape bm_out_escape_of(const char *content_type) {
    if (strstr(content_type, "json")) return BM_ESCAPE_JSON;
    if (strstr(content_type, "xml")) return BM_ESCAPE_XML;
    return strstr(content_type, "urlencoded") ? BM_ESCAPE_URL : BM_ESCAPE_NONE;
}

/* --- signature -------------------------------------------------------------------------------- */

void bm_out_sign(const char *secret, int64_t now_ms, const void *body, size_t len, char ret_text[BM_SIGNATURE_TEXT]) {
    char time[24], hex[2 * BM_HASH_BYTES + 1];
    uint8_t mac[BM_HASH_BYTES];
    int time_len = snprintf(time, sizeof time, "%" PRId64 ".", now_ms / 1000);
    bm_hmac_sha256(secret, strlen(secret), time, (size_t)time_len, body, len, mac);
    bm_hex(mac, sizeof mac, hex);
    time[time_len - 1] = 0;
    snprintf(ret_text, BM_SIGNATURE_TEXT, "t=%s,v1=%s", time, hex);
}

/* --- mail (RFC 5322, 2045, 2047) -------------------------------------------------------------- */

static void add_base64(const char *text, size_t len, size_t line_len, struct bm_buf *out) {
    struct bm_buf quoted = bm_buf_make(out->max_bytes);
    bm_json_base64(&quoted, (const uint8_t *)text, len);
    for (size_t at = 1; at + 1 < quoted.len; at += line_len) {
        size_t left = quoted.len - 1 - at;
        bm_buf_add(out, quoted.bytes + at, left < line_len ? left : line_len);
        if (line_len != SIZE_MAX / 2) bm_buf_text(out, "\r\n");
    }
    bm_buf_free(&quoted);
}

/* Encoded words of at most 75 bytes each, no character cut in two. */
static void add_words(const char *text, struct bm_buf *out) {
    for (bool first = true; *text; first = false) {
        size_t len = strnlen(text, 42);
        while (len > 1 && text[len] && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
        bm_buf_text(out, first ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?");
        add_base64(text, len, SIZE_MAX / 2, out);
        bm_buf_text(out, "?=");
        text += len;
    }
}

void bm_out_mail(const char *from, const char *to, const char *subject, const char *message_id, int64_t now_ms,
                 const char *text, size_t len, struct bm_buf *out) {
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t day = (int32_t)(now_ms / 86400000);
    struct bm_date date = bm_date_of(day);
    int seconds = (int)(now_ms / 1000 % 86400);
    bm_buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\nFrom: <%s>\r\nTo: <%s>\r\nMessage-ID: <%s>\r\nSubject: ",
                  days[bm_date_weekday(day)], date.day, months[date.month - 1], date.year, seconds / 3600, seconds / 60 % 60,
                  seconds % 60, from, to, message_id);
    add_words(subject, out);
    bm_buf_text(out, "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n");
    add_base64(text, len, 76, out);
}

/* --- answers ---------------------------------------------------------------------------------- */

bool bm_out_member(const void *bytes, size_t len, const char *path, char *ret_text, size_t cap) {
    json_t *answer;
    char name[BM_NAMED_TEXT];
    if (!*path || bm_json_parse(bytes, len, &answer, NULL)) return false;
    const json_t *at = answer;
    while (*path && at) {
        size_t part = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)part, path);
        path += part + (path[part] == '.');
        at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);
    }
    char number[32];
    const char *text = json_string_value(at);
    if (json_is_integer(at)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(at));
        text = number;
    }
    bool fits = text && *text && strlen(text) < cap;
    if (fits) memcpy(ret_text, text, strlen(text) + 1);
    json_decref(answer);
    return fits;
}

int64_t bm_out_wait_ms(uint32_t tries, uint32_t dice) {
    const int64_t hour = 3600000;
    int64_t wait = tries > 12 ? hour : INT64_C(1000) << (tries ? tries - 1 : 0);
    if (wait > hour) wait = hour;
    return wait * 4 / 5 + wait * (int64_t)(dice % 1000) / 2500;
}
