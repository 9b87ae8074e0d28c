#include "testing.h"

#include "town.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

struct bm_point town_at(double x, double y) {
    return (struct bm_point){(int32_t)(10000000 + y * 40000), (int32_t)(10000000 + x * 20000)};
}

static void edge(struct bm_road_build *build, uint32_t first, uint32_t second, uint32_t ms,
                 const char *name) {
    struct bm_edge_given given = {.first = first,
                                  .second = second,
                                  .name = name,
                                  .weight = {{ms, ms}, {2 * ms, 2 * ms}, {10 * ms, 10 * ms}}};
    bm_road_build_edge(build, &given);
}

struct bm_road_build *town_build(void) {
    struct bm_road_build *build = bm_road_build_new(1000, "town", TOWN_NOW);
    for (uint32_t y = 0; y < 2; y++) {
        for (uint32_t x = 0; x < TOWN_COLUMNS; x++) bm_road_build_junction(build, town_at(x, y));
        for (uint32_t x = 1; x < TOWN_COLUMNS; x++) {
            uint32_t at = y * TOWN_COLUMNS + x;
            edge(build, at - 1, at, TOWN_STEP_MS, y ? "North Bank" : "South Bank");
        }
    }
    edge(build, TOWN_COLUMNS - 1, 2 * TOWN_COLUMNS - 1, TOWN_BRIDGE_MS, "Bridge");
    return build;
}

struct bm_road *town_open(struct bm_road_build *build, struct bm_buf *buf) {
    struct bm_fault fault = {0};
    struct bm_road *road = NULL;
    if (bm_road_build_write(build, buf, &fault)) fail_msg("%s", fault.detail);
    bm_road_build_free(build);
    if (bm_road_open(buf->bytes, buf->len, &road, &fault)) fail_msg("%s", fault.detail);
    return road;
}

struct town town_make(void) {
    struct town town = {.file = bm_buf_make(1 << 24)};
    town.road = town_open(town_build(), &town.file);
    town.dispatch = bm_dispatch_new(town.road);
    return town;
}

struct town town_without_roads(void) {
    return (struct town){.file = bm_buf_make(1), .dispatch = bm_dispatch_new(NULL)};
}

void town_free(struct town *town) {
    bm_dispatch_free(town->dispatch);
    bm_road_close(town->road);
    bm_buf_free(&town->file);
}

struct bm_unit town_unit(uint64_t id, const char *capabilities) {
    struct bm_unit unit;
    bm_shape_clear(bm_table_shape(BM_T_UNIT), &unit);
    unit.id.v = id;
    unit.kind = BM_UNIT_AMBULANCE;
    unit.jurisdiction.v = 1;
    unit.duty = BM_DUTY_ON;
    unit.active = true;
    snprintf(unit.call_sign, sizeof unit.call_sign, "U-%" PRIu64, id);
    snprintf(unit.capabilities, sizeof unit.capabilities, "%s", capabilities);
    return unit;
}

void town_put(struct town *town, const struct bm_unit *unit) {
    bm_dispatch_take(town->dispatch, BM_T_UNIT, unit->id.v, unit);
}

void town_place_at(struct town *town, uint64_t unit, struct bm_point point, int64_t at_ms) {
    struct bm_position position = {.unit = unit,
                                   .point = point,
                                   .at_ms = at_ms,
                                   .received_at_ms = TOWN_NOW,
                                   .speed_mmps = BM_SPEED_NONE,
                                   .heading_deg = BM_HEADING_NONE};
    assert_int_equal(bm_dispatch_position(town->dispatch, &position), BM_POSITION_TAKEN);
}

void town_place(struct town *town, uint64_t unit, struct bm_point point) {
    town_place_at(town, unit, point, TOWN_NOW);
}

static struct bm_place blank_place(uint64_t id, enum bm_place_kind kind) {
    struct bm_place place;
    bm_shape_clear(bm_table_shape(BM_T_PLACE), &place);
    place.id.v = id;
    place.kind = (uint8_t)kind;
    place.jurisdiction.v = 1;
    place.active = true;
    return place;
}

void town_station(struct town *town, uint64_t id, struct bm_point point) {
    struct bm_place place = blank_place(id, BM_PLACE_STATION);
    place.lat_e7 = point.lat_e7;
    place.lon_e7 = point.lon_e7;
    bm_dispatch_take(town->dispatch, BM_T_PLACE, id, &place);
}

struct bm_place town_closure(uint64_t id, struct bm_point a, struct bm_point b) {
    struct bm_place place = blank_place(id, BM_PLACE_ROAD_CLOSURE);
    place.active = true;
    place.form = BM_FORM_LINE;
    place.direction = BM_DIRECTION_BOTH;
    place.points = (struct bm_points){2, {a.lat_e7, a.lon_e7, b.lat_e7, b.lon_e7}};
    return place;
}

void town_close(struct town *town, uint64_t id, struct bm_point a, struct bm_point b, bool active) {
    struct bm_place place = town_closure(id, a, b);
    place.active = active;
    bm_dispatch_take(town->dispatch, BM_T_PLACE, id, &place);
}

void town_plan(struct town *town, const char *plan) {
    struct bm_class class;
    bm_shape_clear(bm_table_shape(BM_T_CLASS), &class);
    class.id.v = 1;
    class.active = true;
    snprintf(class.code, sizeof class.code, "fire");
    snprintf(class.plan, sizeof class.plan, "%s", plan);
    bm_dispatch_take(town->dispatch, BM_T_CLASS, 1, &class);
}

struct bm_incident town_incident(struct bm_point point) {
    return (struct bm_incident){.on_case = 7,
                                .class_code = "fire",
                                .jurisdiction = 1,
                                .point = point,
                                .alarm = 1,
                                .profile = BM_PROFILE_EMERGENCY};
}

bool town_may_all(void *context, const struct bm_unit *unit) {
    (void)context;
    (void)unit;
    return true;
}

json_t *town_ask_as(struct town *town, const struct bm_incident *incident, uint64_t id,
                    int64_t now_ms, bool (*may)(void *context, const struct bm_unit *unit),
                    void *context) {
    struct bm_buf out = bm_buf_make(1 << 21);
    struct bm_fault fault = {0};
    json_t *answer = NULL;
    if (bm_dispatch_recommend(town->dispatch, incident, id, now_ms, may, context, &out, &fault))
        fail_msg("%s: %s", fault.field, fault.detail);
    if (bm_json_parse(out.bytes, out.len, &answer, &fault))
        fail_msg("%s in %s", fault.detail, bm_buf_c_text(&out));
    bm_buf_free(&out);
    return answer;
}

json_t *town_ask(struct town *town, const struct bm_incident *incident) {
    return town_ask_as(town, incident, 1, TOWN_NOW, town_may_all, NULL);
}

json_t *town_get(const json_t *object, const char *name) {
    json_t *value = json_object_get(object, name);
    if (!value) fail_msg("no member \"%s\"", name);
    return value;
}

static bool is_unit(const json_t *row, uint64_t unit) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, unit);
    return strcmp(json_string_value(town_get(row, "unit")), text) == 0;
}

json_t *town_unit_row(const json_t *answer, uint64_t unit, const char *capability) {
    size_t i;
    json_t *row;
    json_array_foreach(town_get(answer, "units"), i, row) {
        if (is_unit(row, unit) &&
            strcmp(json_string_value(town_get(row, "capability")), capability) == 0)
            return row;
    }
    return NULL;
}

const char *town_passed_over(const json_t *answer, uint64_t unit) {
    size_t i;
    json_t *row;
    json_array_foreach(town_get(answer, "passed_over"), i, row) {
        if (is_unit(row, unit)) return json_string_value(town_get(row, "reason"));
    }
    return NULL;
}

bool town_says(const json_t *unit_row, const char *reason) {
    size_t i;
    json_t *said;
    json_array_foreach(town_get(unit_row, "reasons"), i, said) {
        if (strcmp(json_string_value(said), reason) == 0) return true;
    }
    return false;
}

const char *town_chosen(const json_t *answer, const char *capability) {
    static char text[400];
    size_t i, len = 0;
    json_t *row;
    text[0] = 0;
    json_array_foreach(town_get(answer, "units"), i, row) {
        if (!json_is_true(town_get(row, "chosen")) ||
            strcmp(json_string_value(town_get(row, "capability")), capability) != 0)
            continue;
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? " " : "",
                                json_string_value(town_get(row, "unit")));
    }
    return text;
}
