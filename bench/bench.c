#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

void bench_die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

double bench_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int64_t bench_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double bench_percentile(double *values, size_t count, double percent) {
    if (!count) return 0;
    qsort(values, count, sizeof *values, ascending);
    size_t at = (size_t)(percent / 100 * (double)count);
    return values[at < count ? at : count - 1];
}

static int remove_one(const char *path, const struct stat *found, int type, struct FTW *walk) {
    (void)found;
    (void)type;
    (void)walk;
    return remove(path);
}

void bench_remove(const char *path) {
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *bench_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    const char *below = getenv("BENCH_DIR");
    char *path = paths[next++ % 8];
    if (!below) below = "bench-data";
    mkdir(below, 0700);
    snprintf(path, sizeof paths[0], "%s/%s", below, name);
    return path;
}

const char *bench_folder(const char *name) {
    const char *path = bench_path(name);
    bench_remove(path);
    if (mkdir(path, 0700) != 0) bench_die("cannot make %s: %s", path, strerror(errno));
    return path;
}

double bench_option(int argc, char **argv, const char *name, double otherwise) {
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0 && strncmp(argv[i] + 2, name, len) == 0 &&
            argv[i][2 + len] == '=') {
            return strtod(argv[i] + 3 + len, NULL);
        }
    }
    return otherwise;
}

void bench_aim(const char *aim, bool reached) {
    double load[1] = {0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    printf("  aim: %s: %s", aim, reached ? "reached" : "NOT reached");
    /* Our own work makes a load of two or three; more is others'. */
    if (getloadavg(load, 1) == 1 && load[0] > (double)cores + 2) {
        printf(" (load %.1f on %ld cores: others are at work here, trust no absolute figure)",
               load[0], cores);
    }
    putchar('\n');
    fflush(stdout);
}

long bench_status_kb(pid_t pid, const char *name) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *file = fopen(path, "r");
    long kb = 0;
    size_t len = strlen(name);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, len) == 0 && line[len] == ':')
            kb = strtol(line + len + 1, NULL, 10);
    }
    if (file) fclose(file);
    return kb;
}

double bench_cpu(pid_t pid) {
    if (pid == 0) {
        struct rusage used;
        getrusage(RUSAGE_SELF, &used);
        return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    }
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) close(fd);
    if (len <= 0) return 0;
    text[len] = 0;
    const char *after = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (after)
        sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
