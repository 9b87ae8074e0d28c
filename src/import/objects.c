#include "import/objects.h"

#include <inttypes.h>

enum bm_code bm_objects_read(struct bm_lines *lines, bm_object_fn *take, void *context,
                             struct bm_fault *fault) {
    struct bm_opl opl = {0};
    char *line;
    size_t len;
    enum bm_code code;
    while ((code = bm_lines_next(lines, &line, &len, fault)) == BM_OK && line) {
        struct bm_fault inner = {0};
        code = bm_opl_read(&opl, line, len, &inner);
        if (code) {
            bm_fault_set(fault, code, inner.field,
                         "%s, object %" PRIu64 " (%.24s) as osmium gives it: %s",
                         bm_lines_name(lines), bm_lines_number(lines), line, inner.detail);
            break;
        }
        if (!opl.deleted) code = take(context, &opl, fault);
        if (code) break;
    }
    bm_opl_free(&opl);
    return code;
}
