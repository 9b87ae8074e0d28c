#include "journal/page_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"

/* One open file.  `real` is the default VFS's file; its memory follows this struct. */
struct page_file {
    sqlite3_file base;
    sqlite3_file *real;
    bool checked; /* a main database: its pages carry checksums */
    uint64_t bad_page;
    uint8_t
        page[BM_PAGE_BYTES]; /* a page on its way out: SQLite's own buffer is not ours to change */
};

static sqlite3_vfs page_vfs;
static sqlite3_vfs *real_vfs;

static void checksum(const uint8_t *page, uint64_t number, uint8_t ret_check[BM_PAGE_CHECK_BYTES]) {
    struct bm_hasher hasher;
    uint8_t digest[BM_DIGEST_BYTES];
    bm_hash_start(&hasher, sizeof digest);
    bm_hash_add(&hasher, &number, sizeof number);
    bm_hash_add(&hasher, page, BM_PAGE_BYTES - BM_PAGE_CHECK_BYTES);
    bm_hash_end(&hasher, digest, sizeof digest);
    memcpy(ret_check, digest, BM_PAGE_CHECK_BYTES);
}

bool bm_page_sound(const uint8_t *page, uint64_t number) {
    uint8_t check[BM_PAGE_CHECK_BYTES];
    checksum(page, number, check);
    return memcmp(check, page + BM_PAGE_BYTES - BM_PAGE_CHECK_BYTES, sizeof check) == 0;
}

static struct page_file *of(sqlite3_file *file) {
    return (struct page_file *)(void *)file;
}

static sqlite3_file *real_of(sqlite3_file *file) {
    return of(file)->real;
}

/* --- what we change --------------------------------------------------------------------------- */

static bool whole_page(const struct page_file *file, int amount, sqlite3_int64 offset) {
    return file->checked && amount == BM_PAGE_BYTES && offset % BM_PAGE_BYTES == 0;
}

/* SQLite takes what a read did not give for zeros, which is right behind the end of a file alone: zeros in the middle of it
 * would go into its cache, and from there, with a fine checksum, back to the disk. */
static int short_read(sqlite3_file *real, int amount, sqlite3_int64 offset) {
    sqlite3_int64 size;
    int rc = real->pMethods->xFileSize(real, &size);
    return rc != SQLITE_OK ? rc : offset + amount <= size ? SQLITE_IOERR_READ : SQLITE_IOERR_SHORT_READ;
}

/* Reads of less than a page (the first 100 bytes, before SQLite knows the page size) cannot be
 * checked; page 1 is read whole before its content is used. */
static int file_read(sqlite3_file *base, void *bytes, int amount, sqlite3_int64 offset) {
    struct page_file *file = of(base);
    int rc = file->real->pMethods->xRead(file->real, bytes, amount, offset);
    if (rc == SQLITE_IOERR_SHORT_READ) return short_read(file->real, amount, offset);
    if (rc != SQLITE_OK || !whole_page(file, amount, offset)) return rc;
    uint64_t number = (uint64_t)(offset / BM_PAGE_BYTES) + 1;
    if (bm_page_sound(bytes, number)) return SQLITE_OK;
    file->bad_page = number;
    return SQLITE_IOERR_DATA;
}

static int file_write(sqlite3_file *base, const void *bytes, int amount, sqlite3_int64 offset) {
    struct page_file *file = of(base);
    if (whole_page(file, amount, offset)) {
        memcpy(file->page, bytes, BM_PAGE_BYTES - BM_PAGE_CHECK_BYTES);
        checksum(file->page, (uint64_t)(offset / BM_PAGE_BYTES) + 1,
                 file->page + BM_PAGE_BYTES - BM_PAGE_CHECK_BYTES);
        bytes = file->page;
    }
    return file->real->pMethods->xWrite(file->real, bytes, amount, offset);
}

static int file_control(sqlite3_file *base, int op, void *argument) {
    if (op == BM_PAGE_FCNTL_BAD) {
        *(uint64_t *)argument = of(base)->bad_page;
        return SQLITE_OK;
    }
    return real_of(base)->pMethods->xFileControl(real_of(base), op, argument);
}

static int file_close(sqlite3_file *base) {
    return real_of(base)->pMethods->xClose(real_of(base));
}

/* --- what is passed on ------------------------------------------------------------------------ */

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int file_sync(sqlite3_file *file, int flags) {
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
static int file_lock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int file_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int file_check_lock(sqlite3_file *file, int *taken) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), taken);
}
static int file_sector(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int file_device(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **at) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, at);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int file_shm_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

/* Version 2: shared memory for the WAL, but no xFetch: mapped pages would not be looked at. */
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags,
                    int *ret_flags) {
    (void)vfs;
    struct page_file *file = of(base);
    *file = (struct page_file){.real = (sqlite3_file *)(void *)(file + 1),
                               .checked = (flags & SQLITE_OPEN_MAIN_DB) != 0};
    int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
    /* SQLite closes a file only when pMethods is set, also after a failure. */
    if (file->real->pMethods) file->base.pMethods = &methods;
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir) {
    (void)vfs;
    return real_vfs->xDelete(real_vfs, name, sync_dir);
}
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_out) {
    (void)vfs;
    return real_vfs->xAccess(real_vfs, name, flags, ret_out);
}
static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *ret_path) {
    (void)vfs;
    return real_vfs->xFullPathname(real_vfs, name, size, ret_path);
}
static int vfs_randomness(sqlite3_vfs *vfs, int size, char *ret_bytes) {
    (void)vfs;
    return real_vfs->xRandomness(real_vfs, size, ret_bytes);
}
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return real_vfs->xSleep(real_vfs, microseconds);
}
static int vfs_time(sqlite3_vfs *vfs, double *ret_days) {
    (void)vfs;
    return real_vfs->xCurrentTime(real_vfs, ret_days);
}
static int vfs_last_error(sqlite3_vfs *vfs, int size, char *ret_text) {
    (void)vfs;
    return real_vfs->xGetLastError(real_vfs, size, ret_text);
}
static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms) {
    (void)vfs;
    return real_vfs->xCurrentTimeInt64(real_vfs, ret_ms);
}

static void install(void) {
    BM_CHECK(sqlite3_initialize() == SQLITE_OK);
    real_vfs = sqlite3_vfs_find(NULL);
    BM_CHECK(real_vfs != NULL);
    BM_CHECK(real_vfs->iVersion >= 2);
    /* Loading extensions is not passed on: nothing here may load code. */
    page_vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct page_file) + real_vfs->szOsFile,
        .mxPathname = real_vfs->mxPathname,
        .zName = "bellman-pages",
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
        .xCurrentTimeInt64 = vfs_time_ms,
    };
    BM_CHECK(sqlite3_vfs_register(&page_vfs, 0) == SQLITE_OK);
}

const char *bm_page_vfs(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    return page_vfs.zName;
}
