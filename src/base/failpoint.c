#include "base/failpoint.h"

#ifdef BM_FAILPOINTS_BUILT
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

#define NAME(name) #name,
static const char *const names[BM_FAILPOINT_COUNT] = {BM_FAILPOINTS(NAME)};

static const char *const fault_names[BM_FAULTPOINT_COUNT] = {BM_FAULTPOINTS(NAME)};

static int fatal_point = -1;
static atomic_long until_death;
static int faulty_point = -1;
static long first_fault, last_fault;
static atomic_long tries;
static _Atomic uint64_t own_counts[BM_FAILPOINT_COUNT], *counts = own_counts;
static _Atomic uint64_t own_fault_counts[2 * BM_FAULTPOINT_COUNT], *fault_counts = own_fault_counts;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void refuse(const char *what) {
    fprintf(stderr, "%s\n", what);
    _exit(97);
}

static int find(const char *const *known, int count, const char *text, size_t len) {
    for (int i = 0; i < count; i++)
        if (strlen(known[i]) == len && memcmp(known[i], text, len) == 0) return i;
    return -1;
}

static void read_fatal(const char *text) {
    const char *colon = strchr(text, ':');
    fatal_point = find(names, BM_FAILPOINT_COUNT, text, colon ? (size_t)(colon - text) : strlen(text));
    until_death = colon ? strtol(colon + 1, NULL, 10) : 1;
    if (fatal_point < 0 || until_death < 1) refuse("BELLMAN_DIES_AT names no step: NAME:N, names in base/failpoint.h");
}

static void read_faulty(const char *text) {
    const char *colon = strchr(text, ':');
    char none[] = "", *end = none;
    faulty_point = find(fault_names, BM_FAULTPOINT_COUNT, text, colon ? (size_t)(colon - text) : strlen(text));
    first_fault = last_fault = colon ? strtol(colon + 1, &end, 10) : 1;
    if (*end == '+') last_fault = end[1] ? first_fault + strtol(end + 1, NULL, 10) - 1 : LONG_MAX;
    if (faulty_point < 0 || first_fault < 1 || last_fault < first_fault)
        refuse("BELLMAN_FAILS_AT names no fault: NAME:N, NAME:N+ or NAME:N+TIMES, names in base/failpoint.h");
}

/* Mapped, so that what was counted is there whatever becomes of the process. */
static void *map_counts(const char *path, size_t bytes) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) refuse("BELLMAN_STEPS or BELLMAN_FAULTS cannot be written");
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) refuse("BELLMAN_STEPS or BELLMAN_FAULTS cannot be mapped");
    return mapped;
}

static void arm(void) {
    const char *fatal = getenv("BELLMAN_DIES_AT"), *file = getenv("BELLMAN_STEPS");
    const char *faulty = getenv("BELLMAN_FAILS_AT"), *faults = getenv("BELLMAN_FAULTS");
    if (file) counts = map_counts(file, sizeof own_counts);
    if (faults) fault_counts = map_counts(faults, sizeof own_fault_counts);
    if (fatal) read_fatal(fatal);
    if (faulty) read_faulty(faulty);
}

void bm_failpoint(enum bm_failpoint point) {
    pthread_once(&once, arm);
    atomic_fetch_add(&counts[point], 1);
    if ((int)point != fatal_point || atomic_fetch_sub(&until_death, 1) != 1) return;
    kill(getpid(), SIGKILL);
    pause();
}

bool bm_faultpoint(enum bm_faultpoint point) {
    pthread_once(&once, arm);
    atomic_fetch_add(&fault_counts[2 * point], 1);
    if ((int)point != faulty_point) return false;
    long now = atomic_fetch_add(&tries, 1) + 1;
    if (now < first_fault || now > last_fault) return false;
    atomic_fetch_add(&fault_counts[2 * point + 1], 1);
    const char *name = fault_names[point];
    bm_log(BM_LOG_WARNING, "fault_injected", "name=%s", name);
    errno = strstr(name, "_full") ? ENOSPC : EIO;
    return true;
}
#endif
