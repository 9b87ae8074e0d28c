/* OpenStreetMap ways into junctions and edges.  osmium gives nodes, ways and relations as lines;
 * they are kept (in whatever order they come), then ways are cut at junctions: ends, nodes that two
 * ways share or one passes twice, and barriers. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "import/objects.h"
#include "import/roads.h"
#include "import/way.h"

#define NONE UINT32_MAX
enum { TELL_EVERY = 2000000, TURN_MEMBERS_MAX = 16 };
/* More references than any city or country has; a whole planet's roads have about 3e9. */
#define REFERENCES_MAX UINT64_C(4000000000)

struct node {
    int64_t id;
    struct bm_point point;
    uint32_t junction; /* number in the builder; NONE: not made yet */
    uint8_t uses;      /* by road ways, up to 2 */
    uint8_t barrier;   /* enum bm_barrier for cars ... */
    uint8_t on_foot;   /* ... and for those who walk */
    bool signal;
    bool is_end;
};

struct way {
    int64_t id;
    uint64_t ref_first;
    uint32_t ref_count;
    uint32_t edge_first, edge_count; /* in `edges` */
    size_t name;                     /* offset in `names` */
    struct bm_way rules;
};

struct edge {
    uint32_t number;        /* in the builder */
    uint32_t first, second; /* nodes */
};

struct turn {
    int64_t from, via, to; /* way, node, way */
    bool only;
};

struct osm {
    const struct bm_tell *tell;
    struct bm_road_build *build;
    struct bm_road_counts counts;
    uint64_t objects; /* taken */
    struct node *nodes;
    size_t node_count, node_cap;
    struct way *ways;
    size_t way_count, way_cap;
    int64_t *refs; /* ids, later indexes into nodes (-1: missing) */
    size_t ref_count, ref_cap;
    struct edge *edges;
    size_t edge_count, edge_cap;
    struct turn *turns;
    size_t turn_count, turn_cap;
    char *names;
    size_t names_len, names_cap;
    struct bm_point *points; /* of the edge being made */
    size_t point_cap;
};

static void *room(void *list, size_t need, size_t *cap, size_t size) {
    if (need <= *cap) return list;
    *cap = need + *cap / 2 + 64;
    return bm_realloc(list, *cap * size);
}

static void osm_free(struct osm *osm) {
    bm_free(osm->nodes);
    bm_free(osm->ways);
    bm_free(osm->refs);
    bm_free(osm->edges);
    bm_free(osm->turns);
    bm_free(osm->names);
    bm_free(osm->points);
}

/* --- taking objects --------------------------------------------------------------------------- */

static void take_node(struct osm *osm, const struct bm_opl *opl) {
    if (!opl->has_point) return; /* its ways are cut there, as if it were missing */
    osm->nodes = room(osm->nodes, osm->node_count + 1, &osm->node_cap, sizeof *osm->nodes);
    osm->nodes[osm->node_count++] = (struct node){.id = opl->id,
                                                  .point = opl->point,
                                                  .junction = NONE,
                                                  .barrier = (uint8_t)bm_way_barrier(opl),
                                                  .on_foot = (uint8_t)bm_way_barrier_on_foot(opl),
                                                  .signal = bm_way_signal(opl)};
}

static size_t keep_name(struct osm *osm, const struct bm_opl *opl) {
    const char *name = bm_opl_tag(opl, "name");
    if (!name || !name[0]) name = bm_opl_tag(opl, "ref");
    if (!name) name = "";
    size_t size = strlen(name) + 1, at = osm->names_len;
    osm->names = room(osm->names, at + size, &osm->names_cap, 1);
    memcpy(osm->names + at, name, size);
    osm->names_len += size;
    return at;
}

static void take_way(struct osm *osm, const struct bm_opl *opl) {
    struct bm_way rules;
    if (!bm_way_judge(opl, &rules)) {
        if (bm_opl_tag(opl, "highway")) osm->counts.ways_closed++;
        return;
    }
    if (opl->node_count < 2) return;
    osm->refs = room(osm->refs, osm->ref_count + opl->node_count, &osm->ref_cap, sizeof *osm->refs);
    struct way way = {.id = opl->id, .ref_first = osm->ref_count, .rules = rules};
    for (size_t i = 0; i < opl->node_count; i++) {
        if (i && opl->nodes[i] == opl->nodes[i - 1]) continue;
        osm->refs[osm->ref_count++] = opl->nodes[i];
    }
    way.ref_count = (uint32_t)(osm->ref_count - way.ref_first);
    way.name = keep_name(osm, opl);
    osm->ways = room(osm->ways, osm->way_count + 1, &osm->way_cap, sizeof *osm->ways);
    osm->ways[osm->way_count++] = way;
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
        osm->counts.turns_by_way++;
        return;
    }
    if (!from_count || !to_count || via_count != 1) {
        osm->counts.turns_unclear++;
        return;
    }
    osm->turns = room(osm->turns, osm->turn_count + from_count * to_count, &osm->turn_cap,
                      sizeof *osm->turns);
    for (size_t f = 0; f < from_count; f++)
        for (size_t t = 0; t < to_count; t++)
            osm->turns[osm->turn_count++] = (struct turn){from[f], via, to[t], only};
}

static enum bm_code too_large(const char *what, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_OUT_OF_RANGE, NULL,
                        "The file has more %s than one road file holds: import a smaller extract.",
                        what);
}

static enum bm_code take_object(void *context, const struct bm_opl *opl, struct bm_fault *fault) {
    struct osm *osm = context;
    if (opl->kind == 'n') take_node(osm, opl);
    if (opl->kind == 'w') take_way(osm, opl);
    if (opl->kind == 'r') take_relation(osm, opl);
    if (osm->node_count >= BM_ROAD_JUNCTIONS_MAX) return too_large("nodes", fault);
    if (osm->ref_count >= REFERENCES_MAX) return too_large("references", fault);
    if (++osm->objects % TELL_EVERY == 0)
        bm_tell(osm->tell, "roads: %zu nodes, %zu ways read", osm->node_count, osm->way_count);
    return BM_OK;
}

/* --- nodes by id ------------------------------------------------------------------------------ */

static int by_node_id(const void *a, const void *b) {
    const struct node *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void sort_nodes(struct osm *osm) {
    bool sorted = true;
    for (size_t i = 1; i < osm->node_count && sorted; i++)
        sorted = osm->nodes[i - 1].id < osm->nodes[i].id;
    if (sorted) return;
    qsort(osm->nodes, osm->node_count, sizeof *osm->nodes, by_node_id);
    size_t kept = 0; /* a file may name a node twice: once is enough */
    for (size_t i = 0; i < osm->node_count; i++) {
        if (kept && osm->nodes[kept - 1].id == osm->nodes[i].id) continue;
        osm->nodes[kept++] = osm->nodes[i];
    }
    osm->node_count = kept;
}

static int64_t find_node(const struct osm *osm, int64_t id) {
    size_t from = 0, to = osm->node_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (osm->nodes[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < osm->node_count && osm->nodes[from].id == id ? (int64_t)from : -1;
}

static bool is_barrier(const struct node *node) {
    return node->barrier || node->on_foot;
}

/* References become indexes; nodes learn how many road ways use them and where pieces of ways end.
 */
static void resolve(struct osm *osm) {
    for (size_t w = 0; w < osm->way_count; w++) {
        struct way *way = &osm->ways[w];
        int64_t *refs = osm->refs + way->ref_first;
        for (uint32_t i = 0; i < way->ref_count; i++) {
            refs[i] = find_node(osm, refs[i]);
            if (refs[i] < 0) {
                osm->counts.missing_nodes++;
                if (i && refs[i - 1] >= 0) osm->nodes[refs[i - 1]].is_end = true;
                continue;
            }
            struct node *node = &osm->nodes[refs[i]];
            if (node->uses < 2) node->uses++;
            if (i == 0 || i + 1 == way->ref_count || refs[i - 1] < 0) node->is_end = true;
        }
    }
    for (size_t n = 0; n < osm->node_count; n++)
        osm->counts.barriers += osm->nodes[n].uses && is_barrier(&osm->nodes[n]);
}

/* --- edges ------------------------------------------------------------------------------------ */

static uint32_t new_junction(struct osm *osm, struct bm_point point) {
    osm->counts.junctions++;
    return bm_road_build_junction(osm->build, point);
}

/* What passing half of a barrier costs: from a way's own end to the middle. */
static uint32_t half_a_barrier(uint8_t barrier, bool opens) {
    if (barrier == BM_BARRIER_NONE) return 1;
    return barrier == BM_BARRIER_EMERGENCY && opens ? BM_BARRIER_OPEN_MS / 2 : BM_ROAD_INFINITE;
}

/* A way that ends at a gate ends at a junction of its own; whoever may pass gets from there to the
 * gate's junction. */
static uint32_t at_barrier(struct osm *osm, struct node *node) {
    uint32_t own = new_junction(osm, node->point);
    if (node->barrier == BM_BARRIER_ALL && node->on_foot == BM_BARRIER_ALL) return own;
    if (node->junction == NONE) node->junction = new_junction(osm, node->point);
    struct bm_edge_given gate = {.first = own, .second = node->junction};
    for (int direction = 0; direction < 2; direction++) {
        gate.weight[BM_PROFILE_EMERGENCY][direction] = half_a_barrier(node->barrier, true);
        gate.weight[BM_PROFILE_ORDINARY][direction] = half_a_barrier(node->barrier, false);
        gate.weight[BM_PROFILE_FOOT][direction] = half_a_barrier(node->on_foot, true);
    }
    bm_road_build_edge(osm->build, &gate);
    osm->counts.edges++;
    return own;
}

static uint32_t junction_at(struct osm *osm, uint32_t at) {
    struct node *node = &osm->nodes[at];
    if (is_barrier(node)) return at_barrier(osm, node);
    if (node->junction == NONE) node->junction = new_junction(osm, node->point);
    return node->junction;
}

static uint32_t weight_of(double length_m, uint16_t speed_dkmh, uint32_t signals_ms) {
    if (!speed_dkmh) return BM_ROAD_INFINITE;
    double ms = floor(length_m * 36000 / speed_dkmh + 0.5) + signals_ms;
    if (ms < 1) return 1;
    return ms < BM_ROAD_INFINITE ? (uint32_t)ms : BM_ROAD_INFINITE - 1;
}

/* Signals that are passed from refs[from] to refs[to], counted where one leaves the stretch and not
 * where one enters it, so that each is paid for once. */
static uint32_t signals_on(const struct osm *osm, const int64_t *refs, uint32_t from, uint32_t to,
                           bool back) {
    uint32_t signals = 0;
    for (uint32_t i = from + !back; i < to + !back; i++) signals += osm->nodes[refs[i]].signal;
    return signals;
}

/* One edge over refs[from..to] of the way. */
static void add_edge(struct osm *osm, struct way *way, uint32_t from, uint32_t to) {
    const int64_t *refs = osm->refs + way->ref_first;
    size_t count = to - from + 1;
    osm->points = room(osm->points, count, &osm->point_cap, sizeof *osm->points);
    for (size_t i = 0; i < count; i++) osm->points[i] = osm->nodes[refs[from + i]].point;
    double length_m = bm_line_length_m(osm->points, count);
    struct bm_edge_given given = {.first = junction_at(osm, (uint32_t)refs[from]),
                                  .second = junction_at(osm, (uint32_t)refs[to]),
                                  .between = osm->points + 1,
                                  .between_count = count - 2,
                                  .name = osm->names + way->name};
    static const uint32_t signal_ms[] = {[BM_PROFILE_EMERGENCY] = BM_SIGNAL_EMERGENCY_MS,
                                         [BM_PROFILE_ORDINARY] = BM_SIGNAL_ORDINARY_MS,
                                         [BM_PROFILE_FOOT] = BM_SIGNAL_FOOT_MS};
    for (int direction = 0; direction < 2; direction++) {
        uint32_t signals = signals_on(osm, refs, from, to, direction == 1);
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            uint16_t speed_dkmh = way->rules.speed_dkmh[profile][direction];
            given.weight[profile][direction] = weight_of(length_m, speed_dkmh,
                                                         signals * signal_ms[profile]);
        }
    }
    osm->edges = room(osm->edges, osm->edge_count + 1, &osm->edge_cap, sizeof *osm->edges);
    osm->edges[osm->edge_count++] = (struct edge){bm_road_build_edge(osm->build, &given),
                                                  (uint32_t)refs[from], (uint32_t)refs[to]};
    way->edge_count++;
    osm->counts.edges++;
}

/* The same, but an edge that comes back to where it began is cut in its middle. */
static void add_stretch(struct osm *osm, struct way *way, uint32_t from, uint32_t to) {
    const int64_t *refs = osm->refs + way->ref_first;
    if (refs[from] != refs[to]) {
        add_edge(osm, way, from, to);
        return;
    }
    uint32_t middle = from + (to - from) / 2;
    add_edge(osm, way, from, middle);
    add_edge(osm, way, middle, to);
}

static bool is_junction(const struct node *node) {
    return node->uses > 1 || node->is_end || is_barrier(node);
}

static void cut_way(struct osm *osm, struct way *way) {
    const int64_t *refs = osm->refs + way->ref_first;
    way->edge_first = (uint32_t)osm->edge_count;
    bool begun = false;
    uint32_t from = 0;
    for (uint32_t i = 0; i < way->ref_count; i++) {
        if (refs[i] < 0) {
            begun = false;
            continue;
        }
        if (!is_junction(&osm->nodes[refs[i]])) continue;
        if (begun) add_stretch(osm, way, from, i);
        begun = true;
        from = i;
    }
    if (way->edge_count) osm->counts.ways++;
}

/* --- turns ------------------------------------------------------------------------------------ */

static int by_way_id(const void *a, const void *b) {
    const struct way *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The one arc of a way that arrives at (or leaves) the node; false when there is none or more than
 * one. */
static bool arc_at(const struct osm *osm, int64_t way_id, uint32_t via, bool arrives,
                   uint32_t *ret_arc) {
    struct way key = {.id = way_id};
    const struct way *way = bsearch(&key, osm->ways, osm->way_count, sizeof key, by_way_id);
    if (!way) return false;
    size_t found = 0;
    for (uint32_t i = 0; i < way->edge_count; i++) {
        const struct edge *edge = &osm->edges[way->edge_first + i];
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
    if (!osm->turn_count || !osm->way_count) return;
    qsort(osm->ways, osm->way_count, sizeof *osm->ways, by_way_id);
    for (size_t i = 0; i < osm->turn_count; i++) {
        const struct turn *turn = &osm->turns[i];
        struct bm_turn made = {.only = turn->only};
        int64_t via = find_node(osm, turn->via);
        bool clear = via >= 0 && !is_barrier(&osm->nodes[via]) &&
                     arc_at(osm, turn->from, (uint32_t)via, true, &made.from_arc) &&
                     arc_at(osm, turn->to, (uint32_t)via, false, &made.to_arc);
        if (!clear) {
            osm->counts.turns_unclear++;
            continue;
        }
        bm_road_build_turn(osm->build, made);
        osm->counts.turns++;
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
    struct osm osm = {.tell = tell, .build = build};
    if (access(path, R_OK) != 0)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL,
                            "%s cannot be read: there is no such file, or "
                            "you may not read it.",
                            path);
    bm_tell(tell, "roads: reading %s", path);
    enum bm_code code = read_file(&osm, path, fault);
    if (!code) {
        bm_tell(tell, "roads: %zu nodes and %zu ways read; making junctions and edges",
                osm.node_count, osm.way_count);
        sort_nodes(&osm);
        resolve(&osm);
        for (size_t w = 0; w < osm.way_count; w++) cut_way(&osm, &osm.ways[w]);
        add_turns(&osm);
        if (!osm.edge_count)
            code = bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is no road or path in %s.", path);
    }
    if (!code) *ret_counts = osm.counts;
    osm_free(&osm);
    return code;
}
