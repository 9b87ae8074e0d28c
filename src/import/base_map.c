#include "import/base_map.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "import/child.h"
#include "import/output.h"
#include "import/whole.h"

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

static bool one_number(sqlite3 *db, const char *sql, int64_t *ret_number) {
    sqlite3_stmt *stmt = NULL;
    bool asked = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
                 sqlite3_step(stmt) == SQLITE_ROW;
    if (asked) *ret_number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return asked;
}

static bool put_attribution(sqlite3 *db, const char *attribution) {
    sqlite3_stmt *stmt = NULL;
    bool put = sqlite3_exec(db, "BEGIN; DELETE FROM metadata WHERE name = 'attribution'", NULL,
                            NULL, NULL) == SQLITE_OK &&
               sqlite3_prepare_v2(db, "INSERT INTO metadata(name, value) VALUES('attribution', ?1)",
                                  -1, &stmt, NULL) == SQLITE_OK &&
               sqlite3_bind_text(stmt, 1, attribution, -1, SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_step(stmt) == SQLITE_DONE;
    sqlite3_finalize(stmt);
    return put && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
}

/* tilemaker may end well without having written anything: what it left is looked at, and told whose
 * the data are. */
static enum bm_code finish_map(const char *path, const char *attribution, uint64_t *ret_tiles,
                               struct bm_fault *fault) {
    sqlite3 *db = NULL;
    int64_t tiles = 0;
    enum bm_code code = BM_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        !one_number(db, "SELECT count(*) FROM tiles", &tiles) || !tiles)
        code = bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "tilemaker ended without having made a map.");
    else if (!put_attribution(db, attribution))
        code = bm_fault_set(fault,
                            (sqlite3_errcode(db) & 0xff) == SQLITE_FULL ? BM_NO_SPACE : BM_IO, NULL,
                            "The map's attribution cannot be written: %s.", sqlite3_errmsg(db));
    sqlite3_close(db);
    if (!code) *ret_tiles = (uint64_t)tiles;
    return code;
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

/* What tilemaker can read of `path`: sorted .osm.pbf in which no way names a node that is not
 * there. */
static enum bm_code readable(const char *path, const char *work, const struct bm_tell *tell,
                             char ret_source[PATH_BYTES], struct bm_fault *fault) {
    char sorted[PATH_BYTES], lines[PATH_BYTES], whole[PATH_BYTES];
    uint64_t missing = 0;
    enum bm_code code = join(sorted, work, "input.osm.pbf", fault);
    if (!code) code = join(lines, work, "whole.opl", fault);
    if (!code) code = join(whole, work, "whole.osm.pbf", fault);
    /* A path that begins with '-' is no option. */
    if (!code) code = join(ret_source, path[0] == '-' ? "." : "", path, fault);
    if (code) return code;
    if (path[0] != '-') memmove(ret_source, ret_source + 1, strlen(ret_source));
    bool is_sorted = is_pbf(path);
    if (is_sorted) code = bm_whole_count(ret_source, &missing, fault);
    if (!code && (missing || !is_sorted)) { /* out of order, all seems to be missing */
        bm_tell(tell, "map: turning %s into sorted .osm.pbf", path);
        code = to_pbf(ret_source, sorted, fault);
        memcpy(ret_source, sorted, sizeof sorted);
        if (!code) code = bm_whole_make(sorted, lines, whole, &missing, fault);
    }
    if (!code && missing) {
        bm_tell(tell,
                "map: %" PRIu64 " references to nodes that the file lacks: ways are cut there",
                missing);
        memcpy(ret_source, whole, sizeof whole);
        unlink(lines);
    }
    return code;
}

enum bm_code bm_base_map_make(const char *path, const char *work, const char *out,
                              const char *attribution, const struct bm_tell *tell,
                              uint64_t *ret_tiles, struct bm_fault *fault) {
    char source[PATH_BYTES];
    enum bm_code code = readable(path, work, tell, source, fault);
    if (!code) bm_tell(tell, "map: making tiles");
    if (!code) code = run_tilemaker(source, work, out, fault);
    return code ? code : finish_map(out, attribution, ret_tiles, fault);
}
