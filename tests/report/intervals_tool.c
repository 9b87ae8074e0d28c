/* Reads rows of units, grouped by incident, and prints the report that they come to:
 *   incident class priority agency unit ended received answered sent acknowledged en_route on_scene transporting at_destination cleared
 * Instants are ms since 1970, "-" where there is none; the argument is what it is by. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/intervals.h"

static int word_of(const struct bm_words *words, const char *text) {
    for (unsigned w = 0; w < words->count; w++)
        if (strcmp(words->words[w], text) == 0) return (int)w;
    fprintf(stderr, "\"%s\" is no word here\n", text);
    exit(2);
}

static int64_t at_of(const char *text) {
    return strcmp(text, "-") == 0 ? BM_AT_NONE : strtoll(text, NULL, 10);
}

static void need(enum bm_code code, const struct bm_fault *fault) {
    if (!code) return;
    fprintf(stderr, "%s\n", fault->detail);
    exit(2);
}

int main(int argc, char **argv) {
    const struct bm_band *bands;
    size_t band_count = bm_band_presets(&bands);
    if (argc != 2) return 2;
    struct bm_intervals report = bm_intervals_make((enum bm_intervals_by)word_of(&bm_intervals_by_words, argv[1]), bands, band_count);
    struct bm_interval_case row = {0};
    struct bm_fault fault;
    char line[1024], incident[64] = "";
    bool begun = false;
    while (fgets(line, sizeof line, stdin)) {
        char *words[16], *rest = line;
        int count = 0;
        while (count < 16 && (words[count] = strsep(&rest, " \n")) != NULL && *words[count]) count++;
        if (count != 15) return 2;
        if (strcmp(incident, words[0]) != 0) {
            if (begun) need(bm_intervals_case(&report, &row, &fault), &fault);
            begun = true;
            snprintf(incident, sizeof incident, "%s", words[0]);
            row = (struct bm_interval_case){.priority = (uint32_t)strtoul(words[2], NULL, 10), .agency = strtoull(words[3], NULL, 10),
                                            .received_at_ms = at_of(words[6]), .answered_at_ms = at_of(words[7]),
                                            .report_from_at_ms = BM_AT_NONE, .reported_at_ms = BM_AT_NONE};
            snprintf(row.class_code, sizeof row.class_code, "%s", words[1]);
        }
        struct bm_interval_unit unit = {strtoull(words[4], NULL, 10), row.agency, at_of(words[8]), at_of(words[9]), at_of(words[10]),
                                        at_of(words[11]), at_of(words[12]), at_of(words[13]), at_of(words[14]),
                                        (enum bm_end_reason)word_of(&bm_end_reason_words, words[5])};
        need(bm_intervals_unit(&report, &row, &unit, &fault), &fault);
    }
    if (begun) need(bm_intervals_case(&report, &row, &fault), &fault);
    struct bm_buf buf = bm_buf_make(64u << 20);
    bm_buf_byte(&buf, '{');
    bm_intervals_write(&report, &buf);
    bm_buf_text(&buf, "}\n");
    if (buf.overflow) return 2;
    fputs(bm_buf_c_text(&buf), stdout);
    bm_buf_free(&buf);
    bm_intervals_free(&report);
    return 0;
}
