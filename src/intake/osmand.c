#include "intake/osmand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/time.h"

#define MMPS_PER_KNOT (1852000.0 / 3600.0)

/* --- times ------------------------------------------------------------------------------------ */

/* `digits` digits as a number; -1 when they are something else. */
static int two(const char *text, int digits) {
    int number = 0;
    for (int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + text[i] - '0';
    }
    return number;
}

/* "Z", "+08:00", "+0800" or nothing (UTC); false when it is anything else. */
static bool read_offset(const char *text, int64_t *ret_ms) {
    *ret_ms = 0;
    if (!text[0] || strcmp(text, "Z") == 0) return true;
    if (text[0] != '+' && text[0] != '-') return false;
    size_t len = strlen(text);
    if (len != 5 && !(len == 6 && text[3] == ':')) return false;
    int hours = two(text + 1, 2), minutes = two(text + len - 2, 2);
    if (hours < 0 || minutes < 0 || hours > 14 || minutes > 59) return false;
    *ret_ms = (text[0] == '-' ? -1 : 1) * (hours * INT64_C(3600000) + minutes * INT64_C(60000));
    return true;
}

static bool read_iso(const char *text, int64_t *ret_at_ms) {
    int32_t day;
    int64_t ms = 0, offset_ms;
    if (strlen(text) < 19 || !bm_date_read(text, 10, &day) || (text[10] != 'T' && text[10] != ' ')) return false;
    int hour = two(text + 11, 2), minute = two(text + 14, 2), second = two(text + 17, 2);
    if (text[13] != ':' || text[16] != ':' || hour < 0 || minute < 0 || second < 0 || hour > 23 || minute > 59 || second > 60) return false;
    const char *rest = text + 19;
    if (*rest == '.') {
        int64_t scale = 100;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10) ms += (*rest - '0') * scale;
    }
    if (!read_offset(rest, &offset_ms)) return false;
    int64_t at_ms = day * INT64_C(86400000) + hour * INT64_C(3600000) + minute * INT64_C(60000) + second * INT64_C(1000) + ms - offset_ms;
    if (at_ms < 0 || at_ms > BM_AT_MAX) return false;
    *ret_at_ms = at_ms;
    return true;
}

bool bm_osmand_time(const char *text, int64_t *ret_at_ms) {
    size_t digits = strspn(text, "0123456789");
    if (!digits || text[digits]) return read_iso(text, ret_at_ms);
    if (digits > 14) return false;
    int64_t number = strtoll(text, NULL, 10);
    int64_t at_ms = digits > 10 ? number : number * 1000; /* seconds have ten digits until 2286 */
    if (at_ms > BM_AT_MAX) return false;
    *ret_at_ms = at_ms;
    return true;
}

/* --- what both have --------------------------------------------------------------------------- */

static enum bm_code set_point(double lat, double lon, struct bm_report *report, struct bm_fault *fault) {
    if (!(lat >= -90 && lat <= 90)) return bm_fault_set(fault, BM_OUT_OF_RANGE, "lat", "\"lat\" must lie between -90 and 90.");
    if (!(lon >= -180 && lon <= 180)) return bm_fault_set(fault, BM_OUT_OF_RANGE, "lon", "\"lon\" must lie between -180 and 180.");
    report->has_point = true;
    report->point = (struct bm_point){(int32_t)llround(lat * 1e7), (int32_t)llround(lon * 1e7)};
    return BM_OK;
}

/* Below 0: not known. */
static enum bm_code set_motion(double mmps, double heading, struct bm_report *report, struct bm_fault *fault) {
    if (mmps > 1e6) return bm_fault_set(fault, BM_OUT_OF_RANGE, "speed", "\"speed\" is beyond what moves on earth.");
    if (heading > 360) return bm_fault_set(fault, BM_OUT_OF_RANGE, "bearing", "\"bearing\" must lie between 0 and 360.");
    if (mmps >= 0) report->speed_mmps = (uint32_t)lround(mmps);
    if (heading >= 0) report->heading_deg = (uint16_t)(lround(heading) % 360);
    return BM_OK;
}

static enum bm_code bad_time(struct bm_fault *fault) {
    return bm_fault_set(fault, BM_OUT_OF_RANGE, "timestamp",
                        "\"timestamp\" must be seconds or milliseconds since 1970, or like 2026-01-31T18:00:00Z.");
}

/* --- forms ------------------------------------------------------------------------------------ */

struct form {
    bm_osmand_find_fn *find;
    void *context;
    struct bm_fault *fault;
};

/* "" when it is not there. */
static enum bm_code text_of(const struct form *form, const char *name, const char *other, size_t cap, char *ret_text) {
    enum bm_code code = form->find(form->context, name, ret_text, cap);
    if (code == BM_NOT_FOUND && other) code = form->find(form->context, other, ret_text, cap);
    if (code == BM_NOT_FOUND) ret_text[0] = 0;
    if (code && code != BM_NOT_FOUND)
        return bm_fault_set(form->fault, BM_OUT_OF_RANGE, name, "\"%s\" is broken or too long.", name);
    return BM_OK;
}

static bool read_number(const char *text, double *ret_number) {
    char *end;
    if (!text[0] || text[strspn(text, "+-.0123456789eE")]) return false;
    *ret_number = strtod(text, &end);
    return !*end && isfinite(*ret_number);
}

/* *ret_number stays as it is when it is not there. */
static enum bm_code number_of(const struct form *form, const char *name, const char *other, double *ret_number) {
    char text[BM_OSMAND_VALUE_MAX];
    enum bm_code code = text_of(form, name, other, sizeof text, text);
    if (code || !text[0]) return code;
    if (read_number(text, ret_number)) return BM_OK;
    return bm_fault_set(form->fault, BM_WRONG_TYPE, name, "\"%s\" must be a number.", name);
}

static enum bm_code form_point(const struct form *form, struct bm_report *report) {
    char both[BM_OSMAND_VALUE_MAX], valid[BM_OSMAND_VALUE_MAX];
    double lat = NAN, lon = NAN;
    enum bm_code code = text_of(form, "location", NULL, sizeof both, both);
    if (!code) code = text_of(form, "valid", NULL, sizeof valid, valid);
    if (!code) code = number_of(form, "lat", NULL, &lat);
    if (!code) code = number_of(form, "lon", NULL, &lon);
    if (code) return code;
    char *comma = strchr(both, ',');
    if (both[0]) {
        if (comma) *comma = 0;
        if (!comma || !read_number(both, &lat) || !read_number(comma + 1, &lon))
            return bm_fault_set(form->fault, BM_OUT_OF_RANGE, "location", "\"location\" must be LAT,LON in decimal degrees.");
    }
    if (strcasecmp(valid, "false") == 0 || strcmp(valid, "0") == 0) return BM_OK;
    if (isnan(lat) && isnan(lon)) return BM_OK; /* cells and wireless networks only: heard, and nowhere */
    if (isnan(lat) || isnan(lon)) {
        const char *name = isnan(lat) ? "lat" : "lon";
        return bm_fault_set(form->fault, BM_MISSING_FIELD, name, "Send \"lat\" and \"lon\" together.");
    }
    return set_point(lat, lon, report, form->fault);
}

enum bm_code bm_osmand_read_form(bm_osmand_find_fn *find, void *context, char ret_identity[BM_IDENTITY_TEXT],
                                 struct bm_report *ret_report, struct bm_fault *fault) {
    const struct form form = {find, context, fault};
    struct bm_report report = bm_report_make();
    char identity[BM_IDENTITY_TEXT], at[BM_OSMAND_VALUE_MAX], alarm[BM_OSMAND_VALUE_MAX];
    double knots = -1, heading = -1;
    report.queued = true;
    enum bm_code code = text_of(&form, "id", "deviceid", sizeof identity, identity);
    if (!code && !identity[0]) code = bm_fault_set(fault, BM_MISSING_FIELD, "id", "Name the device: id=...");
    if (!code) code = form_point(&form, &report);
    if (!code) code = text_of(&form, "timestamp", NULL, sizeof at, at);
    if (!code && at[0] && !bm_osmand_time(at, &report.device_at_ms)) code = bad_time(fault);
    if (!code) code = number_of(&form, "speed", NULL, &knots);
    if (!code) code = number_of(&form, "bearing", "heading", &heading);
    if (!code) code = set_motion(knots < 0 ? -1 : knots * MMPS_PER_KNOT, heading, &report, fault);
    if (!code) code = text_of(&form, "alarm", NULL, sizeof alarm, alarm);
    if (code) return code;
    report.alarm = strcasecmp(alarm, "sos") == 0;
    memcpy(ret_identity, identity, sizeof identity);
    *ret_report = report;
    return BM_OK;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static double json_number_or(const json_t *object, const char *name, double otherwise) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static enum bm_code read_location(const json_t *location, struct bm_report *report, struct bm_fault *fault) {
    const json_t *coords = json_object_get(location, "coords");
    const char *at = json_string_value(json_object_get(location, "timestamp"));
    const char *alarm = json_string_value(json_object_get(json_object_get(location, "extras"), "alarm"));
    if (!json_is_object(coords)) return bm_fault_set(fault, BM_MISSING_FIELD, "coords", "Send \"location\":{\"coords\":{\"latitude\":..,\"longitude\":..}}.");
    double speed = json_number_or(coords, "speed", -1);
    enum bm_code code = set_point(json_number_or(coords, "latitude", NAN), json_number_or(coords, "longitude", NAN), report, fault);
    if (!code && at && !bm_osmand_time(at, &report->device_at_ms)) code = bad_time(fault);
    if (!code) code = set_motion(speed < 0 ? -1 : speed * 1000, json_number_or(coords, "heading", -1), report, fault);
    report->alarm = alarm && strcasecmp(alarm, "sos") == 0;
    return code;
}

enum bm_code bm_osmand_read_json(const void *json, size_t len, char ret_identity[BM_IDENTITY_TEXT], struct bm_report *ret_report,
                                 struct bm_fault *fault) {
    struct bm_report report = bm_report_make();
    json_t *object;
    if (len > BM_OSMAND_MAX) return bm_fault_set(fault, BM_TOO_LARGE, NULL, "A message has at most %d bytes.", BM_OSMAND_MAX);
    enum bm_code code = bm_json_parse(json, len, &object, fault);
    if (code) return code;
    report.queued = true;
    const char *name = json_string_value(json_object_get(object, "device_id"));
    size_t name_len = name ? strnlen(name, BM_IDENTITY_TEXT) : 0;
    if (!name_len || name_len == BM_IDENTITY_TEXT)
        code = bm_fault_set(fault, BM_MISSING_FIELD, "device_id", "Name the device: \"device_id\", at most %d bytes.", BM_IDENTITY_TEXT - 1);
    if (!code) code = read_location(json_object_get(object, "location"), &report, fault);
    if (!code) {
        memcpy(ret_identity, name, name_len + 1);
        *ret_report = report;
    }
    json_decref(object);
    return code;
}
