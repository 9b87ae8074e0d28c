/* The watch over the time service, in the simulated world. */
#include "../testing.h"

#include <string.h>

#include "io/clock_watch.h"
#include "io/io_sim.h"

static void a_change_is_seen_within_a_minute(void **state) {
    (void)state;
    struct bm_io *io = bm_io_sim_new(1);
    struct bm_clock_watch *watch = bm_clock_watch_new(io, true);
    assert_string_equal(bm_clock_watch_word(watch), "synchronised");
    assert_false(bm_clock_watch_warns(watch));
    bm_io_sim_set_clock(io, BM_IO_CLOCK_UNSYNCHRONISED);
    bm_io_sim_advance(io, INT64_C(59) * 1000000000);
    assert_string_equal(bm_clock_watch_word(watch), "synchronised");
    bm_io_sim_advance(io, INT64_C(2) * 1000000000);
    assert_string_equal(bm_clock_watch_word(watch), "unsynchronised");
    assert_true(bm_clock_watch_warns(watch));
    bm_io_sim_set_clock(io, BM_IO_CLOCK_UNKNOWN);
    bm_io_sim_advance(io, INT64_C(60) * 1000000000);
    assert_string_equal(bm_clock_watch_word(watch), "unknown");
    assert_true(bm_clock_watch_warns(watch));
    bm_io_sim_set_clock(io, BM_IO_CLOCK_SYNCHRONISED);
    bm_io_sim_advance(io, INT64_C(60) * 1000000000);
    assert_false(bm_clock_watch_warns(watch));
    bm_clock_watch_free(watch);
    bm_io_free(io);
}

static void without_a_time_service_nobody_is_warned(void **state) {
    (void)state;
    struct bm_io *io = bm_io_sim_new(1);
    bm_io_sim_set_clock(io, BM_IO_CLOCK_UNSYNCHRONISED);
    struct bm_clock_watch *watch = bm_clock_watch_new(io, false);
    bm_io_sim_advance(io, INT64_C(300) * 1000000000);
    assert_string_equal(bm_clock_watch_word(watch), "unwatched");
    assert_false(bm_clock_watch_warns(watch));
    assert_string_equal(bm_clock_watch_word(NULL), "unwatched");
    bm_clock_watch_free(watch);
    bm_io_free(io);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_is_seen_within_a_minute),
        cmocka_unit_test(without_a_time_service_nobody_is_warned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
