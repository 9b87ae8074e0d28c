/* make_roads FILE: writes the roads of the tests' town (town.h), for tests of the whole program. */
#include <stdio.h>

#include "town.h"

int main(int argc, char **argv) {
    struct bm_buf file = bm_buf_make(1 << 24);
    struct bm_fault fault = {0};
    FILE *out = argc == 2 ? fopen(argv[1], "wb") : NULL;
    if (!out) {
        fprintf(stderr, "usage: make_roads FILE (to be written)\n");
        return 2;
    }
    struct bm_road_build *build = town_build();
    enum bm_code code = bm_road_build_write(build, &file, &fault);
    bool written = !code && fwrite(file.bytes, 1, file.len, out) == file.len;
    if (code) fprintf(stderr, "make_roads: %s\n", fault.detail);
    written &= fclose(out) == 0;
    bm_road_build_free(build);
    bm_buf_free(&file);
    return written ? 0 : 1;
}
