/* bellman roads isochrone | cordon | route: what is reached, where posts cut an area off, the way
 * in words. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "cli/roads.h"
#include "road/cordon.h"
#include "road/reach.h"
#include "road/steps.h"

enum { MINUTES_MAX = 120, NAMES_MAX = 8 };

/* A question to one roads file. */
struct asking {
    struct bm_cli_roads roads;
    struct bm_metric *metric;
};

static int ask_open(const char *path, const char *profile, struct asking *ret_asking) {
    int number = profile ? bm_cli_profile(profile) : BM_PROFILE_EMERGENCY;
    if (number == BM_profile_COUNT)
        return bm_cli_fail(2, "--profile takes emergency, ordinary or foot, not \"%s\"", profile);
    struct asking asking;
    int wrong = bm_cli_roads_open(path, &asking.roads);
    if (wrong) return wrong;
    asking.metric = bm_metric_new(asking.roads.road, (enum bm_profile)number);
    *ret_asking = asking;
    return 0;
}

static void ask_close(struct asking *asking) {
    bm_metric_unref(asking->metric);
    bm_cli_roads_close(&asking->roads);
}

/* The value behind `option` when the arguments end so; then they are two fewer.  NULL: they do
 * not. */
static const char *take_last(const char *option, int *argc, char **argv) {
    if (*argc < 2 || strcmp(argv[*argc - 2], option) != 0) return NULL;
    *argc -= 2;
    return argv[*argc + 1];
}

static int read_spot(const struct bm_metric *metric, const char *text, struct bm_spot *ret_spot) {
    struct bm_point point;
    if (!bm_cli_read_point(text, &point))
        return bm_cli_fail(2, "\"%s\" is no LAT,LON in degrees, such as 49.4093,8.6947", text);
    if (!bm_road_snap(metric, point, BM_CLI_SNAP_MOST_M, ret_spot))
        return bm_cli_fail(1, "outside: no road within %d m of %s", BM_CLI_SNAP_MOST_M, text);
    return 0;
}

/* A whole number from `least` to `most` that `end` follows. */
static bool read_number(const char *text, char end, unsigned long least, unsigned long most,
                        uint32_t *ret_number) {
    char *after;
    unsigned long number = strtoul(text, &after, 10);
    if (text[0] < '0' || text[0] > '9' || *after != end || number < least || number > most)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

/* --- isochrone -------------------------------------------------------------------------------- */

static const char isochrone_usage[] =
    "usage: bellman roads isochrone FILE LAT,LON MINUTES[,MINUTES...] "
    "[--profile emergency|ordinary|foot]";

struct limits {
    int64_t within_ms[BM_REACH_BANDS_MAX];
    size_t count;
};

static int read_limits(const char *text, struct limits *ret_limits) {
    struct limits limits = {.count = 0};
    while (text) {
        uint32_t minutes;
        const char *comma = strchr(text, ',');
        if (limits.count == BM_REACH_BANDS_MAX ||
            !read_number(text, comma ? ',' : 0, 1, MINUTES_MAX, &minutes) ||
            (limits.count && limits.within_ms[limits.count - 1] >= minutes * INT64_C(60000)))
            return bm_cli_fail(2,
                               "MINUTES are up to %d whole numbers from 1 to %d, ascending, such "
                               "as 4,8,12",
                               BM_REACH_BANDS_MAX, MINUTES_MAX);
        limits.within_ms[limits.count++] = minutes * INT64_C(60000);
        text = comma ? comma + 1 : NULL;
    }
    *ret_limits = limits;
    return 0;
}

struct drawing {
    const struct bm_road *road;
    const struct limits *limits;
    size_t lines;
};

static void print_stretch(void *context, const struct bm_reached *reached) {
    struct drawing *drawing = context;
    size_t cap = bm_road_shape_count(drawing->road, reached->arc / 2);
    struct bm_point *points = bm_alloc(cap * sizeof *points);
    size_t count = bm_road_stretch(drawing->road, reached->arc, reached->from_part,
                                   reached->to_part, points, cap);
    printf("%s{\"type\":\"Feature\",\"properties\":{\"minutes\":%" PRId64 ",\"enter_ms\":%" PRId64
           ",\"leave_ms\":%" PRId64 "},\"geometry\":{\"type\":\"LineString\",\"coordinates\":[",
           drawing->lines++ ? ",\n" : "", drawing->limits->within_ms[reached->band] / 60000,
           reached->enter_ms, reached->leave_ms);
    for (size_t i = 0; i < count; i++)
        printf("%s[%.7f,%.7f]", i ? "," : "", points[i].lon_e7 / 1e7, points[i].lat_e7 / 1e7);
    printf("]}}");
    bm_free(points);
}

int bm_cli_roads_isochrone(int argc, char **argv) {
    const char *profile = take_last("--profile", &argc, argv);
    struct limits limits;
    struct asking asking;
    struct bm_spot spot;
    if (argc != 3) return bm_cli_fail(2, "%s", isochrone_usage);
    int wrong = read_limits(argv[2], &limits);
    if (!wrong) wrong = ask_open(argv[0], profile, &asking);
    if (wrong) return wrong;
    wrong = read_spot(asking.metric, argv[1], &spot);
    if (!wrong) {
        struct drawing drawing = {asking.roads.road, &limits, 0};
        struct bm_reach *reach = bm_reach_new(asking.roads.road);
        printf("{\"type\":\"FeatureCollection\",\"features\":[\n");
        bm_reach_bands(reach, asking.metric, &spot, 1, limits.within_ms, limits.count,
                       print_stretch, &drawing);
        printf("\n]}\n");
        bm_reach_free(reach);
    }
    ask_close(&asking);
    return wrong;
}

/* --- cordon ----------------------------------------------------------------------------------- */

static const char cordon_usage[] =
    "usage: bellman roads cordon FILE (--around LAT,LON,RADIUS_M | --polygon LAT,LON;LAT,LON;... | "
    "--minutes LAT,LON,MINUTES) [--margin M] [--profile emergency|ordinary|foot]";

/* "LAT,LON,NUMBER": cuts the number off. */
static int split_number(char *text, const char *what, uint32_t most, uint32_t *ret_number) {
    char *comma = strrchr(text, ',');
    if (!comma || comma == strchr(text, ',') || !read_number(comma + 1, 0, 0, most, ret_number))
        return bm_cli_fail(2, "\"%s\" is no LAT,LON,%s with a whole number up to %" PRIu32, text,
                           what, most);
    *comma = 0;
    return 0;
}

struct closing {
    struct bm_area area;
    struct bm_point corners[BM_CORDON_POINTS_MAX];
};

static int read_corners(char *text, struct closing *closing) {
    size_t count = 0;
    for (char *at = text, *next; at; at = next) {
        next = strchr(at, ';');
        if (next) *next++ = 0;
        if (count == BM_CORDON_POINTS_MAX)
            return bm_cli_fail(2, "--polygon has at most %d corners", BM_CORDON_POINTS_MAX);
        if (!bm_cli_read_point(at, &closing->corners[count++]))
            return bm_cli_fail(2, "\"%s\" is no LAT,LON in degrees, such as 49.4093,8.6947", at);
    }
    closing->area = (struct bm_area){
        .form = BM_AREA_POLYGON, .points = closing->corners, .count = count};
    return 0;
}

static int read_area(const struct bm_metric *metric, const char *form, char *text,
                     struct closing *closing) {
    struct bm_area *area = &closing->area;
    uint32_t minutes;
    if (strcmp(form, "--polygon") == 0) return read_corners(text, closing);
    *area = (struct bm_area){.form = BM_AREA_DISC};
    if (strcmp(form, "--around") == 0) {
        int wrong = split_number(text, "RADIUS_M", BM_CORDON_RADIUS_MAX_M, &area->radius_m);
        if (wrong || bm_cli_read_point(text, &area->point)) return wrong;
        return bm_cli_fail(2, "\"%s\" is no LAT,LON in degrees, such as 49.4093,8.6947", text);
    }
    if (strcmp(form, "--minutes") != 0) return bm_cli_fail(2, "%s", cordon_usage);
    area->form = BM_AREA_DRIVE;
    int wrong = split_number(text, "MINUTES", BM_CORDON_WITHIN_MAX_MS / 60000, &minutes);
    if (wrong) return wrong;
    area->within_ms = minutes * INT64_C(60000);
    return read_spot(metric, text, &area->spot);
}

static void print_posts(const struct bm_metric *metric, const struct bm_cordon *cordon) {
    for (size_t i = 0; i < cordon->count; i++) {
        const struct bm_post *post = &cordon->posts[i];
        const char *names[NAMES_MAX];
        size_t count = bm_junction_names(metric, post->junction, names, NAMES_MAX);
        printf("%.7f,%.7f  stops %zu  ", post->point.lat_e7 / 1e7, post->point.lon_e7 / 1e7,
               post->count);
        for (size_t k = 0; k < count; k++) printf("%s%s", k ? " / " : "", names[k]);
        printf("%s\n", count ? "" : "(no name)");
    }
    printf("%zu posts; within: %" PRIu32 " junctions, %zu edges, %lld m\n", cordon->count,
           cordon->junctions, cordon->edge_count, llround(cordon->length_m));
    if (cordon->edge_of_map)
        printf("The area reaches over the edge of the map: roads that lead in there are not "
               "known.\n");
}

int bm_cli_roads_cordon(int argc, char **argv) {
    const char *profile = take_last("--profile", &argc, argv);
    const char *margin = take_last("--margin", &argc, argv);
    uint32_t margin_m = BM_CORDON_MARGIN_M;
    struct asking asking;
    struct closing closing;
    struct bm_cordon cordon;
    struct bm_fault fault = {0};
    if (argc != 3) return bm_cli_fail(2, "%s", cordon_usage);
    if (margin && !read_number(margin, 0, 0, BM_CORDON_MARGIN_MAX_M, &margin_m))
        return bm_cli_fail(2, "--margin takes 0 to %d m, not \"%s\"", BM_CORDON_MARGIN_MAX_M,
                           margin);
    int wrong = ask_open(argv[0], profile, &asking);
    if (wrong) return wrong;
    wrong = read_area(asking.metric, argv[1], argv[2], &closing);
    if (!wrong) {
        enum bm_code code = bm_cordon_find(asking.metric, &closing.area, margin_m, &cordon, &fault);
        if (code) {
            wrong = bm_cli_fail(code == BM_OUT_OF_RANGE ? 2 : 1, "%s", fault.detail);
        } else {
            print_posts(asking.metric, &cordon);
            bm_cordon_free(&cordon);
        }
    }
    ask_close(&asking);
    return wrong;
}

/* --- route ------------------------------------------------------------------------------------ */

static const char route_usage[] =
    "usage: bellman roads route FILE LAT,LON LAT,LON [--profile emergency|ordinary|foot]";

static void print_steps(const struct bm_metric *metric, const struct bm_route *route) {
    struct bm_step *steps;
    size_t count = bm_route_steps(metric, route, &steps);
    for (size_t i = 0; i < count; i++) {
        const struct bm_step *step = &steps[i];
        printf("%-12s %6lld m %8" PRId64 " ms  %.7f,%.7f  %s\n",
               bm_manoeuvre_words[step->manoeuvre], llround(step->length_m), step->travel_ms,
               step->point.lat_e7 / 1e7, step->point.lon_e7 / 1e7, step->name);
    }
    bm_free(steps);
    printf("%lld m, %" PRId64 " ms\n", llround(route->length_m), route->travel_ms);
}

int bm_cli_roads_route(int argc, char **argv) {
    const char *profile = take_last("--profile", &argc, argv);
    struct asking asking;
    struct bm_spot spots[2];
    if (argc != 3) return bm_cli_fail(2, "%s", route_usage);
    int wrong = ask_open(argv[0], profile, &asking);
    if (wrong) return wrong;
    for (int i = 0; i < 2 && !wrong; i++) wrong = read_spot(asking.metric, argv[i + 1], &spots[i]);
    if (!wrong) {
        struct bm_travel *travel = bm_travel_new(asking.roads.road);
        struct bm_route route;
        bm_travel_route(travel, asking.metric, &spots[0], &spots[1], &route);
        if (route.travel_ms == BM_TRAVEL_NONE)
            wrong = bm_cli_fail(1, "no way from %s to %s", argv[1], argv[2]);
        else
            print_steps(asking.metric, &route);
        bm_route_free(&route);
        bm_travel_free(travel);
    }
    ask_close(&asking);
    return wrong;
}
