#include "core/alert.h"

#include <stdlib.h>
#include <string.h>

bool bm_alert_sends(enum bm_event_kind kind) {
    static const enum bm_event_kind sent[] = {
        BM_EV_CONTACT_RECEIVED, BM_EV_CONTACT_MOVED,   BM_EV_CASE_OPENED,      BM_EV_CASE_CHANGED,
        BM_EV_CASE_MOVED,       BM_EV_CASE_MERGED,     BM_EV_CASE_LINKED,      BM_EV_CASE_LED,
        BM_EV_ASSIGNMENT_MADE,  BM_EV_ASSIGNMENT_MOVED, BM_EV_CLOCK_RUNG,      BM_EV_MATTER_SET,
        BM_EV_PROMISE_SET,      BM_EV_PROMISE_RUNG,    BM_EV_NOTICE,           BM_EV_ENTRY_ADDED,
        BM_EV_ERASED,           BM_EV_UNIT_DUTY,       BM_EV_ROAD_CLOSED,      BM_EV_ROAD_CHANGED,
        BM_EV_ROAD_OPENED};
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        if (sent[i] == kind) return true;
    }
    return false;
}

bool bm_alert_next(const char **at, char *ret_word, size_t cap) {
    const char *from = *at + strspn(*at, " \n");
    size_t len = strcspn(from, " \n");
    *at = from + len;
    if (!len) return false;
    size_t kept = len < cap ? len : cap - 1;
    memcpy(ret_word, from, kept);
    ret_word[kept] = 0;
    return true;
}

bool bm_alert_lists(const char *list, const char *word) {
    char each[BM_LIST_TEXT];
    while (bm_alert_next(&list, each, sizeof each)) {
        if (strcmp(each, word) == 0) return true;
    }
    return false;
}

/* --- addresses -------------------------------------------------------------------------------- */

static const struct {
    const char *scheme;
    uint16_t port;
} schemes[] = {{"http", 80}, {"https", 443}, {"smtp", 25}, {"smtps", 465}};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

static bool printable(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at <= ' ' || *at >= 127 || *at == '\\' || *at == '"' || *at == '<' || *at == '>') return false;
    }
    return true;
}

/* ":8443", or nothing: what is usual for the scheme. */
static bool read_port(const char *text, size_t len, uint16_t *port) {
    unsigned value = 0;
    if (!len) return true;
    if (text[0] != ':' || len < 2 || len > 6) return false;
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= 65535;
}

bool bm_alert_url_read(const char *text, struct bm_alert_url *ret_url) {
    struct bm_alert_url url = {.port = 0};
    const char *colon = strstr(text, "://");
    size_t scheme_len = colon ? (size_t)(colon - text) : 0;
    if (!printable(text) || !scheme_len || scheme_len >= sizeof url.scheme) return false;
    memcpy(url.scheme, text, scheme_len);
    for (int i = 0; i < SCHEMES; i++) {
        if (strcmp(url.scheme, schemes[i].scheme) == 0) url.port = schemes[i].port;
    }
    const char *at = colon + 3;
    size_t len = strcspn(at, "/?#"), host_len;
    if (!url.port || memchr(at, '@', len)) return false;
    if (*at == '[') {
        const char *end = memchr(at, ']', len);
        if (!end) return false;
        host_len = (size_t)(end - at) - 1;
        if (!host_len || host_len >= sizeof url.host || strspn(at + 1, "0123456789abcdefABCDEF:.") < host_len) return false;
        memcpy(url.host, at + 1, host_len);
        if (!read_port(end + 1, len - host_len - 2, &url.port)) return false;
    } else {
        const char *port = memchr(at, ':', len);
        host_len = port ? (size_t)(port - at) : len;
        if (!host_len || host_len >= sizeof url.host) return false;
        for (size_t i = 0; i < host_len; i++) {
            char c = at[i];
            if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_')) return false;
            url.host[i] = c;
        }
        if (!read_port(at + host_len, len - host_len, &url.port)) return false;
    }
    *ret_url = url;
    return true;
}

bool bm_alert_port_usual(const struct bm_alert_url *url) {
    static const uint16_t web[] = {80, 443, 8080, 8443}, mail[] = {25, 465, 587, 2525};
    const uint16_t *usual = strncmp(url->scheme, "http", 4) == 0 ? web : mail;
    for (int i = 0; i < 4; i++) {
        if (usual[i] == url->port) return true;
    }
    return false;
}

bool bm_alert_host_allowed(const char *allowed_host, const struct bm_alert_url *url) {
    size_t len = strlen(url->host);
    const char *rest = allowed_host + len;
    uint16_t port = 0;
    if (strncmp(allowed_host, url->host, len) != 0) return false;
    if (!*rest) return bm_alert_port_usual(url);
    return read_port(rest, strlen(rest), &port) && port == url->port;
}

/* --- people ----------------------------------------------------------------------------------- */

bool bm_alert_phone(const char *text, char ret_number[BM_ALERT_PHONE_TEXT]) {
    size_t len = 0, digits = 0;
    char number[BM_ALERT_PHONE_TEXT];
    for (const char *at = text; *at; at++) {
        if (*at == ' ' || *at == '-') continue;
        bool plus = *at == '+' && len == 0;
        if ((!plus && (*at < '0' || *at > '9')) || len + 1 >= sizeof number) return false;
        number[len++] = *at;
        digits += !plus;
    }
    if (digits < 3 || digits > 15) return false;
    number[len] = 0;
    memcpy(ret_number, number, len + 1);
    return true;
}

bool bm_alert_mail(const char *text) {
    const char *at = strchr(text, '@');
    if (!at || at == text || !at[1] || strchr(at + 1, '@') || strlen(text) > 254) return false;
    return printable(text) && !strpbrk(text, ",;:()[]{}|`'") && text[0] != '-' && strchr(at, '.') != at + 1;
}

static const char sealed_mark[] = "sealed:";

static bool read_digits(const char **at, uint64_t *ret_number) {
    char *end;
    if (**at < '0' || **at > '9') return false;
    *ret_number = strtoull(*at, &end, 10);
    if (*end != ':') return false;
    *at = end + 1;
    return true;
}

bool bm_alert_sealed_read(const char *recipients, struct bm_alert_sealed *ret_sealed) {
    size_t mark = sizeof sealed_mark - 1;
    const char *at = recipients + mark;
    uint64_t count, key_id;
    if (strncmp(recipients, sealed_mark, mark) != 0 || !read_digits(&at, &count) || !read_digits(&at, &key_id)) return false;
    if (count > BM_PEOPLE_TEXT || !key_id) return false;
    *ret_sealed = (struct bm_alert_sealed){(uint32_t)count, key_id, at};
    return true;
}

uint32_t bm_alert_people_count(const char *recipients) {
    struct bm_alert_sealed sealed;
    char each[BM_LIST_TEXT];
    uint32_t count = 0;
    if (bm_alert_sealed_read(recipients, &sealed)) return sealed.count;
    while (bm_alert_next(&recipients, each, sizeof each)) count++;
    return count;
}

enum bm_code bm_alert_people_check(enum bm_alert_kind kind, const char *recipients, struct bm_fault *fault) {
    char each[BM_LIST_TEXT], number[BM_ALERT_PHONE_TEXT];
    while (bm_alert_next(&recipients, each, sizeof each)) {
        if (kind == BM_ALERT_MAIL && !bm_alert_mail(each))
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "recipients", "\"%.60s\" is no mail address; separate several by spaces.", each);
        if (kind == BM_ALERT_SMS && !bm_alert_phone(each, number))
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "recipients", "\"%.60s\" is no telephone number: digits only, with + before a country's code; separate several by spaces.", each);
    }
    return BM_OK;
}

int64_t bm_alert_keep_trying_ms(const struct bm_alert_channel *channel) {
    static const int64_t minute = 60000;
    if (channel->keep_trying_ms != BM_AT_NONE) return channel->keep_trying_ms;
    switch ((enum bm_alert_kind)channel->kind) {
    case BM_ALERT_STATION: /* a tone that comes after that only misleads */
        return 10 * minute;
    case BM_ALERT_SMS:
        return 60 * minute;
    case BM_ALERT_WEBHOOK:
    case BM_ALERT_MAIL:
    case BM_alert_kind_COUNT:
        break;
    }
    return 24 * 60 * minute;
}
