/* Preloaded into a program under test: the nth of its calls to the system fails, once or from then on.
 *
 *   FAIL_CONTROL   a file, mapped: what fails is written there by the test, also while the program runs, and what was counted
 *                  is read there, whatever became of the program (struct control below)
 *   FAIL_UNDER     of files only those below this folder count
 *
 * Kinds: disk (open, write, pwrite, read, pread, fsync, fdatasync, rename, renameat2, ftruncate, mmap, unlink, mkdir,
 *   access, stat), memory (malloc, calloc,
 * realloc, aligned_alloc, mmap without a file), socket (accept4, and read, write, writev, recvmsg, sendmsg on sockets). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DISK = 1, MEMORY, SOCKET };

struct control {
    _Atomic uint64_t kind;   /* what is counted and fails; 0: nothing */
    _Atomic uint64_t at;     /* the call that fails; 0: none */
    _Atomic uint64_t times;  /* how many from there on */
    _Atomic uint64_t error;  /* errno */
    _Atomic uint64_t calls, failed;
    char last[64];           /* the call that failed last */
};

static struct control none, *control = &none;
static char under_path[512];
/* Another model would ask for memory; volatile, for dlsym is declared never to lead back here, and does. */
static _Thread_local volatile int inside __attribute__((tls_model("initial-exec")));

/* The real call.  Looking it up may ask for memory, which must not lead back here. */
static void *find(const char *name) {
    inside++;
    void *found = dlsym(RTLD_NEXT, name);
    inside--;
    return found;
}
#define REAL(type, name)                                                                                                       \
    static type *real;                                                                                                         \
    if (!real) real = (type *)find(name)

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("FAIL_CONTROL"), *folder = getenv("FAIL_UNDER");
    if (!path) return;
    inside++;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *mapped = fd >= 0 ? mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED) abort();
    close(fd);
    snprintf(under_path, sizeof under_path, "%s", folder ? folder : "");
    control = mapped;
    inside--;
}

/* Whether this call fails; errno is set then. */
static int fails(uint64_t kind, const char *name) {
    if (inside || control->kind != kind) return 0;
    uint64_t call = ++control->calls;
    if (!control->at || call < control->at || call - control->at >= control->times) return 0;
    control->failed++;
    snprintf(control->last, sizeof control->last, "%s", name);
    errno = (int)control->error;
    return 1;
}

static int under(const char *path) {
    return path && under_path[0] && strncmp(path, under_path, strlen(under_path)) == 0;
}

static int of_disk(int fd) {
    char link[64], path[512];
    if (control->kind != DISK || inside) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0) return 0;
    path[len] = 0;
    return under(path);
}

static int of_socket(int fd) {
    struct stat found;
    return control->kind == SOCKET && !inside && fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode);
}

#define DISK_FD(fd, name)                                                                                                      \
    if (of_disk(fd) && fails(DISK, name)) return -1
#define SOCKET_FD(fd, name)                                                                                                    \
    if (of_socket(fd) && fails(SOCKET, name)) return -1
#define DISK_PATH(path, name)                                                                                                  \
    if (under(path) && fails(DISK, name)) return -1

/* --- files ------------------------------------------------------------------------------------ */

typedef int open_fn(const char *, int, ...);
static mode_t mode_of(int flags, va_list more) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
}
#define OPEN(name)                                                                                                             \
    int name(const char *path, int flags, ...);                                                                                \
    int name(const char *path, int flags, ...) {                                                                               \
        REAL(open_fn, #name);                                                                                                  \
        va_list more;                                                                                                          \
        va_start(more, flags);                                                                                                 \
        mode_t mode = mode_of(flags, more);                                                                                    \
        va_end(more);                                                                                                          \
        DISK_PATH(path, #name);                                                                                                \
        return real(path, flags, mode);                                                                                        \
    }
OPEN(open)
OPEN(open64)

typedef ssize_t write_fn(int, const void *, size_t);
ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(write_fn, "write");
    DISK_FD(fd, "write");
    SOCKET_FD(fd, "write");
    return real(fd, bytes, len);
}
typedef ssize_t read_fn(int, void *, size_t);
ssize_t read(int fd, void *bytes, size_t len) {
    REAL(read_fn, "read");
    DISK_FD(fd, "read");
    SOCKET_FD(fd, "read");
    return real(fd, bytes, len);
}
typedef ssize_t pwrite_fn(int, const void *, size_t, off64_t);
#define PWRITE(name, offset)                                                                                                   \
    ssize_t name(int fd, const void *bytes, size_t len, offset at) {                                                           \
        REAL(pwrite_fn, #name);                                                                                                \
        DISK_FD(fd, #name);                                                                                                    \
        return real(fd, bytes, len, at);                                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)
typedef ssize_t pread_fn(int, void *, size_t, off64_t);
#define PREAD(name, offset)                                                                                                    \
    ssize_t name(int fd, void *bytes, size_t len, offset at) {                                                                 \
        REAL(pread_fn, #name);                                                                                                 \
        DISK_FD(fd, #name);                                                                                                    \
        return real(fd, bytes, len, at);                                                                                       \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

typedef int fd_fn(int);
#define OF_FD(name)                                                                                                            \
    int name(int fd) {                                                                                                         \
        REAL(fd_fn, #name);                                                                                                    \
        DISK_FD(fd, #name);                                                                                                    \
        return real(fd);                                                                                                       \
    }
OF_FD(fsync)
OF_FD(fdatasync)

typedef int ftruncate_fn(int, off64_t);
#define FTRUNCATE(name, offset)                                                                                                \
    int name(int fd, offset size) {                                                                                            \
        REAL(ftruncate_fn, #name);                                                                                             \
        DISK_FD(fd, #name);                                                                                                    \
        return real(fd, size);                                                                                                 \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

typedef void *mmap_fn(void *, size_t, int, int, int, off64_t);
#define MMAP(name, offset)                                                                                                     \
    void *name(void *where, size_t len, int protection, int flags, int fd, offset at) {                                        \
        REAL(mmap_fn, #name);                                                                                                  \
        if (fd >= 0 ? of_disk(fd) && fails(DISK, #name) : fails(MEMORY, #name)) return MAP_FAILED;                             \
        return real(where, len, protection, flags, fd, at);                                                                    \
    }
MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

typedef int two_paths_fn(const char *, const char *);
int rename(const char *from, const char *to) {
    REAL(two_paths_fn, "rename");
    DISK_PATH(to, "rename");
    return real(from, to);
}
typedef int renameat2_fn(int, const char *, int, const char *, unsigned);
int renameat2(int one, const char *from, int other, const char *to, unsigned flags) {
    REAL(renameat2_fn, "renameat2");
    DISK_PATH(to, "renameat2");
    return real(one, from, other, to, flags);
}
typedef int path_fn(const char *);
int unlink(const char *path) {
    REAL(path_fn, "unlink");
    DISK_PATH(path, "unlink");
    return real(path);
}
typedef int access_fn(const char *, int);
int access(const char *path, int mode) {
    REAL(access_fn, "access");
    DISK_PATH(path, "access");
    return real(path, mode);
}
typedef int stat_fn(const char *, void *);
#define STAT(name, type)                                                                                                       \
    int name(const char *path, type *ret) {                                                                                    \
        REAL(stat_fn, #name);                                                                                                  \
        DISK_PATH(path, #name);                                                                                                \
        return real(path, ret);                                                                                                \
    }
STAT(stat, struct stat)
STAT(stat64, struct stat64)
typedef int mkdir_fn(const char *, mode_t);
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir_fn, "mkdir");
    DISK_PATH(path, "mkdir");
    return real(path, mode);
}

/* --- sockets ---------------------------------------------------------------------------------- */

typedef int accept4_fn(int, struct sockaddr *, socklen_t *, int);
int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags) {
    REAL(accept4_fn, "accept4");
    SOCKET_FD(fd, "accept4");
    return real(fd, address, len, flags);
}
typedef ssize_t writev_fn(int, const struct iovec *, int);
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev_fn, "writev");
    SOCKET_FD(fd, "writev");
    return real(fd, parts, count);
}
typedef ssize_t sendmsg_fn(int, const struct msghdr *, int);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg_fn, "sendmsg");
    SOCKET_FD(fd, "sendmsg");
    return real(fd, message, flags);
}
typedef ssize_t recvmsg_fn(int, struct msghdr *, int);
ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
    REAL(recvmsg_fn, "recvmsg");
    SOCKET_FD(fd, "recvmsg");
    return real(fd, message, flags);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* Until the real ones are known: looking them up asks for some. */
static _Alignas(16) char early[65536];
static size_t early_used;

static void *early_block(size_t bytes) {
    void *block = early + early_used;
    early_used += (bytes + 15) / 16 * 16;
    if (early_used > sizeof early) abort();
    return block;
}
static int is_early(const void *block) {
    return (const char *)block >= early && (const char *)block < early + sizeof early;
}

typedef void *malloc_fn(size_t);
void *malloc(size_t bytes) {
    static malloc_fn *real;
    if (!real) {
        if (inside) return early_block(bytes);
        real = (malloc_fn *)find("malloc");
    }
    return fails(MEMORY, "malloc") ? NULL : real(bytes);
}
typedef void *calloc_fn(size_t, size_t);
void *calloc(size_t count, size_t bytes) {
    static calloc_fn *real;
    if (!real) {
        if (inside) return early_block(count * bytes);
        real = (calloc_fn *)find("calloc");
    }
    return fails(MEMORY, "calloc") ? NULL : real(count, bytes);
}
typedef void *realloc_fn(void *, size_t);
void *realloc(void *block, size_t bytes) {
    static realloc_fn *real;
    if (!real) real = (realloc_fn *)find("realloc");
    if (is_early(block)) {
        void *moved = malloc(bytes);
        if (moved) memcpy(moved, block, bytes < (size_t)(early + sizeof early - (char *)block) ? bytes : (size_t)(early + sizeof early - (char *)block));
        return moved;
    }
    return fails(MEMORY, "realloc") ? NULL : real(block, bytes);
}
typedef void free_fn(void *);
void free(void *block) {
    static free_fn *real;
    if (is_early(block) || (!real && inside)) return; /* while it is looked up: better kept than asked about again */
    if (!real) real = (free_fn *)find("free");
    real(block);
}
typedef void *aligned_alloc_fn(size_t, size_t);
void *aligned_alloc(size_t alignment, size_t bytes) {
    static aligned_alloc_fn *real;
    if (!real) real = (aligned_alloc_fn *)find("aligned_alloc");
    return fails(MEMORY, "aligned_alloc") ? NULL : real(alignment, bytes);
}
