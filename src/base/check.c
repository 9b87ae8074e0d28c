#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void bm_check_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "level=fatal event=check_failed condition=\"%s\" at=%s:%d\n", condition, file,
            line);
    fflush(stderr);
    abort();
}
