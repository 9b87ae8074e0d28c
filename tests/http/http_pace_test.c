/* The alarm about slow acknowledgements, as clients meet them: a server and its clients in virtual time. */
#include "http/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/pace.h"
#include "io/io_sim.h"

static const int64_t MS = 1000000, SECOND = 1000000000;
enum { CALLERS = 4, LIMIT_MS = 250, NEVER = -1 };

/* --- a server that answers after a while ------------------------------------------------------- */

struct town {
    struct bm_io *io;
    struct bm_http *http;
    uint16_t port;
    struct bm_pace pace;
    int64_t takes_ms; /* NEVER: nothing is answered */
    unsigned changes, answered;
};

struct held {
    struct bm_http_exchange *exchange;
    struct bm_io_timer *timer;
};

static void answer(void *context) {
    struct held *held = context;
    bm_http_answer(held->exchange, &(struct bm_http_answer){.status = 200, .body = "done", .body_len = 4});
    bm_io_timer_free(held->timer);
    bm_free(held);
}

static void handle(void *context, struct bm_http_exchange *exchange, const struct bm_http_request *request) {
    struct town *town = context;
    (void)request;
    bm_http_time(exchange);
    if (town->takes_ms == NEVER) return;
    struct held *held = bm_alloc_zero(1, sizeof *held);
    held->exchange = exchange;
    held->timer = bm_io_timer_new(town->io, answer, held);
    bm_io_timer_set(held->timer, bm_io_mono_ns(town->io) + town->takes_ms * MS);
}

static void on_answered(void *context, int64_t took_ns) {
    struct town *town = context;
    town->answered++;
    bm_pace_add(&town->pace, bm_io_mono_ns(town->io), took_ns);
}

static struct town *town_new(void) {
    struct town *town = bm_alloc_zero(1, sizeof *town);
    struct bm_http_limits limits = bm_http_limits_default();
    struct bm_http_calls calls = {.handle = handle, .answered = on_answered};
    struct bm_fault fault;
    town->io = bm_io_sim_new(7);
    town->http = bm_http_new(town->io, &limits, &calls, town);
    town->takes_ms = 5;
    assert_int_equal(bm_http_listen(town->http, "127.0.0.1", 0, &town->port, &fault), BM_OK);
    bm_pace_init(&town->pace, LIMIT_MS * MS, 60 * SECOND, bm_io_mono_ns(town->io));
    return town;
}

static void town_free(struct town *town) {
    bm_http_free(town->http);
    bm_io_free(town->io);
    bm_free(town);
}

static struct bm_io_sim_client *call(struct town *town) {
    static const char request[] = "POST /v1/cases HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    struct bm_io_sim_client *client = bm_io_sim_connect(town->io, town->port);
    bm_io_sim_send(client, request, sizeof request - 1);
    return client;
}

static void look(struct town *town) {
    static int64_t ages_ns[BM_PACE_WAITING_MAX];
    uint32_t waiting = bm_http_waiting(town->http, ages_ns, BM_PACE_WAITING_MAX);
    town->changes += bm_pace_look(&town->pace, bm_io_mono_ns(town->io), ages_ns, waiting);
}

/* So many seconds with `callers` calls in each; returns the second at which the alarm began or ended, -1: it did not. */
static int pass(struct town *town, int seconds, int callers, bool they_leave) {
    int changed_at = -1;
    for (int second = 0; second < seconds; second++) {
        unsigned before = town->changes;
        struct bm_io_sim_client *clients[CALLERS] = {0};
        for (int i = 0; i < callers; i++) clients[i] = call(town);
        bm_io_sim_advance(town->io, 100 * MS);
        for (int i = 0; i < callers && they_leave; i++) bm_io_sim_forget(clients[i]);
        bm_io_sim_advance(town->io, 900 * MS);
        look(town);
        for (int i = 0; i < callers && !they_leave; i++) {
            if (bm_io_sim_ended(clients[i])) bm_io_sim_forget(clients[i]);
        }
        if (town->changes != before) changed_at = second;
    }
    return changed_at;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void slow_for_a_minute_begins_and_well_for_a_minute_ends(void **state) {
    (void)state;
    struct town *town = town_new();
    assert_int_equal(pass(town, 300, CALLERS, false), -1);
    struct bm_pace_figures figures = bm_pace_figures(&town->pace);
    assert_in_range(figures.count, 59 * CALLERS, 60 * CALLERS);
    assert_in_range(figures.p99_ns, 5 * MS, 6 * MS);
    town->takes_ms = 400;
    int began = pass(town, 120, CALLERS, false);
    assert_in_range(began, 58, 75);
    assert_true(town->pace.is_slow);
    assert_in_range(bm_pace_figures(&town->pace).p99_ns, 400 * MS, 480 * MS);
    town->takes_ms = 5;
    int ended = pass(town, 120, CALLERS, false);
    assert_in_range(ended, 58, 75);
    assert_false(town->pace.is_slow);
    assert_int_equal(town->changes, 2); /* begun once, ended once: what is logged */
    town_free(town);
}

static void slow_for_less_than_a_minute_is_no_alarm(void **state) {
    (void)state;
    struct town *town = town_new();
    for (int i = 0; i < 5; i++) {
        town->takes_ms = 400;
        pass(town, 40, CALLERS, false);
        town->takes_ms = 5;
        pass(town, 30, CALLERS, false);
    }
    assert_int_equal(town->changes, 0);
    town->takes_ms = 3000; /* one, at night, and nothing after it */
    pass(town, 1, 1, false);
    pass(town, 300, 0, false);
    assert_int_equal(town->changes, 0);
    town_free(town);
}

static void a_quiet_desk_on_a_slow_disk_is_told(void **state) {
    (void)state;
    struct town *town = town_new();
    town->takes_ms = 700;
    for (int i = 0; i < 5; i++) { /* one call in 20 s */
        pass(town, 1, 1, false);
        pass(town, 19, 0, false);
    }
    assert_true(town->pace.is_slow);
    pass(town, 80, 0, false); /* and it goes away by itself */
    assert_false(town->pace.is_slow);
    town_free(town);
}

/* Nothing is answered at all: nothing would be measured, were it not for what waits. */
static void a_disk_that_hangs_for_good_is_told(void **state) {
    (void)state;
    struct town *town = town_new();
    pass(town, 60, CALLERS, false);
    unsigned answered = town->answered;
    town->takes_ms = NEVER;
    int began = pass(town, 100, 1, false);
    assert_in_range(began, 58, 75);
    assert_int_equal(town->answered, answered);
    town_free(town);
}

/* Clients with less patience than the disk: their answers go to nobody, and they were slow all the same. */
static void clients_that_leave_count(void **state) {
    (void)state;
    struct town *town = town_new();
    town->takes_ms = 600;
    int began = pass(town, 100, CALLERS, true);
    assert_in_range(began, 58, 75);
    assert_in_range(town->answered, 99 * CALLERS, 100 * CALLERS);
    assert_int_equal(bm_http_counts(town->http).answers_dropped, town->answered);
    town_free(town);
}

/* --- the arithmetic ---------------------------------------------------------------------------- */

static bool slow_after(unsigned slow_in_1000, int64_t slow_ms) {
    struct bm_pace pace;
    int64_t now_ns = 3600 * SECOND;
    bm_pace_init(&pace, LIMIT_MS * MS, 60 * SECOND, now_ns);
    for (int second = 0; second < 120; second++, now_ns += SECOND) {
        for (unsigned i = 0; i < 1000; i++) bm_pace_add(&pace, now_ns, i < slow_in_1000 ? slow_ms * MS : 3 * MS);
        bm_pace_look(&pace, now_ns, NULL, 0);
    }
    return pace.is_slow;
}

static void one_of_a_hundred_is_the_limit(void **state) {
    (void)state;
    assert_false(slow_after(10, 10000)); /* the 99th of a hundred is still well */
    assert_true(slow_after(11, 10000));
    assert_false(slow_after(1000, LIMIT_MS)); /* at the limit is not over it */
    assert_true(slow_after(1000, LIMIT_MS + 1));
}

static void a_long_pause_forgets_and_long_spans_fit(void **state) {
    (void)state;
    struct bm_pace pace;
    bm_pace_init(&pace, LIMIT_MS * MS, 60 * SECOND, 0);
    bm_pace_add(&pace, 0, 0);
    bm_pace_add(&pace, 0, INT64_MAX);
    assert_int_equal(bm_pace_figures(&pace).count, 2);
    assert_true(bm_pace_figures(&pace).p99_ns > 100 * SECOND);
    bm_pace_look(&pace, 86400 * SECOND, NULL, 0);
    assert_int_equal(bm_pace_figures(&pace).count, 0);
    assert_int_equal(bm_pace_figures(&pace).p99_ns, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_for_a_minute_begins_and_well_for_a_minute_ends),
        cmocka_unit_test(slow_for_less_than_a_minute_is_no_alarm),
        cmocka_unit_test(a_quiet_desk_on_a_slow_disk_is_told),
        cmocka_unit_test(a_disk_that_hangs_for_good_is_told),
        cmocka_unit_test(clients_that_leave_count),
        cmocka_unit_test(one_of_a_hundred_is_the_limit),
        cmocka_unit_test(a_long_pause_forgets_and_long_spans_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
