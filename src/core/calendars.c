#include "core/calendars.h"

#include <string.h>

#include "base/check.h"

struct bm_above bm_above_of(const struct bm_scope *scope, uint64_t area) {
    struct bm_above above = {.count = 0};
    while (area && above.count < BM_AGENCY_DEPTH_MAX) {
        above.agencies[above.count++] = area;
        area = scope->parent(scope->context, area);
    }
    return above;
}

static struct bm_library_part part_of(const struct bm_edition *edition) {
    return (struct bm_library_part){edition->hash, edition->content.bytes, edition->content.len};
}

/* What one agency adds to the calendar of that name; NULL: nothing. */
static const struct bm_edition *additions_of(const struct bm_edition *const *editions, size_t count, const char *name, uint64_t agency) {
    for (size_t i = 0; i < count; i++) {
        if (editions[i]->jurisdiction.v == agency && strcmp(editions[i]->name, name) == 0) return editions[i];
    }
    return NULL;
}

enum bm_code bm_calendar_over(struct bm_library *library, const struct bm_edition *base, const struct bm_edition *const *editions,
                              size_t count, const struct bm_above *above, uint64_t without,
                              const struct bm_calendar **ret_calendar, struct bm_fault *fault) {
    struct bm_library_part parts[1 + BM_AGENCY_DEPTH_MAX] = {part_of(base)};
    size_t used = 1;
    for (size_t i = above->count; i-- > 0;) { /* the nearest last: it decides */
        const struct bm_edition *additions = above->agencies[i] == without ? NULL : additions_of(editions, count, base->name, above->agencies[i]);
        if (additions) parts[used++] = part_of(additions);
    }
    return bm_library_layered(library, parts, used, ret_calendar, fault);
}

enum bm_code bm_calendars_in(struct bm_library *library, const struct bm_edition *const *editions, size_t count,
                             const struct bm_above *above, struct bm_calendars_in *ret_in, struct bm_fault *fault) {
    ret_in->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (editions[i]->jurisdiction.v) continue;
        BM_CHECK(ret_in->count < BM_EDITION_NAMES_MAX); /* as many names are published at most */
        enum bm_code code = bm_calendar_over(library, editions[i], editions, count, above, 0, &ret_in->calendars[ret_in->count], fault);
        if (code) return code;
        ret_in->count++;
    }
    return BM_OK;
}
