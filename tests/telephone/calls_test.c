/* Calls under a clock set by hand: what is sent again and when, what ends by itself, what is turned away. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "intake/calls.h"

struct world {
    int statuses[4096];
    size_t sent;
    struct bm_report reports[2048];
    size_t report_count;
    char last[4096];
    bool full;
    unsigned drawn;
};

static void sent(void *context, const struct bm_peer *peer, unsigned port, const void *bytes, size_t len) {
    struct world *world = context;
    (void)peer;
    (void)port;
    assert_true(len < sizeof world->last);
    memcpy(world->last, bytes, len);
    world->last[len] = 0;
    if (world->sent < 4096) sscanf(world->last, "SIP/2.0 %d", &world->statuses[world->sent]);
    world->sent++;
}
static bool has_room(void *context) {
    return !((struct world *)context)->full;
}
static void reported(void *context, const struct bm_report *report) {
    struct world *world = context;
    if (world->report_count < 2048) world->reports[world->report_count++] = *report;
}
static void drawn(void *context, void *ret_bytes, size_t len) {
    struct world *world = context;
    for (size_t i = 0; i < len; i++) ((uint8_t *)ret_bytes)[i] = (uint8_t)(world->drawn++ * 151u >> (i % 3));
}

static const struct bm_calls_options options = {"sip:bellman@127.0.0.1", NULL, NULL, NULL, NULL, 600};
static const struct bm_peer peer = {.host = "127.0.0.1", .port = 5080};

static void request(struct bm_calls *calls, const char *method, const char *call, int cseq, const char *more, int64_t now_ms) {
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "%s sip:4@desk SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%s%d\r\nFrom: <sip:5550100@x>;tag=f\r\n"
                       "To: <sip:4@desk>\r\nCall-ID: %s\r\nCSeq: %d %s\r\n%s\r\n",
                       method, call, cseq, call, cseq, method, more);
    bm_calls_packet(calls, text, (size_t)len, &peer, now_ms, 1000000 + now_ms);
}

static struct bm_calls *start(struct world *world, struct bm_calls_world *calls_world) {
    *world = (struct world){0};
    *calls_world = (struct bm_calls_world){world, sent, has_room, reported, drawn};
    return bm_calls_new(&options, calls_world);
}

static void test_answer_is_sent_until_it_is_confirmed(void **state) {
    (void)state;
    static struct world world;
    struct bm_calls_world calls_world;
    struct bm_calls *calls = start(&world, &calls_world);
    request(calls, "INVITE", "a", 1, "", 0);
    bm_calls_claimed(calls, "other", "9", 10);
    assert_int_equal(world.sent, 1);
    bm_calls_claimed(calls, "a", "9", 1000);
    assert_int_equal(world.statuses[1], 200);
    assert_non_null(strstr(world.last, "X-Position: 9\r\n"));
    assert_non_null(strstr(world.last, "m=audio 9 RTP/AVP 0\r\na=inactive\r\n"));
    int64_t at = 1000, gap = 500; /* 0.5, 1, 2, 4, 4, ... s later (RFC 3261, 13.3.1.4) */
    for (int i = 0; i < 6; i++) {
        assert_int_equal(bm_calls_tick(calls, at, at), at + gap);
        at += gap;
        assert_int_equal(bm_calls_tick(calls, at - 1, at - 1), at);
        bm_calls_tick(calls, at, at);
        assert_int_equal(world.sent, 3 + (size_t)i);
        gap = gap < 4000 ? gap * 2 : 4000;
    }
    bm_calls_tick(calls, 1000 + 32000, 33000); /* nobody confirms it: the call is over */
    assert_int_equal(world.reports[1].kind, BM_REPORT_ENDED);
    assert_int_equal(bm_calls_live(calls), 0);
    size_t before = world.sent;
    assert_int_equal(bm_calls_tick(calls, 1000 + 65000, 66000), INT64_MAX);
    assert_int_equal(world.sent, before);
    bm_calls_free(calls);
}

static void test_what_nobody_ends_ends_by_itself(void **state) {
    (void)state;
    static struct world world;
    struct bm_calls_world calls_world;
    struct bm_calls *calls = start(&world, &calls_world);
    request(calls, "INVITE", "a", 1, "", 0);
    bm_calls_tick(calls, 60000, 60000);
    assert_int_equal(world.statuses[1], 180); /* once a minute, so that no proxy gives up */
    bm_calls_tick(calls, 30 * 60000 - 1, 0);
    assert_int_equal(bm_calls_live(calls), 1);
    bm_calls_tick(calls, 30 * 60000, 77);
    assert_int_equal(world.statuses[world.sent - 1], 408);
    assert_int_equal(world.reports[1].kind, BM_REPORT_ABANDONED);
    assert_int_equal(world.reports[1].at_ms, 77);
    request(calls, "ACK", "a", 1, "", 30 * 60000 + 1);
    size_t before = world.sent;
    bm_calls_tick(calls, 30 * 60000 + 20000, 0);
    assert_int_equal(world.sent, before);
    request(calls, "INVITE", "b", 1, "", 40 * 60000);
    bm_calls_claimed(calls, "b", "", 40 * 60000);
    request(calls, "ACK", "b", 1, "", 40 * 60000);
    bm_calls_tick(calls, 40 * 60000 + 4 * 3600000 - 1, 0);
    assert_int_equal(bm_calls_live(calls), 1);
    bm_calls_tick(calls, 40 * 60000 + 4 * 3600000, 0);
    assert_int_equal(bm_calls_live(calls), 0);
    assert_int_equal(world.reports[3].kind, BM_REPORT_ENDED);
    bm_calls_free(calls);
}

static void test_more_calls_than_there_is_room_for(void **state) {
    (void)state;
    static struct world world;
    struct bm_calls_world calls_world;
    struct bm_calls *calls = start(&world, &calls_world);
    char call[16];
    for (int i = 0; i < BM_CALLS_MAX + 5; i++) {
        snprintf(call, sizeof call, "n%d", i);
        request(calls, "INVITE", call, 1, "", i * 10);
    }
    assert_int_equal(bm_calls_live(calls), BM_CALLS_MAX);
    assert_int_equal(bm_calls_figures(calls).shed, 5);
    assert_non_null(strstr(world.last, "SIP/2.0 503"));
    assert_non_null(strstr(world.last, "Retry-After: 5\r\n"));
    assert_int_equal(world.report_count, BM_CALLS_MAX);
    request(calls, "CANCEL", "n0", 1, "", 6000); /* one goes, one comes */
    request(calls, "INVITE", "late", 1, "", 6001);
    assert_int_equal(bm_calls_live(calls), BM_CALLS_MAX);
    world.full = true;
    request(calls, "CANCEL", "n1", 1, "", 6002);
    request(calls, "INVITE", "later", 1, "", 6003);
    assert_int_equal(bm_calls_live(calls), BM_CALLS_MAX - 1); /* the desk could not be told of it */
    bm_calls_free(calls);
}

static void test_who_calls(void **state) {
    (void)state;
    static const struct {
        const char *more, *number;
    } cases[] = {{"", "5550100"},
                 {"P-Asserted-Identity: \"A, <b>\" <sip:+8613800000000;cpc=ordinary@x;user=phone>\r\n", "+8613800000000"},
                 {"P-Asserted-Identity: <sip:desk@x>\r\nP-Asserted-Identity: <tel:110;phone-context=cn>\r\n", "110"},
                 {"P-Asserted-Identity: <sip:%2b49171@x>\r\n", "+49171"},
                 {"P-Asserted-Identity: sip:broken\r\n", "5550100"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct world world;
        struct bm_calls_world calls_world;
        struct bm_calls *calls = start(&world, &calls_world);
        request(calls, "INVITE", "a", 1, cases[i].more, 0);
        assert_int_equal(world.report_count, 1);
        assert_string_equal(world.reports[0].number, cases[i].number);
        assert_string_equal(world.reports[0].position, "4");
        bm_calls_free(calls);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answer_is_sent_until_it_is_confirmed),
                                       cmocka_unit_test(test_what_nobody_ends_ends_by_itself),
                                       cmocka_unit_test(test_more_calls_than_there_is_room_for), cmocka_unit_test(test_who_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
