/* Three threads ask while positions come, units change and roads close and open: run it under
 * -Db_sanitize=thread, too. */
#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/json.h"
#include "town.h"

enum { ASKERS = 3, UNITS = 30, ROUNDS = 400 };

struct asking {
    struct town *town;
    atomic_bool *over;
    uint64_t number;
    unsigned asked, wrong;
};

/* No assertion here: cmocka's jump back to another thread's stack. */
static void ask_once(struct asking *asking, struct bm_buf *out) {
    struct bm_dispatch *dispatch = asking->town->dispatch;
    struct bm_incident incident = town_incident(town_at((double)(asking->asked % 11), 0));
    struct bm_fault fault;
    json_t *answer = NULL;
    uint64_t id = asking->number * 1000000 + ++asking->asked;
    incident.profile = asking->asked % 2 ? BM_PROFILE_ORDINARY : BM_PROFILE_EMERGENCY;
    bm_buf_clear(out);
    enum bm_code code = bm_dispatch_recommend(dispatch, &incident, id, TOWN_NOW, town_may_all, NULL,
                                              out, &fault);
    if (code || bm_json_parse(out->bytes, out->len, &answer, &fault))
        asking->wrong++;
    else
        asking->wrong += json_array_size(json_object_get(answer, "units")) == 0;
    json_decref(answer);
    bm_buf_clear(out);
    asking->wrong += !bm_dispatch_recommended(dispatch, id, 7, TOWN_NOW, out);
    struct bm_way way;
    bm_dispatch_way(dispatch, town_at(0, 0), town_at(0, 1), BM_PROFILE_EMERGENCY, &way);
    asking->wrong += way.basis != BM_BY_ROAD;
    bm_way_free(&way);
}

static void *ask_on(void *context) {
    struct asking *asking = context;
    struct bm_buf out = bm_buf_make(1 << 21);
    while (!atomic_load(asking->over) || asking->asked < 20) ask_once(asking, &out);
    bm_buf_free(&out);
    return NULL;
}

static void count_moved(void *context, const struct bm_unit *unit,
                        const struct bm_position *position) {
    (void)unit;
    (void)position;
    ++*(unsigned *)context;
}

static void change(struct town *town, int round) {
    uint64_t id = 1 + (uint64_t)round % UNITS;
    struct bm_unit unit = town_unit(id, "ambulance");
    unsigned moved = 0;
    if (round % 7 == 0 && id > 5) unit.duty = BM_DUTY_OFF;
    town_put(town, &unit);
    town_place_at(town, id, town_at((double)(round % 11), round / 11 % 2), TOWN_NOW + round);
    if (round % 3 == 0) town_close(town, 5, town_at(9.5, 0.5), town_at(10.5, 0.5), round % 2 == 0);
    if (round % 50 == 0) town_plan(town, round % 100 ? "ambulance:2" : "ambulance:1 engine:1");
    struct bm_closed_now closed;
    bm_dispatch_closed(town->dispatch, &closed);
    assert_in_range(closed.count, 0, 1);
    bm_closed_now_free(&closed);
    bm_dispatch_moved(town->dispatch, 0, SIZE_MAX, count_moved, &moved);
    assert_in_range(moved, 1, UNITS);
}

static void threads_ask_while_the_town_changes(void **state) {
    (void)state;
    struct town town = town_make();
    atomic_bool over = false;
    pthread_t threads[ASKERS];
    struct asking asking[ASKERS];
    town_plan(&town, "ambulance:2");
    for (int round = 0; round < UNITS; round++) change(&town, round);
    for (uint64_t i = 0; i < ASKERS; i++) {
        asking[i] = (struct asking){&town, &over, i + 1, 0, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_on, &asking[i]), 0);
    }
    for (int round = UNITS; round < ROUNDS; round++) change(&town, round);
    atomic_store(&over, true);
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(asking[i].wrong, 0);
        assert_true(asking[i].asked >= 20);
    }
    town_free(&town);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads_ask_while_the_town_changes)};
    return cmocka_run_group_tests_name("dispatch threads", tests, NULL, NULL);
}
