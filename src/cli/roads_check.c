/* bellman roads check: what is odd about a roads file, as a list or as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/roads.h"
#include "road/inspect.h"

enum { SHOWN_MAX = 20, LINE_BYTES = 4096 };

/* What each kind is called in the list, and what to do about it. */
static const struct {
    const char *title, *mend;
} kinds[BM_finding_kind_COUNT] = {
    [BM_FOUND_ISLAND] = {"Islands", "join them to the rest, or leave them out"},
    [BM_FOUND_CLOSED] = {"Roads that nobody may use",
                         "give them a class or a speed, or leave them out"},
    [BM_FOUND_SLOW] = {"Slower than 1 km/h", "look at speed and length"},
    [BM_FOUND_FAST] = {"Faster than 200 km/h (20 on foot)", "look at speed and length"},
    [BM_FOUND_TRAP] = {"Entered and never left", "look at the one-ways there"},
    [BM_FOUND_SOURCE] = {"Left and never entered", "look at the one-ways there"},
    [BM_FOUND_FLIP] = {"One-ways that turn round",
                       "one of the two lines is probably drawn backwards"},
    [BM_FOUND_NO_LENGTH] = {"Roads without length", "leave them out"},
    [BM_FOUND_TWICE] = {"Drawn twice", "leave one of them out"},
    [BM_FOUND_NO_TURN] = {"Turn restrictions that leave no way on",
                          "look at the restrictions there"}};

struct report {
    const struct bm_road *road;
    bool json;
    uint64_t counts[BM_finding_kind_COUNT], serious;
    int kind; /* whose title was printed */
};

static void add_names(const struct report *report, const struct bm_finding *finding,
                      const char *between, struct bm_buf *out, bool quoted) {
    for (uint32_t i = 0; i < finding->edge_count; i++) {
        const char *name = bm_road_name(report->road, finding->edges[i]);
        if (i) bm_buf_text(out, between);
        if (quoted)
            bm_json_text(out, name);
        else
            bm_buf_text(out, name[0] ? name : "(no name)");
    }
}

static bool has_profile(const struct bm_finding *finding) {
    return finding->kind != BM_FOUND_CLOSED && finding->kind != BM_FOUND_NO_LENGTH &&
           finding->kind != BM_FOUND_TWICE;
}

static void print_json(struct report *report, const struct bm_finding *finding) {
    struct bm_buf out = bm_buf_make(LINE_BYTES);
    bm_buf_printf(&out,
                  "%s{\"kind\":\"%s\",\"serious\":%s,\"lat\":", report->kind < 0 ? "\n" : ",\n",
                  bm_finding_kind_names[finding->kind], finding->serious ? "true" : "false");
    bm_json_e7(&out, finding->point.lat_e7);
    bm_buf_text(&out, ",\"lon\":");
    bm_json_e7(&out, finding->point.lon_e7);
    if (has_profile(finding))
        bm_buf_printf(&out, ",\"profile\":\"%s\"", bm_profile_names[finding->profile]);
    bm_buf_text(&out, ",\"roads\":[");
    add_names(report, finding, ",", &out, true);
    bm_buf_byte(&out, ']');
    if (finding->kind == BM_FOUND_ISLAND)
        bm_buf_printf(&out, ",\"junctions\":%u,\"ends\":\"%s\"", finding->junctions,
                      bm_island_ends_names[finding->ends]);
    if (finding->kind == BM_FOUND_SLOW || finding->kind == BM_FOUND_FAST)
        bm_buf_printf(&out, ",\"kmh\":%.2f", finding->kmh);
    bm_buf_byte(&out, '}');
    fputs(bm_buf_c_text(&out), stdout);
    bm_buf_free(&out);
    report->kind = finding->kind;
}

static void print_line(struct report *report, const struct bm_finding *finding) {
    static const char *const ends[] = {"joined to nothing", "no way out", "no way in",
                                       "a way in and a way out, but not back"};
    if (report->kind != (int)finding->kind)
        printf("%s (%s):\n", kinds[finding->kind].title, kinds[finding->kind].mend);
    report->kind = finding->kind;
    if (report->counts[finding->kind] > SHOWN_MAX) return; /* counted in the summary */
    struct bm_buf out = bm_buf_make(LINE_BYTES);
    bm_buf_printf(&out, "  %s %.7f,%.7f ", finding->serious ? "!" : "-",
                  finding->point.lat_e7 / 1e7, finding->point.lon_e7 / 1e7);
    if (has_profile(finding)) bm_buf_printf(&out, "%s ", bm_profile_names[finding->profile]);
    add_names(report, finding, " / ", &out, false);
    if (finding->kind == BM_FOUND_ISLAND)
        bm_buf_printf(&out, ": %u junctions, %s", finding->junctions, ends[finding->ends]);
    if (finding->kind == BM_FOUND_SLOW || finding->kind == BM_FOUND_FAST)
        bm_buf_printf(&out, ": %.1f km/h", finding->kmh);
    puts(bm_buf_c_text(&out));
    bm_buf_free(&out);
}

static void take(void *context, const struct bm_finding *finding) {
    struct report *report = context;
    report->counts[finding->kind]++;
    report->serious += finding->serious;
    if (report->json)
        print_json(report, finding);
    else
        print_line(report, finding);
}

static void print_summary(const struct report *report) {
    uint64_t total = 0;
    for (int kind = 0; kind < BM_finding_kind_COUNT; kind++) total += report->counts[kind];
    if (report->json)
        printf("\n],\"serious\":%llu,\"counts\":{", (unsigned long long)report->serious);
    else
        printf("%llu findings, %llu serious:", (unsigned long long)total,
               (unsigned long long)report->serious);
    for (int kind = 0; kind < BM_finding_kind_COUNT; kind++) {
        printf(report->json ? "%s\"%s\":%llu" : "%s %s %llu", kind ? "," : "",
               bm_finding_kind_names[kind], (unsigned long long)report->counts[kind]);
    }
    puts(report->json ? "}}" : "");
}

int bm_cli_roads_check(int argc, char **argv) {
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc < 1 || argv[0][0] == '-' || (argc != 1 && !json))
        return bm_cli_fail(2, "usage: bellman roads check FILE [--json]");
    struct bm_cli_roads roads;
    int wrong = bm_cli_roads_open(argv[0], &roads);
    if (wrong) return wrong;
    struct report report = {.road = roads.road, .json = json, .kind = -1};
    if (json) fputs("{\"findings\":[", stdout);
    bm_road_inspect(roads.road, take, &report);
    print_summary(&report);
    bm_cli_roads_close(&roads);
    return report.serious ? 1 : 0;
}
