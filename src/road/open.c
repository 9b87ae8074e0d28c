#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "road/build.h"
#include "road/file.h"

const char *const bm_road_section_names[BM_ROAD_SECTION_COUNT] = {
#define BM_SECTION_NAME(symbol, name, type, items) name,
    BM_ROAD_SECTIONS(BM_SECTION_NAME)
#undef BM_SECTION_NAME
};

uint64_t bm_road_section_bytes(const struct bm_road_head *head, enum bm_road_section_kind kind) {
    switch (kind) {
#define BM_SECTION_BYTES(symbol, name, type, items)                                                \
    case BM_SECTION_##symbol:                                                                      \
        return (uint64_t)(items) * sizeof(type);
        BM_ROAD_SECTIONS(BM_SECTION_BYTES)
#undef BM_SECTION_BYTES
    case BM_ROAD_SECTION_COUNT:
        break;
    }
    BM_NEVER("a section of no kind");
}

static const char make_again[] = "Make it again with: bellman area";

/* A damaged file is named by its part; what is written there helps nobody. */
static enum bm_code damaged(struct bm_fault *fault, const char *part, const char *what) {
    return bm_fault_set(fault, BM_CORRUPT, part, "The roads file is damaged: %s in \"%s\". %s.",
                        what, part, make_again);
}

static enum bm_code check_kind(const uint8_t *bytes, size_t len, struct bm_fault *fault) {
    const size_t magic_bytes = sizeof BM_ROAD_MAGIC - 1;
    if (memcmp(bytes, BM_ROAD_MAGIC, len < magic_bytes ? len : magic_bytes) != 0) {
        return bm_fault_set(fault, BM_BAD_FORMAT, "magic",
                            "This is no roads file (it does not begin with BMROADS). Make one "
                            "with: bellman area.");
    }
    uint32_t format;
    if (len >= magic_bytes + sizeof format) {
        memcpy(&format, bytes + magic_bytes, sizeof format);
        if (format != BM_ROAD_FORMAT) {
            return bm_fault_set(fault, BM_BAD_FORMAT, "format",
                                "The roads file has format %u and this program reads format %d. "
                                "%s, or use the program that made it.",
                                format, BM_ROAD_FORMAT, make_again);
        }
    }
    if (len < BM_ROAD_HEAD_BYTES) {
        return bm_fault_set(fault, BM_CORRUPT, "head",
                            "The roads file is cut off: it has %zu bytes, its head alone %d. %s.",
                            len, BM_ROAD_HEAD_BYTES, make_again);
    }
    return BM_OK;
}

/* The counts, against the maxima that make all later arithmetic safe. */
static enum bm_code check_counts(const struct bm_road_head *head, struct bm_fault *fault) {
    static const uint8_t zeros[sizeof head->zeros];
    const struct bm_grid *grid = &head->grid;
    bool fine = head->sections == BM_ROAD_SECTION_COUNT &&
                head->junctions <= BM_ROAD_JUNCTIONS_MAX && head->junctions > 0 &&
                head->edges <= BM_ROAD_EDGES_MAX && head->edges > 0 && head->unit_us > 0 &&
                head->unit_us <= BM_ROAD_UNIT_US_MAX && head->name_bytes > 0 &&
                head->names < head->name_bytes && head->ways <= BM_WAYS_MAX && head->nodes > 0 &&
                head->nodes <= BM_ROAD_NODES_MAX;
    fine = fine && bm_point_valid(head->box.least) && bm_point_valid(head->box.most) &&
           head->box.least.lat_e7 <= head->box.most.lat_e7 &&
           head->box.least.lon_e7 <= head->box.most.lon_e7;
    fine = fine && bm_point_valid(grid->least) && grid->cell_lat_e7 > 0 && grid->cell_lon_e7 > 0 &&
           grid->rows > 0 && grid->rows <= BM_GRID_SIDE_MAX && grid->cols > 0 &&
           grid->cols <= BM_GRID_SIDE_MAX && bm_grid_cells(grid) <= BM_GRID_CELLS_MAX;
    fine = fine && head->source[sizeof head->source - 1] == 0 &&
           memcmp(head->zeros, zeros, sizeof zeros) == 0;
    return fine ? BM_OK : damaged(fault, "head", "an impossible count");
}

static enum bm_code check_head(const uint8_t *bytes, size_t len, struct bm_road_head *head,
                               struct bm_fault *fault) {
    enum bm_code code = check_kind(bytes, len, fault);
    if (code != BM_OK) return code;
    memcpy(head, bytes, sizeof *head);
    uint8_t seal[BM_HASH_BYTES];
    bm_hash_of(bytes, BM_ROAD_SEAL_AT, seal, sizeof seal);
    if (memcmp(seal, bytes + BM_ROAD_SEAL_AT, sizeof seal) != 0) {
        return damaged(fault, "head", "a wrong checksum");
    }
    if (head->file_bytes != len) {
        return bm_fault_set(fault, BM_CORRUPT, "bytes",
                            "The roads file has %zu bytes and should have %llu: it was cut off or "
                            "added to. Copy it again, or make it again with: bellman area.",
                            len, (unsigned long long)head->file_bytes);
    }
    return check_counts(head, fault);
}

static bool all_zero(const uint8_t *bytes, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        if (bytes[i]) return false;
    }
    return true;
}

/* Every section at its only possible place, of its only possible size, with the right checksum. */
static enum bm_code check_sections(const uint8_t *bytes, const struct bm_road_head *head,
                                   const void *ret_parts[], struct bm_fault *fault) {
    uint64_t end = BM_ROAD_HEAD_BYTES;
    for (int kind = 0; kind < BM_ROAD_SECTION_COUNT; kind++) {
        const char *name = bm_road_section_names[kind];
        struct bm_road_section section;
        memcpy(&section, bytes + BM_ROAD_TABLE_AT + (size_t)kind * sizeof section, sizeof section);
        char padded[sizeof section.name] = {0};
        memcpy(padded, name, strlen(name));
        uint64_t offset = bm_road_aligned(end);
        uint64_t size = bm_road_section_bytes(head, (enum bm_road_section_kind)kind);
        if (memcmp(section.name, padded, sizeof padded) != 0 || section.offset != offset ||
            section.bytes != size || offset > head->file_bytes ||
            size > head->file_bytes - offset) {
            return damaged(fault, name, "an impossible place");
        }
        uint8_t hash[BM_HASH_BYTES];
        bm_hash_of(bytes + offset, (size_t)size, hash, sizeof hash);
        if (memcmp(hash, section.hash, sizeof hash) != 0) {
            return damaged(fault, name, "a wrong checksum");
        }
        if (!all_zero(bytes + end, offset - end))
            return damaged(fault, name, "stray bytes before it");
        ret_parts[kind] = bytes + offset;
        end = offset + size;
    }
    return end == head->file_bytes ? BM_OK : damaged(fault, "head", "stray bytes at the end");
}

static void point_into(struct bm_road *road, const void *const parts[]) {
    road->junctions = parts[BM_SECTION_JUNCTIONS];
    road->out_first = parts[BM_SECTION_OUT_FIRST];
    road->out = parts[BM_SECTION_OUT];
    road->tails = parts[BM_SECTION_TAILS];
    road->weights[BM_PROFILE_EMERGENCY] = parts[BM_SECTION_EMERGENCY];
    road->weights[BM_PROFILE_ORDINARY] = parts[BM_SECTION_ORDINARY];
    road->weights[BM_PROFILE_FOOT] = parts[BM_SECTION_FOOT];
    road->flags = parts[BM_SECTION_FLAGS];
    road->shape_first = parts[BM_SECTION_SHAPE_FIRST];
    road->shapes = parts[BM_SECTION_SHAPES];
    road->name_at = parts[BM_SECTION_NAME_AT];
    road->names = parts[BM_SECTION_NAMES];
    road->turns = parts[BM_SECTION_TURNS];
    road->cell_first = parts[BM_SECTION_CELL_FIRST];
    road->cell_edges = parts[BM_SECTION_CELL_EDGES];
    road->hierarchy = (struct bm_hierarchy){.nodes = road->head.nodes,
                                            .ways = road->head.ways,
                                            .ranks = parts[BM_SECTION_RANKS],
                                            .parents = parts[BM_SECTION_PARENTS],
                                            .first = parts[BM_SECTION_WAYS_FIRST],
                                            .to_depth = parts[BM_SECTION_WAYS],
                                            .arc_ways = parts[BM_SECTION_ARC_WAYS]};
}

/* --- every index, once ------------------------------------------------------------------------ */

static bool points_fine(const struct bm_point *points, uint32_t count, const struct bm_box *box) {
    for (uint32_t i = 0; i < count; i++) {
        if (!bm_box_has(box, points[i])) return false;
    }
    return true;
}

/* Starts of `count` lists in one array of `total` items. */
static bool starts_fine(const uint32_t *first, uint64_t count, uint64_t total) {
    if (first[0] != 0 || first[count] != total) return false;
    for (uint64_t i = 0; i < count; i++) {
        if (first[i] > first[i + 1]) return false;
    }
    return true;
}

static bool all_below(const uint32_t *items, uint64_t count, uint32_t below) {
    for (uint64_t i = 0; i < count; i++) {
        if (items[i] >= below) return false;
    }
    return true;
}

static bool weights_fine(const uint32_t *weights, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        if (weights[i] == 0 || weights[i] > BM_ROAD_INFINITE) return false;
    }
    return true;
}

/* Each arc leaves its own tail and no other: ascending lists that add up to all arcs. */
static bool out_fine(const struct bm_road *road) {
    for (uint32_t junction = 0; junction < road->head.junctions; junction++) {
        for (uint32_t at = road->out_first[junction]; at < road->out_first[junction + 1]; at++) {
            struct bm_out_arc out = road->out[at];
            if (out.arc / 2 >= road->head.edges || road->tails[out.arc] != junction ||
                road->tails[out.arc ^ 1] != out.head) {
                return false;
            }
            if (at > road->out_first[junction] && road->out[at - 1].arc >= out.arc) return false;
        }
    }
    return true;
}

static bool flags_fine(const struct bm_road *road) {
    for (uint32_t edge = 0; edge < road->head.edges; edge++) {
        if (road->flags[edge] & ~BM_EDGE_FLAGS) return false;
    }
    return true;
}

static bool names_fine(const struct bm_road *road) {
    const struct bm_road_head *head = &road->head;
    return road->names[0] == 0 && road->names[head->name_bytes - 1] == 0 &&
           all_below(road->name_at, head->edges, head->name_bytes);
}

static bool turns_fine(const struct bm_road *road) {
    for (uint32_t i = 0; i < road->head.restrictions; i++) {
        const struct bm_stored_turn *turn = &road->turns[i];
        if (turn->from_arc / 2 >= road->head.edges || turn->to_arc / 2 >= road->head.edges ||
            turn->only > 1) {
            return false;
        }
        if (road->tails[turn->from_arc ^ 1] != road->tails[turn->to_arc]) return false;
        for (int profile = 0; profile < BM_profile_COUNT; profile++) {
            if (turn->weight[profile] > BM_ROAD_INFINITE) return false;
        }
    }
    return true;
}

/* The order matters: what a check reads, an earlier one has found fine. */
static enum bm_code check_indexes(struct bm_road *road, struct bm_fault *fault) {
    const struct bm_road_head *head = &road->head;
    uint64_t arcs = 2 * (uint64_t)head->edges;
    uint64_t cells = bm_grid_cells(&head->grid);
    const char *bad = NULL;
    if (!points_fine(road->junctions, head->junctions, &head->box))
        bad = "junctions";
    else if (!all_below(road->tails, arcs, head->junctions))
        bad = "tails";
    else if (!starts_fine(road->out_first, head->junctions, arcs))
        bad = "out-first";
    else if (!out_fine(road))
        bad = "out";
    else if (!weights_fine(road->weights[BM_PROFILE_EMERGENCY], arcs))
        bad = "emergency";
    else if (!weights_fine(road->weights[BM_PROFILE_ORDINARY], arcs))
        bad = "ordinary";
    else if (!weights_fine(road->weights[BM_PROFILE_FOOT], arcs))
        bad = "foot";
    else if (!flags_fine(road))
        bad = "flags";
    else if (!starts_fine(road->shape_first, head->edges, head->shape_points))
        bad = "shape-first";
    else if (!points_fine(road->shapes, head->shape_points, &head->box))
        bad = "shapes";
    else if (!names_fine(road))
        bad = "names";
    else if (!turns_fine(road))
        bad = "turns";
    else if (!starts_fine(road->cell_first, cells, head->cell_edges))
        bad = "cell-first";
    else if (!all_below(road->cell_edges, head->cell_edges, head->edges))
        bad = "cell-edges";
    if (!bad) {
        struct bm_nodes nodes;
        bad = bm_nodes_make(head->junctions, head->edges, road->tails, road->out_first, road->out,
                            road->turns, head->restrictions, &nodes)
                  ? bm_hierarchy_open(&road->hierarchy, &nodes, head->edges)
                  : "turns";
    }
    return bad ? damaged(fault, bad, "an impossible number") : BM_OK;
}

enum bm_code bm_road_open(const void *bytes, size_t len, struct bm_road **ret_road,
                          struct bm_fault *fault) {
    BM_CHECK((uintptr_t)bytes % _Alignof(struct bm_out_arc) == 0);
    struct bm_road road = {0};
    enum bm_code code = check_head(bytes, len, &road.head, fault);
    if (code != BM_OK) return code;
    const void *parts[BM_ROAD_SECTION_COUNT];
    code = check_sections(bytes, &road.head, parts, fault);
    if (code != BM_OK) return code;
    memcpy(road.digest, (const uint8_t *)bytes + BM_ROAD_SEAL_AT, sizeof road.digest);
    point_into(&road, parts);
    code = check_indexes(&road, fault);
    if (code != BM_OK) return code;
    *ret_road = bm_alloc(sizeof road);
    **ret_road = road;
    return BM_OK;
}

void bm_road_close(struct bm_road *road) {
    if (!road) return;
    bm_hierarchy_close(&road->hierarchy);
    bm_free(road);
}
