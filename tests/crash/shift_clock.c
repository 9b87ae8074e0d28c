/* Preloaded into a server under test: its wall clock is off by the milliseconds that stand as text
 * in the file SHIFT_CLOCK_FILE; the monotonic clock is left alone, as when somebody sets a
 * machine's clock. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int clock_fn(clockid_t, struct timespec *);
int clock_gettime(clockid_t clock, struct timespec *ret_now);
int gettimeofday(struct timeval *ret_now, void *zone);
time_t time(time_t *ret_now);

static long long shift_ms(void) {
    char text[32] = {0};
    const char *path = getenv("SHIFT_CLOCK_FILE");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    return len > 0 ? strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret_now) {
    static clock_fn *real;
    if (!real) real = (clock_fn *)dlsym(RTLD_NEXT, "clock_gettime");
    int wrong = real(clock, ret_now);
    if (wrong || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return wrong;
    long long ns = ret_now->tv_nsec + shift_ms() % 1000 * 1000000;
    ret_now->tv_sec += shift_ms() / 1000 + (ns >= 1000000000) - (ns < 0);
    ret_now->tv_nsec = (long)(ns >= 1000000000 ? ns - 1000000000 : ns < 0 ? ns + 1000000000 : ns);
    return 0;
}

int gettimeofday(struct timeval *ret_now, void *zone) {
    struct timespec now;
    (void)zone;
    int wrong = clock_gettime(CLOCK_REALTIME, &now);
    *ret_now = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return wrong;
}

time_t time(time_t *ret_now) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_now) *ret_now = now.tv_sec;
    return now.tv_sec;
}
