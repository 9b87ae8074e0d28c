/* Preloaded into a program under test: the power fails at one of its steps on the disk.
 *
 *   CUT_UNDER   only files below this folder count
 *   CUT_AT      the number of the step (fsync, rename, unlink, mkdir, rmdir) before which it happens; 0: never
 *   CUT_CALL    the number of the call (a write too) at which it happens, after a write and before anything else; 0: never
 *   CUT_ARMED   by-signal: neither counts before SIGUSR1 has come
 *   CUT_MODE    kill: the process dies, what it wrote is there
 *               power: of the files nothing is there that was not synced, of names nothing whose folder was not synced
 *               torn: as power, but of each unsynced write any of its sectors of 512 bytes may be there (CUT_SEED)
 *               reordered: as power, but each unsynced write is there or not, later ones without earlier ones; of the
 *               names that were changed and not synced the first few have reached the disk
 *   CUT_COUNT   a file that gets the number of steps of a run that ended by itself
 *   CUT_CALLS   a file that gets the number of calls when the power fails
 *   CUT_FREE    so many bytes are free on every disk
 *
 * Any number of threads: a lock makes one call after the other out of what they do on the disk.  What SQLite shares in memory
 * (-shm) is made anew after a crash and is not followed; it stays as it was, or is rubbish (torn), or is gone (reordered). */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum kind { DATA, MADE, RENAMED, EXCHANGED, UNLINKED, FOLDER };
enum { SECTOR = 512 };

/* One file that was written to; its descriptor is our own and never closed while the file has a name: closing one takes
 * away the locks that the program holds on the file. */
struct file {
    struct file *next;
    dev_t dev;
    ino_t ino;
    int fd;
    long changes; /* not synced yet */
};

/* One change that is not on the disk for certain: how to take it back, and how to do it again. */
struct change {
    struct change *older, *newer;
    enum kind kind;
    struct file *file; /* DATA */
    off_t at, size_before, size_after; /* DATA without fresh bytes: the file was given another size */
    void *bytes, *fresh;
    size_t len, fresh_len;
    char path[1024], from[1024], saved[1100]; /* saved: a link to what was replaced or unlinked; "" none */
    int kept;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static struct file *files;
static struct change *oldest, *newest;
static long steps, calls;
static unsigned saves;
static uint64_t drawn;
static volatile sig_atomic_t armed = 1;
static char root[1024];
static char shared[8][1024]; /* SQLite's -shm files */
static int shared_count;

#define REAL(name) ((__typeof__(&name))real(#name))
static const char *const real_names[] = {"write", "pwrite", "ftruncate", "posix_fallocate", "fsync", "fdatasync", "open", "open64", "rename",
                                         "renameat2", "unlink", "mkdir", "rmdir", "statvfs", "statvfs64"};
enum { REAL_COUNT = sizeof real_names / sizeof *real_names };
static void *real_calls[REAL_COUNT]; /* found once: the child that cuts the power must not look for them */

static void *real(const char *name) {
    for (int i = 0; i < REAL_COUNT; i++) {
        if (strcmp(real_names[i], name) != 0) continue;
        if (!real_calls[i]) real_calls[i] = dlsym(RTLD_NEXT, name);
        return real_calls[i];
    }
    abort();
}

static const char *text_of(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static void arm(int signal) {
    (void)signal;
    armed = 1;
}

__attribute__((constructor)) static void begin(void) {
    for (int i = 0; i < REAL_COUNT; i++) real(real_names[i]);
    snprintf(root, sizeof root, "%s", text_of("CUT_UNDER"));
    drawn = strtoull(text_of("CUT_SEED"), NULL, 10) * 2 + 1;
    if (strcmp(text_of("CUT_ARMED"), "by-signal") != 0) return;
    armed = 0;
    struct sigaction action = {.sa_handler = arm, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
}

static uint64_t draw(uint64_t below) {
    drawn = drawn * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (drawn >> 33) % below;
}

static int under(const char *path) {
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

/* --- changes ---------------------------------------------------------------------------------------- */

static struct file *file_of(int fd, const struct stat *now) {
    for (struct file *file = files; file; file = file->next)
        if (file->dev == now->st_dev && file->ino == now->st_ino) return file;
    struct file *file = calloc(1, sizeof *file);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!file) abort();
    *file = (struct file){files, now->st_dev, now->st_ino, ((int (*)(const char *, int, ...))real("open"))(path, O_RDWR | O_CLOEXEC), 0};
    if (file->fd < 0) abort();
    files = file;
    return file;
}

/* Files without changes and without a name are nobody's any more. */
static void let_go(void) {
    struct stat now;
    for (struct file **at = &files; *at;) {
        struct file *file = *at;
        if (file->changes || (fstat(file->fd, &now) == 0 && now.st_nlink)) {
            at = &file->next;
            continue;
        }
        *at = file->next;
        close(file->fd);
        free(file);
    }
}

static struct change *add(enum kind kind, const char *path) {
    struct change *change = calloc(1, sizeof *change);
    if (!change) abort();
    change->kind = kind;
    snprintf(change->path, sizeof change->path, "%s", path);
    change->older = newest;
    if (newest)
        newest->newer = change;
    else
        oldest = change;
    newest = change;
    return change;
}

static void drop(struct change *change) {
    *(change->older ? &change->older->newer : &oldest) = change->newer;
    *(change->newer ? &change->newer->older : &newest) = change->older;
    if (change->saved[0]) REAL(unlink)(change->saved);
    if (change->file) change->file->changes--;
    if (change->saved[0]) let_go();
    free(change->bytes);
    free(change->fresh);
    free(change);
}

/* Keeps a file that is about to lose its name. */
static void save(struct change *change, const char *path) {
    snprintf(change->saved, sizeof change->saved, "%s.cut-%u", root, saves++);
    REAL(unlink)(change->saved);
    if (link(path, change->saved) != 0) change->saved[0] = 0;
}

/* --- the cut ---------------------------------------------------------------------------------------- */

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

static void take_back(const struct change *change) {
    switch (change->kind) {
    case DATA:
        if (change->len && REAL(pwrite)(change->file->fd, change->bytes, change->len, change->at) != (ssize_t)change->len) abort();
        if (REAL(ftruncate)(change->file->fd, change->size_before) != 0) abort();
        break;
    case MADE:
        REAL(unlink)(change->path);
        break;
    case RENAMED:
        REAL(rename)(change->path, change->from);
        if (change->saved[0]) REAL(rename)(change->saved, change->path);
        break;
    case EXCHANGED:
        REAL(renameat2)(AT_FDCWD, change->from, AT_FDCWD, change->path, RENAME_EXCHANGE);
        break;
    case UNLINKED:
        if (change->saved[0]) REAL(rename)(change->saved, change->path);
        break;
    case FOLDER:
        empty_folder(change->path);
        REAL(rmdir)(change->path);
        break;
    }
}

static void put(const struct change *change, size_t from, size_t len) {
    if (REAL(pwrite)(change->file->fd, (const char *)change->fresh + from, len, change->at + (off_t)from) != (ssize_t)len) abort();
}

static void do_again(const struct change *change, int torn) {
    if (!change->fresh) {
        if (REAL(ftruncate)(change->file->fd, change->size_after) != 0) abort();
        return;
    }
    if (!torn) {
        put(change, 0, change->fresh_len);
        return;
    }
    for (size_t at = 0; at < change->fresh_len;) {
        size_t past = at + SECTOR - (size_t)((change->at + (off_t)at) % SECTOR);
        if (past > change->fresh_len) past = change->fresh_len;
        if (draw(2)) put(change, at, past - at);
        at = past;
    }
}

/* Nothing reads it as it was: the first that opens the database makes it anew. */
static void spoil_shared(int remove) {
    for (int i = 0; i < shared_count; i++) {
        if (remove) {
            REAL(unlink)(shared[i]);
            continue;
        }
        int fd = ((int (*)(const char *, int, ...))real("open"))(shared[i], O_WRONLY | O_CLOEXEC);
        struct stat now;
        uint64_t noise[64];
        for (off_t at = 0; fd >= 0 && fstat(fd, &now) == 0 && at < now.st_size; at += (off_t)sizeof noise) {
            for (int word = 0; word < 64; word++) noise[word] = draw(UINT64_C(1) << 31) << 32 | draw(UINT64_C(1) << 31);
            if (REAL(pwrite)(fd, noise, sizeof noise, at) < 0) abort();
        }
        if (fd >= 0) close(fd);
    }
}

static void tell(const char *variable, long number) {
    const char *path = text_of(variable);
    FILE *file = path[0] ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", number);
    fclose(file);
}

/* Makes of the files what the power cut leaves of them. */
static void damage(int torn, int reordered) {
    size_t names = 0;
    for (struct change *change = oldest; change; change = change->newer) names += change->kind != DATA;
    size_t names_kept = reordered ? draw(names + 1) : 0;
    uint64_t share = torn ? draw(5) : 1 + draw(4); /* of four: how much survives of what was written */
    for (struct change *change = oldest; change; change = change->newer) {
        if (change->kind != DATA)
            change->kept = names_kept && names_kept--;
        else
            change->kept = (torn || reordered) && draw(4) < share;
    }
    for (struct change *change = newest; change; change = change->older)
        if (change->kind == DATA || !change->kept) take_back(change);
    for (struct change *change = oldest; change; change = change->newer) {
        if (change->kind == DATA && change->kept) do_again(change, torn);
        if (change->kept && change->saved[0]) REAL(unlink)(change->saved);
    }
    if (torn || reordered) spoil_shared(reordered);
}

/* Stops all threads of the process: none may read, and answer from, what is no longer there.  Its first thread is the one that
 * takes the signal and tells the others, so when that stands, the others no longer run. */
static void stop(pid_t process) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    kill(process, SIGSTOP);
    for (char *state = text; *state != 'T';) {
        struct timespec moment = {0, 1000000};
        nanosleep(&moment, NULL);
        int fd = ((int (*)(const char *, int, ...))real("open"))(path, O_RDONLY | O_CLOEXEC);
        ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
        if (len <= 0) _exit(1);
        close(fd);
        text[len] = 0;
        state = strrchr(text, ')');
        state = state ? state + 2 : text;
    }
}

/* The lock is held and stays so: nobody reaches the disk any more.  A child does it, for it must happen while the process
 * stands still; it has our lists and descriptors, and allocates nothing. */
static void fail_now(void) {
    const char *mode = text_of("CUT_MODE");
    int torn = strcmp(mode, "torn") == 0, reordered = strcmp(mode, "reordered") == 0, power = torn || reordered || strcmp(mode, "power") == 0;
    pid_t process = getpid();
    tell("CUT_CALLS", calls);
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
        stop(process);
        if (power) damage(torn, reordered);
        kill(process, SIGKILL);
        _exit(0);
    }
    for (;;) pause();
}

static void call(int step) {
    if (!armed) return;
    calls++;
    if (step) steps++;
    if (calls == strtol(text_of("CUT_CALL"), NULL, 10) || (step && steps == strtol(text_of("CUT_AT"), NULL, 10))) fail_now();
}

__attribute__((destructor)) static void tell_count(void) {
    tell("CUT_COUNT", steps);
}

/* --- what is written -------------------------------------------------------------------------------- */

/* Keeps what a write of `len` bytes at `at` will replace; NULL: no file of ours. */
static struct change *before_write(int fd, off_t at, size_t len) {
    char path[1024];
    struct stat now;
    if (!path_of(fd, path) || fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) return NULL;
    struct change *change = add(DATA, path);
    change->file = file_of(fd, &now);
    change->file->changes++;
    change->at = at;
    change->size_before = change->size_after = now.st_size;
    if (at < now.st_size) {
        change->len = (size_t)(now.st_size - at) < len ? (size_t)(now.st_size - at) : len;
        change->bytes = malloc(change->len ? change->len : 1);
        if (!change->bytes || pread(change->file->fd, change->bytes, change->len, at) != (ssize_t)change->len) abort();
    }
    return change;
}

/* After the write of `done` bytes. */
static void after_write(struct change *change, const void *bytes, ssize_t done) {
    if (!change) return;
    if (done <= 0) {
        drop(change);
        return;
    }
    change->fresh_len = (size_t)done;
    change->fresh = malloc(change->fresh_len);
    if (!change->fresh) abort();
    memcpy(change->fresh, bytes, change->fresh_len);
    call(0);
}

ssize_t write(int fd, const void *bytes, size_t len) {
    char path[1024];
    if (fd <= 2 || !path_of(fd, path)) return REAL(write)(fd, bytes, len); /* a socket may make it wait */
    pthread_mutex_lock(&lock);
    struct change *change = before_write(fd, lseek(fd, 0, SEEK_CUR), len);
    ssize_t done = REAL(write)(fd, bytes, len);
    int error = errno;
    after_write(change, bytes, done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at) {
    pthread_mutex_lock(&lock);
    struct change *change = before_write(fd, at, len);
    ssize_t done = REAL(pwrite)(fd, bytes, len, at);
    int error = errno;
    after_write(change, bytes, done);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at) {
    return pwrite(fd, bytes, len, at);
}

/* Another size of the file: what it loses is kept. */
static struct change *before_size(int fd, off_t size) {
    struct stat now;
    int shorter = fstat(fd, &now) == 0 && size < now.st_size;
    struct change *change = before_write(fd, shorter ? size : now.st_size, shorter ? (size_t)(now.st_size - size) : 0);
    if (change) change->size_after = size;
    return change;
}
static int cut_short(int fd, off_t size) {
    pthread_mutex_lock(&lock);
    struct change *change = before_size(fd, size);
    int wrong = REAL(ftruncate)(fd, size);
    if (change && wrong) drop(change);
    if (change && !wrong) call(0);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int ftruncate(int fd, off_t size) {
    return cut_short(fd, size);
}
int ftruncate64(int fd, off64_t size) {
    return cut_short(fd, size);
}
static int allocate(int fd, off_t at, off_t len) {
    struct stat now;
    pthread_mutex_lock(&lock);
    struct change *change = fstat(fd, &now) == 0 && at + len > now.st_size ? before_size(fd, at + len) : NULL;
    int wrong = REAL(posix_fallocate)(fd, at, len);
    if (change && wrong) drop(change);
    if (change && !wrong) call(0);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int posix_fallocate(int fd, off_t at, off_t len) {
    return allocate(fd, at, len);
}
int posix_fallocate64(int fd, off64_t at, off64_t len) {
    return allocate(fd, at, len);
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
    for (struct change *change = newest, *older; change; change = older) {
        older = change->older;
        snprintf(parent, sizeof parent, "%s", change->path);
        char *slash = strrchr(parent, '/');
        if (slash) *slash = 0;
        int settled = S_ISDIR(now.st_mode) ? change->kind != DATA && strcmp(parent, path) == 0
                                           : change->kind == DATA && change->file->dev == now.st_dev && change->file->ino == now.st_ino;
        if (settled) drop(change);
    }
}

static int sync_it(int fd, const char *name) {
    char path[1024];
    int ours = path_of(fd, path) || under(path);
    pthread_mutex_lock(&lock);
    if (ours) call(1);
    int wrong = ((int (*)(int))real(name))(fd);
    if (ours && wrong == 0) synced(fd);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int fsync(int fd) {
    return sync_it(fd, "fsync");
}
int fdatasync(int fd) {
    return sync_it(fd, "fdatasync");
}

/* --- names ------------------------------------------------------------------------------------------ */

static void note_shared(const char *path) {
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < shared_count && strcmp(shared[i], path) != 0) i++;
    if (i == shared_count && shared_count < 8) snprintf(shared[shared_count++], sizeof shared[0], "%s", path);
    pthread_mutex_unlock(&lock);
}

static int open_it(const char *name, const char *path, int flags, mode_t mode) {
    int (*open_real)(const char *, int, ...) = (int (*)(const char *, int, ...))real(name);
    if (under(path) && strstr(path, "-shm")) note_shared(path);
    if (!(flags & (O_CREAT | O_TRUNC)) || !under(path) || strstr(path, "-shm")) return open_real(path, flags, mode);
    pthread_mutex_lock(&lock);
    int there = access(path, F_OK) == 0;
    int fd = open_real(path, flags & ~O_TRUNC, mode);
    if (fd >= 0 && !there) {
        add(MADE, path);
        call(0);
    }
    if (fd >= 0 && there && (flags & O_TRUNC)) cut_short(fd, 0);
    pthread_mutex_unlock(&lock);
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
    pthread_mutex_lock(&lock);
    call(1);
    struct change *change = add(RENAMED, to);
    snprintf(change->from, sizeof change->from, "%s", from);
    save(change, to);
    int wrong = REAL(rename)(from, to);
    if (wrong) drop(change);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    if (!under(to)) return REAL(renameat2)(one, from, other, to, flags);
    pthread_mutex_lock(&lock);
    call(1);
    int wrong = REAL(renameat2)(one, from, other, to, flags);
    if (wrong == 0) snprintf(add(EXCHANGED, to)->from, 1024, "%s", from);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int unlink(const char *path) {
    if (!under(path) || strstr(path, "-shm") || access(path, F_OK) != 0) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    call(1);
    struct change *change = add(UNLINKED, path);
    save(change, path);
    int wrong = REAL(unlink)(path);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int mkdir(const char *path, mode_t mode) {
    if (!under(path)) return REAL(mkdir)(path, mode);
    pthread_mutex_lock(&lock);
    call(1);
    int wrong = REAL(mkdir)(path, mode);
    if (wrong == 0) add(FOLDER, path);
    pthread_mutex_unlock(&lock);
    return wrong;
}
int rmdir(const char *path) {
    if (!under(path)) return REAL(rmdir)(path);
    pthread_mutex_lock(&lock);
    call(1);
    int wrong = REAL(rmdir)(path);
    pthread_mutex_unlock(&lock);
    return wrong;
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
