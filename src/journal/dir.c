/* One server per folder: an advisory lock on DIR/lock, which the kernel drops when its holder dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "journal/journal.h"

/* The pid that the holder wrote; 0 when there is none. */
static long read_pid(int fd) {
    char text[24] = {0};
    if (pread(fd, text, sizeof text - 1, 0) <= 0) return 0;
    return strtol(text, NULL, 10);
}

enum bm_code bm_dir_lock(const char *dir, int *ret_fd, struct bm_fault *fault) {
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/lock", dir);
    if (len < 0 || (size_t)len >= sizeof path) {
        return bm_fault_set(fault, BM_IO, "dir", "The folder's name is too long.");
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return bm_fault_set(fault, BM_IO, "dir", "Cannot open %s: %s.", path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum bm_code code = errno == EWOULDBLOCK ? BM_BUSY : BM_IO;
        if (code == BM_BUSY) {
            bm_fault_set(
                fault, code, "dir",
                "Process %ld uses the folder %.200s. Stop it first, or name another folder.",
                read_pid(fd), dir);
        } else {
            bm_fault_set(fault, code, "dir", "Cannot lock %s: %s.", path, strerror(errno));
        }
        close(fd);
        return code;
    }
    /* The pid only helps people to find the holder; the lock does not depend on it, and a full disk
     * must not keep a server from starting. */
    char text[24];
    int text_len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    bool written = ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)text_len, 0) == text_len;
    (void)written;
    *ret_fd = fd;
    return BM_OK;
}

void bm_dir_unlock(int fd) {
    if (fd >= 0) close(fd);
}
