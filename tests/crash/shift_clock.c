/* Preloaded into a server under test: its wall clock is off, as when somebody sets a machine's clock; the monotonic clock is
 * left alone, but for time that passes.
 *
 *   SHIFT_PASS_FILE    "MS": so many milliseconds have passed on all clocks, those that nobody can set among them
 *   SHIFT_CLOCK_FILE   "MS": so many milliseconds ahead; "MS RATE ANCHOR_NS": and from that monotonic instant on RATE times
 *                      as fast as it should be
 *   SHIFT_SYNC_FILE    takes the place of SHIFT_CLOCK_FILE at the next fdatasync, so the clock changes within a commit
 *   SHIFT_STALL_FILE   "MS": the thread that looks at the disk's free space is held up for so long before it reads the wall
 *                      clock once more; the file is removed */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef int clock_fn(clockid_t, struct timespec *);
int clock_gettime(clockid_t clock, struct timespec *ret_now);
int gettimeofday(struct timeval *ret_now, void *zone);
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until);
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until);
time_t time(time_t *ret_now);

static _Thread_local int looks_at_the_disk;

static int real_clock(clockid_t clock, struct timespec *ret_now) {
    static clock_fn *real;
    if (!real) real = (clock_fn *)dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, ret_now);
}

/* The text of the file that a variable names; 0: there is none. */
static int read_text(const char *variable, char text[64]) {
    const char *path = getenv(variable);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t len = read(fd, text, 63);
    close(fd);
    text[len > 0 ? len : 0] = 0;
    return len > 0;
}

static long long shift_ns(void) {
    char text[64];
    long long ms = 0, rate = 1, anchor_ns = 0;
    struct timespec now;
    if (!read_text("SHIFT_CLOCK_FILE", text)) return 0;
    if (sscanf(text, "%lld %lld %lld", &ms, &rate, &anchor_ns) == 3) {
        real_clock(CLOCK_MONOTONIC, &now);
        return ms * 1000000 + (now.tv_sec * 1000000000LL + now.tv_nsec - anchor_ns) * (rate - 1);
    }
    return ms * 1000000;
}

static long long passed_ns(void) {
    char text[64];
    return read_text("SHIFT_PASS_FILE", text) ? strtoll(text, NULL, 10) * 1000000 : 0;
}

static void add(struct timespec *now, long long ns) {
    ns += now->tv_sec * 1000000000LL + now->tv_nsec;
    *now = (struct timespec){ns / 1000000000, ns % 1000000000};
}

static void stall(void) {
    char text[64];
    if (!looks_at_the_disk || !read_text("SHIFT_STALL_FILE", text)) return;
    unlink(getenv("SHIFT_STALL_FILE"));
    long long ms = strtoll(text, NULL, 10);
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now) {
    int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    int passes = is_wall || clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME;
    if (is_wall) stall();
    int wrong = real_clock(clock, ret_now);
    if (wrong) return wrong;
    if (passes) add(ret_now, passed_ns());
    if (is_wall) add(ret_now, shift_ns());
    return 0;
}

/* Whoever waits until an instant has read it from a clock above. */
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until) {
    typedef int wait_fn(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    static wait_fn *real;
    if (!real) real = (wait_fn *)dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = (wait_fn *)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec own = *until;
    add(&own, -passed_ns());
    return real(condition, lock, &own);
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

int fdatasync(int fd) {
    const char *change = getenv("SHIFT_SYNC_FILE"), *clock = getenv("SHIFT_CLOCK_FILE");
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    if (change && clock && access(change, F_OK) == 0) rename(change, clock);
    return real(fd);
}

int statvfs(const char *path, struct statvfs *ret) {
    looks_at_the_disk = gettid() != getpid(); /* not the main thread, which looked before it opened the record */
    return ((int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs"))(path, ret);
}
int statvfs64(const char *path, struct statvfs64 *ret) {
    looks_at_the_disk = gettid() != getpid(); /* not the main thread, which looked before it opened the record */
    return ((int (*)(const char *, struct statvfs64 *))dlsym(RTLD_NEXT, "statvfs64"))(path, ret);
}
