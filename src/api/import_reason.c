/* Why a row is wrong, as a word: the page has a sentence for each in its languages (data.wrong_...), and shows the English
 * detail where there is none.  The core's checks and the readers of files say it by code and field. */
#include <string.h>

#include "api/imports.h"

static const struct {
    enum bm_code code;
    const char *field; /* NULL: any */
    const char *reason;
} reasons[] = {
    {BM_OUT_OF_RANGE, "division", "division"},
    {BM_OUT_OF_RANGE, "capabilities", "capabilities"},
    {BM_OUT_OF_RANGE, "geometry", "border"},
    {BM_TOO_LONG, "geometry", "border_long"},
    {BM_BAD_FILE, "geometry", "point"},
    {BM_NOT_POSSIBLE, "kind", "closure"},
    {BM_NOT_POSSIBLE, "unit", "unit_gone"},
    {BM_OUT_OF_RANGE, "identity", "device_name"},
    {BM_OUT_OF_RANGE, "", "full"},
    {BM_MISSING_FIELD, "lon", "both"},
    {BM_MISSING_FIELD, "unit", "role_unit"},
    {BM_BAD_REQUEST, "posts", "posts"},
    {BM_CONFLICT, "parent", "below_itself"},
    {BM_OUT_OF_RANGE, "parent", "too_deep"},
    {BM_MISSING_FIELD, "parent", "parent"},
    {BM_CONFLICT, "inactive", "busy"},
    {BM_CONFLICT, "roles", "no_admin"},
    {BM_EXISTS, NULL, "taken"},
    {BM_FORBIDDEN, NULL, "not_your_area"},
    {BM_STALE_VERSION, NULL, "stale"},
};

const char *bm_import_reason(enum bm_code code, const char *field) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        bool fits = !reasons[i].field || strcmp(reasons[i].field, field) == 0;
        if (reasons[i].code == code && fits) return reasons[i].reason;
    }
    /* What cannot be read as a row has no column, or a property of its own. */
    if (code == BM_BAD_FILE) return field[0] ? "property" : "cells";
    if (code == BM_BAD_FORMAT) return "quotes";
    return code == BM_TOO_LONG && !field[0] ? "cell_long" : "";
}
