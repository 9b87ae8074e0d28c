#include "report/bands.h"

#include <inttypes.h>

#include "base/json.h"
#include "procedure/procedure.h"

#define NENA "NENA"
#define N1225 "NFPA 1225"
#define N1221 "NFPA 1221"
#define N1710 "NFPA 1710"
#define P110 "110"

enum { S = 1000, MIN = 60 * S };

/* 110: a county's weekly figures are given in such steps, without a share that must be reached (percent 0). */
static const struct bm_band presets[] = {
#define BAND(which, measured, ms, share, sure, words) \
    {.name = which, .measure = BM_TIMED_##measured, .most_ms = ms, .percent = share, .certainty = BM_CERTAIN_##sure, .source = words, .active = true}
    BAND(NENA, ANSWER, 15 * S, 90, SECONDARY, "NENA-STA-020.1-2020, as announced in NENA news 514408"),
    BAND(NENA, ANSWER, 20 * S, 95, SECONDARY, "NENA-STA-020.1-2020, as announced in NENA news 514408"),
    BAND(N1225, ANSWER, 10 * S, 90, SECONDARY, "NFPA 1225 (2022), NFPA blog 2023-01-23"),
    BAND(N1225, PROCESSING, 60 * S, 90, SECONDARY, "NFPA 1225 (2022), NFPA blog 2023-01-23"),
    BAND(N1221, PROCESSING, 64 * S, 90, SECONDARY, "NFPA 1221 (2016), Firehouse Jan 2017"),
    BAND(N1221, PROCESSING, 106 * S, 95, SECONDARY, "NFPA 1221 (2016), Firehouse Jan 2017"),
    BAND(N1710, TURNOUT, 80 * S, 90, SECONDARY, "Resgrid defaults, commented NFPA 1221/1710"),
    BAND(N1710, TRAVEL, 240 * S, 90, SECONDARY, "Resgrid defaults, commented NFPA 1221/1710"),
    BAND(N1710, RESPONSE, 360 * S, 90, SECONDARY, "Resgrid defaults, commented NFPA 1221/1710"),
    BAND(P110, ANSWER, 10 * S, 0, LOCAL, "110 practice; no national figure was found"),
    BAND(P110, ACKNOWLEDGE, 30 * S, 0, SECONDARY, "Ankang weekly bulletins (qianshou)"),
    BAND(P110, ACKNOWLEDGE, 60 * S, 0, SECONDARY, "Ankang weekly bulletins (qianshou)"),
    BAND(P110, ACKNOWLEDGE, 120 * S, 0, SECONDARY, "Ankang weekly bulletins (qianshou)"),
    BAND(P110, ACKNOWLEDGE, 180 * S, 0, SECONDARY, "Ankang weekly bulletins (qianshou)"),
    BAND(P110, RESPONSE, 5 * MIN, 0, SECONDARY, "Ankang weekly bulletins (chujing)"),
    BAND(P110, RESPONSE, 10 * MIN, 0, SECONDARY, "Ankang weekly bulletins (chujing)"),
    BAND(P110, RESPONSE, 15 * MIN, 0, SECONDARY, "Ankang weekly bulletins (chujing)"),
    BAND(P110, RESPONSE, 30 * MIN, 0, SECONDARY, "Ankang weekly bulletins (chujing)"),
    BAND(P110, REPORT_BACK, 30 * MIN, 0, SECONDARY, "Ankang weekly bulletins (fankui)"),
    BAND(P110, REPORT_BACK, 60 * MIN, 0, SECONDARY, "Ankang weekly bulletins (fankui)"),
    BAND(P110, REPORT_BACK, 120 * MIN, 0, SECONDARY, "Ankang weekly bulletins (fankui)"),
    BAND(P110, REPORT_BACK, 240 * MIN, 0, SECONDARY, "Ankang weekly bulletins (fankui)"),
#undef BAND
};

size_t bm_band_presets(const struct bm_band **ret_bands) {
    *ret_bands = presets;
    return sizeof presets / sizeof presets[0];
}

const char *bm_band_held(const struct bm_band *band, uint64_t within, uint64_t all) {
    if (!all || !band->percent) return "null";
    return within * 100 >= all * band->percent ? "true" : "false";
}

void bm_bands_write(const struct bm_band *bands, size_t count, uint32_t measures, struct bm_buf *buf) {
    bool first = true;
    bm_buf_byte(buf, '[');
    for (size_t b = 0; b < count; b++) {
        const struct bm_band *band = &bands[b];
        if (!(measures & BM_BIT(band->measure))) continue;
        bm_buf_printf(buf, "%s{\"name\":", first ? "" : ",");
        bm_json_text(buf, band->name);
        bm_buf_printf(buf, ",\"measure\":\"%s\",\"most_ms\":%" PRId64 ",\"percent\":%" PRIu32 ",\"class\":",
                      bm_word(&bm_timed_words, band->measure), band->most_ms, band->percent);
        bm_json_text(buf, band->class_code);
        bm_buf_printf(buf, ",\"priority\":%" PRIu32 ",\"source\":", band->priority);
        bm_json_text(buf, band->source);
        bm_buf_printf(buf, ",\"certainty\":\"%s\"}", bm_word(&bm_band_certainty_words, band->certainty));
        first = false;
    }
    bm_buf_byte(buf, ']');
}
