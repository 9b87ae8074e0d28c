#include "api/intake.h"

#include <inttypes.h>
#include <string.h>

#include "api/intake_private.h"
#include "base/alloc.h"
#include "base/log.h"
#include "intake/owntracks.h"

#define AGAIN_AFTER_NS INT64_C(250000000)

/* --- one report ------------------------------------------------------------------------------- */

bool bm_intake_take(struct bm_intake *intake, const struct bm_device *device, const struct bm_report *report) {
    struct bm_dispatch *dispatch = intake->api->config.dispatch;
    int64_t now_ms = bm_io_wall_ms(intake->api->io);
    struct bm_position position = {.unit = device->unit.v,
                                   .point = report->point,
                                   .speed_mmps = report->speed_mmps,
                                   .heading_deg = report->heading_deg};
    struct bm_unit unit;
    bm_position_date(&position, report->device_at_ms, now_ms, report->queued ? BM_POSITION_QUEUED_MS : BM_POSITION_LIVE_MS);
    bm_devices_heard(intake->devices, device->id.v, now_ms, report->device_at_ms, position.clock_off);
    if (!bm_dispatch_unit(dispatch, device->unit.v, &unit) || !unit.active) return false;
    return !report->has_point || bm_dispatch_position(dispatch, &position) != BM_POSITION_NO_UNIT;
}

_Static_assert(BM_REPORT_SPEED_NONE == BM_SPEED_NONE && (int)BM_REPORT_HEADING_NONE == (int)BM_HEADING_NONE, "the same nothing");

/* Where the report says, or where the unit was last. */
static struct bm_command help_command(struct bm_intake *intake, uint64_t device, const struct bm_report *report) {
    struct bm_command command = bm_command_make(BM_DO_DURESS);
    struct bm_device row;
    struct bm_position position;
    command.target = device;
    if (report->has_point) {
        command.duress.lat_e7 = report->point.lat_e7;
        command.duress.lon_e7 = report->point.lon_e7;
    } else if (bm_devices_get(intake->devices, device, &row) &&
               bm_dispatch_where(intake->api->config.dispatch, row.unit.v, &position)) {
        command.duress.lat_e7 = position.point.lat_e7;
        command.duress.lon_e7 = position.point.lon_e7;
    }
    bm_position_date(&position, report->device_at_ms, bm_io_wall_ms(intake->api->io), BM_POSITION_QUEUED_MS);
    if (!position.clock_off && report->device_at_ms != BM_AT_NONE) command.duress.occurred_at_ms = report->device_at_ms;
    return command;
}

/* A call for help on its way through the desk. */
struct helping {
    struct bm_ticket ticket; /* first: what the desk gives back */
    struct bm_intake *intake;
    uint64_t device;
    struct bm_help_from from;
};

static void mqtt_helped(struct bm_intake *intake);
static void mqtt_asks_again(struct bm_intake *intake);

/* What is refused now may be taken in a moment. */
static bool is_for_now(enum bm_code code) {
    return code == BM_NO_SPACE || code == BM_OVERLOADED || code == BM_NOT_READY;
}

static void helped(struct bm_api *api, struct bm_ticket *ticket, const struct bm_live_reply *reply) {
    struct helping *helping = (struct helping *)ticket;
    struct bm_intake *intake = helping->intake;
    bool fine = reply->reply.code == BM_OK;
    (void)api;
    bm_devices_asked(intake->devices, helping->device, fine);
    if (!fine) {
        bm_log(BM_LOG_ERROR, "duress_refused", "device=%" PRIu64 " reason=\"%s\"", helping->device, reply->fault.detail);
    }
    struct bm_call *call = helping->from.call;
    if (call && fine)
        bm_call_finish(call);
    else if (call)
        bm_call_refuse(call, reply->reply.code, reply->fault.field, "%s", reply->fault.detail);
    else if (helping->from.over_mqtt && is_for_now(reply->reply.code))
        mqtt_asks_again(intake);
    else if (helping->from.over_mqtt)
        mqtt_helped(intake);
    else if (intake->jt808)
        bm_jt808_answer(intake->jt808, helping->from.terminal, fine);
    bm_free(helping);
}

bool bm_intake_ask(struct bm_intake *intake, uint64_t device, const struct bm_report *report, struct bm_help_from from) {
    if (!intake->api->live) return false;
    struct bm_command command = help_command(intake, device, report);
    struct helping *helping = bm_alloc_zero(1, sizeof *helping);
    helping->ticket.replied = helped;
    helping->intake = intake;
    helping->device = device;
    helping->from = from;
    uint64_t named[] = {BM_DO_DURESS, device};
    bm_hash_of(named, sizeof named, command.request + 16, 16);
    if (bm_live_submit(intake->api->live, &command, helping) == BM_OK) return true;
    bm_command_release(&command);
    bm_free(helping);
    return false;
}

/* --- JT/T 808 --------------------------------------------------------------------------------- */

static uint64_t jt808_known(void *context, const char *phone, const char *terminal) {
    struct bm_intake *intake = context;
    struct bm_device device;
    bool known = bm_devices_find(intake->devices, BM_DEVICE_JT808, phone, terminal, bm_io_wall_ms(intake->api->io), &device);
    if (!known) return 0;
    bm_devices_heard(intake->devices, device.id.v, bm_io_wall_ms(intake->api->io), BM_AT_NONE, false);
    return device.id.v;
}

/* The same for a number for ever, so that a terminal that keeps it need not register again after a restart. */
static void jt808_code(void *context, const char *phone, char ret_code[BM_JT808_CODE_TEXT]) {
    struct bm_intake *intake = context;
    uint8_t hash[16];
    char name[BM_JT808_PHONE_TEXT + 6] = "jt808 ";
    size_t len = strnlen(phone, BM_JT808_PHONE_TEXT - 1);
    memcpy(name + 6, phone, len);
    bm_hash_keyed(intake->api->digest_key, name, 6 + len, hash, sizeof hash);
    bm_hex(hash, (BM_JT808_CODE_TEXT - 1) / 2, ret_code);
}

static enum bm_jt808_taken jt808_take(void *context, uint64_t id, const struct bm_report *report, struct bm_jt808_ticket ticket) {
    struct bm_intake *intake = context;
    struct bm_device device;
    if (!bm_devices_get(intake->devices, id, &device) || !device.active || !bm_intake_take(intake, &device, report)) return BM_JT808_REFUSED;
    enum bm_device_call call = bm_devices_asks(intake->devices, id, report->alarm);
    bool answered_later = call == BM_DEVICE_IS_CALLING && !ticket.link;
    if (call == BM_DEVICE_FINE || call == BM_DEVICE_HAS_CALLED || answered_later) return BM_JT808_TAKEN;
    /* Said again while it is on its way: asked again, which is one call, and answered when it is in the record. */
    if (bm_intake_ask(intake, id, report, (struct bm_help_from){.terminal = ticket})) return BM_JT808_LATER;
    bm_devices_asked(intake->devices, id, false); /* not acknowledged: it says so again */
    return BM_JT808_REFUSED;
}

enum bm_code bm_api_jt808(struct bm_api *api, const char *host, uint16_t port, uint16_t *ret_port, struct bm_fault *fault) {
    const struct bm_jt808_calls calls = {jt808_known, jt808_code, jt808_take, api->intake};
    api->intake->jt808 = bm_jt808_server_new(api->io, &calls);
    return bm_jt808_listen(api->intake->jt808, host, port, ret_port, fault);
}

/* --- MQTT ------------------------------------------------------------------------------------- */

/* Its thread waits here until the call is in the record: only then is the broker told that it arrived.  What the desk refuses
 * for good (a unit that is out of service) is in the log.  False: the desk stops, and nobody knows whether it was taken. */
static bool mqtt_ask(struct bm_intake *intake, uint64_t device, const struct bm_report *report) {
    pthread_mutex_lock(&intake->lock);
    intake->help = BM_HELP_WAITS;
    intake->help_device = device;
    intake->help_report = *report;
    bm_io_wake(intake->wake);
    while (intake->help != BM_HELP_DONE && !intake->stopping) pthread_cond_wait(&intake->helped, &intake->lock);
    bool done = intake->help == BM_HELP_DONE;
    intake->help = BM_HELP_NONE;
    pthread_mutex_unlock(&intake->lock);
    return done;
}

static void mqtt_helped(struct bm_intake *intake) {
    pthread_mutex_lock(&intake->lock);
    intake->help = BM_HELP_DONE;
    pthread_cond_signal(&intake->helped);
    pthread_mutex_unlock(&intake->lock);
}

static void on_help(void *context) {
    struct bm_intake *intake = context;
    pthread_mutex_lock(&intake->lock);
    bool waits = intake->help == BM_HELP_WAITS;
    if (waits) intake->help = BM_HELP_ASKED;
    uint64_t device = intake->help_device;
    struct bm_report report = intake->help_report;
    pthread_mutex_unlock(&intake->lock);
    if (waits && !bm_intake_ask(intake, device, &report, (struct bm_help_from){.over_mqtt = true})) mqtt_asks_again(intake);
}

static void mqtt_asks_again(struct bm_intake *intake) {
    pthread_mutex_lock(&intake->lock);
    intake->help = BM_HELP_WAITS;
    pthread_mutex_unlock(&intake->lock);
    bm_io_timer_set(intake->again, bm_io_mono_ns(intake->api->io) + AGAIN_AFTER_NS);
}

static bool on_message(void *context, const char *topic, const void *payload, size_t len) {
    struct bm_intake *intake = context;
    char named[BM_IDENTITY_TEXT], identity[BM_IDENTITY_TEXT];
    struct bm_report report;
    struct bm_device device;
    struct bm_fault fault = {0};
    if (!len || !bm_owntracks_topic(topic, named)) return true; /* an empty message takes a retained one away */
    enum bm_code code = bm_owntracks_read(payload, len, named, identity, &report, &fault);
    if (code) {
        bm_log(BM_LOG_WARNING, "mqtt_message_refused", "topic=\"%.100s\" reason=\"%s\"", topic, fault.detail);
        return true;
    }
    /* The broker vouches for the topic that it was published under, and for nothing that stands inside. */
    if (!bm_devices_find(intake->devices, BM_DEVICE_OWNTRACKS, named, "mqtt", bm_io_wall_ms(intake->api->io), &device)) return true;
    bm_intake_take(intake, &device, &report);
    enum bm_device_call call = bm_devices_asks(intake->devices, device.id.v, report.alarm);
    return call == BM_DEVICE_FINE || call == BM_DEVICE_HAS_CALLED || mqtt_ask(intake, device.id.v, &report);
}

enum bm_code bm_api_mqtt(struct bm_api *api, const struct bm_mqtt_address *address, const char *password, const char *client_id,
                         struct bm_fault *fault) {
    struct bm_intake *intake = api->intake;
    intake->wake = bm_io_wake_new(api->io, on_help, intake);
    intake->again = bm_io_timer_new(api->io, on_help, intake);
    return bm_mqtt_start(address, password, client_id, on_message, intake, &intake->mqtt, fault);
}

/* --- life ------------------------------------------------------------------------------------- */

struct bm_intake *bm_intake_new(struct bm_api *api) {
    struct bm_intake *intake = bm_alloc_zero(1, sizeof *intake);
    intake->api = api;
    intake->devices = bm_devices_new();
    pthread_mutex_init(&intake->lock, NULL);
    pthread_cond_init(&intake->helped, NULL);
    return intake;
}

void bm_api_intake_stop(struct bm_api *api) {
    struct bm_intake *intake = api ? api->intake : NULL;
    if (!intake || !intake->mqtt) return;
    /* Away from the broker first, so that the line that is cut under what still waits for the desk is not made anew. */
    bm_mqtt_leave(intake->mqtt);
    pthread_mutex_lock(&intake->lock);
    intake->stopping = true;
    pthread_cond_signal(&intake->helped);
    pthread_mutex_unlock(&intake->lock);
    bm_mqtt_stop(intake->mqtt);
    intake->mqtt = NULL;
}

void bm_intake_free(struct bm_intake *intake) {
    if (!intake) return;
    bm_api_intake_stop(intake->api);
    bm_jt808_server_free(intake->jt808);
    if (intake->again) bm_io_timer_free(intake->again);
    if (intake->wake) bm_io_wake_free(intake->wake);
    bm_devices_free(intake->devices);
    pthread_cond_destroy(&intake->helped);
    pthread_mutex_destroy(&intake->lock);
    bm_free(intake);
}
