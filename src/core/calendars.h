/* Which calendars hold where: each published calendar, with the local additions of the agencies from the top down to an area
 * laid over it; of two agencies that name a day the nearer one decides.
 *
 *   current editions of kind calendar + an area's line of agencies -> bm_calendars_in -> calendars, made ready
 *
 * Asked by the core for decisions and by the api for questions. */
#ifndef BM_CORE_CALENDARS_H
#define BM_CORE_CALENDARS_H

#include "core/audience.h"
#include "core/limits.h"
#include "procedure/library.h"

/* An area and the agencies above it, itself first. */
struct bm_above {
    uint64_t agencies[BM_AGENCY_DEPTH_MAX];
    size_t count;
};
struct bm_above bm_above_of(const struct bm_scope *scope, uint64_t area);

struct bm_calendars_in {
    const struct bm_calendar *calendars[BM_EDITION_NAMES_MAX];
    size_t count;
};
/* `editions`: current ones of kind calendar, at most BM_EDITION_NAMES_MAX without a jurisdiction.  Faults of library.h. */
BM_MUST_USE enum bm_code bm_calendars_in(struct bm_library *library, const struct bm_edition *const *editions, size_t count,
                                         const struct bm_above *above, struct bm_calendars_in *ret_in, struct bm_fault *fault);
/* One of them, over `base`; what the agency `without` adds is left out (0: nothing). */
BM_MUST_USE enum bm_code bm_calendar_over(struct bm_library *library, const struct bm_edition *base,
                                          const struct bm_edition *const *editions, size_t count, const struct bm_above *above,
                                          uint64_t without, const struct bm_calendar **ret_calendar, struct bm_fault *fault);

#endif
