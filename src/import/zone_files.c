#include "import/zone_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MOST = 1024 };

enum bm_code bm_zone_bytes(const char *name, struct bm_buf *buf, struct bm_fault *fault) {
    const char *folder = getenv("TZDIR");
    char path[PATH_MOST], piece[65536];
    if (name[0] == '/' || name[0] == 0 || strstr(name, ".."))
        return bm_fault_set(fault, BM_BAD_FORMAT, "zone", "\"%.60s\" is no zone: name one as Asia/Shanghai.", name);
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rb");
    size_t got, before = buf->len;
    while (file && buf->len - before <= BM_ZONE_FILE_MAX && (got = fread(piece, 1, sizeof piece, file)) > 0)
        bm_buf_add(buf, piece, got);
    bool good = file && !ferror(file) && buf->len - before <= BM_ZONE_FILE_MAX;
    if (file) fclose(file);
    if (good) return BM_OK;
    return bm_fault_set(fault, BM_NOT_FOUND, "zone", "There is no zone \"%.60s\" on this machine: install tzdata, or mend the name.",
                        name);
}
