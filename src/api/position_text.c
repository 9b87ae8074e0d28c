#include "api/position_text.h"

#include "api/coordinates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT, LAT, LON, AT, SPEED, HEADING, DATUM, PARTS };
static const char *const names[PARTS] = {"unit",      "lat",         "lon",  "at_ms",
                                         "speed_mps", "heading_deg", "datum"};
static const double least[DATUM] = {0, -90, -180, 0, 0, 0},
                    most[DATUM] = {0, 90, 180, (double)BM_AT_MAX, 1000, 360};

/* As BM_F_ID: digits that do not begin with 0, at most 18. */
static enum bm_code read_unit(const char *text, uint64_t *ret_unit, struct bm_fault *fault) {
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (!digits || digits > 18 || text[digits] || text[0] == '0') {
        return bm_fault_set(fault, BM_WRONG_TYPE, names[UNIT],
                            "\"unit\" must be an id: at most 18 digits that do not begin with 0.");
    }
    *ret_unit = strtoull(text, NULL, 10);
    return BM_OK;
}

static enum bm_code check_range(int part, bool is_number, double number, struct bm_fault *fault) {
    if (is_number && number >= least[part] && number <= most[part]) return BM_OK;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, names[part],
                        "\"%s\" must be a number from %.15g to %.15g.", names[part], least[part],
                        most[part]);
}

/* What was not given is NAN. */
static enum bm_code position_of(uint64_t unit, const double numbers[DATUM], enum bm_datum datum,
                                struct bm_position *ret_position, struct bm_fault *fault) {
    for (int part = LAT; part <= LON; part++) {
        if (isnan(numbers[part])) {
            return bm_fault_set(fault, BM_MISSING_FIELD, names[part],
                                "Send \"%s\" in decimal degrees (WGS 84, or in the \"datum\" "
                                "that is named).",
                                names[part]);
        }
    }
    *ret_position = (struct bm_position){
        .unit = unit,
        .point = bm_datum_to_wgs84(datum, (struct bm_point){(int32_t)llround(numbers[LAT] * 1e7),
                                                            (int32_t)llround(numbers[LON] * 1e7)}),
        .at_ms = isnan(numbers[AT]) ? BM_AT_NONE : (int64_t)numbers[AT],
        .speed_mmps = isnan(numbers[SPEED]) ? BM_SPEED_NONE
                                            : (uint32_t)lround(numbers[SPEED] * 1000),
        .heading_deg = BM_HEADING_NONE};
    if (!isnan(numbers[HEADING]))
        ret_position->heading_deg = (uint16_t)(lround(numbers[HEADING]) % 360);
    return BM_OK;
}

/* The first 40 bytes of a member's name, cut before a character rather than within it. */
static enum bm_code unknown(const char *name, struct bm_fault *fault) {
    char shown[41];
    size_t len = strnlen(name, sizeof shown - 1);
    while (len && ((unsigned char)name[len] & 0xc0) == 0x80) len--;
    memcpy(shown, name, len);
    shown[len] = 0;
    return bm_fault_set(fault, BM_UNKNOWN_FIELD, len ? shown : "positions",
                        "\"%s\" is not known here; these are: unit, lat, lon, at_ms, speed_mps, "
                        "heading_deg, datum.",
                        shown);
}

enum bm_code bm_position_read_json(const json_t *object, struct bm_position *ret_position,
                                   struct bm_fault *fault) {
    double numbers[DATUM] = {NAN, NAN, NAN, NAN, NAN, NAN};
    uint64_t unit = 0;
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        return bm_fault_set(fault, BM_WRONG_TYPE, "positions",
                            "A position is an object with unit, lat and lon.");
    }
    json_object_foreach((json_t *)object, name, value) {
        int part = UNIT;
        while (part < PARTS && strcmp(name, names[part]) != 0) part++;
        if (part == PARTS) return unknown(name, fault);
        if (part == UNIT || part == DATUM || json_is_null(value)) continue;
        numbers[part] = json_number_value(value);
        enum bm_code code = check_range(part, json_is_number(value), numbers[part], fault);
        if (code) return code;
    }
    enum bm_code code = read_unit(json_string_value(json_object_get(object, names[UNIT])), &unit,
                                  fault);
    const json_t *named = json_object_get(object, names[DATUM]);
    const char *word = json_is_string(named) ? json_string_value(named) : "";
    enum bm_datum datum = BM_DATUM_WGS84;
    if (!code) code = bm_datum_read(!named || json_is_null(named) ? NULL : word, &datum, fault);
    return code ? code : position_of(unit, numbers, datum, ret_position, fault);
}

enum { EXACT_DIGITS = 15 };
static const double tens[EXACT_DIGITS + 1] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                              1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* What devices send: a sign, digits, a point, digits; false for anything else, and for more than 15
 * digits.  Up to there both the digits and the power of ten are doubles without error, so that the
 * one division rounds as strtod would (Clinger 1990), at a tenth of its cost: one core reads more
 * positions than it can send. */
static bool read_plain(const char *text, double *ret_number) {
    uint64_t digits = 0;
    int count = 0, places = 0;
    bool minus = *text == '-', point = false;
    for (text += minus; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            if (++count > EXACT_DIGITS) return false;
            digits = digits * 10 + (uint64_t)(*text - '0');
            places += point;
        } else if (*text == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    if (!count) return false;
    double number = (double)digits / tens[places];
    *ret_number = minus ? -number : number;
    return true;
}

static bool read_number(const char *text, double *ret_number) {
    char *end;
    if (read_plain(text, ret_number)) return true;
    if (text[strspn(text, "+-.0123456789eE")]) return false; /* no space, inf, nan, hex */
    *ret_number = strtod(text, &end);
    return !*end;
}

enum bm_code bm_position_read_line(const char *bytes, size_t len, struct bm_position *ret_position,
                                   struct bm_fault *fault) {
    double numbers[DATUM] = {NAN, NAN, NAN, NAN, NAN, NAN};
    char line[BM_POSITION_LINE_MAX];
    uint64_t unit = 0;
    enum bm_datum datum = BM_DATUM_WGS84;
    if (len >= sizeof line || memchr(bytes, 0, len)) {
        return bm_fault_set(fault, BM_TOO_LONG, "line", "A line has at most %d bytes of text.",
                            BM_POSITION_LINE_MAX - 1);
    }
    memcpy(line, bytes, len);
    line[len] = 0;
    int part = UNIT;
    for (char *at = line; at; part++) {
        char *comma = strchr(at, ',');
        enum bm_code code = BM_OK;
        if (comma) *comma = 0;
        if (part == PARTS) {
            return bm_fault_set(fault, BM_BAD_REQUEST, "line",
                                "A line is: unit,lat,lon,at_ms,speed_mps,heading_deg,datum.");
        }
        if (part == UNIT) {
            code = read_unit(at, &unit, fault);
        } else if (part == DATUM) {
            code = bm_datum_read(at[0] ? at : NULL, &datum, fault);
        } else if (at[0]) {
            bool is_number = read_number(at, &numbers[part]);
            code = check_range(part, is_number, numbers[part], fault);
        }
        if (code) return code;
        at = comma ? comma + 1 : NULL;
    }
    return position_of(unit, numbers, datum, ret_position, fault);
}
