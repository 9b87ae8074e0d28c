#include "road/file.h"

#include <string.h>

#include "base/alloc.h"

/* Strongly connected components after Tarjan (1972), with a stack of our own instead of recursion.
 */
struct finder {
    const uint32_t *out_first;
    const struct bm_out_arc *out;
    const uint32_t *weights;
    uint32_t *order; /* 1.. in the order of discovery; 0: not yet seen */
    uint32_t *low;   /* smallest order known to be reachable */
    uint32_t *next;  /* place in `out` where the walk goes on */
    uint32_t *path;  /* junctions being walked */
    uint32_t *open;  /* junctions whose component is not complete */
    uint32_t *component;
    uint32_t *sizes; /* per component */
    uint32_t seen, path_count, open_count, components;
};

enum { NO_COMPONENT = UINT32_MAX };

static void discover(struct finder *finder, uint32_t junction) {
    finder->order[junction] = finder->low[junction] = ++finder->seen;
    finder->next[junction] = finder->out_first[junction];
    finder->path[finder->path_count++] = junction;
    finder->open[finder->open_count++] = junction;
}

/* Everything opened since `root` is one component. */
static void close_component(struct finder *finder, uint32_t root) {
    uint32_t junction;
    uint32_t size = 0;
    do {
        junction = finder->open[--finder->open_count];
        finder->component[junction] = finder->components;
        size++;
    } while (junction != root);
    finder->sizes[finder->components++] = size;
}

static void walk(struct finder *finder, uint32_t start) {
    discover(finder, start);
    while (finder->path_count) {
        uint32_t at = finder->path[finder->path_count - 1];
        if (finder->next[at] < finder->out_first[at + 1]) {
            struct bm_out_arc out = finder->out[finder->next[at]++];
            if (finder->weights[out.arc] == BM_ROAD_INFINITE) continue;
            if (finder->order[out.head] == 0) {
                discover(finder, out.head);
            } else if (finder->component[out.head] == NO_COMPONENT &&
                       finder->order[out.head] < finder->low[at]) {
                finder->low[at] = finder->order[out.head];
            }
            continue;
        }
        if (finder->low[at] == finder->order[at]) close_component(finder, at);
        finder->path_count--;
        if (finder->path_count) {
            uint32_t before = finder->path[finder->path_count - 1];
            if (finder->low[at] < finder->low[before]) finder->low[before] = finder->low[at];
        }
    }
}

uint32_t bm_road_components(uint32_t junctions, const uint32_t *out_first,
                            const struct bm_out_arc *out, const uint32_t *weights,
                            uint32_t *ret_component, uint32_t *ret_sizes) {
    struct finder finder = {.out_first = out_first,
                            .out = out,
                            .weights = weights,
                            .component = ret_component,
                            .sizes = ret_sizes};
    uint32_t *space = bm_alloc_zero(5 * (size_t)junctions, sizeof *space);
    finder.order = space;
    finder.low = space + junctions;
    finder.next = finder.low + junctions;
    finder.path = finder.next + junctions;
    finder.open = finder.path + junctions;
    memset(ret_component, 0xff, (size_t)junctions * sizeof *ret_component);
    for (uint32_t i = 0; i < junctions; i++) {
        if (finder.order[i] == 0) walk(&finder, i);
    }
    bm_free(space);
    return finder.components;
}

void bm_road_mark_islands(uint32_t junctions, uint32_t edges, const uint32_t *out_first,
                          const struct bm_out_arc *out, const uint32_t *tails,
                          const uint32_t *weights, uint8_t flag, uint8_t *flags) {
    uint32_t *component = bm_alloc_zero(2 * (size_t)junctions, sizeof *component);
    uint32_t *sizes = component + junctions;
    uint32_t count = bm_road_components(junctions, out_first, out, weights, component, sizes);
    uint32_t largest = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (sizes[i] > largest) largest = sizes[i];
    }
    uint32_t enough = largest < BM_ISLAND_BELOW ? largest : BM_ISLAND_BELOW;
    /* Who stands on an edge into a tiny component cannot come back from it: the smaller end
     * decides. */
    for (uint32_t edge = 0; edge < edges; edge++) {
        const uint32_t *ends = &tails[2 * (size_t)edge];
        bool tiny = sizes[component[ends[0]]] < enough || sizes[component[ends[1]]] < enough;
        if (tiny) flags[edge] |= flag;
    }
    bm_free(component);
}
