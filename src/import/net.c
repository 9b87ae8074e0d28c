#include "import/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void *bm_net_room(void *list, size_t need, size_t *cap, size_t size) {
    if (need <= *cap) return list;
    *cap = need + *cap / 2 + 64;
    return bm_realloc(list, *cap * size);
}

void bm_net_free(struct bm_net *net) {
    bm_free(net->nodes);
    bm_free(net->ways);
    bm_free(net->refs);
    bm_free(net->edges);
    bm_free(net->names);
    bm_free(net->points);
}

/* --- taking them ------------------------------------------------------------------------------ */

void bm_net_node(struct bm_net *net, struct bm_net_node node) {
    node.junction = BM_NET_NONE;
    net->nodes = bm_net_room(net->nodes, net->node_count + 1, &net->node_cap, sizeof *net->nodes);
    net->nodes[net->node_count++] = node;
}

static size_t keep_name(struct bm_net *net, const char *name) {
    size_t size = strlen(name) + 1, at = net->names_len;
    net->names = bm_net_room(net->names, at + size, &net->names_cap, 1);
    memcpy(net->names + at, name, size);
    net->names_len += size;
    return at;
}

void bm_net_way(struct bm_net *net, int64_t id, const int64_t *refs, size_t count,
                const struct bm_way *rules, const char *name) {
    net->refs = bm_net_room(net->refs, net->ref_count + count, &net->ref_cap, sizeof *net->refs);
    struct bm_net_way way = {.id = id, .ref_first = net->ref_count, .rules = *rules};
    for (size_t i = 0; i < count; i++) {
        if (i && refs[i] == refs[i - 1]) continue;
        net->refs[net->ref_count++] = refs[i];
    }
    way.ref_count = (uint32_t)(net->ref_count - way.ref_first);
    way.name = keep_name(net, name);
    net->ways = bm_net_room(net->ways, net->way_count + 1, &net->way_cap, sizeof *net->ways);
    net->ways[net->way_count++] = way;
}

enum bm_code bm_net_fits(const struct bm_net *net, struct bm_fault *fault) {
    const char *what = net->node_count >= BM_ROAD_JUNCTIONS_MAX  ? "nodes"
                       : net->ref_count >= BM_NET_REFERENCES_MAX ? "references"
                                                                 : NULL;
    if (!what) return BM_OK;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, NULL,
                        "The file has more %s than one road file holds: import a smaller extract.",
                        what);
}

/* --- nodes by id ------------------------------------------------------------------------------ */

static int by_node_id(const void *a, const void *b) {
    const struct bm_net_node *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void sort_nodes(struct bm_net *net) {
    bool sorted = true;
    for (size_t i = 1; i < net->node_count && sorted; i++)
        sorted = net->nodes[i - 1].id < net->nodes[i].id;
    if (sorted) return;
    qsort(net->nodes, net->node_count, sizeof *net->nodes, by_node_id);
    size_t kept = 0; /* a file may name a node twice: once is enough */
    for (size_t i = 0; i < net->node_count; i++) {
        if (kept && net->nodes[kept - 1].id == net->nodes[i].id) continue;
        net->nodes[kept++] = net->nodes[i];
    }
    net->node_count = kept;
}

int64_t bm_net_find(const struct bm_net *net, int64_t id) {
    size_t from = 0, to = net->node_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (net->nodes[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < net->node_count && net->nodes[from].id == id ? (int64_t)from : -1;
}

bool bm_net_is_barrier(const struct bm_net_node *node) {
    return node->barrier || node->on_foot;
}

/* References become indexes; nodes learn how many road ways use them and where pieces of ways end.
 */
void bm_net_resolve(struct bm_net *net) {
    sort_nodes(net);
    for (size_t w = 0; w < net->way_count; w++) {
        struct bm_net_way *way = &net->ways[w];
        int64_t *refs = net->refs + way->ref_first;
        for (uint32_t i = 0; i < way->ref_count; i++) {
            refs[i] = bm_net_find(net, refs[i]);
            if (refs[i] < 0) {
                net->counts.missing_nodes++;
                if (i && refs[i - 1] >= 0) net->nodes[refs[i - 1]].is_end = true;
                continue;
            }
            struct bm_net_node *node = &net->nodes[refs[i]];
            if (node->uses < 2) node->uses++;
            if (i == 0 || i + 1 == way->ref_count || refs[i - 1] < 0) node->is_end = true;
        }
    }
    for (size_t n = 0; n < net->node_count; n++)
        net->counts.barriers += net->nodes[n].uses && bm_net_is_barrier(&net->nodes[n]);
}

/* --- joining ---------------------------------------------------------------------------------- */

/* Nodes by cells so wide that whatever is near enough lies in the cell itself or beside it. */
struct cells {
    const struct bm_net *net;
    int64_t high, wide; /* of a cell, in degrees x 1e7 */
    struct cell {
        int64_t row, column;
        uint32_t node;
    } * sorted;
    size_t count;
    uint32_t *way_of; /* per node: a way that uses it */
};

static struct cell cell_of(const struct cells *cells, uint32_t node) {
    struct bm_point point = cells->net->nodes[node].point;
    return (struct cell){(point.lat_e7 + INT64_C(900000000)) / cells->high,
                         (point.lon_e7 + INT64_C(1800000000)) / cells->wide, node};
}

static int by_cell(const void *a, const void *b) {
    const struct cell *x = a, *y = b;
    if (x->row != y->row) return x->row < y->row ? -1 : 1;
    if (x->column != y->column) return x->column < y->column ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

static struct cells make_cells(const struct bm_net *net, uint32_t join_cm) {
    struct cells cells = {.net = net};
    double most = 0; /* degrees from the equator, where degrees of longitude are shortest */
    for (size_t n = 0; n < net->node_count; n++)
        most = fmax(most, fabs(net->nodes[n].point.lat_e7 / 1e7));
    cells.high = (int64_t)ceil(join_cm / 1.11) + 1;
    cells.wide = (int64_t)ceil((double)cells.high / fmax(cos(most * M_PI / 180), 1e-3));
    cells.sorted = bm_alloc_zero(net->node_count + 1, sizeof *cells.sorted);
    cells.way_of = bm_alloc_zero(net->node_count + 1, sizeof *cells.way_of);
    for (uint32_t n = 0; n < net->node_count; n++) {
        if (net->nodes[n].uses) cells.sorted[cells.count++] = cell_of(&cells, n);
    }
    if (cells.count) qsort(cells.sorted, cells.count, sizeof *cells.sorted, by_cell);
    for (size_t w = 0; w < net->way_count; w++) {
        const struct bm_net_way *way = &net->ways[w];
        for (uint32_t i = 0; i < way->ref_count; i++) {
            int64_t ref = net->refs[way->ref_first + i];
            if (ref >= 0) cells.way_of[ref] = (uint32_t)w;
        }
    }
    return cells;
}

static size_t first_in(const struct cells *cells, int64_t row, int64_t column) {
    struct cell key = {row, column, 0};
    size_t from = 0, to = cells->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (by_cell(&cells->sorted[middle], &key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The nearest node of another way; -1: none near enough. */
static int64_t nearest(const struct cells *cells, uint32_t node, double most_m) {
    struct cell own = cell_of(cells, node);
    int64_t found = -1;
    for (int64_t row = own.row - 1; row <= own.row + 1; row++) {
        for (size_t i = first_in(cells, row, own.column - 1);
             i < cells->count && cells->sorted[i].row == row &&
             cells->sorted[i].column <= own.column + 1;
             i++) {
            uint32_t other = cells->sorted[i].node;
            if (!cells->net->nodes[other].uses || cells->way_of[other] == cells->way_of[node])
                continue;
            double far_m = bm_distance_m(cells->net->nodes[node].point,
                                         cells->net->nodes[other].point);
            bool nearer = found < 0 ? far_m <= most_m
                                    : far_m < most_m || (far_m <= most_m && other < found);
            if (!nearer) continue;
            most_m = far_m;
            found = other;
        }
    }
    return found;
}

uint64_t bm_net_join(struct bm_net *net, uint32_t join_cm) {
    uint64_t joined = 0;
    if (!join_cm) return 0;
    struct cells cells = make_cells(net, join_cm);
    for (size_t w = 0; w < net->way_count; w++) {
        const struct bm_net_way *way = &net->ways[w];
        for (int last = 0; last < 2 && way->ref_count; last++) {
            int64_t *ref = &net->refs[way->ref_first + (last ? way->ref_count - 1 : 0)];
            if (*ref < 0 || net->nodes[*ref].uses > 1) continue;
            int64_t other = nearest(&cells, (uint32_t)*ref, join_cm / 100.0);
            if (other < 0) continue;
            net->nodes[*ref].uses = 0; /* and nobody is joined to it any more */
            *ref = other;
            net->nodes[other].uses = 2;
            net->nodes[other].is_end = true;
            joined++;
        }
    }
    bm_free(cells.sorted);
    bm_free(cells.way_of);
    return joined;
}

/* --- edges ------------------------------------------------------------------------------------ */

static uint32_t new_junction(struct bm_net *net, struct bm_point point) {
    net->counts.junctions++;
    return bm_road_build_junction(net->build, point);
}

/* What passing half of a barrier costs: from a way's own end to the middle. */
static uint32_t half_a_barrier(uint8_t barrier, bool opens) {
    if (barrier == BM_BARRIER_NONE) return 1;
    return barrier == BM_BARRIER_EMERGENCY && opens ? BM_BARRIER_OPEN_MS / 2 : BM_ROAD_INFINITE;
}

/* A way that ends at a gate ends at a junction of its own; whoever may pass gets from there to the
 * gate's junction. */
static uint32_t at_barrier(struct bm_net *net, struct bm_net_node *node) {
    uint32_t own = new_junction(net, node->point);
    if (node->barrier == BM_BARRIER_ALL && node->on_foot == BM_BARRIER_ALL) return own;
    if (node->junction == BM_NET_NONE) node->junction = new_junction(net, node->point);
    struct bm_edge_given gate = {.first = own, .second = node->junction};
    for (int direction = 0; direction < 2; direction++) {
        gate.weight[BM_PROFILE_EMERGENCY][direction] = half_a_barrier(node->barrier, true);
        gate.weight[BM_PROFILE_ORDINARY][direction] = half_a_barrier(node->barrier, false);
        gate.weight[BM_PROFILE_FOOT][direction] = half_a_barrier(node->on_foot, true);
    }
    bm_road_build_edge(net->build, &gate);
    net->counts.edges++;
    return own;
}

static uint32_t junction_at(struct bm_net *net, uint32_t at) {
    struct bm_net_node *node = &net->nodes[at];
    if (bm_net_is_barrier(node)) return at_barrier(net, node);
    if (node->junction == BM_NET_NONE) node->junction = new_junction(net, node->point);
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
static uint32_t signals_on(const struct bm_net *net, const int64_t *refs, uint32_t from,
                           uint32_t to, bool back) {
    uint32_t signals = 0;
    for (uint32_t i = from + !back; i < to + !back; i++) signals += net->nodes[refs[i]].signal;
    return signals;
}

/* One edge over refs[from..to] of the way. */
static void add_edge(struct bm_net *net, struct bm_net_way *way, uint32_t from, uint32_t to) {
    const int64_t *refs = net->refs + way->ref_first;
    size_t count = to - from + 1;
    net->points = bm_net_room(net->points, count, &net->point_cap, sizeof *net->points);
    for (size_t i = 0; i < count; i++) net->points[i] = net->nodes[refs[from + i]].point;
    double length_m = bm_line_length_m(net->points, count);
    struct bm_edge_given given = {.first = junction_at(net, (uint32_t)refs[from]),
                                  .second = junction_at(net, (uint32_t)refs[to]),
                                  .between = net->points + 1,
                                  .between_count = count - 2,
                                  .name = net->names + way->name};
    static const uint32_t signal_ms[] = {[BM_PROFILE_EMERGENCY] = BM_SIGNAL_EMERGENCY_MS,
                                         [BM_PROFILE_ORDINARY] = BM_SIGNAL_ORDINARY_MS,
                                         [BM_PROFILE_FOOT] = BM_SIGNAL_FOOT_MS};
    for (int direction = 0; direction < 2; direction++) {
        uint32_t signals = signals_on(net, refs, from, to, direction == 1);
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            uint16_t speed_dkmh = way->rules.speed_dkmh[profile][direction];
            given.weight[profile][direction] = weight_of(length_m, speed_dkmh,
                                                         signals * signal_ms[profile]);
        }
    }
    net->edges = bm_net_room(net->edges, net->edge_count + 1, &net->edge_cap, sizeof *net->edges);
    net->edges[net->edge_count++] = (struct bm_net_edge){bm_road_build_edge(net->build, &given),
                                                         (uint32_t)refs[from], (uint32_t)refs[to]};
    way->edge_count++;
    net->counts.edges++;
}

/* The same, but an edge that comes back to where it began is cut in its middle. */
static void add_stretch(struct bm_net *net, struct bm_net_way *way, uint32_t from, uint32_t to) {
    const int64_t *refs = net->refs + way->ref_first;
    if (refs[from] != refs[to]) {
        add_edge(net, way, from, to);
        return;
    }
    if (to - from < 2) return; /* both of its ends were joined to one node: nothing is left */
    uint32_t middle = from + (to - from) / 2;
    add_edge(net, way, from, middle);
    add_edge(net, way, middle, to);
}

static bool is_junction(const struct bm_net_node *node) {
    return node->uses > 1 || node->is_end || bm_net_is_barrier(node);
}

static void cut_way(struct bm_net *net, struct bm_net_way *way) {
    const int64_t *refs = net->refs + way->ref_first;
    way->edge_first = (uint32_t)net->edge_count;
    bool begun = false;
    uint32_t from = 0;
    for (uint32_t i = 0; i < way->ref_count; i++) {
        if (refs[i] < 0) {
            begun = false;
            continue;
        }
        if (!is_junction(&net->nodes[refs[i]])) continue;
        if (begun) add_stretch(net, way, from, i);
        begun = true;
        from = i;
    }
    if (way->edge_count) net->counts.ways++;
}

void bm_net_cut(struct bm_net *net) {
    for (size_t w = 0; w < net->way_count; w++) cut_way(net, &net->ways[w]);
}
