/* Preloaded into a server under test: each sync of a file takes longer by the milliseconds that stand as text in the file
 * SLOW_DISK_FILE, as on a disk that is dying or shared with a backup. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef int sync_fn(int);
int fdatasync(int fd);
int fsync(int fd);

static void wait_first(void) {
    char text[32] = {0};
    const char *path = getenv("SLOW_DISK_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    long ms = len > 0 ? strtol(text, NULL, 10) : 0;
    if (ms <= 0) return;
    struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

int fdatasync(int fd) {
    static sync_fn *real;
    if (!real) real = (sync_fn *)dlsym(RTLD_NEXT, "fdatasync");
    wait_first();
    return real(fd);
}

int fsync(int fd) {
    static sync_fn *real;
    if (!real) real = (sync_fn *)dlsym(RTLD_NEXT, "fsync");
    wait_first();
    return real(fd);
}
