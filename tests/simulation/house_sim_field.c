/* Terminals in vehicles over the same bad network, by JT/T 808: each registers, logs on, says where it is, keeps what was not
 * answered and says it again, one by one or in a batch.  Its crew presses the button; the terminal says so with every position
 * until one of them is answered.  What must hold: an answered position is in dispatch's table, or a newer one is; an answered
 * call for help is in the record, whatever happens to the desk a moment later. */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "house_sim.h"

enum { EVERY_MS = 60000, PRESSED_PERCENT = 2, BATCH_PERCENT = 40, FIRST_LAT_E6 = 39900000, LON_E6 = 116400000, DIGITS = 11 };
static const int64_t patience_ns = INT64_C(15) * 1000000000, utc_plus_8_ms = INT64_C(8) * 3600000;

static int64_t now_ns(const struct house *house) {
    return bm_io_mono_ns(house->life.io);
}

static uint64_t jumps(const struct house *house) {
    return house->tally->faults[HOUSE_CLOCK_FORWARD] + house->tally->faults[HOUSE_CLOCK_BACK];
}

void house_field_identity(unsigned terminal, char ret_identity[HOUSE_IDENTITY_TEXT]) {
    snprintf(ret_identity, HOUSE_IDENTITY_TEXT, "138%08u", terminal);
}

void house_field_make(struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS; i++) {
        struct house_terminal *terminal = &house->terminals[i];
        char digits[HOUSE_IDENTITY_TEXT];
        house_field_identity(i + 1, digits);
        *terminal = (struct house_terminal){.device = i + 1, .rng = {house->seed * 977 + i}};
        terminal->head.is_2019 = i == 0;
        terminal->head.version = 1;
        terminal->head.phone_len = i == 0 ? 10 : 6;
        size_t nibbles = 2 * terminal->head.phone_len;
        for (size_t d = 0; d < DIGITS; d++) {
            size_t at = nibbles - DIGITS + d;
            terminal->head.phone_bytes[at / 2] |= (uint8_t)((digits[d] - '0') << (at % 2 ? 0 : 4));
        }
        bm_jt808_stream_make(&terminal->in);
    }
}

void house_field_free(struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS; i++) bm_jt808_stream_free(&house->terminals[i].in);
    bm_free(house->helped);
}

/* --- connections ---------------------------------------------------------------------------------------- */

static void hang_up(struct house_terminal *terminal) {
    if (terminal->client) bm_io_sim_forget(terminal->client);
    terminal->client = NULL;
    terminal->state = HOUSE_T_AWAY;
    bm_jt808_stream_free(&terminal->in);
    bm_jt808_stream_make(&terminal->in);
    for (size_t i = 0; i < terminal->report_count; i++) terminal->reports[i].serial = 0;
}

void house_field_cut(struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS; i++) hang_up(&house->terminals[i]);
}

static void say(struct house *house, struct house_terminal *terminal, uint16_t id, const uint8_t *body, size_t len) {
    struct bm_buf out = bm_buf_make(4096);
    if (++terminal->serial == 0) terminal->serial = 1;
    bm_jt808_write(&terminal->head, terminal->serial, id, body, len, &out);
    bm_io_sim_send(terminal->client, out.bytes, out.len);
    bm_buf_free(&out);
    terminal->until_ns = now_ns(house) + patience_ns;
}

static void ring_up(struct house *house, struct house_terminal *terminal) {
    static const uint8_t nothing[80];
    terminal->client = bm_io_sim_connect(house->life.io, house->life.terminals_port);
    if (!terminal->client) return;
    if (terminal->code[0]) { /* it keeps its code over everything */
        uint8_t body[1 + BM_JT808_CODE_TEXT + 35] = {0};
        size_t len = strlen(terminal->code), at = 0;
        if (terminal->head.is_2019) body[at++] = (uint8_t)len;
        memcpy(body + at, terminal->code, len);
        terminal->state = HOUSE_T_LOGS_ON;
        say(house, terminal, BM_JT808_LOG_ON, body, terminal->head.is_2019 ? at + len + 35 : len);
    } else {
        terminal->state = HOUSE_T_REGISTERS;
        say(house, terminal, BM_JT808_REGISTER, nothing, terminal->head.is_2019 ? 4 + 11 + 30 + 30 + 1 : 4 + 5 + 20 + 7 + 1);
    }
}

/* --- what it says ------------------------------------------------------------------------------------------ */

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint8_t bcd(int value) {
    return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

enum { LOCATION_BYTES = 28, SOS = 1, FIXED = 2 };
static void location(const struct house_report *report, uint8_t ret_body[LOCATION_BYTES]) {
    time_t local_s = (time_t)((report->at_ms + utc_plus_8_ms) / 1000);
    struct tm day;
    gmtime_r(&local_s, &day);
    memset(ret_body, 0, LOCATION_BYTES);
    put32(ret_body, report->alarm ? SOS : 0);
    put32(ret_body + 4, FIXED);
    put32(ret_body + 8, (uint32_t)(report->lat_e7 / 10));
    put32(ret_body + 12, LON_E6);
    const uint8_t when[] = {bcd(day.tm_year - 100), bcd(day.tm_mon + 1), bcd(day.tm_mday), bcd(day.tm_hour), bcd(day.tm_min), bcd(day.tm_sec)};
    memcpy(ret_body + 22, when, sizeof when);
}

static void answered(struct house *house, struct house_terminal *terminal, uint16_t serial, uint8_t result);

/* As if a gateway had answered for the desk, which never hears of it. */
static void forge_help(struct house *house, struct house_terminal *terminal) {
    for (size_t i = 0; i < terminal->report_count; i++) {
        if (!terminal->reports[i].alarm) continue;
        house->tally->lies++;
        answered(house, terminal, terminal->reports[i].serial, BM_JT808_FINE);
        return;
    }
}

/* What waits goes in one message each, or all in one. */
static void send_reports(struct house *house, struct house_terminal *terminal) {
    size_t unsent = 0;
    for (size_t i = 0; i < terminal->report_count; i++) unsent += !terminal->reports[i].serial;
    bool batch = unsent > 1 && bm_rng_chance(&terminal->rng, BATCH_PERCENT);
    uint8_t body[3 + HOUSE_REPORTS * (2 + LOCATION_BYTES)] = {0, (uint8_t)unsent, 1};
    size_t len = 3;
    for (size_t i = 0; i < terminal->report_count; i++) {
        struct house_report *report = &terminal->reports[i];
        if (report->serial) continue;
        report->batch = batch;
        report->jumps = jumps(house);
        const struct bm_device *device = bm_core_get(bm_desk_core(house->life.desk), BM_T_DEVICE, terminal->device);
        report->device_seq = device ? device->seq.v : 0;
        if (batch) {
            body[len + 1] = LOCATION_BYTES;
            location(report, body + len + 2);
            len += 2 + LOCATION_BYTES;
        } else {
            location(report, body);
            say(house, terminal, BM_JT808_LOCATION, body, LOCATION_BYTES);
        }
        if (!batch) report->serial = terminal->serial;
    }
    if (batch) say(house, terminal, BM_JT808_LOCATIONS, body, len);
    for (size_t i = 0; batch && i < terminal->report_count; i++)
        if (!terminal->reports[i].serial) terminal->reports[i].serial = terminal->serial;
    if (house->lie == HOUSE_FORGED_HELP) forge_help(house, terminal);
}

static void note_position(struct house *house, struct house_terminal *terminal) {
    if (now_ns(house) < terminal->next_ns || terminal->report_count == HOUSE_REPORTS) return;
    terminal->next_ns = now_ns(house) + (int64_t)(1 + bm_rng_below(&terminal->rng, EVERY_MS)) * 1000000;
    /* Pressed again before a position without it was answered, it is the same call (intake/device.h). */
    bool may_press = !terminal->pressed && terminal->calm_since;
    if (may_press && !house->calm && bm_rng_chance(&terminal->rng, PRESSED_PERCENT)) {
        terminal->pressed = true;
        terminal->calm_since = false;
        terminal->pressed_at_ms = house_desk_time(house);
    }
    if (house->calm && !terminal->pressed) return;
    terminal->lat_e7 += 10;
    terminal->reports[terminal->report_count++] = (struct house_report){
        .alarm = terminal->pressed, .lat_e7 = FIRST_LAT_E6 * 10 + terminal->lat_e7, .at_ms = bm_io_wall_ms(house->life.io) / 1000 * 1000};
}

/* --- what it is told ------------------------------------------------------------------------------------------ */

/* In the table, or a newer one is.  Of a clock that was set meanwhile, or a device that was changed, nothing is said. */
static void check_position(struct house *house, const struct house_terminal *terminal, const struct house_report *report) {
    const struct bm_device *device = bm_core_get(bm_desk_core(house->life.desk), BM_T_DEVICE, terminal->device);
    struct bm_position where, mine = {0};
    if (!device || device->seq.v != report->device_seq || report->jumps != jumps(house)) return;
    if (!bm_dispatch_where(house->life.dispatch, device->unit.v, &where)) {
        house_wrong(house, "a position of terminal %" PRIu64 " was answered, and its unit has none", terminal->device);
        return;
    }
    bm_position_date(&mine, report->at_ms, bm_io_wall_ms(house->life.io), report->batch ? BM_POSITION_QUEUED_MS : BM_POSITION_LIVE_MS);
    if (where.point.lat_e7 == report->lat_e7 || mine.clock_off || where.at_ms >= mine.at_ms) return;
    house_wrong(house, "a position of terminal %" PRIu64 " as of %" PRId64 " was answered, and that of %" PRId64 " is in the table",
                terminal->device, mine.at_ms, where.at_ms);
}

/* Not answered yet by anybody at the desk, or answered after the button was pressed. */
static void check_help(struct house *house, struct house_terminal *terminal, const struct house_report *report) {
    const struct bm_core *core = bm_desk_core(house->life.desk);
    const struct bm_device *device = bm_core_get(core, BM_T_DEVICE, terminal->device);
    const struct bm_duress *found = NULL;
    if (!device || device->seq.v != report->device_seq) return;
    for (uint64_t id = 0; (id = bm_core_next_id(core, BM_T_DURESS, id));) {
        const struct bm_duress *duress = bm_core_get(core, BM_T_DURESS, id);
        if (duress->unit.v != device->unit.v) continue;
        if (duress->acknowledged_at_ms == BM_AT_NONE || duress->acknowledged_at_ms >= terminal->pressed_at_ms) found = duress;
    }
    if (!found) {
        house_wrong(house, "terminal %" PRIu64 " was answered, and its crew's call for help is not in the record", terminal->device);
        return;
    }
    HOUSE_GROW(house->helped, house->helped_count, house->helped_cap);
    house->helped[house->helped_count++] = (struct house_helped){found->id.v, found->unit.v, false};
    house->tally->helped++;
}

static void answered(struct house *house, struct house_terminal *terminal, uint16_t serial, uint8_t result) {
    bool help = false;
    size_t kept = 0;
    for (size_t i = 0; i < terminal->report_count && !house_failed(house); i++) {
        struct house_report *report = &terminal->reports[i];
        if (report->serial != serial) {
            terminal->reports[kept++] = *report;
        } else if (result == BM_JT808_FINE) {
            house->tally->positions++;
            check_position(house, terminal, report);
            if (report->alarm) check_help(house, terminal, report);
            terminal->calm_since = !report->alarm;
            help |= report->alarm;
        } else if (result == BM_JT808_WRONG) {
            house_wrong(house, "terminal %" PRIu64 ": a position is called wrong", terminal->device);
        } else {
            report->serial = 0; /* and again, in a while */
            terminal->next_ns = now_ns(house) + (int64_t)EVERY_MS * 1000000;
            terminal->reports[kept++] = *report;
        }
    }
    terminal->report_count = kept;
    if (help) terminal->pressed = false; /* as the standard has it: the mark is cleared by the answer */
}

struct heard {
    struct house *house;
    struct house_terminal *terminal;
};

static bool take_message(void *context, const struct bm_jt808_message *message, bool is_part) {
    struct heard *heard = context;
    struct house_terminal *terminal = heard->terminal;
    const uint8_t *body = message->body;
    if (is_part || message->body_len < 3) return true;
    uint16_t serial = (uint16_t)(body[0] << 8 | body[1]);
    if (message->head.id == BM_JT808_REGISTERED) {
        size_t len = message->body_len - 3;
        if (body[2] != BM_JT808_FINE || len >= sizeof terminal->code) return false; /* taken out of service */
        memcpy(terminal->code, body + 3, len);
        terminal->code[len] = 0;
        return false; /* and comes again with its code */
    }
    if (message->head.id != BM_JT808_ANSWER || message->body_len < 5) return true;
    uint16_t id = (uint16_t)(body[2] << 8 | body[3]);
    if (id == BM_JT808_LOG_ON) {
        terminal->state = HOUSE_T_ON;
        terminal->until_ns = INT64_MAX;
        if (body[4] != BM_JT808_FINE) terminal->code[0] = 0;
        return body[4] == BM_JT808_FINE;
    }
    answered(heard->house, terminal, serial, body[4]);
    bool waits = false;
    for (size_t i = 0; i < terminal->report_count; i++) waits |= terminal->reports[i].serial != 0;
    if (!waits) terminal->until_ns = INT64_MAX;
    return !house_failed(heard->house);
}

void house_field_hear(struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS && !house_failed(house); i++) {
        struct house_terminal *terminal = &house->terminals[i];
        size_t len;
        if (!terminal->client) continue;
        const uint8_t *bytes = bm_io_sim_arrived(terminal->client, &len);
        struct heard heard = {house, terminal};
        bool goes_on = !len || bm_jt808_stream_take(&terminal->in, bytes, len, take_message, &heard);
        if (terminal->in.broken) house_wrong(house, "terminal %" PRIu64 " was sent what is no frame", terminal->device);
        bm_io_sim_take(terminal->client, len);
        if (!goes_on || bm_io_sim_ended(terminal->client)) hang_up(terminal);
    }
}

/* --- turns ----------------------------------------------------------------------------------------------------- */

/* Whether the desk knows it by its number, and would take anything of it. */
static bool in_service(const struct house *house, const struct house_terminal *terminal) {
    const struct bm_core *core = bm_desk_core(house->life.desk);
    const struct bm_device *device = bm_core_get(core, BM_T_DEVICE, terminal->device);
    char number[HOUSE_IDENTITY_TEXT];
    house_field_identity((unsigned)terminal->device, number);
    bool known = device && device->active && device->protocol == BM_DEVICE_JT808 && strcmp(device->identity, number) == 0;
    const struct bm_unit *unit = known ? bm_core_get(core, BM_T_UNIT, device->unit.v) : NULL;
    return unit && unit->active;
}

void house_field_turn(struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS && !house_failed(house); i++) {
        struct house_terminal *terminal = &house->terminals[i];
        bool cut = !house->calm && bm_rng_below(&terminal->rng, 1000) < house->weather.reset;
        if (terminal->client && (cut || now_ns(house) >= terminal->until_ns)) hang_up(terminal);
        note_position(house, terminal);
        if (!terminal->client && (house->calm || bm_rng_chance(&terminal->rng, 30))) ring_up(house, terminal);
        if (terminal->state == HOUSE_T_ON) send_reports(house, terminal);
    }
}

bool house_field_idle(const struct house *house) {
    for (unsigned i = 0; i < HOUSE_TERMINALS; i++) {
        const struct house_terminal *terminal = &house->terminals[i];
        if (!in_service(house, terminal)) continue;
        if (terminal->state != HOUSE_T_ON || terminal->report_count || terminal->pressed) return false;
    }
    return true;
}

void house_field_see(struct house *house, const struct bm_event *event) {
    if (event->kind != BM_EV_DURESS_RAISED) return;
    for (size_t i = 0; i < house->helped_count; i++) {
        struct house_helped *helped = &house->helped[i];
        if (helped->duress == event->duress_raised.duress.v && helped->unit == event->duress_raised.unit.v) helped->seen = true;
    }
}

void house_field_check(struct house *house) {
    for (size_t i = 0; i < house->helped_count; i++) {
        if (!house->helped[i].seen)
            house_wrong(house, "a terminal was answered call for help %" PRIu64 " of unit %" PRIu64 ", and the record does not have it",
                        house->helped[i].duress, house->helped[i].unit);
        house->helped[i].seen = false;
    }
}
