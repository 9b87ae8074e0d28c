#include "dimacs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"

static FILE *unzip(const char *folder, const char *name) {
    char command[1200];
    snprintf(command, sizeof command, "gzip -dc '%s/%s'", folder, name);
    FILE *pipe = popen(command, "r");
    BM_CHECK(pipe);
    return pipe;
}

static bool readable(const char *folder, const char *name) {
    char path[1100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, R_OK) == 0;
}

static void read_points(struct net *net, const char *folder, const char *name) {
    FILE *file = unzip(folder, name);
    char line[200];
    while (fgets(line, sizeof line, file)) {
        unsigned number;
        int lon_e6, lat_e6;
        if (sscanf(line, "v %u %d %d", &number, &lon_e6, &lat_e6) != 3) continue;
        BM_CHECK(number == net->junction_count + 1);
        if (net->junction_count % 65536 == 0) {
            net->junctions = bm_realloc(net->junctions,
                                        (net->junction_count + 65536) * sizeof *net->junctions);
        }
        net->junctions[net->junction_count++] = (struct bm_point){lat_e6 * 10, lon_e6 * 10};
    }
    BM_CHECK(pclose(file) == 0);
}

/* The file lists both directions of a street one after the other nearly everywhere. */
static void read_arcs(struct net *net, const char *folder, const char *name) {
    FILE *file = unzip(folder, name);
    char line[200];
    while (fgets(line, sizeof line, file)) {
        unsigned from, to, weight;
        if (sscanf(line, "a %u %u %u", &from, &to, &weight) != 3) continue;
        BM_CHECK(from - 1 < net->junction_count && to - 1 < net->junction_count);
        struct net_edge *last = net->edge_count ? &net->edges[net->edge_count - 1] : NULL;
        if (last && last->second == from - 1 && last->first == to - 1 &&
            last->weight[0][0] == weight && last->weight[0][1] == BM_ROAD_INFINITE) {
            last->weight[0][1] = last->weight[1][1] = weight;
            continue;
        }
        if (net->edge_count % 65536 == 0) {
            net->edges = bm_realloc(net->edges, (net->edge_count + 65536) * sizeof *net->edges);
        }
        net->edges[net->edge_count++] = (struct net_edge){
            .first = from - 1,
            .second = to - 1,
            .weight = {{weight, BM_ROAD_INFINITE}, {weight, BM_ROAD_INFINITE}}};
    }
    BM_CHECK(pclose(file) == 0);
}

bool dimacs_new_york(struct net *ret_net, char *ret_folder, size_t cap) {
    const char *data = getenv("BELLMAN_DATA"), *root = getenv("SOURCE_ROOT");
    if (data)
        snprintf(ret_folder, cap, "%s/roads", data);
    else
        snprintf(ret_folder, cap, "%s/../shared/data/roads", root ? root : ".");
    if (!readable(ret_folder, "USA-road-t.NY.gr.gz") ||
        !readable(ret_folder, "USA-road-d.NY.co.gz")) {
        return false;
    }
    *ret_net = (struct net){.unit_us = 3600};
    read_points(ret_net, ret_folder, "USA-road-d.NY.co.gz");
    read_arcs(ret_net, ret_folder, "USA-road-t.NY.gr.gz");
    return true;
}
