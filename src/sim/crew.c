/* Crews: whatever the desk says a unit's assignment is at, the crew does the next thing, after the
 * time that it takes.
 *
 *   assigned --> acknowledged --> en_route ==drive==> on_scene --> transporting ==drive==>
 * at_destination --> cleared
 *                                                         '------------------------------------------------>
 * cleared free: back to the station; patrols drive about
 *
 * Cars keep to the roads (the desk's own GET /v1/roads/eta), boats to the river, drone and foot
 * patrol go straight. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "sim/town_private.h"

enum { POSITIONS_EVERY_MS = 1000, PARKED_EVERY_MS = 45000, PATROLS_MAX = 8 };

void bm_crew_halt(struct crew *crew) {
    bm_free(crew->points);
    bm_free(crew->at_ms);
    crew->points = NULL;
    crew->at_ms = NULL;
    crew->count = 0;
    crew->patrolling = false;
    crew->speed_mps = 0;
}

static int crew_person(const struct bm_town *town, const struct crew *crew) {
    return town->roster->first_crew + (int)(crew - town->crews);
}

static const struct bm_roster_unit *unit_of(const struct bm_town *town, const struct crew *crew) {
    return &town->roster->units[crew - town->crews];
}

/* --- ways ------------------------------------------------------------------------------------- */

static void begin_way(struct bm_town *town, struct crew *crew, uint32_t count, double pace) {
    bm_crew_halt(crew);
    crew->points = bm_alloc(count * sizeof *crew->points);
    crew->at_ms = bm_alloc(count * sizeof *crew->at_ms);
    crew->left_ms = town->now_ms;
    crew->pace = pace;
    crew->leg = 0;
}

static void add_point(struct crew *crew, struct bm_place_at at, double at_ms) {
    crew->points[crew->count] = at;
    crew->at_ms[crew->count++] = at_ms;
}

static void go_straight(struct bm_town *town, struct crew *crew, struct bm_place_at to, double mps,
                        double pace) {
    double far = bm_place_far(crew->at, to);
    begin_way(town, crew, 2, pace);
    add_point(crew, crew->at, 0);
    add_point(crew, to, far / mps * 1000);
}

static uint32_t nearest_on_river(const struct bm_city *city, struct bm_place_at at) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < city->river_count; i++)
        if (bm_place_far(bm_town_place(city->river[i]), at) <
            bm_place_far(bm_town_place(city->river[best]), at))
            best = i;
    return best;
}

/* Along the middle of the river to where it is nearest. */
static void go_by_water(struct bm_town *town, struct crew *crew, struct bm_place_at to,
                        double pace) {
    uint32_t from = nearest_on_river(town->city, crew->at), end = nearest_on_river(town->city, to);
    double at_ms = 0;
    struct bm_place_at last = crew->at;
    begin_way(town, crew, town->city->river_count + 2, pace);
    add_point(crew, crew->at, 0);
    for (uint32_t i = from;; i += end > from ? 1u : -1u) {
        struct bm_place_at point = bm_town_place(town->city->river[i]);
        at_ms += bm_place_far(last, point) / 9 * 1000;
        add_point(crew, point, at_ms);
        last = point;
        if (i == end) break;
    }
    if (bm_place_far(last, to) < 320)
        add_point(crew, to, at_ms + bm_place_far(last, to) / 6 * 1000);
}

/* Takes the desk's way; false when it gave none that can be driven. */
static bool take_way(struct bm_town *town, struct crew *crew, const json_t *way, double pace) {
    const json_t *points = json_object_get(way, "points"), *times = json_object_get(way, "at_ms");
    size_t count = json_array_size(points);
    bool by_road = bm_row_is(way, "basis", "road") && count >= 2 && json_array_size(times) == count;
    if (!by_road) return false;
    size_t step = count / ROUTE_MAX + 1;
    begin_way(town, crew, (uint32_t)(count / step + 4), pace);
    struct bm_place_at first = {json_number_value(json_array_get(json_array_get(points, 0), 0)),
                                json_number_value(json_array_get(json_array_get(points, 0), 1))};
    double kerb = bm_place_far(crew->at, first) / 8 * 1000; /* from where it stands to the road */
    add_point(crew, crew->at, 0);
    for (size_t i = 0; i < count; i++) {
        const json_t *point = json_array_get(points, i);
        if (i % step && i + 1 != count) continue;
        add_point(crew,
                  (struct bm_place_at){json_number_value(json_array_get(point, 0)),
                                       json_number_value(json_array_get(point, 1))},
                  kerb + json_number_value(json_array_get(times, i)));
    }
    return true;
}

/* False when the desk could not be asked. */
static bool go(struct bm_town *town, struct crew *crew, struct bm_place_at to, bool hurry,
               double pace) {
    const struct bm_roster_unit *unit = unit_of(town, crew);
    if (unit->way == BM_CREW_WATER) {
        go_by_water(town, crew, to, pace);
        return true;
    }
    if (unit->way != BM_CREW_ROAD || bm_place_far(crew->at, to) < 20) {
        go_straight(town, crew, to,
                    unit->way == BM_CREW_AIR    ? 14
                    : unit->way == BM_CREW_WALK ? 3.5
                                                : 6,
                    pace);
        return true;
    }
    char path[200];
    json_t *way = NULL;
    snprintf(path, sizeof path, "/v1/roads/eta?from=%.7f,%.7f&to=%.7f,%.7f&profile=%s",
             crew->at.lat, crew->at.lon, to.lat, to.lon, hurry ? "emergency" : "ordinary");
    int status = bm_town_ask(town, town->gateway, "GET", path, NULL, NULL, 0, &way);
    bool taken = status == 200 && take_way(town, crew, way, pace);
    json_decref(way);
    if (town->away) return false;
    if (!taken) go_straight(town, crew, to, hurry ? 13 : 9, pace);
    return true;
}

/* Moves along the way; true when it has come to its end (or stands). */
static bool move(struct bm_town *town, struct crew *crew) {
    if (!crew->points) return true;
    double at = (double)(town->now_ms - crew->left_ms) * crew->pace;
    while (crew->leg + 2 < crew->count && crew->at_ms[crew->leg + 1] <= at) crew->leg++;
    struct bm_place_at a = crew->points[crew->leg], b = crew->points[crew->leg + 1];
    double span = crew->at_ms[crew->leg + 1] - crew->at_ms[crew->leg];
    double share = span > 0 ? (at - crew->at_ms[crew->leg]) / span : 1;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    crew->at = (struct bm_place_at){a.lat + (b.lat - a.lat) * share,
                                    a.lon + (b.lon - a.lon) * share};
    if (bm_place_far(a, b) > 0.5) crew->heading_deg = bm_place_heading(a, b);
    crew->speed_mps = span > 0 ? bm_place_far(a, b) / span * 1000 : 0;
    crew->moved = true;
    if (at < crew->at_ms[crew->count - 1]) return false;
    bm_crew_halt(crew);
    return true;
}

/* --- on an assignment ------------------------------------------------------------------------- */

static void report(struct bm_town *town, struct crew *crew, const char *to, const char *more_name,
                   const char *more) {
    char path[64], key[96];
    snprintf(path, sizeof path, "/v1/assignments/%s/status", crew->assignment);
    snprintf(key, sizeof key, "status-%s-%s", crew->assignment, to);
    json_t *body = json_pack("{ss ss}", "from", crew->state, "to", to);
    if (more_name) json_object_set_new(body, more_name, json_string(more));
    int status = bm_town_ask(town, crew_person(town, crew), "POST", path, body, key, 0, NULL);
    if (status == 200) {
        town->figures.arrivals += strcmp(to, "on_scene") == 0;
        town->figures.clears += strcmp(to, "cleared") == 0;
    } else if (status) {
        crew->next_ms = town->now_ms + 4000; /* somebody else moved it: the stream will say */
    }
}

static const struct bm_story *story_of(const struct bm_town *town, const json_t *assignment) {
    const json_t *row = bm_town_row(town, "case", bm_row_text(assignment, "case"));
    return bm_story_by_class(bm_row_text(row, "class"));
}

static bool case_place(const struct bm_town *town, const json_t *assignment,
                       struct bm_place_at *ret_at) {
    return bm_row_place(bm_town_row(town, "case", bm_row_text(assignment, "case")), ret_at);
}

static const json_t *place_called(const struct bm_town *town, const char *name,
                                  const char **ret_id) {
    const char *id;
    json_t *row;
    json_object_foreach(bm_town_table(town, "place"), id, row) {
        if (!bm_row_is(row, "name", name)) continue;
        *ret_id = id;
        return row;
    }
    return NULL;
}

static const char *nearest_hospital(const struct bm_town *town, const struct crew *crew) {
    const char *best = NULL, *id = NULL;
    double nearest = 1e9;
    for (uint32_t h = 0; h < town->hospital_count; h++) {
        struct bm_place_at at;
        const json_t *row = place_called(town, town->city->places[town->hospitals[h]].name, &id);
        if (!row || !bm_row_place(row, &at) || bm_place_far(at, crew->at) >= nearest) continue;
        nearest = bm_place_far(at, crew->at);
        best = id;
    }
    return best;
}

/* One person in so many is brought to hospital; the same answer each time it is asked. */
static bool carries(const struct bm_town *town, const struct crew *crew, const json_t *assignment) {
    const struct bm_story *story = story_of(town, assignment);
    bool ambulance = strstr(unit_of(town, crew)->capabilities, "ambulance") != NULL;
    struct bm_rng rng = {strtoull(crew->assignment, NULL, 10) * 7919 + town->city->seed};
    return ambulance && story && bm_rng_chance(&rng, story->carries);
}

static void finish(struct bm_town *town, struct crew *crew, const json_t *assignment) {
    const struct bm_story *story = story_of(town, assignment);
    report(town, crew, "cleared", "report_code", story ? story->report : "已处置");
}

static void begin_state(struct bm_town *town, struct crew *crew, const json_t *assignment) {
    struct bm_place_at to;
    const char *state = crew->state;
    if (strcmp(state, "assigned") == 0) {
        crew->next_ms = town->now_ms + bm_town_span(town, 2000, 8000);
    } else if (strcmp(state, "acknowledged") == 0) {
        crew->next_ms = town->now_ms + bm_town_span(town, 2000, 6000);
    } else if (strcmp(state, "en_route") == 0) {
        if (!case_place(town, assignment, &to)) to = crew->at;
        if (!go(town, crew, to, true, town->options.pace)) crew->state[0] = 0; /* asked again */
    } else if (strcmp(state, "on_scene") == 0) {
        if (case_place(town, assignment, &to) &&
            bm_place_far(crew->at, to) > 400) { /* said by radio, ahead of its device */
            crew->at = to;
            crew->moved = true;
        }
        bm_crew_halt(crew);
        crew->next_ms = town->now_ms + bm_town_span(town, 25000, 70000);
    } else if (strcmp(state, "transporting") == 0) {
        const json_t *place = bm_town_row(town, "place", bm_row_text(assignment, "destination"));
        if (!place || !bm_row_place(place, &to)) to = crew->at;
        if (!go(town, crew, to, true, town->options.pace)) crew->state[0] = 0;
    } else if (strcmp(state, "at_destination") == 0) {
        bm_crew_halt(crew);
        crew->next_ms = town->now_ms + bm_town_span(town, 12000, 30000);
    }
}

static void work(struct bm_town *town, struct crew *crew, const json_t *assignment) {
    const char *state = crew->state;
    bool there = move(town, crew);
    if (strcmp(state, "en_route") == 0 || strcmp(state, "transporting") == 0) {
        if (there && town->now_ms >= crew->next_ms)
            report(town, crew, state[0] == 'e' ? "on_scene" : "at_destination", NULL, NULL);
        return;
    }
    if (town->now_ms < crew->next_ms) return;
    if (strcmp(state, "assigned") == 0) {
        report(town, crew, "acknowledged", NULL, NULL);
    } else if (strcmp(state, "acknowledged") == 0) {
        report(town, crew, "en_route", NULL, NULL);
    } else if (strcmp(state, "on_scene") == 0) {
        const char *hospital = carries(town, crew, assignment) ? nearest_hospital(town, crew)
                                                               : NULL;
        if (hospital)
            report(town, crew, "transporting", "destination", hospital);
        else
            finish(town, crew, assignment);
    } else if (strcmp(state, "at_destination") == 0) {
        finish(town, crew, assignment);
    }
}

/* --- free ------------------------------------------------------------------------------------- */

static unsigned patrols(const struct bm_town *town) {
    unsigned count = 0;
    for (int u = 0; u < town->roster->unit_count; u++) count += town->crews[u].patrolling;
    return count;
}

/* A house of the own district, not too far from the station. */
static bool somewhere_near(struct bm_town *town, const struct crew *crew,
                           struct bm_place_at *ret_at) {
    for (int tried = 0; tried < 30; tried++) {
        const struct bm_city_address *address =
            &town->city->addresses[bm_rng_below(&town->rng, town->city->address_count)];
        *ret_at = bm_town_place(address->point);
        double reach = unit_of(town, crew)->way == BM_CREW_WALK ? 350 : 1600;
        if (bm_place_far(*ret_at, crew->home) < reach && bm_place_far(*ret_at, crew->at) > 60)
            return true;
    }
    return false;
}

static void be_free(struct bm_town *town, struct crew *crew, bool on_duty) {
    struct bm_place_at to;
    if (!move(town, crew)) return;
    if (town->now_ms < crew->next_ms || !on_duty) return;
    crew->next_ms = town->now_ms + bm_town_span(town, 15000, 60000);
    if (unit_of(town, crew)->patrols && patrols(town) < PATROLS_MAX &&
        somewhere_near(town, crew, &to)) {
        if (go(town, crew, to, false, 0.7 * town->options.pace)) crew->patrolling = true;
    } else if (bm_place_far(crew->at, crew->home) > 40) {
        go(town, crew, crew->home, false, town->options.pace);
    }
}

static void crew_round(struct bm_town *town, struct crew *crew) {
    json_t *unit = bm_town_row(town, "unit", crew->unit);
    json_t *assignment = json_incref(
        bm_town_row(town, "assignment", bm_row_text(unit, "assignment")));
    if (!assignment) {
        if (crew->assignment[0]) { /* done, or called off */
            bm_crew_halt(crew);
            crew->assignment[0] = crew->state[0] = 0;
            crew->next_ms = town->now_ms + bm_town_span(town, 4000, 10000);
        }
        be_free(town, crew, bm_row_is(unit, "duty", "on_duty"));
        return;
    }
    const char *id = bm_row_text(assignment, "id"), *state = bm_row_text(assignment, "state");
    bool another = strcmp(id, crew->assignment) != 0;
    if (another || strcmp(state, crew->state) != 0) {
        if (another) bm_crew_halt(crew);
        snprintf(crew->assignment, sizeof crew->assignment, "%s", id);
        snprintf(crew->state, sizeof crew->state, "%s", state);
        crew->next_ms = 0;
        begin_state(town, crew, assignment);
    } else {
        work(town, crew, assignment);
    }
    json_decref(assignment);
}

/* --- positions -------------------------------------------------------------------------------- */

static void post_positions(struct bm_town *town) {
    json_t *positions = json_array();
    for (int u = 0; u < town->roster->unit_count; u++) {
        struct crew *crew = &town->crews[u];
        if (!crew->unit[0] || (!crew->moved && town->now_ms - crew->posted_ms < PARKED_EVERY_MS))
            continue;
        json_array_append_new(positions,
                              json_pack("{ss sf sf sI sf sf}", "unit", crew->unit, "lat",
                                        crew->at.lat, "lon", crew->at.lon, "at_ms",
                                        (json_int_t)town->wall_ms, "speed_mps", crew->speed_mps,
                                        "heading_deg", floor(crew->heading_deg)));
        crew->moved = false;
        crew->posted_ms = town->now_ms;
    }
    size_t count = json_array_size(positions);
    int status = 0;
    if (count)
        status = bm_town_ask(town, town->gateway, "POST", "/v1/positions",
                             json_pack("{sO}", "positions", positions), NULL, 0, NULL);
    if (status == 200) town->figures.positions += count;
    json_decref(positions);
}

void bm_crews_round(struct bm_town *town) {
    for (int u = 0; u < town->roster->unit_count && !town->away; u++)
        if (town->crews[u].unit[0]) crew_round(town, &town->crews[u]);
    if (town->away || town->now_ms < town->next_positions_ms) return;
    town->next_positions_ms = town->now_ms + POSITIONS_EVERY_MS;
    post_positions(town);
}

/* Where the desk last saw them; new ones stand at their station. */
static void find_positions(struct bm_town *town) {
    json_t *answer = NULL, *row;
    size_t i;
    if (bm_town_ask(town, town->gateway, "GET", "/v1/positions", NULL, NULL, 0, &answer) == 200) {
        json_array_foreach(json_object_get(answer, "positions"), i, row) {
            for (int u = 0; u < town->roster->unit_count; u++) {
                struct bm_place_at at;
                if (bm_row_is(row, "unit", town->crews[u].unit) && bm_row_place(row, &at))
                    town->crews[u].at = at;
            }
        }
    }
    json_decref(answer);
}

void bm_crews_begin(struct bm_town *town) {
    const char *id;
    json_t *row;
    bool first = false;
    for (int u = 0; u < town->roster->unit_count; u++) {
        struct crew *crew = &town->crews[u];
        const struct bm_roster_unit *unit = &town->roster->units[u];
        if (crew->unit[0]) continue;
        crew->home = crew->at = bm_town_place(town->city->places[unit->place].point);
        json_object_foreach(bm_town_table(town, "unit"), id, row) {
            if (bm_row_is(row, "call_sign", unit->call_sign))
                snprintf(crew->unit, sizeof crew->unit, "%s", id);
        }
        crew->next_ms = town->now_ms + bm_town_span(town, 500, 20000);
        first = first || crew->unit[0];
    }
    if (first) find_positions(town);
}
