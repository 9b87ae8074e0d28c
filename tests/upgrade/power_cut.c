/* Preloaded into a program under test: the power fails before one of its steps on the disk.
 *
 *   CUT_UNDER   only files below this folder count
 *   CUT_AT      the number of the step (fsync, rename, unlink, mkdir, rmdir) before which it happens; 0: never
 *   CUT_MODE    kill: the process dies, what it wrote is there
 *               power: of the files nothing is there that was not synced, of names nothing whose folder was not synced
 *               torn: as power, but each unsynced write may have reached the disk all the same (CUT_SEED)
 *   CUT_COUNT   a file that gets the number of steps of a run that ended by itself
 *   CUT_FREE    so many bytes are free on every disk
 * One thread writes; memory maps (SQLite's -shm, made anew after a crash) are not followed. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum kind { DATA, MADE, RENAMED, EXCHANGED, UNLINKED, FOLDER };

/* What takes one change back; newest first. */
struct undo {
    struct undo *next;
    enum kind kind;
    int fd; /* DATA: of the same file */
    ino_t file;
    off_t at, size;
    void *bytes;
    size_t len;
    char path[1024], from[1024], saved[1100]; /* saved: a link to what was replaced or unlinked; "" none */
};

static struct undo *undos;
static long steps;
static unsigned saves;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

static const char *text_of(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static int under(const char *path) {
    const char *root = text_of("CUT_UNDER");
    return root[0] && strncmp(path, root, strlen(root)) == 0;
}

static int path_of(int fd, char path[1024]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, 1023);
    if (len < 0) return 0;
    path[len] = 0;
    return under(path) && !strstr(path, "-shm");
}

static struct undo *add(enum kind kind, const char *path) {
    struct undo *undo = calloc(1, sizeof *undo);
    if (!undo) abort();
    undo->kind = kind;
    snprintf(undo->path, sizeof undo->path, "%s", path);
    undo->next = undos;
    undos = undo;
    return undo;
}

static void drop(struct undo **at) {
    struct undo *undo = *at;
    *at = undo->next;
    if (undo->kind == DATA) close(undo->fd);
    if (undo->saved[0]) REAL(unlink)(undo->saved);
    free(undo->bytes);
    free(undo);
}

/* Keeps a file that is about to lose its name. */
static void save(struct undo *undo, const char *path) {
    snprintf(undo->saved, sizeof undo->saved, "%s.cut-%u", text_of("CUT_UNDER"), saves++);
    REAL(unlink)(undo->saved);
    if (link(path, undo->saved) != 0) undo->saved[0] = 0;
}

static void empty_folder(const char *path) {
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char name[1400];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        REAL(unlink)(name);
    }
    if (folder) closedir(folder);
}

static void take_back(const struct undo *undo) {
    switch (undo->kind) {
    case DATA:
        if (undo->len && pwrite(undo->fd, undo->bytes, undo->len, undo->at) < 0) abort();
        if (ftruncate(undo->fd, undo->size) != 0) abort();
        break;
    case MADE:
        REAL(unlink)(undo->path);
        break;
    case RENAMED:
        REAL(rename)(undo->path, undo->from);
        if (undo->saved[0]) REAL(rename)(undo->saved, undo->path);
        break;
    case EXCHANGED:
        REAL(renameat2)(AT_FDCWD, undo->from, AT_FDCWD, undo->path, RENAME_EXCHANGE);
        break;
    case UNLINKED:
        if (undo->saved[0]) REAL(rename)(undo->saved, undo->path);
        break;
    case FOLDER:
        empty_folder(undo->path);
        REAL(rmdir)(undo->path);
        break;
    }
}

static void fail_now(void) {
    int torn = strcmp(text_of("CUT_MODE"), "torn") == 0;
    int power = torn || strcmp(text_of("CUT_MODE"), "power") == 0;
    struct undo *undo = undos;
    undos = NULL;
    setenv("CUT_UNDER", "", 1);
    uint64_t drawn = strtoull(text_of("CUT_SEED"), NULL, 10);
    for (; undo && power; undo = undo->next) {
        drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        if (!(torn && undo->kind == DATA && drawn >> 63)) take_back(undo);
    }
    kill(getpid(), SIGKILL);
}

static void step(void) {
    if (++steps == strtol(text_of("CUT_AT"), NULL, 10)) fail_now();
}

__attribute__((destructor)) static void tell_count(void) {
    const char *path = text_of("CUT_COUNT");
    FILE *file = path[0] ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", steps);
    fclose(file);
}

/* --- what is written -------------------------------------------------------------------------------- */

/* Keeps what a write of `len` bytes at `at` will replace. */
static void before_write(int fd, off_t at, size_t len) {
    char path[1024];
    struct stat now;
    if (!path_of(fd, path) || fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) return;
    struct undo *undo = add(DATA, path);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    undo->fd = ((int (*)(const char *, int, ...))real("open"))(path, O_RDWR | O_CLOEXEC);
    if (undo->fd < 0) abort();
    undo->file = now.st_ino;
    undo->at = at;
    undo->size = now.st_size;
    if (at < now.st_size) {
        undo->len = (size_t)(now.st_size - at) < len ? (size_t)(now.st_size - at) : len;
        undo->bytes = malloc(undo->len);
        if (!undo->bytes || pread(undo->fd, undo->bytes, undo->len, at) != (ssize_t)undo->len) abort();
    }
}

ssize_t write(int fd, const void *bytes, size_t len) {
    if (fd > 2) before_write(fd, lseek(fd, 0, SEEK_CUR), len);
    return REAL(write)(fd, bytes, len);
}
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    before_write(fd, at, len);
    return REAL(pwrite)(fd, bytes, len, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
    before_write(fd, at, len);
    return REAL(pwrite)(fd, bytes, len, at);
}
static int cut_short(int fd, off_t size) {
    struct stat now;
    if (fstat(fd, &now) == 0 && size < now.st_size)
        before_write(fd, size, (size_t)(now.st_size - size));
    else
        before_write(fd, size, 0);
    return REAL(ftruncate)(fd, size);
}
int ftruncate(int fd, off_t size) {
    return cut_short(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    return cut_short(fd, size);
}

/* --- what is synced --------------------------------------------------------------------------------- */

static void synced(int fd) {
    char path[1024], parent[1024];
    struct stat now;
    /* The folder that holds the test's folders is outside: its names count too. */
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0 || fstat(fd, &now) != 0) return;
    path[len] = 0;
    for (struct undo **at = &undos; *at;) {
        struct undo *undo = *at;
        snprintf(parent, sizeof parent, "%s", undo->path);
        char *slash = strrchr(parent, '/');
        if (slash) *slash = 0;
        int settled = S_ISDIR(now.st_mode) ? undo->kind != DATA && strcmp(parent, path) == 0
                                           : undo->kind == DATA && undo->file == now.st_ino;
        if (settled)
            drop(at);
        else
            at = &undo->next;
    }
}

static int sync_it(int fd, const char *name) {
    char path[1024];
    int ours = path_of(fd, path) || under(path);
    if (ours) step();
    int wrong = ((int (*)(int))real(name))(fd);
    if (ours && wrong == 0) synced(fd);
    return wrong;
}
int fsync(int fd) {
    return sync_it(fd, "fsync");
}
int fdatasync(int fd) {
    return sync_it(fd, "fdatasync");
}

/* --- names ------------------------------------------------------------------------------------------ */

static int open_it(const char *name, const char *path, int flags, mode_t mode) {
    int made = (flags & O_CREAT) && under(path) && !strstr(path, "-shm") && access(path, F_OK) != 0;
    int fd = ((int (*)(const char *, int, ...))real(name))(path, flags, mode);
    if (made && fd >= 0) add(MADE, path);
    return fd;
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_it("open", path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_it("open64", path, flags, mode);
}

int rename(const char *from, const char *to) {
    if (!under(to)) return REAL(rename)(from, to);
    step();
    struct undo *undo = add(RENAMED, to);
    snprintf(undo->from, sizeof undo->from, "%s", from);
    save(undo, to);
    int wrong = REAL(rename)(from, to);
    if (wrong) drop(&undos);
    return wrong;
}
int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    if (!under(to)) return REAL(renameat2)(one, from, other, to, flags);
    step();
    int wrong = REAL(renameat2)(one, from, other, to, flags);
    if (wrong == 0) snprintf(add(EXCHANGED, to)->from, 1024, "%s", from);
    return wrong;
}
int unlink(const char *path) {
    if (!under(path) || strstr(path, "-shm") || access(path, F_OK) != 0) return REAL(unlink)(path);
    step();
    struct undo *undo = add(UNLINKED, path);
    save(undo, path);
    return REAL(unlink)(path);
}
int mkdir(const char *path, mode_t mode) {
    if (under(path)) step();
    int wrong = REAL(mkdir)(path, mode);
    if (wrong == 0 && under(path)) add(FOLDER, path);
    return wrong;
}
int rmdir(const char *path) {
    if (under(path)) step();
    return REAL(rmdir)(path);
}

int statvfs(const char *path, struct statvfs *ret) {
    int wrong = REAL(statvfs)(path, ret);
    if (wrong == 0 && text_of("CUT_FREE")[0]) ret->f_bavail = (fsblkcnt_t)(strtoull(text_of("CUT_FREE"), NULL, 10) / ret->f_frsize);
    return wrong;
}
int statvfs64(const char *path, struct statvfs64 *ret) {
    int wrong = REAL(statvfs64)(path, ret);
    if (wrong == 0 && text_of("CUT_FREE")[0]) ret->f_bavail = (fsblkcnt64_t)(strtoull(text_of("CUT_FREE"), NULL, 10) / ret->f_frsize);
    return wrong;
}
