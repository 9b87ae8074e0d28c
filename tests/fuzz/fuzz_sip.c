/* Datagrams before the telephone bridge: each line "--\n" begins another, so that whole dialogs are tried.  What is read lies
 * within its bounds; every answer is SIP that the reader takes for one, and never more than was asked for at once. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "intake/calls.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct world {
    size_t sent, reports;
    unsigned random;
    char claimed[BM_SIP_ID_TEXT];
};

static void sent(void *context, const struct bm_peer *peer, unsigned port, const void *bytes, size_t len) {
    struct world *world = context;
    struct bm_sip_message back;
    (void)peer;
    BM_CHECK(bytes && port <= 65535);
    BM_CHECK(len > 20 && len <= BM_SIP_BYTES_MAX && memcmp(bytes, "SIP/2.0 ", 8) == 0);
    BM_CHECK(memmem(bytes, len, "\r\n\r\n", 4));
    BM_CHECK(!memchr(bytes, 0, len));
    BM_CHECK(bm_sip_read(bytes, len, &back) == BM_SIP_NOISE); /* an answer is no request: nobody answers it back */
    world->sent++;
}

static bool has_room(void *context) {
    return ((struct world *)context)->reports < 100;
}

static void reported(void *context, const struct bm_report *report) {
    struct world *world = context;
    BM_CHECK(report->call[0] && strlen(report->call) < BM_SIP_ID_TEXT);
    BM_CHECK(strlen(report->position) < BM_CALLS_CODE_TEXT && strlen(report->number) < BM_CALLS_NUMBER_TEXT);
    if (report->kind == BM_REPORT_RINGING) memcpy(world->claimed, report->call, sizeof world->claimed);
    world->reports++;
}

static void drawn(void *context, void *ret_bytes, size_t len) {
    struct world *world = context;
    for (size_t i = 0; i < len; i++) ((uint8_t *)ret_bytes)[i] = (uint8_t)(world->random++ * 37u);
}

static void within_bounds(const void *bytes, size_t len) {
    struct bm_sip_message message;
    enum bm_sip_read read = bm_sip_read(bytes, len, &message);
    if (read == BM_SIP_NOISE) return;
    BM_CHECK((read == BM_SIP_BAD) == (message.status != 0));
    BM_CHECK(message.via_count >= 1 && message.via_count <= BM_SIP_VIAS_MAX && message.header_count <= BM_SIP_HEADERS_MAX);
    for (size_t i = 0; i < message.header_count; i++) {
        const struct bm_slice value = message.headers[i].value;
        char user[64];
        BM_CHECK(value.len == 0 || (value.at >= message.text && value.at + value.len <= message.text + message.len));
        if (bm_sip_user_text(bm_sip_uri(value), user, sizeof user)) BM_CHECK(user[0]);
        bm_sip_parameter(value, "tag");
    }
    BM_CHECK(message.body.at >= message.text && message.body.at + message.body.len <= message.text + message.len);
    if (read == BM_SIP_GOOD) BM_CHECK(message.branch[0] && message.from_tag[0] && message.call_id.len < BM_SIP_ID_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct world world = {0};
    const struct bm_calls_options options = {"sip:bellman@127.0.0.1:5060", NULL, "X-Trunk", "X-Recording-Id", "X-Line", 50};
    const struct bm_calls_world calls_world = {&world, sent, has_room, reported, drawn};
    struct bm_calls *calls = bm_calls_new(&options, &calls_world);
    const struct bm_peer peer = {.host = "127.0.0.1", .port = 5080};
    const uint8_t *at = bytes, *end = bytes + len;
    int64_t now_ms = 1000;
    for (int packet = 0; packet < 50 && at < end; packet++) {
        const uint8_t *stop = memmem(at, (size_t)(end - at), "\n--\n", 4);
        size_t one = (size_t)((stop ? stop + 1 : end) - at), before = world.sent;
        within_bounds(at, one);
        bm_calls_packet(calls, at, one, &peer, now_ms, now_ms);
        BM_CHECK(world.sent <= before + 2);
        if (world.claimed[0] && packet % 3 == 0) bm_calls_claimed(calls, world.claimed, "7", now_ms);
        now_ms += 700;
        bm_calls_tick(calls, now_ms, now_ms);
        at = stop ? stop + 4 : end;
    }
    bm_calls_tick(calls, now_ms + 24 * 3600000, now_ms); /* everything is over some day, and told once */
    bm_calls_tick(calls, now_ms + 48 * 3600000, now_ms);
    BM_CHECK(bm_calls_live(calls) == 0);
    bm_calls_free(calls);
    return 0;
}
