#include "cli/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/own_tables.h"

static enum bm_code io_fault(struct bm_fault *fault, const char *what, const char *path) {
    int error = errno;
    return bm_fault_set(fault, error == ENOSPC ? BM_NO_SPACE : error == ENOENT ? BM_NOT_FOUND : BM_IO, "dir", "%s %.200s: %s", what, path,
                        strerror(error));
}

enum bm_code bm_folder_absolute(const char *dir, char ret_path[BM_FORMAT_PATH_TEXT], struct bm_fault *fault) {
    char *path = realpath(dir, NULL);
    if (!path) return io_fault(fault, "cannot find", dir);
    bool fits = strlen(path) < BM_FORMAT_PATH_TEXT && path[1];
    if (fits) snprintf(ret_path, BM_FORMAT_PATH_TEXT, "%s", path);
    free(path);
    return fits ? BM_OK : bm_fault_set(fault, BM_TOO_LONG, "dir", "%.200s cannot be a data folder: name a folder below it", dir);
}

uint64_t bm_folder_bytes(const char *dir, const char *name) {
    char path[4096];
    struct stat found;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return stat(path, &found) == 0 ? (uint64_t)found.st_size : 0;
}

static enum bm_code sync_parent(const char *path, struct bm_fault *fault) {
    char parent[BM_FORMAT_PATH_TEXT + 16];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash) slash[slash == parent] = 0;
    int fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    enum bm_code code = synced ? BM_OK : io_fault(fault, "cannot sync the folder of", path);
    if (fd >= 0) close(fd);
    return code;
}

enum bm_code bm_folder_rename(const char *from, const char *to, struct bm_fault *fault) {
    if (rename(from, to) != 0) return io_fault(fault, "cannot give its name to", to);
    return sync_parent(to, fault);
}

enum bm_code bm_folder_exchange(const char *one, const char *other, struct bm_fault *fault) {
    if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) != 0)
        return io_fault(fault, "cannot exchange in one step (is it a mount point of its own? keep the data in a folder below it)", one);
    return sync_parent(one, fault);
}

/* Whether a file of that name is one that bm_copy_folder writes, or a step on the way to it ("journal.db.part-journal"). */
static bool of_a_copy(const char *name) {
    static const char *const own[] = {"journal.db", "vault.db", "vault.key", "head.checkpoint", "format", "outbox.db"};
    enum { OWN = sizeof own / sizeof own[0] };
    for (int i = 0; i < OWN + BM_OWN_TABLES; i++) {
        const char *base = i < OWN ? own[i] : bm_own_table_files[i - OWN];
        size_t len = strlen(base);
        if (strncmp(name, base, len) == 0 && (!name[len] || name[len] == '-' || name[len] == '.')) return true;
    }
    return false;
}

enum bm_code bm_folder_remove_copy(const char *dir, struct bm_fault *fault) {
    DIR *folder = opendir(dir);
    if (!folder) return errno == ENOENT ? BM_OK : io_fault(fault, "cannot read", dir);
    enum bm_code code = BM_OK;
    for (struct dirent *entry; !code && (entry = readdir(folder));) {
        char path[4096];
        if (!of_a_copy(entry->d_name)) continue;
        snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
        if (unlink(path) != 0 && errno != ENOENT) code = io_fault(fault, "cannot remove", path);
    }
    closedir(folder);
    if (code) return code;
    return rmdir(dir) == 0 ? BM_OK : io_fault(fault, "cannot remove the rest of an earlier try", dir);
}
