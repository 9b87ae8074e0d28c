#include "cli/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum bm_code fill(int file, const char *path, uint8_t *bytes, size_t len,
                         struct bm_fault *fault) {
    for (size_t done = 0; done < len;) {
        ssize_t got = read(file, bytes + done, len - done < 1u << 30 ? len - done : 1u << 30);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return bm_fault_set(fault, BM_IO, NULL, "%s cannot be read: %s.", path,
                                strerror(errno));
        if (got == 0)
            return bm_fault_set(fault, BM_IO, NULL, "%s became shorter while it was read.", path);
        done += (size_t)got;
    }
    return BM_OK;
}

enum bm_code bm_mapped_open(const char *path, struct bm_mapped *ret_mapped,
                            struct bm_fault *fault) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold it up */
    if (file < 0) {
        return bm_fault_set(fault, errno == ENOENT ? BM_NOT_FOUND : BM_IO, NULL,
                            "%s cannot be opened: %s.", path, strerror(errno));
    }
    struct stat about;
    struct bm_mapped mapped = {NULL, 0};
    enum bm_code code = BM_OK;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0) {
        code = bm_fault_set(fault, BM_CORRUPT, NULL, "%s is empty or no plain file.", path);
    } else {
        mapped.len = (size_t)about.st_size;
        void *bytes = mmap(NULL, mapped.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                           -1, 0);
        if (bytes == MAP_FAILED)
            code = bm_fault_set(fault, BM_IO, NULL, "There is no memory for %s: %s.", path,
                                strerror(errno));
        else
            mapped.bytes = bytes;
        /* Searches jump about in it: with 4 KiB pages most of their time is spent on finding the pages. */
        if (mapped.bytes) madvise(mapped.bytes, mapped.len, MADV_HUGEPAGE);
    }
    if (!code) code = fill(file, path, mapped.bytes, mapped.len, fault);
    if (!code) mprotect(mapped.bytes, mapped.len, PROT_READ);
    close(file);
    if (code)
        bm_mapped_close(&mapped);
    else
        *ret_mapped = mapped;
    return code;
}

void bm_mapped_close(struct bm_mapped *mapped) {
    if (mapped->bytes) munmap(mapped->bytes, mapped->len);
    *mapped = (struct bm_mapped){NULL, 0};
}
