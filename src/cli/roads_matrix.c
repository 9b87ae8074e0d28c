/* bellman roads matrix: travel times from many points to many, as CSV. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/roads.h"

enum { POINTS_MAX = 10000, LINE_BYTES = 512 };

static const char usage[] = "usage: bellman roads matrix FILE FROM_FILE TO_FILE "
                            "[--profile emergency|ordinary|foot]";

struct spots {
    struct bm_spot *spots;
    size_t count;
};

static int read_spot(const struct bm_metric *metric, const char *path, size_t number, char *line,
                     struct spots *spots) {
    struct bm_point point;
    line[strcspn(line, " \t\r\n")] = 0;
    if (!bm_cli_read_point(line, &point))
        return bm_cli_fail(1,
                           "%s, line %zu: \"%s\" is no LAT,LON in degrees, such as "
                           "49.4093,8.6947",
                           path, number, line);
    if (spots->count == POINTS_MAX)
        return bm_cli_fail(1, "%s has more than %d points: split it", path, POINTS_MAX);
    if (!bm_road_snap(metric, point, BM_CLI_SNAP_MOST_M, &spots->spots[spots->count]))
        return bm_cli_fail(1, "%s, line %zu: outside: no road within %d m of %s", path, number,
                           BM_CLI_SNAP_MOST_M, line);
    spots->count++;
    return 0;
}

/* A point a line; what stands behind a space is a remark, and so are lines that begin with '#'. */
static int read_spots(const struct bm_metric *metric, const char *path, struct spots *ret_spots) {
    FILE *file = fopen(path, "r");
    if (!file) return bm_cli_fail(1, "%s cannot be read", path);
    struct spots spots = {bm_alloc_zero(POINTS_MAX, sizeof *spots.spots), 0};
    char line[LINE_BYTES];
    int wrong = 0;
    for (size_t number = 1; !wrong && fgets(line, sizeof line, file); number++) {
        size_t len = strlen(line);
        if (len == sizeof line - 1 && line[len - 1] != '\n')
            wrong = bm_cli_fail(1, "%s, line %zu is too long", path, number);
        else if (line[0] != '#' && line[strspn(line, " \t\r\n")])
            wrong = read_spot(metric, path, number, line, &spots);
    }
    if (!wrong && ferror(file)) wrong = bm_cli_fail(1, "%s cannot be read to its end", path);
    if (!wrong && !spots.count) wrong = bm_cli_fail(1, "%s has no points", path);
    fclose(file);
    *ret_spots = spots;
    return wrong;
}

/* Sources of one table: the targets' labels are made once for all of them. */
enum { ROWS_AT_ONCE = 256 };

static void print_rows(const int64_t *ms, size_t first, size_t rows, size_t cols) {
    for (size_t i = 0; i < rows; i++) {
        printf("%zu", first + i + 1);
        for (size_t j = 0; j < cols; j++) {
            putchar(',');
            if (ms[i * cols + j] != BM_TRAVEL_NONE) printf("%" PRId64, ms[i * cols + j]);
        }
        putchar('\n');
    }
}

static void print_matrix(const struct bm_metric *metric, const struct spots *from,
                         const struct spots *to) {
    struct bm_travel *travel = bm_travel_new(bm_metric_road(metric));
    int64_t *ms = bm_alloc_zero(ROWS_AT_ONCE * (to->count + 1), sizeof *ms);
    printf("from");
    for (size_t i = 0; i < to->count; i++) printf(",%zu", i + 1);
    putchar('\n');
    for (size_t first = 0; first < from->count; first += ROWS_AT_ONCE) {
        size_t left = from->count - first, rows = left < ROWS_AT_ONCE ? left : ROWS_AT_ONCE;
        bm_travel_table(travel, metric, from->spots + first, rows, to->spots, to->count, ms);
        print_rows(ms, first, rows, to->count);
    }
    bm_free(ms);
    bm_travel_free(travel);
}

int bm_cli_roads_matrix(int argc, char **argv) {
    int profile = BM_PROFILE_EMERGENCY;
    bool named = argc == 5 && strcmp(argv[3], "--profile") == 0;
    if (named) profile = bm_cli_profile(argv[4]);
    if ((argc != 3 && !named) || profile == BM_profile_COUNT) return bm_cli_fail(2, "%s", usage);
    struct bm_cli_roads roads;
    int wrong = bm_cli_roads_open(argv[0], &roads);
    if (wrong) return wrong;
    struct bm_metric *metric = bm_metric_new(roads.road, (enum bm_profile)profile);
    struct spots from = {NULL, 0}, to = {NULL, 0};
    wrong = read_spots(metric, argv[1], &from);
    if (!wrong) wrong = read_spots(metric, argv[2], &to);
    if (!wrong) print_matrix(metric, &from, &to);
    bm_free(from.spots);
    bm_free(to.spots);
    bm_metric_unref(metric);
    bm_cli_roads_close(&roads);
    return wrong;
}
