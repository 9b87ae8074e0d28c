#include "road/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "road/file.h"

const char *const bm_finding_kind_names[BM_finding_kind_COUNT] = {
    "island", "closed", "slow", "fast", "trap", "source", "flip", "no_length", "twice", "no_turn"};
const char *const bm_island_ends_names[4] = {"cut_off", "no_way_out", "no_way_in", "passed"};

enum { SLOW_KMH = 1, FAST_KMH = 200, FAST_ON_FOOT_KMH = 20 };

struct inspection {
    const struct bm_road *road;
    void (*each)(void *context, const struct bm_finding *finding);
    void *context;
};

static bool is_open(const struct bm_road *road, enum bm_profile profile, uint32_t arc) {
    return road->weights[profile][arc] != BM_ROAD_INFINITE;
}

static bool may_be_used(const struct bm_road *road, enum bm_profile profile, uint32_t edge) {
    return is_open(road, profile, 2 * edge) || is_open(road, profile, 2 * edge + 1);
}

static void tell(const struct inspection *inspection, struct bm_finding finding) {
    inspection->each(inspection->context, &finding);
}

/* One that is about an edge, told at its middle. */
static void tell_edge(const struct inspection *inspection, uint32_t edge,
                      struct bm_finding finding) {
    finding.point = bm_road_point_at(inspection->road, edge, 0.5);
    finding.edges[0] = edge;
    finding.edge_count = 1;
    tell(inspection, finding);
}

/* One that is about a junction. */
static void tell_junction(const struct inspection *inspection, uint32_t junction,
                          struct bm_finding finding) {
    const struct bm_road *road = inspection->road;
    finding.point = road->junctions[junction];
    for (uint32_t i = road->out_first[junction];
         i < road->out_first[junction + 1] && finding.edge_count < BM_INSPECT_EDGES; i++) {
        uint32_t edge = road->out[i].arc / 2;
        if (may_be_used(road, finding.profile, edge)) finding.edges[finding.edge_count++] = edge;
    }
    if (finding.edge_count) tell(inspection, finding);
}

/* --- islands ---------------------------------------------------------------------------------- */

struct island {
    struct bm_finding finding;
    bool has_in, has_out;
};

static void note_edge(const struct bm_road *road, struct bm_finding *finding, uint32_t edge) {
    const char *name = bm_road_name(road, edge);
    if (!finding->edge_count) finding->point = bm_road_point_at(road, edge, 0.5);
    for (uint32_t i = 0; i < finding->edge_count; i++) {
        if (strcmp(bm_road_name(road, finding->edges[i]), name) == 0) return;
    }
    if (finding->edge_count < BM_INSPECT_EDGES) finding->edges[finding->edge_count++] = edge;
}

static void find_islands(const struct inspection *inspection, enum bm_profile profile) {
    const struct bm_road *road = inspection->road;
    uint32_t junctions = road->head.junctions, largest = 0;
    uint32_t *component = bm_alloc_zero(2 * (size_t)junctions, sizeof *component);
    uint32_t *sizes = component + junctions;
    uint32_t count = bm_road_components(junctions, road->out_first, road->out,
                                        road->weights[profile], component, sizes);
    for (uint32_t i = 1; i < count; i++) {
        if (sizes[i] > sizes[largest]) largest = i;
    }
    struct island *islands = bm_alloc_zero(count, sizeof *islands);
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        for (uint32_t back = 0; back < 2; back++) {
            uint32_t arc = 2 * edge + back;
            if (!is_open(road, profile, arc)) continue;
            uint32_t from = component[road->tails[arc]], to = component[bm_arc_head(road, arc)];
            if (from == to) {
                note_edge(road, &islands[from].finding, edge);
            } else {
                islands[from].has_out = true;
                islands[to].has_in = true;
            }
        }
    }
    /* A junction by itself is a trap, a source, or passed by a one-way: told as such, or fine. */
    for (uint32_t i = 0; i < count; i++) {
        struct island *island = &islands[i];
        if (i == largest || sizes[i] < 2 || !island->finding.edge_count) continue;
        struct bm_finding finding = island->finding;
        finding.kind = BM_FOUND_ISLAND;
        finding.profile = profile;
        finding.junctions = sizes[i];
        finding.serious = sizes[i] >= BM_ISLAND_BELOW && profile != BM_PROFILE_FOOT;
        finding.ends = island->has_in    ? island->has_out ? BM_ISLAND_PASSED : BM_ISLAND_NO_WAY_OUT
                       : island->has_out ? BM_ISLAND_NO_WAY_IN
                                         : BM_ISLAND_CUT_OFF;
        tell(inspection, finding);
    }
    bm_free(islands);
    bm_free(component);
}

/* --- speeds and lengths ----------------------------------------------------------------------- */

static void find_closed(const struct inspection *inspection) {
    for (uint32_t edge = 0; edge < inspection->road->head.edges; edge++) {
        bool used = false;
        for (int p = 0; p < BM_profile_COUNT; p++)
            used = used || may_be_used(inspection->road, (enum bm_profile)p, edge);
        if (!used) tell_edge(inspection, edge, (struct bm_finding){.kind = BM_FOUND_CLOSED});
    }
}

static double kmh_of(const struct bm_road *road, enum bm_profile profile, uint32_t arc,
                     double length_m) {
    return length_m * 3600000 / ((double)road->weights[profile][arc] * road->head.unit_us);
}

/* The first direction and profile that is too slow or too fast is told, once for an edge. */
static void find_speeds(const struct inspection *inspection, enum bm_finding_kind kind) {
    const struct bm_road *road = inspection->road;
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        double length_m = bm_road_length_m(road, edge);
        bool told = length_m < BM_INSPECT_LEAST_M;
        for (int p = 0; p < BM_profile_COUNT && !told; p++) {
            for (uint32_t arc = 2 * edge; arc < 2 * edge + 2 && !told; arc++) {
                enum bm_profile profile = (enum bm_profile)p;
                if (!is_open(road, profile, arc)) continue;
                double kmh = kmh_of(road, profile, arc, length_m);
                int fast = profile == BM_PROFILE_FOOT ? FAST_ON_FOOT_KMH : FAST_KMH;
                told = kind == BM_FOUND_SLOW ? kmh < SLOW_KMH : kmh > fast;
                if (told)
                    tell_edge(inspection, edge,
                              (struct bm_finding){
                                  .kind = kind, .serious = true, .profile = profile, .kmh = kmh});
            }
        }
    }
}

static void find_no_length(const struct inspection *inspection) {
    const struct bm_road *road = inspection->road;
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        if (bm_road_length_m(road, edge) > 0 || !bm_road_name(road, edge)[0]) continue;
        tell_edge(inspection, edge, (struct bm_finding){.kind = BM_FOUND_NO_LENGTH});
    }
}

/* --- one-ways --------------------------------------------------------------------------------- */

static void find_ends(const struct inspection *inspection, enum bm_profile profile,
                      enum bm_finding_kind kind) {
    const struct bm_road *road = inspection->road;
    for (uint32_t junction = 0; junction < road->head.junctions; junction++) {
        uint32_t in = 0, out = 0;
        for (uint32_t i = road->out_first[junction]; i < road->out_first[junction + 1]; i++) {
            out += is_open(road, profile, road->out[i].arc);
            in += is_open(road, profile, road->out[i].arc ^ 1);
        }
        if (kind == BM_FOUND_TRAP ? !in || out : in || !out) continue;
        /* One edge alone may well end where an extract was cut. */
        bool serious = kind == BM_FOUND_TRAP && profile == BM_PROFILE_EMERGENCY && in > 1;
        tell_junction(inspection, junction,
                      (struct bm_finding){.kind = kind, .serious = serious, .profile = profile});
    }
}

/* Two one-way edges of a name, and no third of it: both lead to the junction, or both away. */
static void find_flips(const struct inspection *inspection) {
    const struct bm_road *road = inspection->road;
    const enum bm_profile profile = BM_PROFILE_ORDINARY;
    for (uint32_t junction = 0; junction < road->head.junctions; junction++) {
        uint32_t first = road->out_first[junction], end = road->out_first[junction + 1];
        for (uint32_t i = first; i < end; i++) {
            uint32_t arcs[2] = {road->out[i].arc, 0}, same = 0;
            const char *name = bm_road_name(road, arcs[0] / 2);
            for (uint32_t j = first; j < end && name[0]; j++) {
                if (j == i || strcmp(bm_road_name(road, road->out[j].arc / 2), name) != 0) continue;
                arcs[1] = road->out[j].arc;
                same++;
            }
            if (same != 1 || arcs[0] > arcs[1]) continue; /* each pair once */
            bool out[2], in[2];
            for (int k = 0; k < 2; k++) {
                out[k] = is_open(road, profile, arcs[k]);
                in[k] = is_open(road, profile, arcs[k] ^ 1);
            }
            if (out[0] != out[1] || in[0] != in[1] || out[0] == in[0]) continue;
            tell(inspection, (struct bm_finding){.kind = BM_FOUND_FLIP,
                                                 .profile = profile,
                                                 .point = road->junctions[junction],
                                                 .edges = {arcs[0] / 2, arcs[1] / 2},
                                                 .edge_count = 2});
        }
    }
}

/* --- doubles ---------------------------------------------------------------------------------- */

static bool lie_alike(const struct bm_road *road, uint32_t arc, uint32_t other) {
    size_t count = bm_road_shape_count(road, arc / 2);
    if (bm_road_shape_count(road, other / 2) != count) return false;
    bool turned = (arc & 1) != (other & 1);
    for (size_t i = 0; i < count; i++) {
        struct bm_point a = bm_road_shape_point(road, arc / 2, i),
                        b = bm_road_shape_point(road, other / 2, turned ? count - 1 - i : i);
        if (a.lat_e7 != b.lat_e7 || a.lon_e7 != b.lon_e7) return false;
    }
    return true;
}

static void find_doubles(const struct inspection *inspection) {
    const struct bm_road *road = inspection->road;
    for (uint32_t junction = 0; junction < road->head.junctions; junction++) {
        uint32_t end = road->out_first[junction + 1];
        for (uint32_t i = road->out_first[junction]; i < end; i++) {
            struct bm_out_arc one = road->out[i];
            if (one.head <= junction) continue;
            for (uint32_t j = i + 1; j < end; j++) {
                struct bm_out_arc other = road->out[j];
                if (other.head != one.head || !lie_alike(road, one.arc, other.arc)) continue;
                tell(inspection,
                     (struct bm_finding){.kind = BM_FOUND_TWICE,
                                         .point = bm_road_point_at(road, one.arc / 2, 0.5),
                                         .edges = {one.arc / 2, other.arc / 2},
                                         .edge_count = 2});
            }
        }
    }
}

/* --- turns ------------------------------------------------------------------------------------ */

static int by_from(const void *a, const void *b) {
    const struct bm_turn *x = a, *y = b;
    return x->from_arc < y->from_arc ? -1 : x->from_arc > y->from_arc;
}

/* Whether somebody who came by turns[0].from_arc may go on by `arc`. */
static bool allows(const struct bm_turn *turns, size_t count, uint32_t arc) {
    bool only = false, said = false;
    for (size_t i = 0; i < count; i++) {
        if (turns[i].weight[BM_PROFILE_ORDINARY] != BM_ROAD_INFINITE)
            continue; /* slow, and allowed */
        if (!turns[i].only && turns[i].to_arc == arc) return false;
        only = only || turns[i].only;
        said = said || (turns[i].only && turns[i].to_arc == arc);
    }
    return !only || said;
}

static void check_turns(const struct inspection *inspection, const struct bm_turn *turns,
                        size_t count) {
    const struct bm_road *road = inspection->road;
    uint32_t from = turns[0].from_arc, junction = bm_arc_head(road, from);
    bool could = false, can = false;
    for (uint32_t i = road->out_first[junction]; i < road->out_first[junction + 1]; i++) {
        uint32_t arc = road->out[i].arc;
        if (arc == (from ^ 1) || !is_open(road, BM_PROFILE_ORDINARY, arc)) continue;
        could = true;
        can = can || allows(turns, count, arc);
    }
    if (!could || can) return;
    tell(inspection, (struct bm_finding){.kind = BM_FOUND_NO_TURN,
                                         .serious = true,
                                         .profile = BM_PROFILE_ORDINARY,
                                         .point = road->junctions[junction],
                                         .edges = {from / 2},
                                         .edge_count = 1});
}

static void find_no_turns(const struct inspection *inspection) {
    const struct bm_road *road = inspection->road;
    uint32_t count = road->head.restrictions;
    struct bm_turn *turns = bm_alloc_zero((size_t)count + 1, sizeof *turns);
    for (uint32_t i = 0; i < count; i++) turns[i] = bm_road_restriction(road, i);
    if (count) qsort(turns, count, sizeof *turns, by_from);
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i;
        while (end < count && turns[end].from_arc == turns[i].from_arc) end++;
        check_turns(inspection, turns + i, end - i);
        i = end;
    }
    bm_free(turns);
}

/* --- the whole -------------------------------------------------------------------------------- */

void bm_road_inspect(const struct bm_road *road,
                     void (*each)(void *context, const struct bm_finding *finding), void *context) {
    struct inspection inspection = {road, each, context};
    for (int p = 0; p < BM_profile_COUNT; p++) find_islands(&inspection, (enum bm_profile)p);
    find_closed(&inspection);
    find_speeds(&inspection, BM_FOUND_SLOW);
    find_speeds(&inspection, BM_FOUND_FAST);
    for (int p = 0; p < BM_profile_COUNT; p++)
        find_ends(&inspection, (enum bm_profile)p, BM_FOUND_TRAP);
    for (int p = 0; p < BM_profile_COUNT; p++)
        find_ends(&inspection, (enum bm_profile)p, BM_FOUND_SOURCE);
    find_flips(&inspection);
    find_no_length(&inspection);
    find_doubles(&inspection);
    find_no_turns(&inspection);
}
