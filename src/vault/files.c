#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "vault/vault_private.h"

void *bm_vault_secret_new(size_t bytes) {
    void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) bm_check_failed("memory for secrets", __FILE__, __LINE__);
    (void)madvise(block, bytes, MADV_DONTDUMP);
    (void)mlock(block, bytes); /* limited without a raised RLIMIT_MEMLOCK: better some than none */
    return block;
}

void bm_vault_secret_free(void *block, size_t bytes) {
    if (!block) return;
    bm_wipe(block, bytes);
    BM_CHECK(munmap(block, bytes) == 0);
}

char *bm_vault_join(const char *dir, const char *name) {
    size_t bytes = strlen(dir) + 1 + strlen(name) + 1;
    char *path = bm_alloc(bytes);
    snprintf(path, bytes, "%s/%s", dir, name);
    return path;
}

static enum bm_code io_fault(struct bm_fault *fault, const char *doing, const char *path) {
    int error = errno;
    return bm_fault_set(fault, error == ENOSPC || error == EDQUOT ? BM_NO_SPACE : BM_IO, NULL,
                        "%s %s: %s.", doing, path, strerror(error));
}

/* Everything or an error; `write` may take less than it was given. */
static bool write_all(int fd, const void *bytes, size_t len) {
    const uint8_t *at = bytes;
    while (len > 0) {
        ssize_t written = write(fd, at, len);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        at += written;
        len -= (size_t)written;
    }
    return true;
}

enum bm_code bm_vault_sync_folder(const char *file_path, struct bm_fault *fault) {
    const char *slash = strrchr(file_path, '/');
    char *dir = bm_text_copy(slash ? file_path : ".");
    if (slash) dir[slash == file_path ? 1 : slash - file_path] = 0;
    enum bm_code code = BM_OK;
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0 || BM_FAILS(file_folder_sync_io)) code = io_fault(fault, "Syncing the folder", dir);
    if (fd >= 0) close(fd);
    bm_free(dir);
    return code;
}

enum bm_code bm_vault_write_file(const char *path, unsigned mode, const void *bytes, size_t len,
                                 struct bm_fault *fault) {
    size_t name_bytes = strlen(path) + sizeof ".new";
    char *name = bm_alloc(name_bytes);
    snprintf(name, name_bytes, "%s.new", path);
    /* What an earlier, interrupted run left under this name may have a wider mode: begin anew. */
    (void)unlink(name);
    enum bm_code code = BM_OK;
    int fd = BM_FAILS(file_open_io) ? -1 : open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) BM_STEP_DONE(file_opened);
    bool written = fd >= 0 && write_all(fd, bytes, len) && !BM_FAILS(file_write_full);
    if (written) BM_STEP_DONE(file_written);
    if (!written || fsync(fd) != 0 || BM_FAILS(file_sync_io)) code = io_fault(fault, "Writing", name);
    if (code == BM_OK) BM_STEP_DONE(file_synced);
    if (fd >= 0 && close(fd) != 0 && code == BM_OK) code = io_fault(fault, "Writing", name);
    if (code == BM_OK && (BM_FAILS(file_rename_io) || rename(name, path) != 0)) code = io_fault(fault, "Renaming to", path);
    if (code == BM_OK) BM_STEP_DONE(file_renamed);
    if (code == BM_OK)
        code = bm_vault_sync_folder(path, fault);
    else
        (void)unlink(name);
    if (code == BM_OK) BM_STEP_DONE(file_folder_synced);
    bm_free(name);
    return code;
}

enum bm_code bm_vault_read_file(const char *path, void *ret_bytes, size_t max, size_t *ret_len,
                                struct bm_fault *fault) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return bm_fault_set(fault, BM_NOT_FOUND, NULL, "There is no file %s.", path);
    }
    if (fd < 0) return io_fault(fault, "Opening", path);
    uint8_t *bytes = bm_alloc(max + 1);
    size_t len = 0;
    enum bm_code code = BM_OK;
    while (len <= max) {
        ssize_t got = read(fd, bytes + len, max + 1 - len);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) code = io_fault(fault, "Reading", path);
        if (got <= 0) break;
        len += (size_t)got;
    }
    close(fd);
    if (code == BM_OK) {
        memcpy(ret_bytes, bytes, len < max ? len : max);
        *ret_len = len;
    }
    bm_wipe(bytes, max + 1);
    bm_free(bytes);
    return code;
}
