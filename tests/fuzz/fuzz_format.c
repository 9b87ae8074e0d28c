/* Any bytes as the statement of a folder's format: refused with a reason, or what is written from it is read back the same. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "journal/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct bm_format read = {0}, again = {0};
    struct bm_fault fault = {.code = BM_OK};
    char text[BM_FORMAT_FILE_MAX];
    if (bm_format_parse((const char *)bytes, len, &read, &fault)) {
        BM_CHECK(fault.detail[0] && strcmp(fault.field, "format") == 0);
        return 0;
    }
    BM_CHECK(read.number >= 1 && read.version[0]);
    int size = snprintf(text, sizeof text, "bellman-data %u\nversion %s\n%s%s%s", read.number, read.version, read.backup[0] ? "backup " : "",
                        read.backup, read.backup[0] ? "\n" : "");
    BM_CHECK(bm_format_parse(text, (size_t)size, &again, NULL) == BM_OK);
    BM_CHECK(again.number == read.number && strcmp(again.version, read.version) == 0 && strcmp(again.backup, read.backup) == 0);
    return 0;
}
