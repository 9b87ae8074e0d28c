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

#endif
