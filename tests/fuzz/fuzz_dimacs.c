/* Lines of a DIMACS file: each is read, or refused with a reason; what was read is read the same
 * when it is written plainly. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "import/dimacs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check_again(const struct bm_dimacs *line) {
    static const char *const forms[] = {
        "c", "p sp %" PRId64 " %" PRId64, "a %" PRId64 " %" PRId64 " %" PRId64,
        "p aux sp co %" PRId64, "v %" PRId64 " %" PRId64 " %" PRId64};
    char text[128];
    struct bm_dimacs again;
    int len = snprintf(text, sizeof text, forms[line->kind], line->numbers[0], line->numbers[1],
                       line->numbers[2]);
    enum bm_code code = bm_dimacs_read(text, (size_t)len, &again, NULL);
    BM_CHECK(code == BM_OK);
    BM_CHECK(again.kind == line->kind);
    BM_CHECK(memcmp(again.numbers, line->numbers, sizeof again.numbers) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    const char *at = (const char *)bytes, *end = at + len;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end) line_end = end;
        struct bm_dimacs line;
        struct bm_fault fault = {0};
        if (bm_dimacs_read(at, (size_t)(line_end - at), &line, &fault) == BM_OK)
            check_again(&line);
        else
            BM_CHECK(fault.detail[0]);
        at = line_end + 1;
    }
    return 0;
}
