/* bellman area: everything a desk needs of a place, from one OpenStreetMap file.  All is made in
 * OUT/.making and put into its place at the end, so that a step that fails leaves OUT as it was. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/supervised.h"
#include "import/addresses.h"
#include "import/base_map.h"
#include "import/names.h"
#include "import/output.h"
#include "import/roads.h"

enum { PATH_BYTES = BM_OUTPUT_PATH_MAX };

struct area {
    const char *in, *out, *name, *attribution;
    char making[PATH_BYTES];
    int lock;
    bool made_out; /* there was no OUT */
    int status;    /* of the whole */
    struct bm_tell tell;
    int64_t made_at_ms;
    struct bm_box box;
    struct bm_road_counts roads;
    struct bm_address_counts addresses;
    uint64_t tiles;
};

static const char *const products[] = {"roads.bmr", "map.mbtiles", "addresses.db", "area.json"};
enum { PRODUCTS = sizeof products / sizeof products[0] };

/* Paths fit: `out` was measured by begin(). */
static void path_in(const char *folder, const char *name, char ret_path[PATH_BYTES]) {
    snprintf(ret_path, PATH_BYTES, "%.*s/%s", PATH_BYTES - 100, folder, name);
}

/* --- the folder ------------------------------------------------------------------------------- */

/* Removes the plain files of OUT/.making; there are no folders in it. */
static void empty_making(const struct area *area) {
    DIR *folder = opendir(area->making);
    if (!folder) return;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
}

static int begin(struct area *area) {
    if (strlen(area->out) + 120 > PATH_BYTES) return bm_cli_fail(1, "the name of OUT is too long");
    struct stat input;
    if (access(area->in, R_OK) != 0 || stat(area->in, &input) != 0)
        return bm_cli_fail(1, "%s cannot be read: %s", area->in, strerror(errno));
    if (!S_ISREG(input.st_mode))
        return bm_cli_fail(1, "%s is no plain file: it is read several times", area->in);
    area->made_out = mkdir(area->out, 0755) == 0;
    if (!area->made_out && errno != EEXIST)
        return bm_cli_fail(1, "%s cannot be made: %s", area->out, strerror(errno));
    path_in(area->out, ".making", area->making);
    if (mkdir(area->making, 0700) != 0 && errno != EEXIST) {
        int error = errno;
        if (area->made_out) rmdir(area->out);
        return bm_cli_fail(1, "%s cannot be made: %s", area->making, strerror(error));
    }
    area->lock = open(area->making, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (area->lock < 0)
        return bm_cli_fail(1, "%s cannot be opened: %s", area->making, strerror(errno));
    struct stat held, there;
    bool locked = flock(area->lock, LOCK_EX | LOCK_NB) == 0;
    /* One that ended just now has removed the folder that was opened. */
    locked = locked && fstat(area->lock, &held) == 0 && stat(area->making, &there) == 0 &&
             held.st_ino == there.st_ino;
    if (!locked) {
        close(area->lock);
        return bm_cli_fail(1, "another bellman area is making %s: wait for it, or end it",
                           area->out);
    }
    empty_making(area); /* what one that was killed has left */
    return 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

static enum bm_code make_roads(struct area *area, struct bm_fault *fault) {
    struct bm_roads_source source = {.path = area->in, .made_at_ms = area->made_at_ms};
    struct bm_buf buf = bm_buf_make(SIZE_MAX / 2);
    struct bm_road *road = NULL;
    char path[PATH_BYTES];
    enum bm_code code = bm_roads_make(&source, &area->tell, &buf, &area->roads, fault);
    if (!code) code = bm_road_open(buf.bytes, buf.len, &road, fault);
    if (!code) {
        area->box = bm_road_info(road).box;
        path_in(area->making, "roads.bmr", path);
        code = bm_output_write(path, buf.bytes, buf.len, fault);
    }
    bm_road_close(road);
    bm_buf_free(&buf);
    return code;
}

static enum bm_code make_map(struct area *area, struct bm_fault *fault) {
    char path[PATH_BYTES];
    path_in(area->making, "map.mbtiles", path);
    return bm_base_map_make(area->in, area->making, path, area->attribution, &area->tell,
                            &area->tiles, fault);
}

static enum bm_code make_addresses(struct area *area, struct bm_fault *fault) {
    char path[PATH_BYTES];
    path_in(area->making, "addresses.db", path);
    return bm_addresses_make(area->in, path, &area->tell, &area->addresses, fault);
}

static void write_count(struct bm_buf *buf, bool *first, const char *name, uint64_t count) {
    bm_json_name(buf, first, name);
    bm_buf_u64(buf, count);
}

static enum bm_code make_sheet(struct area *area, struct bm_fault *fault) {
    struct bm_buf buf = bm_buf_make(1 << 16);
    char path[PATH_BYTES], made_at[BM_TIME_TEXT_BYTES];
    const char *slash = strrchr(area->in, '/');
    bool first = true;
    bm_time_text(area->made_at_ms, made_at);
    bm_buf_text(&buf, "{\"name\":");
    bm_json_text(&buf, area->name);
    bm_buf_text(&buf, ",\"box\":[");
    const int32_t edges[4] = {area->box.least.lon_e7, area->box.least.lat_e7, area->box.most.lon_e7,
                              area->box.most.lat_e7};
    for (int i = 0; i < 4; i++) {
        if (i) bm_buf_byte(&buf, ',');
        bm_json_e7(&buf, edges[i]);
    }
    bm_buf_printf(&buf, "],\"made_at\":\"%s\",\"source\":", made_at);
    bm_json_text(&buf, slash ? slash + 1 : area->in);
    bm_buf_text(&buf, ",\"attribution\":");
    bm_json_text(&buf, area->attribution);
    bm_buf_text(&buf, ",\"counts\":{");
    write_count(&buf, &first, "junctions", area->roads.junctions);
    write_count(&buf, &first, "edges", area->roads.edges);
    write_count(&buf, &first, "turn_restrictions", area->roads.turns);
    write_count(&buf, &first, "missing_nodes", area->roads.missing_nodes);
    write_count(&buf, &first, "tiles", area->tiles);
    write_count(&buf, &first, "streets", area->addresses.streets);
    write_count(&buf, &first, "crossings", area->addresses.crossings);
    write_count(&buf, &first, "houses", area->addresses.houses);
    write_count(&buf, &first, "places", area->addresses.places);
    bm_buf_text(&buf, "}}\n");
    path_in(area->making, "area.json", path);
    enum bm_code code = bm_output_write(path, buf.bytes, buf.len, fault);
    bm_buf_free(&buf);
    return code;
}

static enum bm_code put_all(struct area *area, struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    for (int i = 0; i < PRODUCTS && !code; i++) {
        char made[PATH_BYTES], path[PATH_BYTES];
        path_in(area->making, products[i], made);
        path_in(area->out, products[i], path);
        code = bm_output_put(made, path, fault);
    }
    return code;
}

static int run_steps(void *context) {
    struct area *area = context;
    static const struct {
        const char *name;
        enum bm_code (*run)(struct area *area, struct bm_fault *fault);
    } steps[] = {{"roads", make_roads},
                 {"map", make_map},
                 {"addresses", make_addresses},
                 {"area.json", make_sheet}};
    enum { STEPS = sizeof steps / sizeof steps[0] };
    for (int i = 0; i < STEPS; i++) {
        struct bm_fault fault = {0};
        int64_t begun = bm_cli_now_ms();
        bm_tell(&area->tell, "step %d of %d: %s", i + 1, STEPS, steps[i].name);
        if (steps[i].run(area, &fault))
            return bm_cli_fail(1, "the step \"%s\" failed, and %s is as it was: %s", steps[i].name,
                               area->out, fault.detail);
        bm_tell(&area->tell, "step %d of %d: %s: done in %.1f s", i + 1, STEPS, steps[i].name,
                (double)(bm_cli_now_ms() - begun) / 1000);
    }
    return 0;
}

static void report(const struct area *area) {
    bm_cli_road_counts(&area->roads);
    printf("%" PRIu64 " tiles\n", area->tiles);
    printf("%" PRIu64 " streets, %" PRIu64 " crossings, %" PRIu64 " houses, %" PRIu64 " places\n",
           area->addresses.streets, area->addresses.crossings, area->addresses.houses,
           area->addresses.places);
    for (int i = 0; i < PRODUCTS; i++) {
        char path[PATH_BYTES];
        struct stat status;
        path_in(area->out, products[i], path);
        if (stat(path, &status) == 0) printf("%s: %lld bytes\n", path, (long long)status.st_size);
    }
    printf("serve it with: bellman serve --data DIR --roads %s/roads.bmr --tiles %s/map.mbtiles "
           "--addresses %s/addresses.db\n",
           area->out, area->out, area->out);
}

/* The steps have ended, well or not: all is put into its place, or nothing is left. */
static void finish(void *context, pid_t worker, int status) {
    struct area *area = context;
    struct bm_fault fault = {0};
    (void)worker;
    area->status = status;
    if (!status && put_all(area, &fault))
        area->status = bm_cli_fail(
            1, "everything was made, but not all of it is in %s: %s Run it again.", area->out,
            fault.detail);
    empty_making(area);
    rmdir(area->making);
    if (area->status && area->made_out) rmdir(area->out);
    close(area->lock);
}

/* "heidelberg" of "data/heidelberg.osm.pbf". */
static void name_of(const char *in, char *ret_name, size_t cap) {
    const char *slash = strrchr(in, '/');
    snprintf(ret_name, cap, "%s", slash ? slash + 1 : in);
    char *dot = strchr(ret_name + 1, '.');
    if (ret_name[0] && dot) *dot = 0;
}

/* NULL is fine. */
static bool one_line(const char *text) {
    if (!text) return true;
    for (const char *at = text; *at; at++) {
        if ((uint8_t)*at < 0x20 || *at == 0x7f) return false;
    }
    return strlen(text) <= BM_ATTRIBUTION_MAX && bm_utf8_valid(text);
}

static int read_options(int argc, char **argv, struct area *area) {
    static const char usage[] =
        "usage: bellman area IN.osm.pbf OUT [--name NAME] [--attribution TEXT]";
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strncmp(argv[i], "--", 2) == 0) {
            bool name = strcmp(argv[i], "--name") == 0;
            if (!value || (!name && strcmp(argv[i], "--attribution") != 0))
                return bm_cli_fail(2, "%s", usage);
            *(name ? &area->name : &area->attribution) = value;
            i++;
        } else if (!area->in) {
            area->in = argv[i];
        } else if (!area->out) {
            area->out = argv[i];
        } else {
            return bm_cli_fail(2, "%s", usage);
        }
    }
    if (!area->out) return bm_cli_fail(2, "%s", usage);
    if (!one_line(area->name) || !one_line(area->attribution))
        return bm_cli_fail(2, "--name and --attribution take one line of UTF-8 of at most %d bytes",
                           BM_ATTRIBUTION_MAX);
    return 0;
}

int bm_cli_area(int argc, char **argv) {
    char name[128];
    struct area *area = bm_supervised_memory(sizeof *area); /* the steps count in another process */
    *area = (struct area){.tell = {bm_cli_tell, NULL}, .made_at_ms = bm_cli_now_ms()};
    int status = read_options(argc, argv, area);
    if (status) return status;
    name_of(area->in, name, sizeof name);
    if (!area->name) area->name = name;
    if (!area->attribution) area->attribution = BM_ATTRIBUTION_OSM;
    status = begin(area);
    if (status) return status;
    const struct bm_supervised steps = {run_steps, finish, area, "bellman area"};
    bm_supervised_run(&steps);
    if (!area->status) report(area);
    return area->status;
}
