/* Procedures and calendars that come with the program: the files of procedures/ and calendars/, as text. */
#ifndef BM_PROCEDURE_BUILTIN_H
#define BM_PROCEDURE_BUILTIN_H

#include <stddef.h>

struct bm_builtin {
    const char *what; /* "procedure" or "calendar" */
    const char *name;
    const char *file; /* its text; static */
};
extern const struct bm_builtin bm_builtins[];
extern const size_t bm_builtin_count;
/* NULL when there is none. */
const struct bm_builtin *bm_builtin_find(const char *what, const char *name);

#endif
