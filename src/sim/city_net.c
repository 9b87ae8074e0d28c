/* From pencil strokes to a net: every stroke is cut where it meets another, and what meets becomes
 * one node. */
#include <string.h>

#include "sim/city_private.h"

enum {
    CELL_M = 120,
    CELLS_X = 2 * CITY_HALF_WIDTH_M / CELL_M + 2,
    CELLS_Y = 2 * CITY_HALF_HEIGHT_M / CELL_M + 2
};
static const double same_m = 2.5;  /* two nodes nearer than this are one */
static const double touch_m = 1.5; /* an end this near to a stroke lies on it */

struct segment {
    uint32_t stroke, index;
    struct bm_spot a, b;
};
struct joint {
    uint32_t segment, node;
    double at; /* 0..1 along the segment */
};
struct entry {
    uint32_t segment, next;
};
struct netting {
    struct bm_city_work *work;
    CITY_ARRAY(struct segment, segments);
    CITY_ARRAY(struct joint, joints);
    /* Segments by cell, and nodes by cell: chains through next. */
    CITY_ARRAY(struct entry, entries);
    uint32_t cells[CELLS_X * CELLS_Y], node_cells[CELLS_X * CELLS_Y];
    CITY_ARRAY(uint32_t, node_next);
};

static uint32_t cell_of(double x, double y) {
    int cx = (int)((x + CITY_HALF_WIDTH_M) / CELL_M), cy = (int)((y + CITY_HALF_HEIGHT_M) / CELL_M);
    cx = cx < 0 ? 0 : cx >= CELLS_X ? CELLS_X - 1 : cx;
    cy = cy < 0 ? 0 : cy >= CELLS_Y ? CELLS_Y - 1 : cy;
    return (uint32_t)(cy * CELLS_X + cx);
}

static uint32_t node_at(struct netting *net, struct bm_spot spot) {
    uint32_t seen[4], count = 0;
    for (int corner = 0; corner < 4; corner++) {
        uint32_t cell = cell_of(spot.x + (corner & 1 ? same_m : -same_m),
                                spot.y + (corner & 2 ? same_m : -same_m));
        bool again = false;
        for (uint32_t i = 0; i < count; i++) again = again || seen[i] == cell;
        if (again) continue;
        seen[count++] = cell;
        for (uint32_t node = net->node_cells[cell]; node != NO_NAME; node = net->node_next[node])
            if (bm_city_far(net->work->nodes[node], spot) < same_m) return node;
    }
    uint32_t cell = cell_of(spot.x, spot.y);
    CITY_PUSH(net->work, nodes, spot);
    CITY_PUSH(net, node_next, net->node_cells[cell]);
    net->node_cells[cell] = net->work->nodes_count - 1;
    return net->node_cells[cell];
}

static void list_segments(struct netting *net) {
    const struct bm_city_work *work = net->work;
    for (uint32_t s = 0; s < work->strokes_count; s++) {
        const struct bm_stroke *stroke = &work->strokes[s];
        for (uint32_t i = 0; i + 1 < stroke->count; i++) {
            const struct bm_spot *spots = &work->spots[stroke->first + i];
            struct segment segment = {s, i, spots[0], spots[1]};
            CITY_PUSH(net, segments, segment);
        }
    }
    for (uint32_t i = 0; i < net->segments_count; i++) {
        const struct segment *segment = &net->segments[i];
        double west = fmin(segment->a.x, segment->b.x) - touch_m,
               east = fmax(segment->a.x, segment->b.x) + touch_m;
        double south = fmin(segment->a.y, segment->b.y) - touch_m,
               north = fmax(segment->a.y, segment->b.y) + touch_m;
        uint32_t from = cell_of(west, south), to = cell_of(east, north);
        for (uint32_t y = from / CELLS_X; y <= to / CELLS_X; y++) {
            for (uint32_t x = from % CELLS_X; x <= to % CELLS_X; x++) {
                uint32_t cell = y * CELLS_X + x;
                struct entry entry = {i, net->cells[cell]};
                CITY_PUSH(net, entries, entry);
                net->cells[cell] = net->entries_count - 1;
            }
        }
    }
}

static void add_joint(struct netting *net, uint32_t segment, double at, uint32_t node) {
    struct joint joint = {segment, node, at};
    CITY_PUSH(net, joints, joint);
}

/* Where `spot` lies along the segment, when it lies on it. */
static bool lies_on(const struct segment *segment, struct bm_spot spot, double *ret_at) {
    double dx = segment->b.x - segment->a.x, dy = segment->b.y - segment->a.y,
           square = dx * dx + dy * dy;
    if (square < 1e-6) return false;
    double at = ((spot.x - segment->a.x) * dx + (spot.y - segment->a.y) * dy) / square;
    at = at < 0 ? 0 : at > 1 ? 1 : at;
    struct bm_spot near = {segment->a.x + at * dx, segment->a.y + at * dy};
    *ret_at = at;
    return bm_city_far(near, spot) < touch_m;
}

static void meet(struct netting *net, uint32_t i, uint32_t j) {
    const struct segment *p = &net->segments[i], *q = &net->segments[j];
    double px = p->b.x - p->a.x, py = p->b.y - p->a.y, qx = q->b.x - q->a.x, qy = q->b.y - q->a.y,
           at;
    bool touched = false;
    const struct bm_spot ends[] = {p->a, p->b, q->a, q->b};
    for (int e = 0; e < 4; e++) {
        uint32_t other = e < 2 ? j : i;
        if (!lies_on(&net->segments[other], ends[e], &at)) continue;
        add_joint(net, other, at, node_at(net, ends[e]));
        touched = true;
    }
    double turn = px * qy - py * qx;
    if (touched || fabs(turn) < 1e-9) return;
    double t = ((q->a.x - p->a.x) * qy - (q->a.y - p->a.y) * qx) / turn;
    double u = ((q->a.x - p->a.x) * py - (q->a.y - p->a.y) * px) / turn;
    if (t < 0 || t > 1 || u < 0 || u > 1) return;
    uint32_t node = node_at(net, (struct bm_spot){p->a.x + t * px, p->a.y + t * py});
    add_joint(net, i, t, node);
    add_joint(net, j, u, node);
}

static void find_joints(struct netting *net) {
    for (uint32_t cell = 0; cell < CELLS_X * CELLS_Y; cell++) {
        for (uint32_t e = net->cells[cell]; e != NO_NAME; e = net->entries[e].next) {
            for (uint32_t f = net->entries[e].next; f != NO_NAME; f = net->entries[f].next) {
                uint32_t i = net->entries[e].segment, j = net->entries[f].segment;
                if (net->segments[i].stroke == net->segments[j].stroke) continue;
                meet(net, i < j ? i : j, i < j ? j : i);
            }
        }
    }
}

static int by_place(const void *a, const void *b) {
    const struct joint *p = a, *q = b;
    if (p->segment != q->segment) return p->segment < q->segment ? -1 : 1;
    if (p->at != q->at) return p->at < q->at ? -1 : 1;
    return p->node < q->node ? -1 : p->node > q->node;
}

static void walk_strokes(struct netting *net) {
    struct bm_city_work *work = net->work;
    uint32_t joint = 0;
    for (uint32_t i = 0; i < net->segments_count; i++) {
        const struct segment *segment = &net->segments[i];
        uint32_t at = node_at(net, segment->a), end = node_at(net, segment->b);
        for (;; joint++) {
            bool more = joint < net->joints_count && net->joints[joint].segment == i;
            uint32_t next = more ? net->joints[joint].node : end;
            if (next != at) {
                struct bm_edge edge = {.a = at,
                                       .b = next,
                                       .street = work->strokes[segment->stroke].street,
                                       .stroke = segment->stroke,
                                       .name = NO_NAME};
                CITY_PUSH(work, edges, edge);
            }
            at = next;
            if (!more) break;
        }
    }
}

void bm_net_make(struct bm_city_work *work) {
    struct netting *net = bm_alloc_zero(1, sizeof *net);
    net->work = work;
    for (uint32_t i = 0; i < CELLS_X * CELLS_Y; i++) net->cells[i] = net->node_cells[i] = NO_NAME;
    list_segments(net);
    find_joints(net);
    if (net->joints_count) qsort(net->joints, net->joints_count, sizeof *net->joints, by_place);
    walk_strokes(net);
    bm_free(net->segments);
    bm_free(net->joints);
    bm_free(net->entries);
    bm_free(net->node_next);
    bm_free(net);
}
