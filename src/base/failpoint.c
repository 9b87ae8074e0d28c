#include "base/failpoint.h"

#ifdef BM_FAILPOINTS_BUILT
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"

#define NAME(name) #name,
static const char *const names[BM_FAILPOINT_COUNT] = {BM_FAILPOINTS(NAME)};

static int fatal_point = -1;
static atomic_long until_death;
static _Atomic uint64_t own_counts[BM_FAILPOINT_COUNT], *counts = own_counts;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void refuse(const char *what) {
    fprintf(stderr, "%s\n", what);
    _exit(97);
}

static void read_fatal(const char *text) {
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : strlen(text);
    for (int point = 0; point < BM_FAILPOINT_COUNT; point++)
        if (strlen(names[point]) == len && memcmp(names[point], text, len) == 0) fatal_point = point;
    until_death = colon ? strtol(colon + 1, NULL, 10) : 1;
    if (fatal_point < 0 || until_death < 1) refuse("BELLMAN_DIES_AT names no step: NAME:N, names in base/failpoint.h");
}

/* Mapped, so that what was counted is there whatever becomes of the process. */
static void map_counts(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof own_counts) != 0) refuse("BELLMAN_STEPS cannot be written");
    void *mapped = mmap(NULL, sizeof own_counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) refuse("BELLMAN_STEPS cannot be mapped");
    counts = mapped;
}

static void arm(void) {
    const char *fatal = getenv("BELLMAN_DIES_AT"), *file = getenv("BELLMAN_STEPS");
    if (file) map_counts(file);
    if (fatal) read_fatal(fatal);
}

void bm_failpoint(enum bm_failpoint point) {
    pthread_once(&once, arm);
    atomic_fetch_add(&counts[point], 1);
    if ((int)point != fatal_point || atomic_fetch_sub(&until_death, 1) != 1) return;
    kill(getpid(), SIGKILL);
    pause();
}
#endif
