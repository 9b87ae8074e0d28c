#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/building.h"

/* What is computed from the edges and stored beside them. */
struct made {
    uint32_t *out_first;
    struct bm_out_arc *out;
    uint8_t *flags;
    uint32_t *cell_first;
    uint32_t *cell_edges;
    struct bm_nodes nodes;
    struct bm_hierarchy_made hierarchy;
    uint32_t *arc_ways;
};

static void free_made(struct made *made) {
    bm_free(made->out_first);
    bm_free(made->out);
    bm_free(made->flags);
    bm_free(made->cell_first);
    bm_free(made->cell_edges);
    bm_nodes_free(&made->nodes);
    bm_hierarchy_made_free(&made->hierarchy);
    bm_free(made->arc_ways);
}

/* The arcs that leave each junction, ascending. */
static void make_out(const struct bm_road_build *build, struct made *made) {
    size_t arcs = 2 * build->edge_count;
    uint32_t *first = bm_alloc_zero(build->junction_count + 2, sizeof *first);
    for (size_t arc = 0; arc < arcs; arc++) first[build->tails[arc] + 2]++;
    for (size_t i = 2; i < build->junction_count + 2; i++) first[i] += first[i - 1];
    /* first[j + 1] is now where j begins, and moves on to where it ends while it is filled. */
    struct bm_out_arc *out = bm_alloc(arcs * sizeof *out);
    for (size_t arc = 0; arc < arcs; arc++) {
        out[first[build->tails[arc] + 1]++] = (struct bm_out_arc){(uint32_t)arc,
                                                                  build->tails[arc ^ 1]};
    }
    made->out_first = first;
    made->out = out;
}

/* The cells of one edge, each once, ascending. */
struct cells {
    uint32_t *items;
    size_t count, cap;
};

static void add_cell(void *context, uint32_t cell) {
    struct cells *cells = context;
    if (cells->count && cells->items[cells->count - 1] == cell) return;
    if (cells->count == cells->cap) {
        cells->cap = cells->cap ? 2 * cells->cap : 64;
        cells->items = bm_realloc(cells->items, cells->cap * sizeof *cells->items);
    }
    cells->items[cells->count++] = cell;
}

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void cells_of_edge(const struct bm_road_build *build, const struct bm_grid *grid,
                          size_t edge, struct cells *cells) {
    size_t end = edge + 1 < build->edge_count ? build->shape_first[edge + 1] : build->shape_count;
    struct bm_point before = build->junctions[build->tails[2 * edge]];
    cells->count = 0;
    for (size_t i = build->shape_first[edge]; i < end; i++) {
        bm_grid_walk(grid, before, build->shapes[i], add_cell, cells);
        before = build->shapes[i];
    }
    bm_grid_walk(grid, before, build->junctions[build->tails[2 * edge + 1]], add_cell, cells);
    qsort(cells->items, cells->count, sizeof *cells->items, by_number);
    size_t kept = 1;
    for (size_t i = 1; i < cells->count; i++) {
        if (cells->items[i] != cells->items[kept - 1]) cells->items[kept++] = cells->items[i];
    }
    cells->count = kept;
}

/* Lists per cell: counted first, filled then.  False when a file cannot hold them. */
static bool make_cells(const struct bm_road_build *build, struct bm_road_head *head,
                       struct made *made) {
    uint64_t cell_count = bm_grid_cells(&head->grid);
    struct cells cells = {0};
    uint64_t total = 0;
    made->cell_first = bm_alloc_zero((size_t)cell_count + 2, sizeof *made->cell_first);
    for (size_t edge = 0; edge < build->edge_count && total <= UINT32_MAX; edge++) {
        cells_of_edge(build, &head->grid, edge, &cells);
        for (size_t i = 0; i < cells.count; i++) made->cell_first[cells.items[i] + 2]++;
        total += cells.count;
    }
    if (total <= UINT32_MAX) {
        uint32_t *first = made->cell_first;
        for (size_t i = 2; i < cell_count + 2; i++) first[i] += first[i - 1];
        made->cell_edges = bm_alloc((size_t)total * sizeof *made->cell_edges);
        for (size_t edge = 0; edge < build->edge_count; edge++) {
            cells_of_edge(build, &head->grid, edge, &cells);
            for (size_t i = 0; i < cells.count; i++) {
                made->cell_edges[first[cells.items[i] + 1]++] = (uint32_t)edge;
            }
        }
        head->cell_edges = (uint32_t)total;
    }
    bm_free(cells.items);
    return total <= UINT32_MAX;
}

/* --- the hierarchy ---------------------------------------------------------------------------- */

struct links {
    uint32_t *items; /* pairs */
    size_t count, cap;
};

static void add_link(struct links *links, uint32_t one, uint32_t other) {
    if (one == other) return;
    if (links->count == links->cap) {
        links->cap = links->cap + links->cap / 2 + 1024;
        links->items = bm_realloc(links->items, links->cap * 2 * sizeof *links->items);
    }
    links->items[2 * links->count] = one;
    links->items[2 * links->count++ + 1] = other;
}

/* Between the nodes of every turn, and between all of every edge, so that what belongs to a spot
 * lies on one way to the root. */
static struct links link_nodes(const struct bm_road_build *build, const struct bm_nodes *nodes) {
    struct links links = {.cap = build->edge_count + build->edge_count / 8 + nodes->turn_count};
    links.items = bm_alloc((links.cap + 1) * 2 * sizeof *links.items);
    for (size_t edge = 0; edge < build->edge_count; edge++) {
        const uint32_t *starts = &nodes->starts[2 * edge], *ends = &nodes->ends[2 * edge];
        add_link(&links, starts[0], ends[0]);
        if (starts[0] == ends[1] && starts[1] == ends[0]) continue;
        add_link(&links, starts[1], ends[1]);
        add_link(&links, starts[0], ends[1]);
        add_link(&links, starts[1], ends[0]);
        add_link(&links, starts[0], starts[1]);
        add_link(&links, ends[0], ends[1]);
    }
    for (size_t i = 0; i < nodes->turn_count; i++) {
        add_link(&links, nodes->turns[i].from, nodes->turns[i].to);
    }
    return links;
}

static void find_arc_ways(const struct bm_road_build *build, struct made *made) {
    const struct bm_nodes *nodes = &made->nodes;
    size_t arcs = 2 * build->edge_count;
    made->arc_ways = bm_alloc(arcs * sizeof *made->arc_ways);
    for (size_t arc = 0; arc < arcs; arc++) {
        made->arc_ways[arc] = bm_hierarchy_made_way(&made->hierarchy, nodes->starts[arc],
                                                    nodes->ends[arc]);
    }
}

static enum bm_code make_hierarchy(const struct bm_road_build *build, struct bm_road_head *head,
                                   struct made *made, struct bm_fault *fault) {
    if (!bm_nodes_make(head->junctions, head->edges, build->tails, made->out_first, made->out,
                       build->turns, build->turn_count, &made->nodes)) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "turns",
                            "There are rules for turning where more than %d roads meet, or more "
                            "than %d that bind one road: check the input.",
                            BM_RULED_ARCS_MAX, BM_ARC_RULES_MAX);
    }
    const struct bm_nodes *nodes = &made->nodes;
    struct links links = link_nodes(build, nodes);
    if (nodes->count > BM_ROAD_NODES_MAX || nodes->turn_count > BM_ROAD_TURN_ARCS_MAX ||
        links.count > BM_ROAD_TURN_ARCS_MAX) {
        bm_free(links.items);
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "turns",
                            "There are more rules for turning than a file can hold: cut the area.");
    }
    struct bm_point *points = bm_alloc(nodes->count * sizeof *points);
    for (uint32_t node = 0; node < nodes->count; node++) {
        points[node] = build->junctions[nodes->junctions[node]];
    }
    enum bm_code code = bm_hierarchy_make(points, nodes->count, links.items, (uint32_t)links.count,
                                          &made->hierarchy, fault);
    bm_free(points);
    bm_free(links.items);
    if (code) return code;
    bm_nodes_rank(&made->nodes, head->edges, made->hierarchy.ranks);
    find_arc_ways(build, made);
    head->nodes = nodes->count;
    head->ways = made->hierarchy.ways;
    return BM_OK;
}

/* --- the file --------------------------------------------------------------------------------- */

static enum bm_code check_whole(const struct bm_road_build *build, struct bm_fault *fault) {
    if (build->fault.code != BM_OK) {
        if (fault) *fault = build->fault;
        return build->fault.code;
    }
    if (build->edge_count == 0) {
        return bm_fault_set(fault, BM_NOT_FOUND, "edges",
                            "There is not one road that may be driven: is this the right file?");
    }
    if ((int64_t)build->box.most.lon_e7 - build->box.least.lon_e7 > 1800000000) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "box",
                            "The area is wider than 180 degrees or spans the antimeridian: "
                            "import its parts one by one.");
    }
    return BM_OK;
}

static struct bm_road_head head_of(const struct bm_road_build *build) {
    struct bm_road_head head = {
        .format = BM_ROAD_FORMAT,
        .sections = BM_ROAD_SECTION_COUNT,
        .made_at_ms = build->made_at_ms,
        .junctions = (uint32_t)build->junction_count,
        .edges = (uint32_t)build->edge_count,
        .restrictions = (uint32_t)build->turn_count,
        .names = (uint32_t)build->name_count,
        .shape_points = (uint32_t)build->shape_count,
        .name_bytes = (uint32_t)build->name_bytes,
        .unit_us = build->unit_us,
        .box = build->box,
        .grid = bm_grid_make(&build->box, (uint32_t)build->edge_count),
    };
    memcpy(head.magic, BM_ROAD_MAGIC, sizeof head.magic);
    memcpy(head.source, build->source, sizeof head.source);
    return head;
}

/* The bytes of each section, in the order of the file. */
static void list_sections(const struct bm_road_build *build, const struct made *made,
                          const void *ret_parts[BM_ROAD_SECTION_COUNT]) {
    ret_parts[BM_SECTION_JUNCTIONS] = build->junctions;
    ret_parts[BM_SECTION_OUT_FIRST] = made->out_first;
    ret_parts[BM_SECTION_OUT] = made->out;
    ret_parts[BM_SECTION_TAILS] = build->tails;
    ret_parts[BM_SECTION_EMERGENCY] = build->weights[BM_PROFILE_EMERGENCY];
    ret_parts[BM_SECTION_ORDINARY] = build->weights[BM_PROFILE_ORDINARY];
    ret_parts[BM_SECTION_FOOT] = build->weights[BM_PROFILE_FOOT];
    ret_parts[BM_SECTION_FLAGS] = made->flags;
    ret_parts[BM_SECTION_SHAPE_FIRST] = build->shape_first;
    ret_parts[BM_SECTION_SHAPES] = build->shapes;
    ret_parts[BM_SECTION_NAME_AT] = build->name_at;
    ret_parts[BM_SECTION_NAMES] = build->names;
    ret_parts[BM_SECTION_TURNS] = build->turns;
    ret_parts[BM_SECTION_CELL_FIRST] = made->cell_first;
    ret_parts[BM_SECTION_CELL_EDGES] = made->cell_edges;
    ret_parts[BM_SECTION_RANKS] = made->hierarchy.ranks;
    ret_parts[BM_SECTION_PARENTS] = made->hierarchy.parents;
    ret_parts[BM_SECTION_WAYS_FIRST] = made->hierarchy.first;
    ret_parts[BM_SECTION_WAYS] = made->hierarchy.to_depth;
    ret_parts[BM_SECTION_ARC_WAYS] = made->arc_ways;
}

/* Fills head.file_bytes and the table's places. */
static void lay_out(struct bm_road_head *head, struct bm_road_section table[]) {
    uint64_t end = BM_ROAD_HEAD_BYTES;
    for (int kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        struct bm_road_section *section = &table[kind];
        memcpy(section->name, bm_road_section_names[kind], strlen(bm_road_section_names[kind]));
        section->offset = bm_road_aligned(end);
        section->bytes = bm_road_section_bytes(head, (enum bm_road_section_kind)kind);
        end = section->offset + section->bytes;
    }
    head->file_bytes = end;
}

static enum bm_code write_file(struct bm_road_head *head, const void *const parts[],
                               struct bm_buf *buf, struct bm_fault *fault) {
    struct bm_road_section table[BM_ROAD_SECTION_COUNT] = {0};
    lay_out(head, table);
    uint8_t *file = bm_buf_room(buf, (size_t)head->file_bytes);
    if (!file) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "bytes",
                            "The roads need %llu bytes, more than is allowed here: cut the area.",
                            (unsigned long long)head->file_bytes);
    }
    uint64_t end = BM_ROAD_HEAD_BYTES;
    for (int kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        struct bm_road_section *section = &table[kind];
        memset(file + end, 0, section->offset - end);
        if (section->bytes) memcpy(file + section->offset, parts[kind], section->bytes);
        bm_hash_of(file + section->offset, section->bytes, section->hash, BM_HASH_BYTES);
        end = section->offset + section->bytes;
    }
    memcpy(file, head, sizeof *head);
    memcpy(file + BM_ROAD_TABLE_AT, table, sizeof table);
    bm_hash_of(file, BM_ROAD_SEAL_AT, file + BM_ROAD_SEAL_AT, BM_HASH_BYTES);
    return BM_OK;
}

enum bm_code bm_road_build_write(struct bm_road_build *build, struct bm_buf *buf,
                                 struct bm_fault *fault) {
    enum bm_code code = check_whole(build, fault);
    if (code != BM_OK) return code;
    struct bm_road_head head = head_of(build);
    struct made made = {0};
    make_out(build, &made);
    made.flags = bm_alloc_zero(build->edge_count, 1);
    for (int profile = 0; profile < BM_profile_COUNT; profile++) {
        bm_road_mark_islands(head.junctions, head.edges, made.out_first, made.out, build->tails,
                             build->weights[profile], BM_EDGE_ISLAND(profile), made.flags);
    }
    /* The end of the last edge's points; the next edge, if one is added, writes the same number. */
    size_t cap = build->edge_count + 1;
    if (build->edge_cap < cap) {
        build->shape_first = bm_realloc(build->shape_first, cap * sizeof *build->shape_first);
    }
    build->shape_first[build->edge_count] = (uint32_t)build->shape_count;
    if (!make_cells(build, &head, &made)) {
        code = bm_fault_set(fault, BM_OUT_OF_RANGE, "cells",
                            "The edges are too long for so large an area: cut it.");
    }
    if (!code) code = make_hierarchy(build, &head, &made, fault);
    if (!code) {
        const void *parts[BM_ROAD_SECTION_COUNT];
        list_sections(build, &made, parts);
        code = write_file(&head, parts, buf, fault);
    }
    free_made(&made);
    return code;
}
