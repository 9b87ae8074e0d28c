/* Assertions.  BM_CHECK stays on in every build: a crash costs a restart of seconds, a lie costs a
 * life.  It is for what our own code promises; bytes from outside are never checked this way, they
 * are refused.  One condition each. */
#ifndef BM_BASE_CHECK_H
#define BM_BASE_CHECK_H

#include <stdint.h>

#define BM_CHECK(condition)                                                                        \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) bm_check_failed(#condition, __FILE__, __LINE__);    \
    } while (0)

/* For places that cannot be reached while the program keeps its own rules. */
#define BM_NEVER(what) bm_check_failed("never: " what, __FILE__, __LINE__)

/* What this thread is at (a journal's row), named by bm_check_failed with what people should do; both texts are static, NULL: nothing. */
void bm_check_at(const char *what, uint64_t number, const char *mend);
/* Prints the condition and place to standard error and aborts. */
_Noreturn void bm_check_failed(const char *condition, const char *file, int line);

#endif
