#include "cli/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum bm_code bm_mapped_open(const char *path, struct bm_mapped *ret_mapped,
                            struct bm_fault *fault) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return bm_fault_set(fault, errno == ENOENT ? BM_NOT_FOUND : BM_IO, NULL,
                            "%s cannot be opened: %s.", path, strerror(errno));
    }
    struct stat about;
    enum bm_code code = BM_OK;
    void *bytes = MAP_FAILED;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0)
        code = bm_fault_set(fault, BM_CORRUPT, NULL, "%s is empty or no plain file.", path);
    else if ((bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0)) ==
             MAP_FAILED)
        code = bm_fault_set(fault, BM_IO, NULL, "%s cannot be mapped: %s.", path, strerror(errno));
    close(file);
    if (!code) *ret_mapped = (struct bm_mapped){bytes, (size_t)about.st_size};
    return code;
}

void bm_mapped_close(struct bm_mapped *mapped) {
    if (mapped->bytes) munmap(mapped->bytes, mapped->len);
    *mapped = (struct bm_mapped){NULL, 0};
}
