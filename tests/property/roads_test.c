/* Road closures, and recommendations in the record: what the core takes, refuses, remembers and
 * does by itself. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "core/limits.h"
#include "small_world.h"

/* The house of sim/demand.h: agency 1 is the city, 2 north, 3 south (both below 1), 4 below 2;
 * operators: 1 admin, 2 call-taker, 3 dispatcher, 4 supervisor and dispatcher (all of the city), 5
 * of north, 6 the crew of unit 1. */
enum { ADMIN = 1, TAKER = 2, DISPATCHER = 3, SUPERVISOR = 4, NORTH = 5, CREW = 6 };

static struct bm_command closing(uint64_t actor) {
    struct bm_command command = ask(BM_DO_ROAD_CLOSE, actor, 0);
    TEXT(command.road_close.name, "North bridge");
    command.road_close.form = BM_FORM_LINE;
    command.road_close.points = (struct bm_points){2,
                                                   {399000000, 1164000000, 399000100, 1164000200}};
    return command;
}

static const struct bm_place *place_of(const struct world *world, uint64_t id) {
    return bm_core_get(world->core, BM_T_PLACE, id);
}

static enum bm_code lift(struct world *world, uint64_t actor, uint64_t id) {
    struct bm_command command = ask(BM_DO_ROAD_OPEN, actor, id);
    return give(world, &command);
}

/* --- closing and lifting ---------------------------------------------------------------------- */

static void a_road_is_closed_and_lifted(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command close = closing(DISPATCHER);
    uint64_t id = made(&world, &close);
    const struct bm_place *place = place_of(&world, id);
    assert_int_equal(place->kind, BM_PLACE_ROAD_CLOSURE);
    assert_string_equal(place->name, "North bridge");
    assert_true(place->active);
    assert_int_equal(place->jurisdiction.v, 1);
    assert_int_equal(place->form, BM_FORM_LINE);
    assert_int_equal(place->points.count, 2);
    assert_int_equal(place->points.e7[3], 1164000200);
    assert_int_equal(place->lat_e7, 399000000);
    assert_int_equal(place->until_at_ms, BM_AT_NONE);
    uint32_t version = place->version;
    assert_int_equal(lift(&world, SUPERVISOR, id), BM_OK);
    place = place_of(&world, id);
    assert_false(place->active);
    assert_int_equal(place->version, version + 1);
    assert_false(world.decision.events[0].road_opened.expired);
    assert_int_equal(lift(&world, SUPERVISOR, id), BM_NOT_POSSIBLE); /* twice */
    world_free(&world);
}

static void more_than_the_roads_take_are_refused(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = 0;
    for (unsigned i = 0; i < BM_ROAD_CLOSURES_MAX; i++) {
        struct bm_command close = closing(DISPATCHER);
        id = made(&world, &close);
    }
    struct bm_command beyond = closing(DISPATCHER), freed = beyond, again = beyond;
    assert_int_equal(give(&world, &beyond), BM_NOT_POSSIBLE);
    assert_int_equal(lift(&world, SUPERVISOR, id), BM_OK);
    made(&world, &freed);
    assert_int_equal(give(&world, &again), BM_NOT_POSSIBLE);
    world_free(&world);
}

static void bad_forms_are_refused(void **state) {
    (void)state;
    struct world world = world_make();
    static const struct {
        uint8_t form;
        uint64_t count;
        int64_t until_in_ms; /* 0: none */
        enum bm_code code;
        const char *field;
    } bad[] = {{BM_FORM_NONE, 2, 0, BM_MISSING_FIELD, "form"},
               {BM_FORM_LINE, 1, 0, BM_OUT_OF_RANGE, "points"},
               {BM_FORM_LINE, 0, 0, BM_OUT_OF_RANGE, "points"},
               {BM_FORM_POLYGON, 2, 0, BM_OUT_OF_RANGE, "points"},
               {BM_FORM_LINE, 2, -1, BM_OUT_OF_RANGE, "until_at_ms"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bm_command close = closing(DISPATCHER);
        close.road_close.form = bad[i].form;
        close.road_close.points.count = bad[i].count;
        if (bad[i].until_in_ms) close.road_close.until_at_ms = world.now_ms + bad[i].until_in_ms;
        assert_int_equal(give(&world, &close), bad[i].code);
        assert_string_equal(world.decision.fault.field, bad[i].field);
    }
    struct bm_command now = closing(DISPATCHER);
    now.road_close.until_at_ms = world.now_ms;
    assert_int_equal(give(&world, &now), BM_OUT_OF_RANGE);
    struct bm_command nowhere = closing(DISPATCHER);
    nowhere.road_close.jurisdiction.v = 99;
    assert_int_equal(give(&world, &nowhere), BM_NOT_FOUND);
    struct bm_command polygon = closing(DISPATCHER);
    polygon.road_close.form = BM_FORM_POLYGON;
    polygon.road_close.points.count = 3;
    made(&world, &polygon);
    world_free(&world);
}

static enum bm_code shape_of_polygon(struct world *world, uint64_t count, const int32_t *e7) {
    struct bm_command close = closing(DISPATCHER);
    close.road_close.form = BM_FORM_POLYGON;
    close.road_close.points = (struct bm_points){.count = count};
    memcpy(close.road_close.points.e7, e7, 2 * count * sizeof *e7);
    enum bm_code code = give(world, &close);
    if (code) assert_string_equal(world->decision.fault.field, "points");
    return code;
}

static void a_polygon_that_crosses_itself_is_refused(void **state) {
    (void)state;
    struct world world = world_make();
    const int32_t square[] = {0, 0, 0, 90, 90, 90, 90, 0}, eight[] = {0, 0, 90, 90, 0, 90, 90, 0};
    const int32_t closed[] = {0, 0, 0, 90, 0, 90, 90, 90, 90, 0, 0, 0, 0, 0};
    const int32_t touching[] = {0, 0, 0, 90, 90, 90, 0, 45, 90, 0};
    const int32_t u[] = {0, 0, 0, 90, 90, 90, 90, 60, 30, 60, 30, 30, 90, 30, 90, 0};
    const int32_t two[] = {0, 0, 5, 5, 5, 5, 0, 0};
    assert_int_equal(shape_of_polygon(&world, 4, square), BM_OK);
    assert_int_equal(shape_of_polygon(&world, 7, closed), BM_OK); /* its first corner at the end */
    assert_int_equal(shape_of_polygon(&world, 8, u), BM_OK);
    assert_int_equal(shape_of_polygon(&world, 4, eight), BM_OUT_OF_RANGE);
    assert_int_equal(shape_of_polygon(&world, 5, touching), BM_OUT_OF_RANGE);
    assert_int_equal(shape_of_polygon(&world, 4, two), BM_OUT_OF_RANGE);
    struct bm_command spot = closing(DISPATCHER);
    spot.road_close.points = (struct bm_points){2, {7, 7, 7, 7}};
    assert_int_equal(give(&world, &spot), BM_OUT_OF_RANGE); /* a line of one place */
    /* A line may cross itself. */
    struct bm_command line = closing(DISPATCHER);
    line.road_close.points = (struct bm_points){4, {0, 0, 90, 90, 0, 90, 90, 0}};
    made(&world, &line);
    world_free(&world);
}

static void a_direction_and_a_speed(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command plain = closing(DISPATCHER), one_way = closing(DISPATCHER),
                      slow = closing(DISPATCHER), polygon = closing(DISPATCHER);
    const struct bm_place *place = place_of(&world, made(&world, &plain));
    assert_int_equal(place->direction, BM_DIRECTION_BOTH);
    assert_int_equal(place->speed_percent, 0);
    one_way.road_close.direction = BM_DIRECTION_ALONG;
    place = place_of(&world, made(&world, &one_way));
    assert_int_equal(place->direction, BM_DIRECTION_ALONG);
    slow.road_close.direction = BM_DIRECTION_BOTH;
    slow.road_close.speed_percent = 40;
    place = place_of(&world, made(&world, &slow));
    assert_int_equal(place->direction, BM_DIRECTION_BOTH);
    assert_int_equal(place->speed_percent, 40);
    polygon.road_close.form = BM_FORM_POLYGON;
    polygon.road_close.points.count = 3;
    polygon.road_close.direction = BM_DIRECTION_ALONG;
    assert_int_equal(give(&world, &polygon), BM_OUT_OF_RANGE);
    assert_string_equal(world.decision.fault.field, "direction");
    world_free(&world);
}

/* The arguments named (by their places in the shape) of a change that starts from `version`. */
static struct bm_command changing(uint64_t actor, uint64_t id, uint32_t version) {
    struct bm_command command = ask(BM_DO_ROAD_CHANGE, actor, id);
    command.has_if_match = true;
    command.if_match = version;
    return command;
}
enum { HAS_NAME = 1, HAS_UNTIL = 2, HAS_DIRECTION = 4, HAS_SPEED = 8 };

static void a_closure_is_changed(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command close = closing(DISPATCHER);
    close.road_close.direction = BM_DIRECTION_ALONG;
    close.road_close.until_at_ms = NOW + 1000;
    uint64_t id = made(&world, &close);
    /* Longer, and nothing else. */
    struct bm_command longer = changing(DISPATCHER, id, 1);
    longer.present = HAS_UNTIL;
    longer.road_change.until_at_ms = NOW + 5000;
    assert_int_equal(give(&world, &longer), BM_OK);
    const struct bm_place *place = place_of(&world, id);
    assert_int_equal(place->until_at_ms, NOW + 5000);
    assert_int_equal(place->direction, BM_DIRECTION_ALONG);
    assert_string_equal(place->name, "North bridge");
    assert_int_equal(place->version, 2);
    assert_int_equal(place->points.count, 2);
    struct bm_command command;
    int64_t due_at_ms;
    assert_true(bm_core_next_due(world.core, &due_at_ms, &command));
    assert_int_equal(due_at_ms, NOW + 5000); /* not at its former time */
    bm_command_release(&command);
    /* From closed to slow, with another reason, both ways. */
    struct bm_command slower = changing(SUPERVISOR, id, 2);
    slower.present = HAS_NAME | HAS_SPEED | HAS_DIRECTION;
    TEXT(slower.road_change.name, "One lane is open");
    slower.road_change.speed_percent = 30;
    assert_int_equal(give(&world, &slower), BM_OK);
    place = place_of(&world, id);
    assert_int_equal(place->speed_percent, 30);
    assert_int_equal(place->direction, BM_DIRECTION_BOTH); /* null is both */
    assert_string_equal(place->name, "One lane is open");
    assert_int_equal(place->until_at_ms, NOW + 5000);
    /* Until further notice. */
    struct bm_command open_end = changing(DISPATCHER, id, 3);
    open_end.present = HAS_UNTIL;
    assert_int_equal(give(&world, &open_end), BM_OK);
    assert_false(bm_core_next_due(world.core, &due_at_ms, &command));
    world_free(&world);
}

static void a_change_that_cannot_be_is_refused(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command close = closing(DISPATCHER), area = closing(DISPATCHER),
                      south = closing(DISPATCHER);
    uint64_t id = made(&world, &close);
    struct bm_command blind = ask(BM_DO_ROAD_CHANGE, DISPATCHER, id);
    assert_int_equal(give(&world, &blind), BM_VERSION_REQUIRED);
    struct bm_command stale = changing(DISPATCHER, id, 9);
    assert_int_equal(give(&world, &stale), BM_STALE_VERSION);
    struct bm_command past = changing(DISPATCHER, id, 1);
    past.present = HAS_UNTIL;
    past.road_change.until_at_ms = NOW;
    assert_int_equal(give(&world, &past), BM_OUT_OF_RANGE);
    assert_string_equal(world.decision.fault.field, "until_at_ms");
    struct bm_command nameless = changing(DISPATCHER, id, 1);
    nameless.present = HAS_NAME;
    assert_int_equal(give(&world, &nameless), BM_MISSING_FIELD);
    area.road_close.form = BM_FORM_POLYGON;
    area.road_close.points.count = 3;
    struct bm_command along = changing(DISPATCHER, made(&world, &area), 1);
    along.present = HAS_DIRECTION;
    along.road_change.direction = BM_DIRECTION_ALONG;
    assert_int_equal(give(&world, &along), BM_OUT_OF_RANGE);
    assert_string_equal(world.decision.fault.field, "direction");
    south.road_close.jurisdiction.v = 3;
    struct bm_command foreign = changing(NORTH, made(&world, &south), 1);
    assert_int_equal(give(&world, &foreign), BM_FORBIDDEN);
    struct bm_command taker = changing(TAKER, id, 1);
    assert_int_equal(give(&world, &taker), BM_FORBIDDEN);
    assert_int_equal(lift(&world, DISPATCHER, id), BM_OK);
    struct bm_command late = changing(DISPATCHER, id, 2);
    assert_int_equal(give(&world, &late), BM_NOT_POSSIBLE);
    struct bm_command nothing = changing(DISPATCHER, 99, 1);
    assert_int_equal(give(&world, &nothing), BM_NOT_FOUND);
    world_free(&world);
}

static void bodies_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *body, *field;
        enum bm_code code;
    } bad[] = {
        {"{\"name\":\"x\",\"form\":\"line\"}", "points", BM_MISSING_FIELD},
        {"{\"name\":\"x\",\"form\":\"circle\",\"points\":[]}", "form", BM_UNKNOWN_WORD},
        {"{\"form\":\"line\",\"points\":[[1,2],[3,4]]}", "name", BM_MISSING_FIELD},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":7}", "points", BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[1,2]}", "points", BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3]]}", "points", BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2,3],[3,4]]}", "points", BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,\"2\"],[3,4]]}", "points",
         BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[91,2],[3,4]]}", "points", BM_OUT_OF_RANGE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,-181]]}", "points",
         BM_OUT_OF_RANGE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,4]],\"until_at_ms\":\"x\"}",
         "until_at_ms", BM_WRONG_TYPE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,4]],\"direction\":\"back\"}",
         "direction", BM_UNKNOWN_WORD},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,4]],\"speed_percent\":100}",
         "speed_percent", BM_OUT_OF_RANGE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,4]],\"speed_percent\":-1}",
         "speed_percent", BM_OUT_OF_RANGE},
        {"{\"name\":\"x\",\"form\":\"line\",\"points\":[[1,2],[3,4]],\"speed_percent\":0.5}",
         "speed_percent", BM_WRONG_TYPE},
    };
    const struct bm_shape *shape = bm_command_shape(BM_DO_ROAD_CLOSE);
    struct bm_fault fault;
    json_t *body;
    struct bm_command command = bm_command_make(BM_DO_ROAD_CLOSE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(bm_json_parse(bad[i].body, strlen(bad[i].body), &body, &fault), BM_OK);
        assert_int_equal(bm_shape_read_json(shape, body, bm_command_args(&command), NULL, &fault),
                         bad[i].code);
        assert_string_equal(fault.field, bad[i].field);
        json_decref(body);
    }
    json_t *points = json_array();
    for (int i = 0; i <= BM_POINTS_MAX; i++) json_array_append_new(points, json_pack("[ii]", i, i));
    body = json_pack("{s:s,s:s,s:o}", "name", "x", "form", "line", "points", points);
    assert_int_equal(bm_shape_read_json(shape, body, bm_command_args(&command), NULL, &fault),
                     BM_TOO_LONG);
    json_array_remove(points, 0);
    assert_int_equal(bm_shape_read_json(shape, body, bm_command_args(&command), NULL, &fault),
                     BM_OK);
    assert_int_equal(command.road_close.points.count, BM_POINTS_MAX);
    assert_int_equal(command.road_close.points.e7[0], 10000000);
    json_decref(body);
    bm_command_release(&command);
}

/* What the api fills in: no request may name it, whatever it holds, and no error tells of it. */
static void internal_members_cannot_be_sent(void **state) {
    (void)state;
    static const char *const bodies[] = {"{\"units\":[\"1\"],\"content\":\"YQ==\"}",
                                         "{\"units\":[\"1\"],\"content\":null}",
                                         "{\"units\":[\"1\"],\"content\":\"\"}"};
    struct bm_command command = bm_command_make(BM_DO_ASSIGN);
    for (int i = 0; i < 3; i++) {
        struct bm_fault fault;
        json_t *body;
        assert_int_equal(bm_json_parse(bodies[i], strlen(bodies[i]), &body, &fault), BM_OK);
        assert_int_equal(bm_shape_read_json(bm_command_shape(BM_DO_ASSIGN), body,
                                            bm_command_args(&command), NULL, &fault),
                         BM_UNKNOWN_FIELD);
        assert_string_equal(fault.field, "content");
        assert_null(strstr(strstr(fault.detail, "these are"), "content"));
        json_decref(body);
    }
    bm_command_release(&command);
}

/* --- rights ----------------------------------------------------------------------------------- */

static void only_senders_of_the_area_close_and_lift(void **state) {
    (void)state;
    struct world world = world_make();
    static const uint64_t others[] = {ADMIN, TAKER, CREW};
    for (int i = 0; i < 3; i++) {
        struct bm_command close = closing(others[i]);
        assert_int_equal(give(&world, &close), BM_FORBIDDEN);
    }
    struct bm_command south = closing(DISPATCHER);
    south.road_close.jurisdiction.v = 3;
    uint64_t of_south = made(&world, &south);
    /* Seen by all, lifted by its area. */
    assert_int_equal(lift(&world, NORTH, of_south), BM_FORBIDDEN);
    assert_true(place_of(&world, of_south)->active);
    struct bm_command own = closing(NORTH);
    uint64_t of_north = made(&world, &own);
    assert_int_equal(place_of(&world, of_north)->jurisdiction.v, 2);
    assert_int_equal(lift(&world, TAKER, of_north), BM_FORBIDDEN);
    assert_int_equal(lift(&world, NORTH, of_north), BM_OK);
    /* What one could not lift, one may not close. */
    struct bm_command abroad = closing(NORTH);
    abroad.road_close.jurisdiction.v = 3;
    assert_int_equal(give(&world, &abroad), BM_FORBIDDEN);
    assert_string_equal(world.decision.fault.field, "jurisdiction");
    struct bm_command below = closing(NORTH);
    below.road_close.jurisdiction.v = 4;
    made(&world, &below);
    world_free(&world);
}

static void other_places_are_no_closures_nor_closures_other_places(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command set = ask(BM_DO_PLACE_SET, ADMIN, 0);
    set.place_set.kind = BM_PLACE_STATION;
    TEXT(set.place_set.name, "Station");
    set.place_set.jurisdiction.v = 1;
    uint64_t station = made(&world, &set);
    assert_int_equal(lift(&world, DISPATCHER, station), BM_NOT_FOUND);
    assert_int_equal(lift(&world, DISPATCHER, 99), BM_NOT_FOUND);
    struct bm_command close = closing(DISPATCHER);
    uint64_t closure = made(&world, &close);
    struct bm_command turn = ask(BM_DO_PLACE_SET, ADMIN, closure);
    turn.place_set.kind = BM_PLACE_STATION;
    TEXT(turn.place_set.name, "Station");
    turn.place_set.jurisdiction.v = 1;
    turn.has_if_match = true;
    turn.if_match = place_of(&world, closure)->version;
    assert_int_equal(give(&world, &turn), BM_NOT_POSSIBLE);
    struct bm_command make = ask(BM_DO_PLACE_SET, ADMIN, 0);
    make.place_set.kind = BM_PLACE_ROAD_CLOSURE;
    TEXT(make.place_set.name, "x");
    make.place_set.jurisdiction.v = 1;
    assert_int_equal(give(&world, &make), BM_NOT_POSSIBLE);
    world_free(&world);
}

/* --- by itself -------------------------------------------------------------------------------- */

static void due(struct world *world, int64_t at_ms, uint64_t id) {
    int64_t due_at_ms;
    struct bm_command command;
    assert_true(bm_core_next_due(world->core, &due_at_ms, &command));
    assert_int_equal(command.kind, BM_DO_ROAD_DUE);
    assert_int_equal(due_at_ms, at_ms);
    assert_int_equal(command.target, id);
    bm_command_release(&command);
}

static void the_desk_lifts_it_when_its_time_has_come(void **state) {
    (void)state;
    struct world world = world_make();
    struct bm_command later = closing(DISPATCHER), sooner = closing(DISPATCHER),
                      open_end = closing(DISPATCHER);
    int64_t due_at_ms;
    struct bm_command command;
    later.road_close.until_at_ms = NOW + 7200000;
    sooner.road_close.until_at_ms = NOW + 3600000;
    uint64_t second = made(&world, &later), first = made(&world, &sooner);
    made(&world, &open_end);
    due(&world, NOW + 3600000, first);
    /* A state from a snapshot knows it, too. */
    struct bm_buf packed = bm_buf_make(16u << 20);
    struct bm_fault fault;
    struct bm_core *copy = bm_core_new();
    bm_core_pack(world.core, &packed);
    assert_int_equal(bm_core_unpack(copy, packed.bytes, packed.len, &fault), BM_OK);
    assert_null(bm_shape_differs(bm_table_shape(BM_T_PLACE), place_of(&world, first),
                                 bm_core_get(copy, BM_T_PLACE, first)));
    bm_core_free(world.core);
    world.core = copy;
    bm_buf_free(&packed);
    due(&world, NOW + 3600000, first);
    world.now_ms = NOW + 3600000;
    assert_true(bm_core_next_due(world.core, &due_at_ms, &command));
    assert_int_equal(give(&world, &command), BM_OK);
    assert_true(world.decision.events[0].road_opened.expired);
    assert_false(place_of(&world, first)->active);
    assert_int_equal(lift(&world, DISPATCHER, first), BM_NOT_POSSIBLE);
    due(&world, NOW + 7200000, second);
    assert_int_equal(lift(&world, DISPATCHER, second), BM_OK); /* before its time */
    assert_false(bm_core_next_due(world.core, &due_at_ms, &command));
    world_free(&world);
}

/* --- replays and snapshots -------------------------------------------------------------------- */

static void the_same_request_gives_the_same_answer(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = 0;
    for (int round = 0; round < 3; round++) {
        struct bm_command close = closing(DISPATCHER);
        close.has_request = true;
        memset(close.request, 9, BM_REQUEST_BYTES);
        uint64_t now = made(&world, &close);
        assert_int_equal(world.decision.replayed, round > 0);
        if (round) assert_int_equal(now, id);
        id = now;
        if (round == 1) assert_int_equal(lift(&world, DISPATCHER, id), BM_OK);
    }
    assert_int_equal(bm_core_count(world.core, BM_T_PLACE), 1);
    world_free(&world);
}

static void a_damaged_snapshot_of_points_is_refused(void **state) {
    (void)state;
    const struct bm_shape *shape = bm_table_shape(BM_T_PLACE);
    struct bm_place place, back;
    bm_shape_clear(shape, &place);
    place.points = (struct bm_points){2, {-900000000, 1800000000, 1, 2}};
    static const struct {
        uint64_t count;
        int32_t at, value;
        bool good;
    } cases[] = {{2, 0, -900000000, true}, {2, 0, -900000001, false}, {2, 1, 1800000001, false},
                 {33, 0, 1, false},        {2, 4, 1, false},          {UINT64_MAX, 0, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bm_buf packed = bm_buf_make(1 << 16);
        struct bm_place spoiled = place;
        spoiled.points.count = cases[i].count;
        spoiled.points.e7[cases[i].at] = cases[i].value;
        bm_shape_pack(shape, &spoiled, &packed);
        struct bm_cursor cursor = {packed.bytes, packed.len, false};
        bm_shape_unpack(shape, &cursor, &back);
        assert_int_equal(!cursor.failed, cases[i].good);
        if (cases[i].good) assert_null(bm_shape_differs(shape, &spoiled, &back));
        bm_buf_free(&packed);
    }
}

/* --- recommendations -------------------------------------------------------------------------- */

static const char content[] = "{\"recommendation\":\"4711\",\"units\":[]}";

static uint64_t open_case(struct world *world) {
    struct bm_command command = ask(BM_DO_CASE_OPEN, TAKER, 0);
    TEXT(command.case_open.class_code, "fire");
    return made(world, &command);
}

static struct bm_command assigning(const struct world *world, uint64_t case_id, uint64_t unit,
                                   bool known) {
    struct bm_command command = ask(BM_DO_ASSIGN, DISPATCHER, case_id);
    const struct bm_case *row = bm_core_get(world->core, BM_T_CASE, case_id);
    command.assign.units = (struct bm_ids){1, {unit}};
    command.has_if_match = true;
    command.if_match = row->version;
    TEXT(command.assign.recommendation, "4711");
    if (known) command.assign.content = bm_bytes_copy(content, sizeof content - 1);
    return command;
}

static void what_was_recommended_stands_before_the_dispatch(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world);
    struct bm_command unknown = assigning(&world, id, 1, false);
    assert_int_equal(give(&world, &unknown), BM_NOT_POSSIBLE);
    assert_string_equal(world.decision.fault.field, "recommendation");
    assert_int_equal(world.decision.event_count, 0);
    struct bm_command plain = assigning(&world, id, 2, false);
    plain.assign.recommendation[0] = 0;
    made(&world, &plain);
    assert_int_not_equal(world.decision.events[0].kind, BM_EV_RECOMMENDED);
    struct bm_command assign = assigning(&world, id, 1, true);
    made(&world, &assign);
    const struct bm_event *event = &world.decision.events[0];
    assert_int_equal(event->kind, BM_EV_RECOMMENDED);
    assert_int_equal(event->recommended.on_case.v, id);
    assert_string_equal(event->recommended.recommendation, "4711");
    assert_int_equal(event->recommended.content.len, sizeof content - 1);
    assert_memory_equal(event->recommended.content.bytes, content, sizeof content - 1);
    assert_int_equal(world.decision.events[1].kind, BM_EV_ASSIGNMENT_MADE);
    /* Who took the unit says more than what became of the recommendation. */
    struct bm_command taken = assigning(&world, open_case(&world), 1, false);
    assert_int_equal(give(&world, &taken), BM_UNIT_TAKEN);
    world_free(&world);
}

/* The answer was lost; ten minutes later, when nobody knows the recommendation any more, it is
 * asked for again. */
static void a_repeated_dispatch_is_answered_though_the_recommendation_is_gone(void **state) {
    (void)state;
    struct world world = world_make();
    uint64_t id = open_case(&world);
    uint8_t key[BM_REQUEST_BYTES];
    memset(key, 5, sizeof key);
    struct bm_command first = assigning(&world, id, 1, true);
    first.has_request = true;
    memcpy(first.request, key, sizeof key);
    assert_int_equal(made(&world, &first), id);
    world.now_ms += 601000;
    struct bm_command again = assigning(&world, id, 1, false);
    again.has_request = true;
    memcpy(again.request, key, sizeof key);
    assert_int_equal(made(&world, &again), id);
    assert_true(world.decision.replayed);
    assert_int_equal(world.decision.event_count, 0);
    world_free(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_road_is_closed_and_lifted),
        cmocka_unit_test(more_than_the_roads_take_are_refused),
        cmocka_unit_test(bad_forms_are_refused),
        cmocka_unit_test(a_polygon_that_crosses_itself_is_refused),
        cmocka_unit_test(a_direction_and_a_speed),
        cmocka_unit_test(a_closure_is_changed),
        cmocka_unit_test(a_change_that_cannot_be_is_refused),
        cmocka_unit_test(bodies_are_read_strictly),
        cmocka_unit_test(internal_members_cannot_be_sent),
        cmocka_unit_test(only_senders_of_the_area_close_and_lift),
        cmocka_unit_test(other_places_are_no_closures_nor_closures_other_places),
        cmocka_unit_test(the_desk_lifts_it_when_its_time_has_come),
        cmocka_unit_test(the_same_request_gives_the_same_answer),
        cmocka_unit_test(a_damaged_snapshot_of_points_is_refused),
        cmocka_unit_test(what_was_recommended_stands_before_the_dispatch),
        cmocka_unit_test(a_repeated_dispatch_is_answered_though_the_recommendation_is_gone),
    };
    return cmocka_run_group_tests_name("road closures and recommendations", tests, NULL, NULL);
}
