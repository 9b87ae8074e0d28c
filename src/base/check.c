#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local const char *at_what, *at_mend;
static _Thread_local uint64_t at_number;

void bm_check_at(const char *what, uint64_t number, const char *mend) {
    at_what = what;
    at_mend = mend;
    at_number = number;
}

_Noreturn void bm_check_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "level=fatal event=check_failed ");
    if (at_what) fprintf(stderr, "%s=%" PRIu64 " ", at_what, at_number);
    fprintf(stderr, "condition=\"%s\" at=%s:%d", condition, file, line);
    if (at_mend) fprintf(stderr, " mend=\"%s\"", at_mend);
    fputc('\n', stderr);
    fflush(stderr);
    abort();
}
