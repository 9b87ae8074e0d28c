#include "import/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum bm_code failed(const char *path, const char *doing, int error, struct bm_fault *fault) {
    enum bm_code code = error == ENOSPC || error == EDQUOT ? BM_NO_SPACE : BM_IO;
    return bm_fault_set(fault, code, NULL, "%s cannot be %s: %s.", path, doing, strerror(error));
}

static int write_all(int fd, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    while (len) {
        ssize_t wrote = write(fd, at, len < 1u << 30 ? len : 1u << 30);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return errno;
        at += wrote;
        len -= (size_t)wrote;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

static int sync_path(const char *path, int flags) {
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    int error = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return error;
}

static int sync_folder_of(const char *path) {
    char folder[BM_OUTPUT_PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof folder) return ENAMETOOLONG;
    memcpy(folder, path, len);
    folder[len] = 0;
    return sync_path(len ? folder : slash ? "/" : ".", O_DIRECTORY);
}

enum bm_code bm_output_put(const char *made, const char *path, struct bm_fault *fault) {
    int error = sync_path(made, 0);
    if (error) return failed(made, "written", error, fault);
    if (rename(made, path) != 0) return failed(path, "replaced", errno, fault);
    error = sync_folder_of(path);
    return error ? failed(path, "made lasting", error, fault) : BM_OK;
}

static bool part_of(const char *path, pid_t writer, char ret_part[BM_OUTPUT_PATH_MAX]) {
    int size = snprintf(ret_part, BM_OUTPUT_PATH_MAX, "%s.%ld.part", path, (long)writer);
    return size > 0 && size < BM_OUTPUT_PATH_MAX;
}

void bm_output_forget(const char *path, pid_t writer) {
    char part[BM_OUTPUT_PATH_MAX];
    if (part_of(path, writer, part)) unlink(part);
}

enum bm_code bm_output_write(const char *path, const void *bytes, size_t len,
                             struct bm_fault *fault) {
    char made[BM_OUTPUT_PATH_MAX];
    if (!part_of(path, getpid(), made)) return failed(path, "made", ENAMETOOLONG, fault);
    int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return failed(path, "made", errno, fault);
    int error = write_all(fd, bytes, len);
    if (close(fd) != 0 && !error) error = errno;
    if (error) {
        unlink(made);
        return failed(path, "written", error, fault);
    }
    enum bm_code code = bm_output_put(made, path, fault);
    if (code) unlink(made);
    return code;
}
