#include "journal/page_file.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"

static enum bm_code io_fault(const struct bm_page_file *file, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_IO, "journal", "Cannot read %.200s.", file->name);
}

enum bm_code bm_page_file_open(const char *path, enum bm_page_file_kind kind,
                               struct bm_page_file *ret_file, struct bm_fault *fault) {
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    BM_CHECK(vfs != NULL);
    char full[4096], journal[4096 + 16], wal[4096 + 16];
    if (vfs->xFullPathname(vfs, path, sizeof full, full) != SQLITE_OK) {
        return bm_fault_set(fault, BM_IO, "journal", "Cannot find %.200s.", path);
    }
    snprintf(journal, sizeof journal, "%s-journal", full);
    snprintf(wal, sizeof wal, "%s-wal", full);
    const char *wanted = kind == BM_PAGE_FILE_WAL ? wal : full;
    /* SQLite's own xAccess would say that an empty file is not there. */
    if (access(wanted, F_OK) != 0) {
        /* Only what is surely not there may be made anew. */
        return errno == ENOENT ? bm_fault_set(fault, BM_NOT_FOUND, "journal", "There is no %.200s.", wanted)
                               : bm_fault_set(fault, BM_IO, "journal", "%.200s cannot be looked for: %s.", wanted, strerror(errno));
    }
    struct bm_page_file file = {0};
    const char *name = sqlite3_create_filename(full, journal, wal, 0, NULL);
    if (!name) bm_check_failed("memory for SQLite", __FILE__, __LINE__);
    file.name = name;
    file.file = bm_alloc_zero(1, (size_t)vfs->szOsFile);
    const char *opened = kind == BM_PAGE_FILE_WAL ? sqlite3_filename_wal(name) : name;
    int flags = SQLITE_OPEN_READONLY |
                (kind == BM_PAGE_FILE_WAL ? SQLITE_OPEN_WAL : SQLITE_OPEN_MAIN_DB);
    sqlite3_int64 size = 0;
    if (vfs->xOpen(vfs, opened, file.file, flags, NULL) != SQLITE_OK ||
        file.file->pMethods->xFileSize(file.file, &size) != SQLITE_OK) {
        io_fault(&file, fault);
        bm_page_file_close(&file);
        return BM_IO;
    }
    file.size = (uint64_t)size;
    *ret_file = file;
    return BM_OK;
}

void bm_page_file_close(struct bm_page_file *file) {
    if (file->file && file->file->pMethods) file->file->pMethods->xClose(file->file);
    bm_free(file->file);
    if (file->name) sqlite3_free_filename((char *)(uintptr_t)file->name);
    *file = (struct bm_page_file){0};
}

enum bm_code bm_page_file_read(struct bm_page_file *file, uint64_t offset, uint8_t *ret_bytes,
                               size_t len, size_t *ret_len, struct bm_fault *fault) {
    if (offset >= file->size)
        len = 0;
    else if (len > file->size - offset)
        len = (size_t)(file->size - offset);
    if (len) {
        int rc = file->file->pMethods->xRead(file->file, ret_bytes, (int)len,
                                             (sqlite3_int64)offset);
        /* The file was cut since it was opened: the missing bytes read as zeros. */
        if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ) return io_fault(file, fault);
    }
    *ret_len = len;
    return BM_OK;
}
