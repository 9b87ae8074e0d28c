#include "intake/jt808.h"

#include <string.h>

#include "base/time.h"

static uint16_t u16(const uint8_t *at) {
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t u32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* --- head ------------------------------------------------------------------------------------- */

/* Nibbles as digits; makers put letters of hex there, too, and are read by them. */
static void phone_text(struct bm_jt808_head *head) {
    static const char digits[] = "0123456789abcdef";
    char text[BM_JT808_PHONE_TEXT];
    size_t len = 0, zeros = 0;
    for (size_t i = 0; i < head->phone_len; i++) {
        text[len++] = digits[head->phone_bytes[i] >> 4];
        text[len++] = digits[head->phone_bytes[i] & 15];
    }
    text[len] = 0;
    while (zeros + 1 < len && text[zeros] == '0') zeros++;
    memcpy(head->phone, text + zeros, len - zeros + 1);
}

enum bm_code bm_jt808_read(const uint8_t *bytes, size_t len, struct bm_jt808_message *ret_message, struct bm_fault *fault) {
    struct bm_jt808_message message = {.head = {.phone_len = 6}};
    struct bm_jt808_head *head = &message.head;
    if (len < 13 || len > BM_JT808_FRAME_MAX) return bm_fault_set(fault, BM_BAD_REQUEST, "frame", "A frame of %zu bytes is none.", len);
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++) sum ^= bytes[i];
    if (sum) return bm_fault_set(fault, BM_CORRUPT, "frame", "The frame's check byte does not fit.");
    uint16_t attributes = u16(bytes + 2);
    head->id = u16(bytes);
    head->encrypted = (attributes >> 10 & 7) != 0;
    head->is_2019 = attributes >> 14 & 1;
    size_t at = 4;
    if (head->is_2019) {
        head->version = bytes[at++];
        head->phone_len = 10;
    }
    bool has_parts = attributes >> 13 & 1;
    size_t body_len = attributes & 0x3ff, head_len = at + head->phone_len + 2 + (has_parts ? 4 : 0);
    if (len != head_len + body_len + 1)
        return bm_fault_set(fault, BM_BAD_REQUEST, "frame", "The frame says that its body has %zu bytes, and it is %zu long.", body_len, len);
    memcpy(head->phone_bytes, bytes + at, head->phone_len);
    at += head->phone_len;
    head->serial = u16(bytes + at);
    if (has_parts) {
        head->parts = u16(bytes + at + 2);
        head->part = u16(bytes + at + 4);
    }
    phone_text(head);
    message.body = bytes + head_len;
    message.body_len = body_len;
    *ret_message = message;
    return BM_OK;
}

/* --- bodies ----------------------------------------------------------------------------------- */

enum { LOCATION_LEAST = 28 };
enum { STATUS_FIXED = 1 << 1, STATUS_SOUTH = 1 << 2, STATUS_WEST = 1 << 3, ALARM_SOS = 1 };

/* Two digits of BCD; -1 when they are none. */
static int bcd(uint8_t byte) {
    return (byte >> 4) > 9 || (byte & 15) > 9 ? -1 : (byte >> 4) * 10 + (byte & 15);
}

/* YYMMDDhhmmss in UTC+8; BM_AT_NONE for what is no time. */
static int64_t time_of(const uint8_t *at) {
    int part[6];
    for (int i = 0; i < 6; i++) {
        part[i] = bcd(at[i]);
        if (part[i] < 0) return BM_AT_NONE;
    }
    if (!part[1] || part[1] > 12 || !part[2] || part[2] > 31 || part[3] > 23 || part[4] > 59 || part[5] > 60) return BM_AT_NONE;
    int32_t day = bm_date_day((struct bm_date){2000 + part[0], (uint8_t)part[1], 1}) + part[2] - 1;
    if (bm_date_of(day).month != part[1]) return BM_AT_NONE; /* the month is not that long */
    return day * INT64_C(86400000) + part[3] * INT64_C(3600000) + part[4] * INT64_C(60000) + part[5] * INT64_C(1000) - INT64_C(8) * 3600000;
}

enum bm_code bm_jt808_location(const uint8_t *body, size_t len, struct bm_report *ret_report, struct bm_fault *fault) {
    struct bm_report report = bm_report_make();
    if (len < LOCATION_LEAST) return bm_fault_set(fault, BM_BAD_REQUEST, "body", "A position has at least %d bytes, this one %zu.", LOCATION_LEAST, len);
    uint32_t status = u32(body + 4), lat = u32(body + 8), lon = u32(body + 12);
    report.alarm = u32(body) & ALARM_SOS;
    report.device_at_ms = time_of(body + 22);
    *ret_report = report;
    if (!(status & STATUS_FIXED)) return BM_OK;
    if (lat > 90000000 || lon > 180000000) return bm_fault_set(fault, BM_OUT_OF_RANGE, "lat", "The position is not on earth.");
    report.has_point = true;
    report.point.lat_e7 = (int32_t)(lat * 10) * (status & STATUS_SOUTH ? -1 : 1);
    report.point.lon_e7 = (int32_t)(lon * 10) * (status & STATUS_WEST ? -1 : 1);
    report.speed_mmps = (uint32_t)((uint64_t)u16(body + 18) * 1000000 / 36000); /* tenths of a km/h */
    uint16_t heading = u16(body + 20);
    if (heading <= 360) report.heading_deg = heading % 360;
    *ret_report = report;
    return BM_OK;
}

enum bm_code bm_jt808_locations(const uint8_t *body, size_t len, bm_jt808_each_fn *each, void *context, unsigned *ret_broken,
                                struct bm_fault *fault) {
    if (len < 3) return bm_fault_set(fault, BM_BAD_REQUEST, "body", "A batch of positions begins with their number.");
    unsigned count = u16(body), broken = 0;
    if (count > BM_JT808_BATCH_MAX) return bm_fault_set(fault, BM_BAD_REQUEST, "body", "A batch has at most %d positions.", BM_JT808_BATCH_MAX);
    size_t at = 3;
    unsigned i = 0;
    for (; i < count && len - at >= 2; i++) {
        size_t one = u16(body + at);
        struct bm_report report;
        if (one > len - at - 2) break;
        if (bm_jt808_location(body + at + 2, one, &report, NULL)) {
            broken++;
        } else {
            report.queued = true;
            each(context, &report);
        }
        at += 2 + one;
    }
    *ret_broken = broken + (count - i);
    return BM_OK;
}

enum bm_code bm_jt808_log_on(const struct bm_jt808_message *message, char ret_code[BM_JT808_CODE_TEXT], struct bm_fault *fault) {
    const uint8_t *at = message->body;
    size_t len = message->body_len;
    if (message->head.is_2019 && len) { /* its length stands before it, what else there is behind it */
        size_t said = *at++;
        len = said <= len - 1 ? said : 0;
    }
    if (!len) return bm_fault_set(fault, BM_MISSING_FIELD, "code", "The terminal logs on without a code.");
    if (len >= BM_JT808_CODE_TEXT || memchr(at, 0, len)) return bm_fault_set(fault, BM_OUT_OF_RANGE, "code", "That is no code of this desk.");
    memcpy(ret_code, at, len);
    ret_code[len] = 0;
    return BM_OK;
}

enum bm_code bm_jt808_registration(const struct bm_jt808_message *message, char ret_terminal[BM_JT808_TERMINAL_TEXT], struct bm_fault *fault) {
    /* province u16, city u16, maker, model, terminal, colour u8, plate: their widths tell the editions apart. */
    static const struct {
        size_t before, width;
    } editions[] = {{4 + 5 + 8, 7}, {4 + 5 + 20, 7}, {4 + 11 + 30, 30}};
    size_t len = message->body_len;
    int edition = message->head.is_2019 ? 2 : len >= editions[1].before + editions[1].width + 1 ? 1 : 0;
    size_t from = editions[edition].before, width = editions[edition].width, used = 0;
    if (len < from + width + 1) return bm_fault_set(fault, BM_BAD_REQUEST, "body", "The registration is cut: %zu bytes.", len);
    for (; used < width; used++) {
        uint8_t byte = message->body[from + used];
        if (byte <= ' ' || byte > '~' || byte == '"' || byte == '\\') break;
        ret_terminal[used] = (char)byte;
    }
    ret_terminal[used] = 0;
    return BM_OK;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void put(struct bm_buf *out, uint8_t byte, uint8_t *sum) {
    *sum ^= byte;
    if (byte == 0x7d || byte == 0x7e) {
        bm_buf_byte(out, 0x7d);
        bm_buf_byte(out, byte == 0x7d ? 1 : 2);
    } else {
        bm_buf_byte(out, byte);
    }
}

static void put16(struct bm_buf *out, uint16_t value, uint8_t *sum) {
    put(out, (uint8_t)(value >> 8), sum);
    put(out, (uint8_t)value, sum);
}

void bm_jt808_write(const struct bm_jt808_head *to, uint16_t own_serial, uint16_t id, const uint8_t *body, size_t len, struct bm_buf *out) {
    uint8_t sum = 0, none = 0;
    bm_buf_byte(out, 0x7e);
    put16(out, id, &sum);
    put16(out, (uint16_t)(len | (to->is_2019 ? 1u << 14 : 0)), &sum);
    if (to->is_2019) put(out, to->version, &sum);
    for (size_t i = 0; i < to->phone_len; i++) put(out, to->phone_bytes[i], &sum);
    put16(out, own_serial, &sum);
    for (size_t i = 0; i < len; i++) put(out, body[i], &sum);
    put(out, sum, &none);
    bm_buf_byte(out, 0x7e);
}

void bm_jt808_write_answer(const struct bm_jt808_head *to, uint16_t own_serial, uint16_t serial, uint16_t id, uint8_t result, struct bm_buf *out) {
    const uint8_t body[] = {(uint8_t)(serial >> 8), (uint8_t)serial, (uint8_t)(id >> 8), (uint8_t)id, result};
    bm_jt808_write(to, own_serial, BM_JT808_ANSWER, body, sizeof body, out);
}

void bm_jt808_write_registered(const struct bm_jt808_head *to, uint16_t own_serial, uint8_t result, const char *code, struct bm_buf *out) {
    uint8_t body[3 + BM_JT808_CODE_TEXT] = {(uint8_t)(to->serial >> 8), (uint8_t)to->serial, result};
    size_t len = result == BM_JT808_FINE ? strnlen(code, BM_JT808_CODE_TEXT) : 0;
    memcpy(body + 3, code, len);
    bm_jt808_write(to, own_serial, BM_JT808_REGISTERED, body, 3 + len, out);
}
