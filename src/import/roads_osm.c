/* OpenStreetMap ways into junctions and edges: osmium gives nodes, ways and relations as lines, and
 * net.c cuts the ways. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/net.h"
#include "import/objects.h"

enum { TELL_EVERY = 2000000, TURN_MEMBERS_MAX = 16 };

struct turn {
    int64_t from, via, to; /* way, node, way */
    bool only;
};

struct osm {
    const struct bm_tell *tell;
    struct bm_net net;
    uint64_t objects; /* taken */
    struct turn *turns;
    size_t turn_count, turn_cap;
};

static void osm_free(struct osm *osm) {
    bm_net_free(&osm->net);
    bm_free(osm->turns);
}

/* --- taking objects --------------------------------------------------------------------------- */

static void take_node(struct osm *osm, const struct bm_opl *opl) {
    if (!opl->has_point) return; /* its ways are cut there, as if it were missing */
    bm_net_node(&osm->net, (struct bm_net_node){.id = opl->id,
                                                .point = opl->point,
                                                .barrier = (uint8_t)bm_way_barrier(opl),
                                                .on_foot = (uint8_t)bm_way_barrier_on_foot(opl),
                                                .signal = bm_way_signal(opl)});
}

static void take_way(struct osm *osm, const struct bm_opl *opl) {
    struct bm_way rules;
    if (!bm_way_judge(opl, &rules)) {
        if (bm_opl_tag(opl, "highway")) osm->net.counts.ways_closed++;
        return;
    }
    if (opl->node_count < 2) return;
    const char *name = bm_opl_tag(opl, "name");
    if (!name || !name[0]) name = bm_opl_tag(opl, "ref");
    bm_net_way(&osm->net, opl->id, opl->nodes, opl->node_count, &rules, name ? name : "");
}

/* Whether the restriction is for cars, and which kind. */
static bool is_for_cars(const struct bm_opl *opl, bool *ret_only) {
    const char *type = bm_opl_tag(opl, "type");
    if (!type || strcmp(type, "restriction") != 0) return false;
    const char *except = bm_opl_tag(opl, "except");
    if (except && (strstr(except, "motorcar") || strstr(except, "motor_vehicle"))) return false;
    const char *word = bm_opl_tag(opl, "restriction:motorcar");
    if (!word) word = bm_opl_tag(opl, "restriction:motor_vehicle");
    if (!word) word = bm_opl_tag(opl, "restriction");
    if (!word) return false;
    *ret_only = strncmp(word, "only_", 5) == 0;
    return *ret_only || strncmp(word, "no_", 3) == 0;
}

static void take_relation(struct osm *osm, const struct bm_opl *opl) {
    bool only = false, by_way = false;
    if (!is_for_cars(opl, &only)) return;
    int64_t from[TURN_MEMBERS_MAX], to[TURN_MEMBERS_MAX], via = 0;
    size_t from_count = 0, to_count = 0, via_count = 0;
    for (size_t i = 0; i < opl->member_count; i++) {
        const struct bm_opl_member *member = &opl->members[i];
        if (member->kind == 'w' && strcmp(member->role, "from") == 0 &&
            from_count < TURN_MEMBERS_MAX)
            from[from_count++] = member->id;
        if (member->kind == 'w' && strcmp(member->role, "to") == 0 && to_count < TURN_MEMBERS_MAX)
            to[to_count++] = member->id;
        if (strcmp(member->role, "via") != 0) continue;
        by_way = by_way || member->kind != 'n';
        via = member->id;
        via_count++;
    }
    if (by_way) {
        osm->net.counts.turns_by_way++;
        return;
    }
    if (!from_count || !to_count || via_count != 1) {
        osm->net.counts.turns_unclear++;
        return;
    }
    osm->turns = bm_net_room(osm->turns, osm->turn_count + from_count * to_count, &osm->turn_cap,
                             sizeof *osm->turns);
    for (size_t f = 0; f < from_count; f++)
        for (size_t t = 0; t < to_count; t++)
            osm->turns[osm->turn_count++] = (struct turn){from[f], via, to[t], only};
}

static enum bm_code take_object(void *context, const struct bm_opl *opl, struct bm_fault *fault) {
    struct osm *osm = context;
    if (opl->kind == 'n') take_node(osm, opl);
    if (opl->kind == 'w') take_way(osm, opl);
    if (opl->kind == 'r') take_relation(osm, opl);
    enum bm_code code = bm_net_fits(&osm->net, fault);
    if (code) return code;
    if (++osm->objects % TELL_EVERY == 0)
        bm_tell(osm->tell, "roads: %zu nodes, %zu ways read", osm->net.node_count,
                osm->net.way_count);
    return BM_OK;
}

/* --- turns ------------------------------------------------------------------------------------ */

static int by_way_id(const void *a, const void *b) {
    const struct bm_net_way *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The one arc of a way that arrives at (or leaves) the node; false when there is none or more than
 * one. */
static bool arc_at(const struct osm *osm, int64_t way_id, uint32_t via, bool arrives,
                   uint32_t *ret_arc) {
    struct bm_net_way key = {.id = way_id};
    const struct bm_net_way *way = bsearch(&key, osm->net.ways, osm->net.way_count, sizeof key,
                                           by_way_id);
    if (!way) return false;
    size_t found = 0;
    for (uint32_t i = 0; i < way->edge_count; i++) {
        const struct bm_net_edge *edge = &osm->net.edges[way->edge_first + i];
        for (uint32_t back = 0; back < 2; back++) {
            uint32_t at = (arrives != (back != 0)) ? edge->second : edge->first;
            if (at != via || !way->rules.speed_dkmh[BM_PROFILE_ORDINARY][back]) continue;
            *ret_arc = edge->number * 2 + back;
            found++;
        }
    }
    return found == 1;
}

static void add_turns(struct osm *osm) {
    if (!osm->turn_count || !osm->net.way_count) return;
    qsort(osm->net.ways, osm->net.way_count, sizeof *osm->net.ways, by_way_id);
    for (size_t i = 0; i < osm->turn_count; i++) {
        const struct turn *turn = &osm->turns[i];
        struct bm_turn made = {.only = turn->only,
                               .weight = {[BM_PROFILE_EMERGENCY] = BM_TURN_EMERGENCY_MS,
                                          [BM_PROFILE_ORDINARY] = BM_ROAD_INFINITE,
                                          [BM_PROFILE_FOOT] = 0}};
        int64_t via = bm_net_find(&osm->net, turn->via);
        bool clear = via >= 0 && !bm_net_is_barrier(&osm->net.nodes[via]) &&
                     arc_at(osm, turn->from, (uint32_t)via, true, &made.from_arc) &&
                     arc_at(osm, turn->to, (uint32_t)via, false, &made.to_arc);
        if (!clear) {
            osm->net.counts.turns_unclear++;
            continue;
        }
        bm_road_build_turn(osm->net.build, made);
        osm->net.counts.turns++;
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum bm_code read_file(struct osm *osm, const char *path, struct bm_fault *fault) {
    struct bm_buf filter = bm_buf_make(1024), input = bm_buf_make(4096);
    bm_way_filter(&filter);
    bm_buf_printf(&input, "%s%s", path[0] == '-' ? "./" : "", path); /* no option */
    const char *argv[] = {"osmium",
                          "tags-filter",
                          "--no-progress",
                          "-f",
                          "opl,add_metadata=false",
                          "-o",
                          "-",
                          bm_buf_c_text(&input),
                          bm_buf_c_text(&filter),
                          "r/type=restriction",
                          NULL};
    struct bm_lines *lines;
    enum bm_code code = bm_lines_run(argv, "osmium-tool", -1, path, &lines, fault);
    if (!code) {
        code = bm_objects_read(lines, take_object, osm, fault);
        enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
        if (!code) code = ended;
    }
    bm_buf_free(&filter);
    bm_buf_free(&input);
    return code;
}

enum bm_code bm_roads_from_osm(const char *path, const struct bm_tell *tell,
                               struct bm_road_build *build, struct bm_road_counts *ret_counts,
                               struct bm_fault *fault) {
    struct osm osm = {.tell = tell, .net = {.build = build}};
    if (access(path, R_OK) != 0)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                            "%s cannot be read: there is no such file, or "
                            "you may not read it.",
                            path);
    bm_tell(tell, "roads: reading %s", path);
    enum bm_code code = read_file(&osm, path, fault);
    if (!code) {
        bm_tell(tell, "roads: %zu nodes and %zu ways read; making junctions and edges",
                osm.net.node_count, osm.net.way_count);
        bm_net_resolve(&osm.net);
        bm_net_cut(&osm.net);
        add_turns(&osm);
        if (!osm.net.edge_count)
            code = bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is no road or path in %s.", path);
    }
    if (!code) *ret_counts = osm.net.counts;
    osm_free(&osm);
    return code;
}
