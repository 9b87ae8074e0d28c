/* Bytes of a zone file: what is read answers alike in both directions, about its changes and far
 * from them. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/rng.h"
#include "procedure/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { INSTANTS = 64 };
#define LEAST_MS INT64_C(-62000000000000)
#define MOST_MS INT64_C(253000000000000)

static void check_at(const struct bm_zone *zone, int64_t at_ms) {
    enum bm_civil how;
    int64_t civil = bm_zone_civil_ms(zone, at_ms);
    int64_t first = bm_zone_instant_ms(zone, civil, &how);
    BM_CHECK(how != BM_CIVIL_SKIPPED); /* it is shown at at_ms */
    BM_CHECK(first <= at_ms);
    BM_CHECK(bm_zone_civil_ms(zone, first) == civil);
    BM_CHECK(first == at_ms || how == BM_CIVIL_TWICE);
    BM_CHECK(bm_zone_instant_ms(zone, civil + 1800000, NULL) >= first);
    int64_t later = bm_zone_instant_ms(zone, civil + 1, &how);
    BM_CHECK(later > first && bm_zone_civil_ms(zone, later) > civil);
    int32_t day = bm_zone_day_of(zone, at_ms);
    BM_CHECK(bm_zone_day_start_ms(zone, day) <= at_ms);
    BM_CHECK(bm_zone_day_start_ms(zone, day + 1) > at_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_zone *zone = NULL;
    struct bm_fault fault = {0};
    if (bm_zone_read("fuzz", bytes, len, &zone, &fault)) {
        BM_CHECK(fault.code == BM_BAD_FORMAT);
        BM_CHECK(fault.detail[0]);
        BM_CHECK(!zone);
        return 0;
    }
    struct bm_rng rng = {len};
    for (int i = 0; i < INSTANTS; i++) {
        uint64_t wide = i % 2 ? (uint64_t)(MOST_MS - LEAST_MS) : UINT64_C(4000000000000);
        int64_t at_ms = (i % 2 ? LEAST_MS : 0) + (int64_t)bm_rng_below(&rng, wide);
        int32_t before = bm_zone_offset_s(zone, at_ms);
        check_at(zone, at_ms);
        /* To the next change within a year, if there is one. */
        int64_t low = at_ms, high = at_ms + INT64_C(31622400000);
        if (bm_zone_offset_s(zone, high) == before) continue;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            if (bm_zone_offset_s(zone, middle) == before)
                low = middle;
            else
                high = middle;
        }
        check_at(zone, low);
        check_at(zone, high);
        check_at(zone, high + 1800000);
    }
    bm_zone_free(zone);
    return 0;
}
