/* Preloaded into a server under test: what its host does to it.
 *
 *   HOST_CLOCK   what the kernel says of the time service: synchronised, unsynchronised, unknown (it refuses to tell)
 *   HOST_HANG    a file; while it is there, a sync does not return, as on a disk that does not answer */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int adjtimex(struct timex *ret) {
    const char *clock = getenv("HOST_CLOCK");
    if (!clock) return ((int (*)(struct timex *))dlsym(RTLD_NEXT, "adjtimex"))(ret);
    if (strcmp(clock, "unknown") == 0) {
        errno = EPERM;
        return -1;
    }
    ret->status = strcmp(clock, "synchronised") == 0 ? STA_PLL : STA_UNSYNC;
    return ret->status & STA_UNSYNC ? TIME_ERROR : TIME_OK;
}

static int sync_it(int fd, const char *name) {
    const char *hang = getenv("HOST_HANG");
    while (hang && access(hang, F_OK) == 0) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}
int fsync(int fd) {
    return sync_it(fd, "fsync");
}
int fdatasync(int fd) {
    return sync_it(fd, "fdatasync");
}
