#include "intake/owntracks.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"

bool bm_owntracks_topic(const char *topic, char ret_identity[BM_IDENTITY_TEXT]) {
    static const char root[] = "owntracks/";
    if (strncmp(topic, root, sizeof root - 1) != 0) return false;
    const char *user = topic + sizeof root - 1;
    size_t user_len = strcspn(user, "/");
    if (!user_len || !user[user_len]) return false;
    size_t device_len = strcspn(user + user_len + 1, "/"), len = user_len + 1 + device_len;
    if (!device_len || len >= BM_IDENTITY_TEXT) return false;
    memcpy(ret_identity, user, len);
    ret_identity[len] = 0;
    return true;
}

/* A number of the object within its range; `*ret` stays as it is when it is not there. */
static enum bm_code number_of(const json_t *object, const char *name, double least, double most, double *ret, struct bm_fault *fault) {
    const json_t *value = json_object_get(object, name);
    if (!value || json_is_null(value)) return BM_OK;
    if (!json_is_number(value)) return bm_fault_set(fault, BM_WRONG_TYPE, name, "\"%s\" must be a number.", name);
    double number = json_number_value(value);
    if (!(number >= least && number <= most))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, name, "\"%s\" must lie between %.10g and %.10g.", name, least, most);
    *ret = number;
    return BM_OK;
}

static bool says_sos(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcasecmp(text, "sos") == 0;
}

static enum bm_code read_location(const json_t *object, struct bm_report *report, struct bm_fault *fault) {
    double lat = NAN, lon = NAN, tst = NAN, vel = NAN, cog = NAN;
    enum bm_code code = number_of(object, "lat", -90, 90, &lat, fault);
    if (!code) code = number_of(object, "lon", -180, 180, &lon, fault);
    if (!code) code = number_of(object, "tst", 0, (double)BM_AT_MAX / 1000, &tst, fault);
    if (!code) code = number_of(object, "vel", -1, 10000, &vel, fault); /* -1: not known */
    if (!code) code = number_of(object, "cog", -1, 360, &cog, fault);
    if (code) return code;
    if (isnan(lat) || isnan(lon)) {
        const char *name = isnan(lat) ? "lat" : "lon";
        return bm_fault_set(fault, BM_MISSING_FIELD, name, "A location needs \"%s\" in decimal degrees.", name);
    }
    report->has_point = true;
    report->point = (struct bm_point){(int32_t)llround(lat * 1e7), (int32_t)llround(lon * 1e7)};
    if (!isnan(tst)) report->device_at_ms = (int64_t)(tst * 1000);
    if (vel >= 0) report->speed_mmps = (uint32_t)lround(vel * 1000 / 3.6);
    if (cog >= 0) report->heading_deg = (uint16_t)(lround(cog) % 360);
    report->alarm = says_sos(object, "poi") || says_sos(object, "tag");
    return BM_OK;
}

static enum bm_code read_object(const json_t *object, const char *named, char identity[BM_IDENTITY_TEXT], struct bm_report *report,
                                struct bm_fault *fault) {
    const char *type = json_string_value(json_object_get(object, "_type"));
    const char *topic = json_string_value(json_object_get(object, "topic"));
    if (!type) return bm_fault_set(fault, BM_MISSING_FIELD, "_type", "An OwnTracks message says what it is in \"_type\".");
    if (strcmp(type, "encrypted") == 0)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "_type", "The message is encrypted; take the key out of the app's settings.");
    if (!topic || !bm_owntracks_topic(topic, identity)) {
        size_t len = strnlen(named, BM_IDENTITY_TEXT);
        if (!len || len == BM_IDENTITY_TEXT)
            return bm_fault_set(fault, BM_MISSING_FIELD, "topic",
                                "Name the device: in \"topic\" (owntracks/user/device), in X-Limit-U and X-Limit-D, or in u= and d=.");
        memcpy(identity, named, len + 1);
    }
    return strcmp(type, "location") == 0 ? read_location(object, report, fault) : BM_OK;
}

enum bm_code bm_owntracks_read(const void *json, size_t len, const char *named, char ret_identity[BM_IDENTITY_TEXT],
                               struct bm_report *ret_report, struct bm_fault *fault) {
    char identity[BM_IDENTITY_TEXT] = "";
    struct bm_report report = bm_report_make();
    json_t *object;
    if (len > BM_OWNTRACKS_MAX) return bm_fault_set(fault, BM_TOO_LARGE, NULL, "A message has at most %d bytes.", BM_OWNTRACKS_MAX);
    enum bm_code code = bm_json_parse(json, len, &object, fault);
    if (code) return code;
    report.queued = true;
    code = read_object(object, named, identity, &report, fault);
    json_decref(object);
    if (code) return code;
    memcpy(ret_identity, identity, sizeof identity);
    *ret_report = report;
    return BM_OK;
}
