/* Working calendars from a folder: every file NAME.yaml in it (procedure/calendar_file.h), with its zone from the system's
 * tzdata (TZDIR, else /usr/share/zoneinfo). */
#ifndef BM_CLI_CALENDARS_H
#define BM_CLI_CALENDARS_H

#include <stdbool.h>
#include <stddef.h>

#include "procedure/calendar.h"

enum { BM_CALENDARS_MAX = 64 };
struct bm_calendars {
    const struct bm_calendar *all[BM_CALENDARS_MAX]; /* by the names of their files */
    size_t count;
    struct bm_zone *zones[BM_CALENDARS_MAX];
};

/* False, and told on stderr with file, line and column, when one of them is none; nothing is kept then. */
bool bm_calendars_load(const char *folder, struct bm_calendars *ret_calendars);
void bm_calendars_free(struct bm_calendars *calendars);

#endif
