/* The bytes of a roads file, and a road as it stands in memory.  Known only to this room (and to
 * the fuzz target, which seals what it has bent).
 *
 *   struct bm_road_head           192 bytes
 *   struct bm_road_section        64 bytes each, BM_ROAD_SECTION_COUNT of them, in the order of the
 * list BLAKE2b-256 of all that       32 bytes: as it covers every section's hash, it names the
 * whole file the sections                  each at the next multiple of 64, zeros between them
 *
 * Everything little-endian; the file's length is exactly the end of its last section. */
#ifndef BM_ROAD_FILE_H
#define BM_ROAD_FILE_H

#include "base/hash.h"
#include "road/grid.h"
#include "road/hierarchy.h"
#include "road/road.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "roads files are mapped as they are");

#define BM_ROAD_MAGIC "BMROADS\n"

/* An arc that leaves a junction, and where it goes: beside each other, because a search reads both.
 */
struct bm_out_arc {
    uint32_t arc, head;
};

// clang-format off
/*    symbol      name in the file       one item             how many                     */
#define BM_ROAD_SECTIONS(X)                                                                 \
    X(JUNCTIONS,  "junctions",           struct bm_point,     head->junctions)              \
    X(OUT_FIRST,  "out-first",           uint32_t,            head->junctions + UINT64_C(1)) \
    X(OUT,        "out",                 struct bm_out_arc,   2 * (uint64_t)head->edges)    \
    X(TAILS,      "tails",               uint32_t,            2 * (uint64_t)head->edges)    \
    X(EMERGENCY,  "emergency",           uint32_t,            2 * (uint64_t)head->edges)    \
    X(ORDINARY,   "ordinary",            uint32_t,            2 * (uint64_t)head->edges)    \
    X(FOOT,       "foot",                uint32_t,            2 * (uint64_t)head->edges)    \
    X(FLAGS,      "flags",               uint8_t,             head->edges)                  \
    X(SHAPE_FIRST,"shape-first",         uint32_t,            head->edges + UINT64_C(1))    \
    X(SHAPES,     "shapes",              struct bm_point,     head->shape_points)           \
    X(NAME_AT,    "name-at",             uint32_t,            head->edges)                  \
    X(NAMES,      "names",               char,                head->name_bytes)             \
    X(TURNS,      "turns",               struct bm_stored_turn, head->restrictions)         \
    X(CELL_FIRST, "cell-first",          uint32_t,            bm_grid_cells(&head->grid) + 1) \
    X(CELL_EDGES, "cell-edges",          uint32_t,            head->cell_edges)             \
    X(RANKS,      "ranks",               uint32_t,            head->nodes)                  \
    X(PARENTS,    "parents",             uint32_t,            head->nodes)                  \
    X(WAYS_FIRST, "ways-first",          uint32_t,            head->nodes + UINT64_C(1))    \
    X(WAYS,       "ways",                uint16_t,            head->ways)                   \
    X(ARC_WAYS,   "arc-ways",            uint32_t,            2 * (uint64_t)head->edges)
// clang-format on

enum bm_road_section_kind {
#define BM_SECTION_ENUM(symbol, name, type, items) BM_SECTION_##symbol,
    BM_ROAD_SECTIONS(BM_SECTION_ENUM)
#undef BM_SECTION_ENUM
        BM_ROAD_SECTION_COUNT
};
extern const char *const bm_road_section_names[BM_ROAD_SECTION_COUNT];

struct bm_road_head {
    char magic[8];
    uint32_t format;
    uint32_t sections; /* BM_ROAD_SECTION_COUNT */
    uint64_t file_bytes;
    int64_t made_at_ms;
    uint32_t junctions, edges, restrictions, names;
    uint32_t shape_points, name_bytes, cell_edges, unit_us;
    struct bm_box box; /* of junctions and shapes */
    struct bm_grid grid;
    char source[64]; /* ends with a NUL */
    uint8_t zeros[16];
    uint32_t ways, nodes; /* of the hierarchy */
};
struct bm_road_section {
    char name[16];
    uint64_t offset, bytes;
    uint8_t hash[BM_HASH_BYTES];
};
_Static_assert(sizeof(struct bm_road_head) == 192, "a head has no gaps");
_Static_assert(sizeof(struct bm_road_section) == 64, "a table row has no gaps");

enum {
    BM_ROAD_ALIGN = 64,
    BM_ROAD_TABLE_AT = sizeof(struct bm_road_head),
    BM_ROAD_SEAL_AT = BM_ROAD_TABLE_AT + BM_ROAD_SECTION_COUNT * sizeof(struct bm_road_section),
    BM_ROAD_HEAD_BYTES = BM_ROAD_SEAL_AT + BM_HASH_BYTES,
};

/* Longest microseconds of one unit of weight: a minute. */
enum { BM_ROAD_UNIT_US_MAX = 60000000 };
/* Bits of an edge's flags: one per profile, set where the edge lies on a tiny island of its
 * network. */
#define BM_EDGE_ISLAND(profile) ((uint8_t)(1u << (profile)))
enum { BM_EDGE_FLAGS = (1 << BM_profile_COUNT) - 1 };
/* Components with fewer junctions are tiny islands, unless no component is larger. */
enum { BM_ISLAND_BELOW = 200 };

/* Bytes that a section must have under these counts. */
uint64_t bm_road_section_bytes(const struct bm_road_head *head, enum bm_road_section_kind kind);
/* Where the section after one that ends at `end` begins. */
static inline uint64_t bm_road_aligned(uint64_t end) {
    return (end + BM_ROAD_ALIGN - 1) / BM_ROAD_ALIGN * BM_ROAD_ALIGN;
}

struct bm_road {
    struct bm_road_head head;
    uint8_t digest[BM_HASH_BYTES];
    /* Into the mapped bytes; every index in them was checked when the file was opened. */
    const struct bm_point *junctions;
    const uint32_t *out_first; /* per junction, and the end: into `out` */
    const struct bm_out_arc *out;
    const uint32_t *tails;                     /* per arc */
    const uint32_t *weights[BM_profile_COUNT]; /* per arc */
    const uint8_t *flags;                      /* per edge */
    const uint32_t *shape_first;               /* per edge, and the end: into `shapes` */
    const struct bm_point *shapes;
    const uint32_t *name_at; /* per edge: into `names` */
    const char *names;
    const struct bm_stored_turn *turns;
    const uint32_t *cell_first; /* per cell, and the end: into `cell_edges` */
    const uint32_t *cell_edges;
    struct bm_hierarchy hierarchy;
};

static inline uint32_t bm_arc_head(const struct bm_road *road, uint32_t arc) {
    return road->tails[arc ^ 1];
}

/* The shape's points in the order in which the arc is driven. */
struct bm_point bm_road_driven_point(const struct bm_road *road, uint32_t arc, size_t at);
/* The point after `share` (0..1) of the edge's metres. */
struct bm_point bm_road_point_at(const struct bm_road *road, uint32_t edge, double share);
/* Units of weight to ms, rounded down; at most 2^62. */
int64_t bm_road_ms(const struct bm_road *road, uint64_t units);

/* Strongly connected components of the network that `weights` (per arc) leaves: `ret_component` gets
 * the number of each junction's, `ret_sizes` (room for one per junction) their junctions; returns how
 * many there are.  O(junctions + arcs), 20 bytes a junction of its own. */
uint32_t bm_road_components(uint32_t junctions, const uint32_t *out_first,
                            const struct bm_out_arc *out, const uint32_t *weights,
                            uint32_t *ret_component, uint32_t *ret_sizes);

/* Sets `flag` in `flags` (per edge) for what lies on tiny islands of the network that `weights` (per
 * arc) leaves. */
void bm_road_mark_islands(uint32_t junctions, uint32_t edges, const uint32_t *out_first,
                          const struct bm_out_arc *out, const uint32_t *tails,
                          const uint32_t *weights, uint8_t flag, uint8_t *flags);

#endif
