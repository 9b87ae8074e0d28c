#include "acme.h"

#include <math.h>
#include <string.h>

enum { HEAD, NAME, LATITUDE, LONGITUDE, TIME, SPEED, HEADING, HELP, FIELDS };
static const char *const names[FIELDS] = {"head", "name", "latitude", "longitude", "time", "speed", "heading", "help"};

/* Cuts the line at its commas; the number of fields, 0 when there are too many. */
static int cut(char *line, char *ret_fields[FIELDS]) {
    int count = 0;
    for (char *at = line; at; count++) {
        char *comma = strchr(at, ',');
        if (count == FIELDS) return 0;
        if (comma) *comma = 0;
        ret_fields[count] = at;
        at = comma ? comma + 1 : NULL;
    }
    return count;
}

/* A decimal number within bounds, and nothing else in the field; an infinity or a hexadecimal number is none. */
static enum bm_code number(char *const fields[FIELDS], int field, double least, double most, double *ret, struct bm_fault *fault) {
    const char *text = fields[field];
    char *end = NULL;
    double value = text[strspn(text, "+-.0123456789")] ? NAN : strtod(text, &end);
    if (!text[0] || !end || *end || !(value >= least && value <= most))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, names[field], "\"%.20s\" is no number from %g to %g.", text, least, most);
    *ret = value;
    return BM_OK;
}

enum bm_code bm_acme_read(const void *bytes, size_t len, char ret_identity[BM_IDENTITY_TEXT], struct bm_report *ret_report,
                          struct bm_fault *fault) {
    struct bm_report report = bm_report_make();
    char line[BM_ACME_MAX + 1], *fields[FIELDS];
    double lat, lon, at_s = 0, kmh = 0, heading = 0;
    if (len > BM_ACME_MAX) return bm_fault_set(fault, BM_TOO_LONG, "message", "An ACME message has at most %d bytes.", BM_ACME_MAX);
    if (memchr(bytes, 0, len)) return bm_fault_set(fault, BM_BAD_REQUEST, "message", "An ACME message is a line of text.");
    memcpy(line, bytes, len);
    line[len] = 0;
    int count = cut(line, fields);
    if (count < HELP || strcmp(fields[HEAD], "ACME") != 0)
        return bm_fault_set(fault, BM_BAD_REQUEST, "message", "An ACME message is ACME,name,latitude,longitude,time,speed,heading.");
    if (!fields[NAME][0] || strlen(fields[NAME]) >= BM_IDENTITY_TEXT)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "name", "A name has 1 to %d characters.", BM_IDENTITY_TEXT - 1);
    enum bm_code code = number(fields, TIME, 0, 253402300799, &at_s, fault);
    if (!code) code = number(fields, SPEED, 0, 1000, &kmh, fault);
    if (!code) code = number(fields, HEADING, 0, 359, &heading, fault);
    report.has_point = fields[LATITUDE][0] || fields[LONGITUDE][0];
    if (!code && report.has_point) code = number(fields, LATITUDE, -90, 90, &lat, fault);
    if (!code && report.has_point) code = number(fields, LONGITUDE, -180, 180, &lon, fault);
    if (code) return code;
    if (report.has_point) report.point = (struct bm_point){(int32_t)lround(lat * 1e7), (int32_t)lround(lon * 1e7)};
    report.device_at_ms = (int64_t)at_s * 1000;
    report.speed_mmps = (uint32_t)lround(kmh * 1000000 / 3600);
    report.heading_deg = (uint16_t)heading;
    report.alarm = count > HELP && strcmp(fields[HELP], "SOS") == 0;
    memcpy(ret_identity, fields[NAME], strlen(fields[NAME]) + 1);
    *ret_report = report;
    return BM_OK;
}
