#include "faults.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

static struct {
    enum bm_sweep_kind kind;
    unsigned n, calls, failed;
    bool armed, persistent;
} faults;

/* Whether this call, of that kind, is one that fails. */
static bool fails(enum bm_sweep_kind kind) {
    if (!faults.armed || faults.kind != kind) return false;
    unsigned call = ++faults.calls;
    bool now = faults.n && (call == faults.n || (faults.persistent && call > faults.n));
    faults.failed += now;
    return now;
}

void bm_faults_arm(enum bm_sweep_kind kind, unsigned n, bool persistent) {
    memset(&faults, 0, sizeof faults);
    faults.kind = kind;
    faults.n = n;
    faults.persistent = persistent;
    faults.armed = true;
}

void bm_faults_heal(unsigned *ret_calls, unsigned *ret_failed) {
    faults.armed = false;
    *ret_calls = faults.calls;
    *ret_failed = faults.failed;
}

/* --- files ------------------------------------------------------------------------------------ */

/* The real file's memory follows. */
struct file {
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct file *)(void *)file)->real;
}
#define REAL(file, call) real_of(file)->pMethods->call

static int file_close(sqlite3_file *file) {
    return REAL(file, xClose)(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_READ;
    int rc = REAL(file, xRead)(real_of(file), bytes, len, at);
    if (rc != SQLITE_OK || !fails(BM_SWEEP_SHORT)) return rc;
    memset((char *)bytes + len / 2, 0, (size_t)(len - len / 2));
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at) {
    bool io = fails(BM_SWEEP_IO), full = fails(BM_SWEEP_FULL);
    int rc = REAL(file, xWrite)(real_of(file), bytes, io || full ? len / 2 : len, at);
    return io ? SQLITE_IOERR_WRITE : full ? SQLITE_FULL : rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_TRUNCATE;
    return REAL(file, xTruncate)(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_FSYNC;
    return REAL(file, xSync)(real_of(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_FSTAT;
    return REAL(file, xFileSize)(real_of(file), ret_size);
}

static int file_lock(sqlite3_file *file, int level) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_LOCK;
    return REAL(file, xLock)(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level) {
    return REAL(file, xUnlock)(real_of(file), level);
}

static int file_reserved(sqlite3_file *file, int *ret_taken) {
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    return REAL(file, xCheckReservedLock)(real_of(file), ret_taken);
}

static int file_control(sqlite3_file *file, int op, void *argument) {
    return REAL(file, xFileControl)(real_of(file), op, argument);
}

static int file_sector(sqlite3_file *file) {
    return REAL(file, xSectorSize)(real_of(file));
}

static int file_device(sqlite3_file *file) {
    return REAL(file, xDeviceCharacteristics)(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_at) {
    *ret_at = NULL;
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_SHMMAP;
    if (extend && fails(BM_SWEEP_FULL)) return SQLITE_IOERR_SHMSIZE;
    return REAL(file, xShmMap)(real_of(file), page, size, extend, ret_at);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    if ((flags & SQLITE_SHM_LOCK) && fails(BM_SWEEP_IO)) return SQLITE_IOERR_SHMLOCK;
    return REAL(file, xShmLock)(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file) {
    REAL(file, xShmBarrier)(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove) {
    return REAL(file, xShmUnmap)(real_of(file), remove);
}

/* No xFetch: whatever is read is read through here. */
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
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags) {
    struct file *file = (struct file *)(void *)base;
    (void)vfs;
    *file = (struct file){.real = (sqlite3_file *)(void *)(file + 1)};
    if (fails(BM_SWEEP_IO) || ((flags & SQLITE_OPEN_CREATE) && fails(BM_SWEEP_FULL))) return SQLITE_CANTOPEN;
    int rc = real_vfs->xOpen(real_vfs, name, file->real, flags, ret_flags);
    if (file->real->pMethods) file->base.pMethods = &methods;
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder) {
    (void)vfs;
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, sync_folder);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_yes) {
    (void)vfs;
    if (fails(BM_SWEEP_IO)) return SQLITE_IOERR_ACCESS;
    return real_vfs->xAccess(real_vfs, name, flags, ret_yes);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int size, char *ret_path) {
    (void)vfs;
    if (fails(BM_SWEEP_IO)) return SQLITE_CANTOPEN;
    return real_vfs->xFullPathname(real_vfs, name, size, ret_path);
}

/* --- memory ----------------------------------------------------------------------------------- */

static sqlite3_mem_methods real_memory;

static void *memory_new(int bytes) {
    return fails(BM_SWEEP_MEMORY) ? NULL : real_memory.xMalloc(bytes);
}

static void *memory_more(void *block, int bytes) {
    return fails(BM_SWEEP_MEMORY) ? NULL : real_memory.xRealloc(block, bytes);
}

void bm_faults_install(void) {
    static sqlite3_vfs vfs;
    static sqlite3_mem_methods memory;
    BM_CHECK(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory) == SQLITE_OK);
    memory = real_memory;
    memory.xMalloc = memory_new;
    memory.xRealloc = memory_more;
    BM_CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) == SQLITE_OK);
    /* Small blocks would come from a store of their own and never be asked for. */
    BM_CHECK(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK);
    BM_CHECK(sqlite3_initialize() == SQLITE_OK);
    real_vfs = sqlite3_vfs_find(NULL);
    BM_CHECK(real_vfs);
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.szOsFile += (int)sizeof(struct file);
    vfs.zName = "sweep";
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_path;
    BM_CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}
