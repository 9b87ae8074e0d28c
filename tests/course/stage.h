/* A stage for tests of courses: a procedure's file, the calendar cn, a course on it and the news that it told. */
#ifndef COURSE_STAGE_H
#define COURSE_STAGE_H

#include "procedure/calendar_file.h"
#include "procedure/course.h"
#include "support.h"

enum { NEWS_MAX = 512 };

struct stage {
    struct bm_zone *zone;
    struct bm_calendar_file *file;
    struct bm_calendar *calendar;
    struct bm_procedure *procedure;
    struct bm_track *track;
    struct bm_course_world world;
    struct bm_course course;
    struct bm_fault fault;
    struct bm_course_news news[NEWS_MAX]; /* told since the test set news_count to 0 */
    size_t news_count;
};

/* The bytes of a file of the project; static storage, until the next one. */
char *stage_file(const char *folder, const char *name, size_t *ret_len);
void stage_print(const struct bm_findings *findings, const char *name);
/* The test fails, with the findings printed, when it does not read. */
struct bm_procedure *stage_read(const char *text, size_t len, const char *name);
/* Takes the procedure. */
struct stage stage_with(struct bm_procedure *procedure);
/* A file of procedures/. */
struct stage stage_of(const char *name);
/* A new matter; from here on the stage must stay where it is. */
void stage_open(struct stage *stage, int64_t at_ms);
/* Written down and read back it is the same course, and goes on from there. */
void stage_keep(struct stage *stage);
void stage_end(struct stage *stage);


/* What people do, for tests to read like a story; instants are "2026-03-02 09:00" in the calendar's zone. */
void stage_open_at(struct stage *stage, const char *when);
/* Somebody of this role does it ("reopen": opens the case again), with fields by name and a NULL at the end:
 * "subject", "x", "kind", "request", NULL.  The actor's id is the role's place. */
enum bm_code stage_act(struct stage *stage, const char *when, const char *role, const char *event, ...);
/* Ticks until nothing is due any more. */
void stage_pass(struct stage *stage, const char *when);
const char *stage_state(const struct stage *stage, enum bm_region region);
const struct bm_course_clock *stage_clock(const struct stage *stage, const char *name);
/* News of this kind, about that clock or any (NULL). */
size_t stage_count(const struct stage *stage, enum bm_course_kind kind, const char *clock);
/* letter.yaml or another file of procedures/ with texts replaced: pairs of what is there, once, and what comes in its
 * stead, then NULL. */
struct stage stage_changed(const char *name, ...);

#endif
