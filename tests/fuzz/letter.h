/* What fuzz_course, fuzz_calendar_file and make_corpus share: procedures/letter.yaml on calendars/cn.yaml, both built in, in a zone that is eight
 * hours ahead and has no files. */
#ifndef FUZZ_LETTER_H
#define FUZZ_LETTER_H

#include "procedure/course.h"

struct fuzz_letter {
    const struct bm_track *track;
    struct bm_course_world world;
};
/* The same for every caller; stays for the process's life. */
const struct fuzz_letter *fuzz_letter(void);

/* Its zone. */
const struct bm_zone *fuzz_zone(void);

#endif
