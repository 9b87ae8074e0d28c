#include "road/cordon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/heap.h"
#include "road/file.h"
#include "road/metric.h"
#include "road/order.h"
#include "road/reach.h"

enum { DISC_CORNERS = 64 };
#define NO_NUMBER UINT32_MAX

enum place { PLACE_OUTSIDE, PLACE_INSIDE, PLACE_RIM };

/* A question under way. */
struct survey {
    const struct bm_road *road;
    const struct bm_metric *metric;
    uint8_t *places;   /* per junction: enum place */
    uint8_t *touched;  /* per edge */
    uint32_t *numbers; /* per junction: its place in `near`, or NO_NUMBER */
    uint32_t *near;    /* junctions where a post may stand, the nearest first */
    uint8_t *sides;    /* per junction near: enum bm_cut_side */
    uint32_t near_count;
};

static struct survey survey_new(const struct bm_metric *metric) {
    const struct bm_road *road = metric->road;
    struct survey survey = {.road = road, .metric = metric};
    size_t junctions = road->head.junctions;
    survey.places = bm_alloc_zero(junctions + 1, 1);
    survey.touched = bm_alloc_zero((size_t)road->head.edges + 1, 1);
    survey.numbers = bm_alloc((junctions + 1) * sizeof *survey.numbers);
    survey.near = bm_alloc((junctions + 1) * sizeof *survey.near);
    survey.sides = bm_alloc(junctions + 1);
    memset(survey.numbers, 0xff, junctions * sizeof *survey.numbers);
    return survey;
}

static void survey_free(struct survey *survey) {
    bm_free(survey->places);
    bm_free(survey->touched);
    bm_free(survey->numbers);
    bm_free(survey->near);
    bm_free(survey->sides);
}

/* Whether the edge may be driven in some direction, closed or not. */
static bool is_road(const struct survey *survey, uint32_t edge) {
    const uint32_t *weights = survey->road->weights[survey->metric->profile];
    return weights[2 * (size_t)edge] != BM_ROAD_INFINITE ||
           weights[2 * (size_t)edge + 1] != BM_ROAD_INFINITE;
}

/* The same as it is now. */
static bool is_open(const struct survey *survey, uint32_t edge) {
    return bm_metric_drives(survey->metric, 2 * edge) ||
           bm_metric_drives(survey->metric, 2 * edge + 1);
}

/* --- the area --------------------------------------------------------------------------------- */

static enum bm_code check_polygon(const struct bm_area *area, struct bm_fault *fault) {
    size_t count = area->count;
    if (count < 3 || count > BM_CORDON_POINTS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "polygon",
                            "A polygon has 3 to %d corners, not %zu.", BM_CORDON_POINTS_MAX, count);
    for (size_t i = 0; i < count; i++) {
        if (!bm_point_valid(area->points[i]))
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "polygon",
                                "Corner %zu of the polygon lies nowhere on earth.", i + 1);
    }
    for (size_t i = 0; i < count; i++) {
        struct bm_point next = area->points[(i + 1) % count];
        if (area->points[i].lat_e7 == next.lat_e7 && area->points[i].lon_e7 == next.lon_e7)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "polygon",
                                "Corner %zu of the polygon is named twice: name each once.", i + 1);
    }
    if (bm_polygon_meets_itself(area->points, count))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "polygon",
                            "The polygon crosses or touches itself: name its corners in order "
                            "around the area, each once.");
    return BM_OK;
}

static enum bm_code check_area(const struct bm_area *area, uint32_t margin_m,
                               struct bm_fault *fault) {
    if (margin_m > BM_CORDON_MARGIN_MAX_M)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "margin_m",
                            "Posts may stand up to %d m beyond the area, not %u.",
                            BM_CORDON_MARGIN_MAX_M, (unsigned)margin_m);
    if (area->form == BM_AREA_POLYGON) return check_polygon(area, fault);
    if (area->form == BM_AREA_DRIVE) {
        if (area->within_ms >= 0 && area->within_ms <= BM_CORDON_WITHIN_MAX_MS) return BM_OK;
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "minutes",
                            "The time to drive must lie between 0 and %d minutes.",
                            BM_CORDON_WITHIN_MAX_MS / 60000);
    }
    if (!bm_point_valid(area->point))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "around", "The point lies nowhere on earth.");
    if (area->radius_m < 1 || area->radius_m > BM_CORDON_RADIUS_MAX_M)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "radius_m",
                            "The radius must lie between 1 and %d m.", BM_CORDON_RADIUS_MAX_M);
    double most_e7 = (area->radius_m + 1) / 110000.0 * 1e7; /* a degree of latitude is longer */
    double narrow = cos((fabs(area->point.lat_e7 * 1.0) + most_e7) * 1e-7 * M_PI / 180);
    if (fabs(area->point.lat_e7 * 1.0) + most_e7 >= 9e8 ||
        fabs(area->point.lon_e7 * 1.0) + most_e7 / narrow > 18e8)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "around",
                            "The circle meets a pole or the antimeridian: draw a polygon on one "
                            "side of it.");
    return BM_OK;
}

/* Corners of a polygon whose sides touch the circle from outside. */
static void draw_disc(const struct bm_area *area, struct bm_point *corners) {
    const double m_per_e7 = 6371008.8 * M_PI / 180.0 * 1e-7;
    double far_m = area->radius_m / cos(M_PI / DISC_CORNERS);
    double narrow = cos(area->point.lat_e7 * 1e-7 * M_PI / 180);
    for (int i = 0; i < DISC_CORNERS; i++) {
        double turn = 2 * M_PI * i / DISC_CORNERS;
        double up = far_m * cos(turn) / m_per_e7, across = far_m * sin(turn) / (m_per_e7 * narrow);
        corners[i] = (struct bm_point){(int32_t)lround(area->point.lat_e7 + up),
                                       (int32_t)lround(area->point.lon_e7 + across)};
    }
}

static void mark_polygon(struct survey *survey, const struct bm_point *points, size_t count) {
    const struct bm_road *road = survey->road;
    const struct bm_closed closed = {BM_CLOSED_POLYGON, points, count, false, 0};
    size_t found = bm_road_closed_arcs(road, &closed, NULL, 0);
    uint32_t *arcs = bm_alloc((found + 1) * sizeof *arcs);
    bm_road_closed_arcs(road, &closed, arcs, found);
    for (size_t i = 0; i < found; i++) survey->touched[arcs[i] / 2] = 1;
    bm_free(arcs);
    struct bm_box box = bm_box_empty;
    for (size_t i = 0; i < count; i++) bm_box_add(&box, points[i]);
    for (uint32_t j = 0; j < road->head.junctions; j++) {
        if (!bm_box_has(&box, road->junctions[j])) continue;
        if (bm_polygon_has(points, count, road->junctions[j])) survey->places[j] = PLACE_INSIDE;
    }
}

static void mark_stretch(void *context, const struct bm_reached *reached) {
    struct survey *survey = context;
    const uint32_t *tails = survey->road->tails;
    survey->touched[reached->arc / 2] = 1;
    if (reached->from_part == 0) survey->places[tails[reached->arc]] = PLACE_INSIDE;
    if (reached->to_part == BM_ALONG_FULL) survey->places[tails[reached->arc ^ 1]] = PLACE_INSIDE;
}

static void mark_drive(struct survey *survey, const struct bm_area *area) {
    struct bm_reach *reach = bm_reach_new(survey->road);
    BM_CHECK(area->spot.edge < survey->road->head.edges);
    survey->touched[area->spot.edge] = 1;
    bm_reach_within(reach, survey->metric, &area->spot, 1, area->within_ms, mark_stretch, survey);
    bm_reach_free(reach);
}

/* What the area touches: of the roads that are any, also those that end at a junction inside.  The
 * junctions at their outer ends are the rim.  Says whether some road is touched, and one not. */
static void mark_rim(struct survey *survey, bool *ret_some, bool *ret_rest) {
    const struct bm_road *road = survey->road;
    *ret_some = *ret_rest = false;
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        const uint32_t *ends = &road->tails[2 * (size_t)edge];
        bool inside = survey->places[ends[0]] == PLACE_INSIDE ||
                      survey->places[ends[1]] == PLACE_INSIDE;
        survey->touched[edge] = is_road(survey, edge) && (survey->touched[edge] || inside);
        if (!survey->touched[edge]) {
            *ret_rest |= is_open(survey, edge);
            continue;
        }
        *ret_some = true;
        for (int end = 0; end < 2; end++) {
            if (survey->places[ends[end]] == PLACE_OUTSIDE) survey->places[ends[end]] = PLACE_RIM;
        }
    }
}

/* Whether the map ends before the area does. */
static bool leaves_map(const struct survey *survey, const struct bm_cordon *cordon) {
    const struct bm_box *map = &survey->road->head.box;
    for (size_t i = 0; i < cordon->outline_count; i++) {
        struct bm_point point = cordon->outline[i];
        if (!bm_box_has(map, point)) return true;
    }
    for (uint32_t j = 0; j < survey->road->head.junctions; j++) {
        struct bm_point point = survey->road->junctions[j];
        if (survey->places[j] != PLACE_INSIDE || cordon->outline_count) continue;
        if (point.lat_e7 == map->least.lat_e7 || point.lat_e7 == map->most.lat_e7 ||
            point.lon_e7 == map->least.lon_e7 || point.lon_e7 == map->most.lon_e7)
            return true;
    }
    return false;
}

static enum bm_code mark_area(struct survey *survey, const struct bm_area *area,
                              struct bm_cordon *cordon, struct bm_fault *fault) {
    if (area->form == BM_AREA_DISC) {
        cordon->outline_count = DISC_CORNERS;
        cordon->outline = bm_alloc(DISC_CORNERS * sizeof *cordon->outline);
        draw_disc(area, cordon->outline);
    } else if (area->form == BM_AREA_POLYGON) {
        cordon->outline_count = area->count;
        cordon->outline = bm_alloc(area->count * sizeof *cordon->outline);
        memcpy(cordon->outline, area->points, area->count * sizeof *cordon->outline);
    }
    if (cordon->outline)
        mark_polygon(survey, cordon->outline, cordon->outline_count);
    else
        mark_drive(survey, area);
    bool some, rest;
    mark_rim(survey, &some, &rest);
    cordon->edge_of_map = leaves_map(survey, cordon);
    if (!some)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "area",
                            "No road leads into this area or through it: there is nothing to cut "
                            "off. Choose a larger one, or one with roads.");
    if (!rest)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, "area",
                            "This area holds every road of the map: nothing lies outside from "
                            "which to cut it off. Choose a smaller one.");
    return BM_OK;
}

/* --- where posts may stand -------------------------------------------------------------------- */

/* Metres by road from the rim, nearest first, never through the area. */
static void find_near(struct survey *survey, uint32_t margin_m) {
    const struct bm_road *road = survey->road;
    const int64_t most_mm = (int64_t)margin_m * 1000;
    struct bm_heap heap = {0};
    for (uint32_t j = 0; j < road->head.junctions; j++) {
        if (survey->places[j] == PLACE_RIM) bm_heap_push(&heap, (struct bm_due){0, j});
    }
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        uint32_t junction = (uint32_t)top.id;
        bm_heap_pop(&heap);
        if (survey->numbers[junction] != NO_NUMBER) continue;
        survey->numbers[junction] = survey->near_count;
        survey->near[survey->near_count++] = junction;
        for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
            uint32_t edge = road->out[at].arc / 2, to = road->out[at].head;
            if (survey->numbers[to] != NO_NUMBER || survey->places[to] == PLACE_INSIDE) continue;
            if (!is_open(survey, edge)) continue;
            int64_t far_mm = top.at_ms + llround(bm_road_length_m(road, edge) * 1000);
            if (far_mm <= most_mm) bm_heap_push(&heap, (struct bm_due){far_mm, to});
        }
    }
    bm_heap_free(&heap);
}

/* Whether a road leads from a junction beyond the margin. */
static bool leads_away(const struct survey *survey, uint32_t junction) {
    const struct bm_road *road = survey->road;
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        uint32_t to = road->out[at].head;
        if (survey->numbers[to] == NO_NUMBER && survey->places[to] != PLACE_INSIDE &&
            is_open(survey, road->out[at].arc / 2))
            return true;
    }
    return false;
}

/* --- the cut ---------------------------------------------------------------------------------- */

/* Which of those near are on the rim and lead away at once: a post in every cordon.  They stand in
 * `sides`; the others get numbers of their own for the cell. */
static uint32_t set_certain(struct survey *survey, uint32_t *ret_cell_numbers) {
    uint32_t others = 0;
    for (uint32_t i = 0; i < survey->near_count; i++) {
        uint32_t junction = survey->near[i];
        bool certain = survey->places[junction] == PLACE_RIM && leads_away(survey, junction);
        survey->sides[i] = certain ? BM_CUT_SEPARATOR : BM_CUT_SECOND;
        ret_cell_numbers[i] = certain ? NO_NUMBER : others++;
    }
    return others;
}

/* The neighbours of one junction within the cell, into `heads`; returns how many. */
static uint32_t list_neighbours(const struct survey *survey, uint32_t junction,
                                const uint32_t *cell_numbers, uint32_t *heads) {
    const struct bm_road *road = survey->road;
    uint32_t count = 0;
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        uint32_t number = survey->numbers[road->out[at].head];
        if (number == NO_NUMBER || road->out[at].head == junction) continue;
        if (cell_numbers[number] == NO_NUMBER || !is_open(survey, road->out[at].arc / 2)) continue;
        heads[count++] = cell_numbers[number];
    }
    return count;
}

static void cut(struct survey *survey) {
    const struct bm_road *road = survey->road;
    uint32_t *cell_numbers = bm_alloc((survey->near_count + 1) * sizeof *cell_numbers);
    struct bm_cell cell = {.nodes = set_certain(survey, cell_numbers)};
    size_t arcs = 0;
    for (uint32_t i = 0; i < survey->near_count; i++) {
        uint32_t junction = survey->near[i];
        arcs += road->out_first[junction + 1] - road->out_first[junction];
    }
    cell.first = bm_alloc(((size_t)cell.nodes + 1) * sizeof *cell.first);
    cell.heads = bm_alloc((arcs + 1) * sizeof *cell.heads);
    struct bm_flow flow = bm_flow_make(cell.nodes);
    uint32_t at = 0, node = 0;
    for (uint32_t i = 0; i < survey->near_count; i++) {
        if (cell_numbers[i] == NO_NUMBER) continue;
        uint32_t junction = survey->near[i];
        cell.first[node] = at;
        at += list_neighbours(survey, junction, cell_numbers, cell.heads + at);
        flow.sides[node++] = survey->places[junction] == PLACE_RIM ? BM_FLOW_SOURCE
                             : leads_away(survey, junction)        ? BM_FLOW_SINK
                                                                   : BM_FLOW_BETWEEN;
    }
    cell.first[node] = at;
    uint8_t *sides = bm_alloc((size_t)cell.nodes + 1);
    (void)bm_flow_cut_near(&flow, &cell, sides);
    for (uint32_t i = 0; i < survey->near_count; i++) {
        if (cell_numbers[i] != NO_NUMBER) survey->sides[i] = sides[cell_numbers[i]];
    }
    bm_free(sides);
    bm_flow_free(&flow);
    bm_free(cell.first);
    bm_free(cell.heads);
    bm_free(cell_numbers);
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool on_side(const struct survey *survey, uint32_t junction, enum bm_cut_side side) {
    uint32_t number = survey->numbers[junction];
    return number != NO_NUMBER && survey->sides[number] == side;
}

/* An edge within the cordon: touched by the area, or open and with an end that is cut off with it.
 */
static bool is_within(const struct survey *survey, uint32_t edge) {
    const uint32_t *ends = &survey->road->tails[2 * (size_t)edge];
    if (survey->touched[edge]) return true;
    if (!is_open(survey, edge)) return false;
    return on_side(survey, ends[0], BM_CUT_FIRST) || on_side(survey, ends[1], BM_CUT_FIRST);
}

static void list_within(const struct survey *survey, struct bm_cordon *cordon) {
    const struct bm_road *road = survey->road;
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        cordon->edge_count += is_within(survey, edge);
    }
    cordon->edges = bm_alloc((cordon->edge_count + 1) * sizeof *cordon->edges);
    size_t count = 0;
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        if (!is_within(survey, edge)) continue;
        cordon->edges[count++] = edge;
        cordon->length_m += bm_road_length_m(road, edge);
    }
    for (uint32_t j = 0; j < road->head.junctions; j++) {
        cordon->junctions += survey->places[j] == PLACE_INSIDE || on_side(survey, j, BM_CUT_FIRST);
    }
}

static void list_posts(const struct survey *survey, struct bm_cordon *cordon) {
    const struct bm_road *road = survey->road;
    size_t arcs = 0;
    for (uint32_t i = 0; i < survey->near_count; i++) {
        if (survey->sides[i] != BM_CUT_SEPARATOR) continue;
        uint32_t junction = survey->near[i];
        cordon->count++;
        arcs += road->out_first[junction + 1] - road->out_first[junction];
    }
    cordon->posts = bm_alloc((cordon->count + 1) * sizeof *cordon->posts);
    cordon->stopped = bm_alloc((arcs + 1) * sizeof *cordon->stopped);
    size_t count = 0;
    for (uint32_t j = 0; j < road->head.junctions; j++) {
        if (!on_side(survey, j, BM_CUT_SEPARATOR)) continue;
        struct bm_post *post = &cordon->posts[count++];
        *post = (struct bm_post){j, road->junctions[j], cordon->stopped_count, 0};
        for (uint32_t at = road->out_first[j]; at < road->out_first[j + 1]; at++) {
            if (!is_within(survey, road->out[at].arc / 2)) continue;
            cordon->stopped[cordon->stopped_count++] = road->out[at].arc;
            post->count++;
        }
    }
}

enum bm_code bm_cordon_find(const struct bm_metric *metric, const struct bm_area *area,
                            uint32_t margin_m, struct bm_cordon *ret_cordon,
                            struct bm_fault *fault) {
    enum bm_code code = check_area(area, margin_m, fault);
    if (code) return code;
    struct survey survey = survey_new(metric);
    struct bm_cordon cordon = {0};
    code = mark_area(&survey, area, &cordon, fault);
    if (!code) {
        find_near(&survey, margin_m);
        cut(&survey);
        list_within(&survey, &cordon);
        list_posts(&survey, &cordon);
        *ret_cordon = cordon;
    } else {
        bm_cordon_free(&cordon);
    }
    survey_free(&survey);
    return code;
}

void bm_cordon_free(struct bm_cordon *cordon) {
    bm_free(cordon->posts);
    bm_free(cordon->stopped);
    bm_free(cordon->edges);
    bm_free(cordon->outline);
    *cordon = (struct bm_cordon){0};
}

size_t bm_junction_names(const struct bm_metric *metric, uint32_t junction, const char **ret_names,
                         size_t cap) {
    const struct bm_road *road = metric->road;
    size_t count = 0;
    BM_CHECK(junction < road->head.junctions);
    const uint32_t *weights = road->weights[metric->profile];
    for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
        uint32_t arc = road->out[at].arc;
        const char *name = bm_road_name(road, arc / 2);
        bool driven = weights[arc] != BM_ROAD_INFINITE || weights[arc ^ 1] != BM_ROAD_INFINITE;
        bool known = !driven || !name[0];
        for (size_t i = 0; i < count && !known; i++) known = strcmp(ret_names[i], name) == 0;
        if (!known && count < cap) ret_names[count++] = name;
    }
    return count;
}
