#include "import/base_map.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "import/child.h"
#include "import/output.h"

/* map/tiles.json and map/tiles.lua (tools/embed.py). */
extern const char bm_tiles_config[], bm_tiles_process[];

enum { PATH_BYTES = BM_OUTPUT_PATH_MAX, BOX_BYTES = 120 };

static enum bm_code join(char ret_path[PATH_BYTES], const char *folder, const char *name,
                         struct bm_fault *fault) {
    int len = snprintf(ret_path, PATH_BYTES, "%s/%s", folder, name);
    if (len > 0 && len < PATH_BYTES) return BM_OK;
    return bm_fault_set(fault, BM_TOO_LONG, NULL, "The name of the folder %.60s... is too long.",
                        folder);
}

/* --- the area --------------------------------------------------------------------------------- */

struct degrees {
    double west, south, east, north;
    bool known;
};

static void take_box(void *context, const char *line) {
    struct degrees *box = context;
    struct degrees read = {.known = true};
    if (sscanf(line, "(%lf,%lf,%lf,%lf)", &read.west, &read.south, &read.east, &read.north) == 4)
        *box = read;
}

static enum bm_code ask_box(const char *path, bool of_data, struct degrees *ret_box,
                            struct bm_fault *fault) {
    const char *argv[] = {"osmium",
                          "fileinfo",
                          "--no-progress",
                          "-g",
                          of_data ? "data.bbox" : "header.boxes",
                          path,
                          of_data ? "-e" : NULL,
                          NULL};
    return bm_child_run(argv, "osmium-tool", take_box, ret_box, fault);
}

/* What the map covers: where there are nodes, but not past what the file says of itself (ways reach
 * out of an extract). */
static enum bm_code find_box(const char *path, char ret_text[BOX_BYTES], struct bm_fault *fault) {
    struct degrees box = {.known = false}, said = {.known = false};
    enum bm_code code = ask_box(path, true, &box, fault);
    if (!code) code = ask_box(path, false, &said, fault);
    if (code) return code;
    if (!box.known)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is nothing with a place in %s.",
                            path);
    bool meets = said.known && said.west < box.east && said.east > box.west &&
                 said.south < box.north && said.north > box.south;
    if (meets && said.west > box.west) box.west = said.west;
    if (meets && said.south > box.south) box.south = said.south;
    if (meets && said.east < box.east) box.east = said.east;
    if (meets && said.north < box.north) box.north = said.north;
    snprintf(ret_text, BOX_BYTES, "%.7f,%.7f,%.7f,%.7f", box.west, box.south, box.east, box.north);
    return BM_OK;
}

/* --- steps ------------------------------------------------------------------------------------ */

static bool is_pbf(const char *path) {
    size_t len = strlen(path);
    return len > 8 && strcmp(path + len - 8, ".osm.pbf") == 0;
}

static enum bm_code to_pbf(const char *path, const char *pbf, struct bm_fault *fault) {
    const char *argv[] = {"osmium", "sort", "--no-progress", "--overwrite", "-o", pbf, path, NULL};
    return bm_child_run(argv, "osmium-tool", NULL, NULL, fault);
}

/* tilemaker may end well without having written anything: what it left is looked at. */
static enum bm_code count_tiles(const char *path, uint64_t *ret_tiles, struct bm_fault *fault) {
    sqlite3 *db = NULL;
    sqlite3_stmt *count = NULL;
    int64_t tiles = 0;
    bool counted = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) ==
                       SQLITE_OK &&
                   sqlite3_prepare_v2(db, "SELECT count(*) FROM tiles", -1, &count, NULL) ==
                       SQLITE_OK &&
                   sqlite3_step(count) == SQLITE_ROW;
    if (counted) tiles = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    sqlite3_close(db);
    if (!tiles)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "tilemaker ended without having made a map.");
    *ret_tiles = (uint64_t)tiles;
    return BM_OK;
}

static enum bm_code run_tilemaker(const char *pbf, const char *work, const char *out,
                                  struct bm_fault *fault) {
    char config[PATH_BYTES], process[PATH_BYTES], box[BOX_BYTES];
    enum bm_code code = join(config, work, "tiles.json", fault);
    if (!code) code = join(process, work, "tiles.lua", fault);
    if (!code) code = bm_output_write(config, bm_tiles_config, strlen(bm_tiles_config), fault);
    if (!code) code = bm_output_write(process, bm_tiles_process, strlen(bm_tiles_process), fault);
    if (!code) code = find_box(pbf, box, fault);
    const char *argv[] = {"tilemaker", "--input",   pbf,     "--output", out, "--config",
                          config,      "--process", process, "--bbox",   box, NULL};
    return code ? code : bm_child_run(argv, "tilemaker", NULL, NULL, fault);
}

enum bm_code bm_base_map_make(const char *path, const char *work, const char *out,
                              const struct bm_tell *tell, uint64_t *ret_tiles,
                              struct bm_fault *fault) {
    char pbf[PATH_BYTES], given[PATH_BYTES];
    enum bm_code code = join(pbf, work, "input.osm.pbf", fault);
    /* A path that begins with '-' is no option. */
    if (!code) code = join(given, path[0] == '-' ? "." : "", path, fault);
    if (code) return code;
    const char *source = path[0] == '-' ? given : path;
    if (!is_pbf(source)) {
        bm_tell(tell, "map: turning %s into .osm.pbf", path);
        code = to_pbf(source, pbf, fault);
        source = pbf;
    }
    if (!code) bm_tell(tell, "map: making tiles");
    if (!code) code = run_tilemaker(source, work, out, fault);
    return code ? code : count_tiles(out, ret_tiles, fault);
}
