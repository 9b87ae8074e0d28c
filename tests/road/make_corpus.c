/* Writes seeds for fuzz_roads into DIR (run by hand when the format changes:
 * road_make_corpus tests/fuzz/corpus/roads). */
#include <stdio.h>

#include "base/alloc.h"
#include "support.h"

static int write_file(const char *dir, const char *name, const void *bytes, size_t len) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *out = fopen(path, "wb");
    if (!out) return 1;
    size_t written = fwrite(bytes, 1, len, out);
    return fclose(out) != 0 || written != len;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    static const struct {
        const char *name;
        uint32_t junctions, edges;
        uint64_t seed;
        uint32_t rules; /* for turning */
    } wanted[] = {{"one_edge", 2, 1, 1, 0},     {"six", 6, 8, 11, 0},     {"twenty", 20, 40, 3, 0},
                  {"dense", 8, 60, 4, 0},       {"sparse", 40, 30, 5, 0}, {"turns", 12, 20, 6, 9},
                  {"turns_dense", 4, 14, 7, 20}};
    int failed = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct bm_rng rng = {wanted[i].seed};
        struct net net = net_random(&rng, wanted[i].junctions, wanted[i].edges);
        if (wanted[i].rules) net_random_turns(&net, &rng, wanted[i].rules);
        size_t len;
        uint8_t *bytes = net_file(&net, &len);
        failed |= write_file(argv[1], wanted[i].name, bytes, len);
        if (i == 1) {
            failed |= write_file(argv[1], "six_cut", bytes, len - 100);
            bytes[8]++;
            failed |= write_file(argv[1], "six_newer", bytes, len);
        }
        bm_free(bytes);
        net_free(&net);
    }
    return failed | write_file(argv[1], "foreign", "\x1f\x8b not roads", 12);
}
