#include "intake/aml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

enum { VALUE_TEXT = 128, UNKNOWN_E7 = INT32_MIN };
#define AT_MOST_MS INT64_C(253402300799999) /* 9999 */

/* One name and its value on their way through a message. */
struct piece {
    char name[40], value[VALUE_TEXT];
};

static enum bm_code wrong(struct bm_fault *fault, const char *field, const char *what) {
    return bm_fault_set(fault, BM_OUT_OF_RANGE, field, "%s", what);
}

/* A decimal number, all of the text: no hexadecimal, no infinity, no spaces. */
static bool read_number(const char *text, double *ret) {
    char *end;
    if (!*text || strspn(text, "+-.0123456789") != strlen(text)) return false;
    double value = strtod(text, &end);
    if (*end || value < -1e15 || value > 1e15) return false;
    *ret = value;
    return true;
}

static enum bm_code read_degrees(const char *text, const char *field, double most, int32_t *ret_e7, struct bm_fault *fault) {
    double degrees;
    if (!read_number(text, &degrees) || degrees < -most || degrees > most)
        return wrong(fault, field, most < 100 ? "A latitude lies between -90 and 90." : "A longitude lies between -180 and 180.");
    *ret_e7 = (int32_t)(degrees * 1e7 + (degrees < 0 ? -0.5 : 0.5));
    return BM_OK;
}

/* Metres; "N" and what is below nothing: not said. */
static enum bm_code read_metres(const char *text, const char *field, uint32_t *ret_m, struct bm_fault *fault) {
    double metres;
    *ret_m = 0;
    if (strcasecmp(text, "N") == 0) return BM_OK;
    if (!read_number(text, &metres)) return wrong(fault, field, "The radius is a number of metres, or N.");
    if (metres > 0) *ret_m = metres > BM_AML_UNCERTAINTY_MAX_M ? BM_AML_UNCERTAINTY_MAX_M : (uint32_t)(metres + 0.999);
    return BM_OK;
}

/* "20130717141935", UTC. */
static enum bm_code read_stamp(const char *text, int64_t *ret_ms, struct bm_fault *fault) {
    int part[7];
    static const int widths[] = {4, 2, 2, 2, 2, 2};
    char date[11] = "0000-00-00";
    int32_t day;
    if (strlen(text) != 14 || strspn(text, "0123456789") != 14) return wrong(fault, "top", "The time is written YYYYMMDDhhmmss, in UTC.");
    const char *at = text;
    for (int i = 0; i < 6; i++) {
        part[i] = 0;
        for (int d = 0; d < widths[i]; d++) part[i] = part[i] * 10 + (*at++ - '0');
    }
    memcpy(date, text, 4);
    memcpy(date + 5, text + 4, 2);
    memcpy(date + 8, text + 6, 2);
    if (!bm_date_read(date, 10, &day) || part[3] > 23 || part[4] > 59 || part[5] > 60)
        return wrong(fault, "top", "There is no such time.");
    int64_t at_ms = (((int64_t)day * 24 + part[3]) * 60 + part[4]) * 60000 + (int64_t)part[5] * 1000;
    if (at_ms < 0) return wrong(fault, "top", "There is no such time.");
    *ret_ms = at_ms;
    return BM_OK;
}

static enum bm_code read_count(const char *text, const char *field, int64_t least, int64_t most, int64_t *ret, struct bm_fault *fault) {
    double value;
    if (!read_number(text, &value) || value < (double)least || value > (double)most) return wrong(fault, field, "There is no such time.");
    *ret = (int64_t)value;
    return BM_OK;
}

static bool is_nowhere(const struct bm_aml *aml) {
    return aml->lat_e7 == UNKNOWN_E7 || aml->lon_e7 == UNKNOWN_E7;
}

static enum bm_code finish(const struct bm_aml *aml, bool nowhere, struct bm_aml *ret_aml, struct bm_fault *fault) {
    if (nowhere || is_nowhere(aml))
        return bm_fault_set(fault, BM_NOT_FOUND, NULL, "The phone says that it does not know where it is.");
    *ret_aml = *aml;
    return BM_OK;
}

/* --- SMS -------------------------------------------------------------------------------------- */

/* The next `name=value` up to a semicolon; false at the end. What is too long to be of use is cut. */
static bool next_piece(const char **at, const char *end, struct piece *piece) {
    if (*at >= end) return false;
    const char *stop = memchr(*at, ';', (size_t)(end - *at)), *equals;
    if (!stop) stop = end;
    equals = memchr(*at, '=', (size_t)(stop - *at));
    const char *name_end = equals ? equals : stop, *value = equals ? equals + 1 : stop;
    while (*at < name_end && isspace((unsigned char)**at)) (*at)++;
    while (value < stop && isspace((unsigned char)*value)) value++;
    const char *value_end = stop;
    while (value_end > value && isspace((unsigned char)value_end[-1])) value_end--;
    size_t name_len = (size_t)(name_end - *at), value_len = (size_t)(value_end - value);
    if (name_len >= sizeof piece->name) name_len = sizeof piece->name - 1;
    if (value_len >= sizeof piece->value) value_len = sizeof piece->value - 1;
    memcpy(piece->name, *at, name_len);
    piece->name[name_len] = 0;
    memcpy(piece->value, value, value_len);
    piece->value[value_len] = 0;
    *at = stop + 1;
    return true;
}

static bool is(const struct piece *piece, const char *name) {
    return strcmp(piece->name, name) == 0;
}

static enum bm_code read_v1(const char *at, const char *end, struct bm_aml *ret_aml, struct bm_fault *fault) {
    struct bm_aml aml = {UNKNOWN_E7, UNKNOWN_E7, 0, BM_AML_NO_TIME, ""};
    struct piece piece;
    bool nowhere = false;
    enum bm_code code = BM_OK;
    while (!code && next_piece(&at, end, &piece)) {
        if (is(&piece, "lt") && !strchr("nN", piece.value[0])) code = read_degrees(piece.value, "lt", 90, &aml.lat_e7, fault);
        if (is(&piece, "lg") && !strchr("nN", piece.value[0])) code = read_degrees(piece.value, "lg", 180, &aml.lon_e7, fault);
        if (is(&piece, "rd")) code = read_metres(piece.value, "rd", &aml.uncertainty_m, fault);
        if (is(&piece, "top") && strcasecmp(piece.value, "N") != 0) code = read_stamp(piece.value, &aml.fixed_at_ms, fault);
        if (is(&piece, "pm")) nowhere = strcasecmp(piece.value, "N") == 0;
    }
    return code ? code : finish(&aml, nowhere, ret_aml, fault);
}

/* "-37.42175,-122.08461,20.1"; nothing before the first comma: the phone knows no place. */
static enum bm_code read_place(char *value, struct bm_aml *aml, struct bm_fault *fault) {
    char *lon = strchr(value, ','), *radius = lon ? strchr(lon + 1, ',') : NULL;
    if (!*value || *value == ',') return BM_OK;
    if (!lon) return wrong(fault, "lo", "The place is written LAT,LON,RADIUS.");
    *lon++ = 0;
    if (radius) *radius++ = 0;
    enum bm_code code = read_degrees(value, "lo", 90, &aml->lat_e7, fault);
    if (!code) code = read_degrees(lon, "lo", 180, &aml->lon_e7, fault);
    if (!code && radius) code = read_metres(radius, "lo", &aml->uncertainty_m, fault);
    return code;
}

static enum bm_code read_v2(const char *at, const char *end, struct bm_aml *ret_aml, struct bm_fault *fault) {
    struct bm_aml aml = {UNKNOWN_E7, UNKNOWN_E7, 0, BM_AML_NO_TIME, ""};
    struct piece piece;
    int64_t began_s = 0, age_s = 0;
    bool began = false;
    enum bm_code code = BM_OK;
    while (!code && next_piece(&at, end, &piece)) {
        if (is(&piece, "lo")) code = read_place(piece.value, &aml, fault);
        if (is(&piece, "et")) {
            code = read_count(piece.value, "et", 0, AT_MOST_MS / 1000, &began_s, fault);
            began = !code;
        }
        if (is(&piece, "lt") && piece.value[0]) code = read_count(piece.value, "lt", -1000000000, 1000000000, &age_s, fault);
    }
    if (began && began_s + age_s >= 0) aml.fixed_at_ms = (began_s + age_s) * 1000;
    return code ? code : finish(&aml, false, ret_aml, fault);
}

enum bm_code bm_aml_read_sms(const char *text, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault) {
    static const char head[] = "A\"ML=";
    if (len > BM_AML_SMS_MAX) return bm_fault_set(fault, BM_TOO_LONG, "sms", "Such a message has at most %d characters.", BM_AML_SMS_MAX);
    while (len && isspace((unsigned char)*text)) text++, len--;
    if (memchr(text, 0, len) || len < sizeof head || memcmp(text, head, sizeof head - 1) != 0)
        return bm_fault_set(fault, BM_BAD_REQUEST, "sms", "An AML message begins with A\"ML=1 or A\"ML=2.");
    const char *rest = text + sizeof head - 1, *end = text + len;
    bool alone = rest + 1 >= end || rest[1] == ';' || isspace((unsigned char)rest[1]);
    if (!alone || (*rest != '1' && *rest != '2'))
        return bm_fault_set(fault, BM_BAD_REQUEST, "sms", "Only versions 1 and 2 of AML messages are known.");
    const char *at = rest + 2 < end ? rest + 2 : end;
    return *rest == '1' ? read_v1(at, end, ret_aml, fault) : read_v2(at, end, ret_aml, fault);
}

enum bm_code bm_aml_read_data(const uint8_t *bytes, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault) {
    char text[BM_AML_SMS_MAX + 8];
    size_t count = 0;
    unsigned held = 0, bits = 0;
    if (len > (size_t)BM_AML_SMS_MAX * 7 / 8)
        return bm_fault_set(fault, BM_TOO_LONG, "data", "Such a message has at most %d bytes.", BM_AML_SMS_MAX * 7 / 8);
    for (size_t i = 0; i < len; i++) {
        held |= (unsigned)bytes[i] << bits;
        bits += 8;
        for (; bits >= 7; bits -= 7, held >>= 7) text[count++] = (char)(held & 0x7f);
    }
    while (count && (text[count - 1] == 0 || text[count - 1] == '\r')) count--; /* what fills up the last byte */
    return bm_aml_read_sms(text, count, ret_aml, fault);
}

/* --- HTTPS ------------------------------------------------------------------------------------ */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes up to `&`; what is too long to be of use is cut.  False for a broken escape or a NUL. */
static bool take_decoded(const char **at, const char *end, const char *stops, size_t cap, char *ret_text) {
    size_t len = 0;
    while (*at < end && !strchr(stops, **at)) {
        char c = *(*at)++;
        if (c == '+') c = ' ';
        if (c == '%') {
            if (end - *at < 2 || hex_digit((*at)[0]) < 0 || hex_digit((*at)[1]) < 0) return false;
            c = (char)(hex_digit((*at)[0]) * 16 + hex_digit((*at)[1]));
            *at += 2;
        }
        if (!c) return false;
        if (len < cap - 1) ret_text[len++] = c;
    }
    ret_text[len] = 0;
    return true;
}

static enum bm_code take_form_piece(const struct piece *piece, struct bm_aml *aml, struct bm_fault *fault) {
    const char *value = piece->value;
    if (!*value) return BM_OK;
    if (is(piece, "location_latitude")) return read_degrees(value, piece->name, 90, &aml->lat_e7, fault);
    if (is(piece, "location_longitude")) return read_degrees(value, piece->name, 180, &aml->lon_e7, fault);
    if (is(piece, "location_accuracy")) return read_metres(value, piece->name, &aml->uncertainty_m, fault);
    if (is(piece, "location_time")) return read_count(value, piece->name, 0, AT_MOST_MS, &aml->fixed_at_ms, fault);
    if (is(piece, "device_number")) {
        if (strlen(value) >= sizeof aml->number) return wrong(fault, piece->name, "No number is that long.");
        memcpy(aml->number, value, strlen(value) + 1);
    }
    return BM_OK;
}

enum bm_code bm_aml_read_form(const char *text, size_t len, struct bm_aml *ret_aml, struct bm_fault *fault) {
    struct bm_aml aml = {UNKNOWN_E7, UNKNOWN_E7, 0, BM_AML_NO_TIME, ""};
    const char *at = text, *end = text + len;
    bool has_version = false;
    enum bm_code code = BM_OK;
    if (len > BM_AML_FORM_MAX) return bm_fault_set(fault, BM_TOO_LONG, "form", "Such a form has at most %d bytes.", BM_AML_FORM_MAX);
    if (memchr(text, 0, len)) return bm_fault_set(fault, BM_BAD_REQUEST, "form", "This is no form.");
    while (!code && at < end) {
        struct piece piece = {.value = ""};
        bool good = take_decoded(&at, end, "=&", sizeof piece.name, piece.name);
        if (good && at < end && *at == '=') {
            at++;
            good = take_decoded(&at, end, "&", sizeof piece.value, piece.value);
        }
        if (!good) return bm_fault_set(fault, BM_BAD_REQUEST, "form", "This is no form: an escape is broken.");
        if (at < end) at++; /* the & */
        has_version |= is(&piece, "v");
        code = take_form_piece(&piece, &aml, fault);
    }
    if (!code && !has_version) return bm_fault_set(fault, BM_BAD_REQUEST, "form", "An AML form names its version: v=1.");
    return code ? code : finish(&aml, false, ret_aml, fault);
}
