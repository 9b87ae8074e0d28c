/* One line of OPL, then, when it was read, what its tags say of driving. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "import/opl.h"
#include "import/way.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { INPUT_MAX = 1 << 16 };

static void check_text(const char *text, const char *line, size_t len) {
    BM_CHECK(text >= line);
    BM_CHECK(text + strlen(text) <= line + len);
}

static void check_object(const struct bm_opl *opl, const char *line, size_t len) {
    BM_CHECK(opl->kind == 'w' || !opl->node_count);
    BM_CHECK(opl->kind == 'r' || !opl->member_count);
    BM_CHECK(opl->kind == 'n' || !opl->has_point);
    if (opl->has_point) BM_CHECK(bm_point_valid(opl->point));
    for (size_t i = 0; i < opl->tag_count; i++) {
        check_text(opl->tags[i].key, line, len);
        check_text(opl->tags[i].value, line, len);
        bm_way_limit(opl->tags[i].value);
        BM_CHECK(bm_opl_tag(opl, opl->tags[i].key) != NULL);
    }
    for (size_t i = 0; i < opl->member_count; i++) check_text(opl->members[i].role, line, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len > INPUT_MAX) return 0;
    struct bm_opl opl = {0};
    struct bm_fault fault = {0};
    char *line = bm_alloc(len + 1);
    memcpy(line, bytes, len);
    line[len] = 0;
    if (bm_opl_read(&opl, line, len, &fault) == BM_OK) {
        struct bm_way way;
        check_object(&opl, line, len);
        bm_way_barrier(&opl);
        if (bm_way_judge(&opl, &way)) {
            bool any = false;
            for (int profile = 0; profile < BM_profile_COUNT; profile++)
                for (int direction = 0; direction < 2; direction++) {
                    BM_CHECK(way.speed_dkmh[profile][direction] <= 1400);
                    any = any || way.speed_dkmh[profile][direction];
                }
            BM_CHECK(any);
            /* Lights and sirens slow nobody down. */
            const uint16_t *ordinary = way.speed_dkmh[BM_PROFILE_ORDINARY];
            const uint16_t *emergency = way.speed_dkmh[BM_PROFILE_EMERGENCY];
            bool forbidden = bm_opl_tag(&opl, "emergency") != NULL;
            for (int direction = 0; direction < 2 && !forbidden; direction++)
                BM_CHECK(emergency[direction] >= ordinary[direction]);
        }
    } else {
        BM_CHECK(fault.detail[0]);
        BM_CHECK(!opl.kind);
    }
    bm_opl_free(&opl);
    bm_free(line);
    return 0;
}
