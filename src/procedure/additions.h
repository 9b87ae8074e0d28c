/* Local additions to a calendar: days off and workdays that an agency adds, for itself and those below it.
 *
 *   calendar file --bm_additions_judge(what holds there without them)--> a layer of bm_calendar_make
 *
 * Every day must change something and be announced: what the calendar does not cover yet is not known, and a day that is off
 * already cannot be taken off.  Pure. */
#ifndef BM_PROCEDURE_ADDITIONS_H
#define BM_PROCEDURE_ADDITIONS_H

#include "procedure/calendar_file.h"

/* Whether `file` (bm_calendar_file_adds) may be laid over `base`.  BM_BAD_FILE names the line, the day and the mend: a day that
 * stands in it twice, lies outside what the base covers or in another year than it stands under, or is so already. */
BM_MUST_USE enum bm_code bm_additions_judge(const struct bm_calendar_file *file, const struct bm_calendar *base,
                                            struct bm_fault *fault);
/* The layer that it is; its texts and arrays are the file's.  `name`: whose, for messages. */
struct bm_calendar_layer bm_additions_layer(const struct bm_calendar_file *file, const char *name);

#endif
