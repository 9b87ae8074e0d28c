/* A library: published procedures and calendars made ready to run, each once.
 *
 *   published bytes --bm_library_track--> track (track.h), --bm_library_calendar--> calendar (calendar.h)
 *
 * What is found under a hash is what those bytes say, for ever: nothing is looked at twice, and nothing is dropped while
 * the library lives.  It knows nothing that the bytes do not say, so a desk that is rebuilt has the same one.  At most
 * BM_LIBRARY_MAX of each; whoever publishes keeps to fewer.
 *
 * The published form of a procedure is its canonical JSON (canonical.h).  That of a calendar carries its zone, so that a
 * desk needs no zone files: {"file":"<the calendar file>","zone":"<TZif bytes>"}, both in base64; additions have no zone ("").
 *
 * One writer: a library belongs to one thread; the tracks and calendars may be used by others while it lives. */
#ifndef BM_PROCEDURE_LIBRARY_H
#define BM_PROCEDURE_LIBRARY_H

#include "base/buf.h"
#include "base/shape.h"
#include "procedure/calendar_file.h"
#include "procedure/track.h"

enum { BM_LIBRARY_MAX = 2000 };

struct bm_library;
struct bm_library *bm_library_new(void);
void bm_library_free(struct bm_library *library); /* NULL is fine */

/* The procedure of these bytes, made ready.  BM_BAD_FORMAT with the first thing that is wrong, for bytes that are none. */
BM_MUST_USE enum bm_code bm_library_track(struct bm_library *library, const char *hash, const void *bytes, size_t len,
                                          const struct bm_track **ret_track, struct bm_fault *fault);
/* The procedure that comes with the program under that name (builtin.h), which there must be. */
const struct bm_track *bm_library_builtin(struct bm_library *library, const char *name);
BM_MUST_USE enum bm_code bm_library_calendar(struct bm_library *library, const char *hash, const void *bytes,
                                             size_t len, const struct bm_calendar **ret_calendar,
                                             struct bm_fault *fault);
/* A calendar with the additions that hold in an area: `parts[0]` is the calendar, the others are laid over it in their order, so
 * that of two that name a day the later one decides.  BM_BAD_FORMAT also where a part is the wrong kind of file. */
struct bm_library_part {
    const char *hash;
    const void *bytes;
    size_t len;
};
BM_MUST_USE enum bm_code bm_library_layered(struct bm_library *library, const struct bm_library_part *parts, size_t count,
                                            const struct bm_calendar **ret_calendar, struct bm_fault *fault);

/* The file in the published form of a calendar or of additions; the caller's (bm_calendar_file_free). */
BM_MUST_USE enum bm_code bm_calendar_unpacked(const void *bytes, size_t len, struct bm_calendar_file **ret_file,
                                              struct bm_fault *fault);
/* The published form of a calendar, from the text of its file and the bytes of its zone. */
void bm_calendar_packed(const void *file, size_t file_len, const void *zone, size_t zone_len, struct bm_buf *buf);

#endif
