/* bellman roads import | info | eta; what else is asked of a roads file has files of its own. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/roads.h"
#include "cli/supervised.h"
#include "import/output.h"
#include "import/roads.h"

int64_t bm_cli_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void bm_cli_tell(void *context, const char *text) {
    (void)context;
    fprintf(stderr, "%s\n", text);
}

void bm_cli_road_counts(const struct bm_road_counts *counts) {
    printf("%" PRIu64 " junctions, %" PRIu64 " edges", counts->junctions, counts->edges);
    if (counts->arcs) {
        printf(" from %" PRIu64 " arcs (%" PRIu64 " loops and slower parallels dropped)\n",
               counts->arcs, counts->arcs_dropped);
        return;
    }
    if (counts->features) {
        printf(" from %" PRIu64 " lines of %" PRIu64 " features; %" PRIu64
               " ends joined\npassed over: %" PRIu64 " features closed to all, %" PRIu64
               " lines without length\n",
               counts->ways, counts->features, counts->ends_joined, counts->ways_closed,
               counts->lines_without_length);
        return;
    }
    printf(", %" PRIu64 " turn restrictions from %" PRIu64 " ways\n", counts->turns, counts->ways);
    printf("passed over: %" PRIu64 " ways closed to all, %" PRIu64
           " restrictions over ways, %" PRIu64 " restrictions whose members do not meet\n",
           counts->ways_closed, counts->turns_by_way, counts->turns_unclear);
    printf("%" PRIu64 " barriers; %" PRIu64 " references to nodes that the file lacks%s\n",
           counts->barriers, counts->missing_nodes,
           counts->missing_nodes ? ": the ways were cut there" : "");
}

/* --- import ----------------------------------------------------------------------------------- */

struct import {
    struct bm_roads_source source;
    const char *out;
};

static int make_file(void *context) {
    const struct import *job = context;
    struct bm_buf buf = bm_buf_make(SIZE_MAX / 2);
    struct bm_tell tell = {bm_cli_tell, NULL};
    struct bm_road_counts counts;
    struct bm_fault fault = {0};
    enum bm_code code = bm_roads_make(&job->source, &tell, &buf, &counts, &fault);
    if (!code) code = bm_output_write(job->out, buf.bytes, buf.len, &fault);
    if (!code) {
        bm_cli_road_counts(&counts);
        printf("%s: %zu bytes\n", job->out, buf.len);
    }
    bm_buf_free(&buf);
    return code ? bm_cli_fail(1, "%s", fault.detail) : 0;
}

static void forget_file(void *context, pid_t worker, int status) {
    if (status) bm_output_forget(((const struct import *)context)->out, worker);
}

static int import(int argc, char **argv) {
    struct import job = {.source = {.made_at_ms = bm_cli_now_ms()}};
    for (int i = 0; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--unit-us") == 0 && value) {
            char *end;
            unsigned long unit = strtoul(value, &end, 10);
            if (*end || value[0] < '0' || value[0] > '9' || unit < 1 || unit > 1000000)
                return bm_cli_fail(2, "--unit-us takes 1 to 1000000 microseconds, not \"%s\"",
                                   value);
            job.source.unit_us = (uint32_t)unit;
            i++;
        } else if (strcmp(argv[i], "--join-cm") == 0 && value) {
            char *end;
            unsigned long join_cm = strtoul(value, &end, 10);
            if (*end || value[0] < '0' || value[0] > '9' || join_cm > BM_ROADS_JOIN_CM_MAX)
                return bm_cli_fail(2, "--join-cm takes 0 to %d centimetres, not \"%s\"",
                                   BM_ROADS_JOIN_CM_MAX, value);
            job.source.join_cm = (uint32_t)join_cm;
            i++;
        } else if (strcmp(argv[i], "--datum") == 0 && value) {
            int datum = 0;
            while (datum < BM_datum_COUNT && strcmp(value, bm_datum_names[datum]) != 0) datum++;
            if (datum == BM_datum_COUNT)
                return bm_cli_fail(2, "--datum takes wgs84, gcj02 or bd09, not \"%s\"", value);
            job.source.datum = (enum bm_datum)datum;
            i++;
        } else if (strcmp(argv[i], "--coordinates") == 0 && value) {
            job.source.coordinates = value;
            i++;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            return bm_cli_fail(2, "roads import does not know \"%s\", or it needs a value",
                               argv[i]);
        } else if (!job.source.path) {
            job.source.path = argv[i];
        } else if (!job.out) {
            job.out = argv[i];
        } else {
            return bm_cli_fail(2, "roads import takes one file to read and one to write");
        }
    }
    if (!job.out)
        return bm_cli_fail(2,
                           "usage: bellman roads import IN OUT [--unit-us N] [--coordinates FILE] "
                           "[--join-cm N] [--datum wgs84|gcj02|bd09]");
    const struct bm_supervised supervised = {make_file, forget_file, &job, "bellman roads import"};
    return bm_supervised_run(&supervised);
}

/* --- a road file ------------------------------------------------------------------------------ */

void bm_cli_roads_close(struct bm_cli_roads *roads) {
    bm_road_close(roads->road);
    bm_mapped_close(&roads->file);
}

int bm_cli_roads_open(const char *path, struct bm_cli_roads *ret) {
    struct bm_fault fault = {0};
    struct bm_cli_roads roads = {.road = NULL};
    if (bm_mapped_open(path, &roads.file, &fault)) return bm_cli_fail(1, "%s", fault.detail);
    if (bm_road_open(roads.file.bytes, roads.file.len, &roads.road, &fault)) {
        bm_cli_roads_close(&roads);
        return bm_cli_fail(1, "%s: %s", path, fault.detail);
    }
    *ret = roads;
    return 0;
}

/* --- info ------------------------------------------------------------------------------------- */

static void print_degrees(const char *name, struct bm_point point) {
    printf("%s %.7f,%.7f\n", name, point.lat_e7 / 1e7, point.lon_e7 / 1e7);
}

static int info(const char *path) {
    struct bm_cli_roads roads;
    int wrong = bm_cli_roads_open(path, &roads);
    if (wrong) return wrong;
    struct bm_road_info info = bm_road_info(roads.road);
    char made_at[BM_TIME_TEXT_BYTES], digest[2 * sizeof info.digest + 1];
    bm_time_text(info.made_at_ms, made_at);
    bm_hex(info.digest, sizeof info.digest, digest);
    printf("format %" PRIu32 "\nbytes %" PRIu64 "\njunctions %" PRIu32 "\nedges %" PRIu32
           "\nrestrictions %" PRIu32 "\nnames %" PRIu32 "\nunit_us %" PRIu32 "\n",
           info.format, info.bytes, info.junctions, info.edges, info.restrictions, info.names,
           info.unit_us);
    print_degrees("south_west", info.box.least);
    print_degrees("north_east", info.box.most);
    printf("source %s\nmade_at %s\ndigest %s\n", info.source, made_at, digest);
    bm_cli_roads_close(&roads);
    return 0;
}

/* --- eta -------------------------------------------------------------------------------------- */

bool bm_cli_read_point(const char *text, struct bm_point *ret_point) {
    char *comma, *end;
    double lat = strtod(text, &comma);
    if (comma == text || *comma != ',') return false;
    double lon = strtod(comma + 1, &end);
    if (end == comma + 1 || *end) return false;
    if (!(lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180)) return false;
    *ret_point = (struct bm_point){(int32_t)(lat * 1e7 + (lat < 0 ? -0.5 : 0.5)),
                                   (int32_t)(lon * 1e7 + (lon < 0 ? -0.5 : 0.5))};
    return true;
}

static int eta_between(const struct bm_metric *metric, char **texts) {
    struct bm_spot spots[2];
    for (int i = 0; i < 2; i++) {
        struct bm_point point;
        if (!bm_cli_read_point(texts[i], &point))
            return bm_cli_fail(2, "\"%s\" is no LAT,LON in degrees, such as 49.4093,8.6947",
                               texts[i]);
        if (!bm_road_snap(metric, point, BM_CLI_SNAP_MOST_M, &spots[i]))
            return bm_cli_fail(1, "outside: no road within %d m of %s", BM_CLI_SNAP_MOST_M,
                               texts[i]);
    }
    struct bm_travel *travel = bm_travel_new(bm_metric_road(metric));
    int64_t ms = bm_travel_ms(travel, metric, &spots[0], &spots[1]);
    bm_travel_free(travel);
    if (ms == BM_TRAVEL_NONE) return bm_cli_fail(1, "no way from %s to %s", texts[0], texts[1]);
    printf("%" PRId64 "\n", ms);
    return 0;
}

int bm_cli_profile(const char *word) {
    int profile = 0;
    while (profile < BM_profile_COUNT && strcmp(word, bm_profile_names[profile]) != 0) profile++;
    return profile;
}

static int eta(int argc, char **argv) {
    static const char usage[] =
        "usage: bellman roads eta FILE LAT,LON LAT,LON [--profile emergency|ordinary|foot]";
    int profile = BM_PROFILE_EMERGENCY;
    if (argc == 5 && strcmp(argv[3], "--profile") == 0) {
        profile = bm_cli_profile(argv[4]);
        if (profile == BM_profile_COUNT) return bm_cli_fail(2, "%s", usage);
    } else if (argc != 3) {
        return bm_cli_fail(2, "%s", usage);
    }
    struct bm_cli_roads roads;
    int wrong = bm_cli_roads_open(argv[0], &roads);
    if (wrong) return wrong;
    struct bm_metric *metric = bm_metric_new(roads.road, (enum bm_profile)profile);
    int status = eta_between(metric, argv + 1);
    bm_metric_unref(metric);
    bm_cli_roads_close(&roads);
    return status;
}

int bm_cli_roads(int argc, char **argv) {
    if (argc >= 1 && strcmp(argv[0], "import") == 0) return import(argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[0], "info") == 0) return info(argv[1]);
    if (argc >= 1 && strcmp(argv[0], "eta") == 0) return eta(argc - 1, argv + 1);
    if (argc >= 1 && strcmp(argv[0], "check") == 0) return bm_cli_roads_check(argc - 1, argv + 1);
    if (argc >= 1 && strcmp(argv[0], "matrix") == 0) return bm_cli_roads_matrix(argc - 1, argv + 1);
    if (argc >= 1 && strcmp(argv[0], "route") == 0) return bm_cli_roads_route(argc - 1, argv + 1);
    if (argc >= 1 && strcmp(argv[0], "isochrone") == 0)
        return bm_cli_roads_isochrone(argc - 1, argv + 1);
    if (argc >= 1 && strcmp(argv[0], "cordon") == 0) return bm_cli_roads_cordon(argc - 1, argv + 1);
    return bm_cli_fail(
        2, "usage: bellman roads import IN OUT [--unit-us N] [--coordinates FILE] [--join-cm N] "
           "[--datum wgs84|gcj02|bd09] | "
           "bellman roads info FILE | bellman roads eta FILE LAT,LON LAT,LON "
           "[--profile emergency|ordinary|foot] | bellman roads check FILE [--json] | "
           "bellman roads matrix FILE FROM_FILE TO_FILE [--profile emergency|ordinary|foot] | "
           "bellman roads route FILE LAT,LON LAT,LON | "
           "bellman roads isochrone FILE LAT,LON MINUTES[,MINUTES...] | "
           "bellman roads cordon FILE (--around LAT,LON,RADIUS_M | --polygon LAT,LON;LAT,LON;... | "
           "--minutes LAT,LON,MINUTES)");
}
