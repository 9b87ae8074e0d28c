/* What devices send.  The first byte says which reader gets the rest: OwnTracks, OsmAnd as a form or as JSON, JT/T 808 as a
 * stream, cut into pieces, HTTP Basic, a broker's address.  What is accepted lies within its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "http/http.h"
#include "intake/basic.h"
#include "intake/jt808.h"
#include "intake/mqtt.h"
#include "intake/osmand.h"
#include "intake/owntracks.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void within_bounds(const struct bm_report *report) {
    BM_CHECK(!report->has_point || bm_point_valid(report->point));
    BM_CHECK(report->device_at_ms == BM_AT_NONE || (report->device_at_ms >= 0 && report->device_at_ms <= BM_AT_MAX));
    BM_CHECK(report->heading_deg == BM_REPORT_HEADING_NONE || report->heading_deg < 360);
    BM_CHECK(report->speed_mmps == BM_REPORT_SPEED_NONE || report->speed_mmps <= 10000000);
}

static void judged(enum bm_code code, const struct bm_report *report, const char *identity, const struct bm_fault *fault) {
    if (code) {
        BM_CHECK(fault->code == code && fault->detail[0]);
        return;
    }
    BM_CHECK(identity[0] && strnlen(identity, BM_IDENTITY_TEXT) < BM_IDENTITY_TEXT);
    within_bounds(report);
}

static enum bm_code find(void *context, const char *name, char *ret_value, size_t cap) {
    struct bm_http_request request = {.query = context};
    return bm_http_query(&request, name, ret_value, cap);
}

static void take_one(void *context, const struct bm_report *report) {
    (void)context;
    within_bounds(report);
}

static bool take_message(void *context, const struct bm_jt808_message *message, bool is_part) {
    struct bm_report report;
    struct bm_buf out = bm_buf_make(4096);
    char text[BM_JT808_TERMINAL_TEXT], code[BM_JT808_CODE_TEXT];
    unsigned broken;
    (void)context;
    BM_CHECK(message->head.phone[0] && message->body_len <= BM_JT808_WHOLE_MAX && !(is_part && message->body_len));
    if (bm_jt808_location(message->body, message->body_len, &report, NULL) == BM_OK) within_bounds(&report);
    (void)!bm_jt808_locations(message->body, message->body_len, take_one, NULL, &broken, NULL);
    if (bm_jt808_registration(message, text, NULL) == BM_OK) BM_CHECK(strlen(text) < sizeof text);
    if (bm_jt808_log_on(message, code, NULL) == BM_OK) BM_CHECK(strlen(code) < sizeof code);
    /* What is written is read again. */
    struct bm_jt808_stream again;
    bm_jt808_stream_make(&again);
    bm_jt808_write_answer(&message->head, 1, message->head.serial, message->head.id, 0, &out);
    if (context) bm_jt808_stream_take(&again, out.bytes, out.len, take_message, NULL);
    BM_CHECK(again.broken == 0);
    bm_jt808_stream_free(&again);
    bm_buf_free(&out);
    return true;
}

/* The same messages come out of it whole, and a byte or three at a time. */
static void as_stream(const uint8_t *bytes, size_t len) {
    struct bm_jt808_stream whole, pieces;
    bm_jt808_stream_make(&whole);
    bm_jt808_stream_make(&pieces);
    bm_jt808_stream_take(&whole, bytes, len, take_message, &whole);
    for (size_t at = 0; at < len; at += 3)
        bm_jt808_stream_take(&pieces, bytes + at, len - at < 3 ? len - at : 3, take_message, &pieces);
    BM_CHECK(whole.broken == pieces.broken && whole.len == pieces.len && whole.next_part == pieces.next_part);
    bm_jt808_stream_free(&whole);
    bm_jt808_stream_free(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    char identity[BM_IDENTITY_TEXT] = "", user[BM_BASIC_TEXT], password[BM_BASIC_TEXT];
    struct bm_report report;
    struct bm_fault fault = {0};
    struct bm_mqtt_address address;
    if (!len) return 0;
    char *text = bm_alloc(len);
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = 0;
    switch (bytes[0] % 6) {
    case 0:
        judged(bm_owntracks_read(text, len - 1, "user/device", identity, &report, &fault), &report, identity, &fault);
        break;
    case 1:
        judged(bm_osmand_read_form(find, text, identity, &report, &fault), &report, identity, &fault);
        break;
    case 2:
        judged(bm_osmand_read_json(text, len - 1, identity, &report, &fault), &report, identity, &fault);
        break;
    case 3:
        as_stream(bytes + 1, len - 1);
        break;
    case 4:
        if (bm_basic_read(text, user, password)) BM_CHECK(strlen(user) < sizeof user && strlen(password) < sizeof password);
        break;
    default:
        if (bm_mqtt_address_read(text, &address)) BM_CHECK(address.host[0] && address.topic[0] && address.port);
    }
    bm_free(text);
    return 0;
}
