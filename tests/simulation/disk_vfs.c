#include "disk_vfs.h"

#include "base/alloc.h"
#include "base/check.h"
#include "disk_vfs_private.h"

enum { PAGE_BYTES = 4096, PATH_MAX_BYTES = 512, SHM_LOCKS = SQLITE_SHM_NLOCK };
/* Julian day of 1970-01-01, in ms: SQLite counts from noon of November 24, 4714 BC. */
static const int64_t JULIAN_1970_MS = INT64_C(210866760000000);

/* --- files ------------------------------------------------------------------------------------ */

static bool dead(const struct bm_disk_handle *handle) {
    return handle->life != handle->disk->life;
}

static struct bm_disk_handle *handle_of(sqlite3_file *file) {
    return (struct bm_disk_handle *)(void *)file;
}

static int disk_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (bm_disk_fails(handle->disk, BM_DISK_READ)) return SQLITE_IOERR_READ;
    const struct bm_disk_image *image = &handle->node->now;
    size_t at = (size_t)offset, want = (size_t)len;
    size_t have = at >= image->len ? 0 : image->len - at < want ? image->len - at : want;
    if (have > 0) memcpy(bytes, image->bytes + at, have);
    if (have == want) return SQLITE_OK;
    memset((uint8_t *)bytes + have, 0, want - have);
    return SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset) {
    struct bm_disk_handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    if (dead(handle)) return SQLITE_IOERR;
    struct bm_disk_node *node = handle->node;
    size_t at = (size_t)offset, fits = (size_t)len;
    int rc = SQLITE_OK;
    if (bm_disk_fails(disk, BM_DISK_WRITE)) {
        rc = SQLITE_IOERR_WRITE;
        fits = (size_t)bm_disk_draw_below(disk, fits + 1);
    }
    size_t growth = at + fits > node->now.len ? at + fits - node->now.len : 0;
    uint64_t used = bm_disk_used(disk);
    uint64_t room = disk->space > used ? disk->space - used : 0;
    if (growth > room) {
        rc = SQLITE_FULL;
        size_t over = growth - (size_t)room;
        fits = over < fits ? fits - over : 0;
    }
    if (fits > 0) bm_disk_add_step(node, at, bytes, fits);
    /* After the write is on the list, so that the crash may keep it or a part of it. */
    return bm_disk_power_gone(disk) ? SQLITE_IOERR : rc;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    bm_disk_add_step(handle->node, (size_t)size, NULL, 0);
    return bm_disk_power_gone(handle->disk) ? SQLITE_IOERR : SQLITE_OK;
}

static int disk_sync(sqlite3_file *file, int flags) {
    (void)flags;
    struct bm_disk_handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    if (dead(handle)) return SQLITE_IOERR;
    if (bm_disk_fails(disk, BM_DISK_SYNC)) {
        if (bm_disk_draw_below(disk, 2)) bm_disk_sync_file(disk, handle->node);
        return bm_disk_power_gone(disk) ? SQLITE_IOERR : SQLITE_IOERR_FSYNC;
    }
    /* Before the sync: what it would have saved is still at risk. */
    if (bm_disk_power_gone(disk)) return SQLITE_IOERR;
    bm_disk_sync_file(disk, handle->node);
    if (handle->folder_unsynced) bm_disk_sync_folder(disk, handle->path);
    handle->folder_unsynced = false;
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    *ret_size = (sqlite3_int64)handle->node->now.len;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *file, int operation, void *argument) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    int *number = argument;
    switch (operation) {
    case SQLITE_FCNTL_LOCKSTATE:
        *number = handle->lock;
        return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED:
        *number = 0;
        return SQLITE_OK;
    case SQLITE_FCNTL_PERSIST_WAL:
        if (*number >= 0)
            handle->persist_wal = *number > 0;
        else
            *number = handle->persist_wal;
        return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME:
        *(char **)argument = sqlite3_mprintf("%s", handle->disk->vfs_name);
        return SQLITE_OK;
    default:
        return SQLITE_NOTFOUND;
    }
}

static int disk_sector_size(sqlite3_file *file) {
    (void)file;
    return PAGE_BYTES;
}

/* As on Linux: a write changes no byte it does not cover, not even when power goes in it. */
static int disk_characteristics(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- locks: https://www.sqlite.org/lockingv3.html --------------------------------------------- */

static int disk_lock(sqlite3_file *file, int level) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (handle->lock >= level) return SQLITE_OK;
    int highest = SQLITE_LOCK_NONE; /* of the others */
    for (const struct bm_disk_handle *other = handle->node->handles; other; other = other->next) {
        if (other != handle && other->lock > highest) highest = other->lock;
    }
    if (level == SQLITE_LOCK_SHARED) {
        if (highest >= SQLITE_LOCK_PENDING) return SQLITE_BUSY;
    } else if (highest >= SQLITE_LOCK_RESERVED) {
        return SQLITE_BUSY;
    } else if (level == SQLITE_LOCK_EXCLUSIVE && highest >= SQLITE_LOCK_SHARED) {
        handle->lock = SQLITE_LOCK_PENDING; /* no new readers while it waits */
        return SQLITE_BUSY;
    }
    handle->lock = level;
    return SQLITE_OK;
}

static int disk_unlock(sqlite3_file *file, int level) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (handle->lock > level) handle->lock = level;
    return SQLITE_OK;
}

static int disk_check_reserved(sqlite3_file *file, int *ret_reserved) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    *ret_reserved = 0;
    for (const struct bm_disk_handle *other = handle->node->handles; other; other = other->next) {
        if (other->lock >= SQLITE_LOCK_RESERVED) *ret_reserved = 1;
    }
    return SQLITE_OK;
}

/* --- shared memory ---------------------------------------------------------------------------- */

static void shm_release(struct bm_disk_shm *shm) {
    if (--shm->users > 0) return;
    for (int i = 0; i < shm->region_count; i++) bm_free(shm->regions[i]);
    bm_free(shm->regions);
    bm_free(shm);
}

static void shm_attach(struct bm_disk_handle *handle) {
    struct bm_disk_node *node = handle->node;
    if (!node->shm) node->shm = bm_alloc_zero(1, sizeof *node->shm);
    handle->shm = node->shm;
    handle->shm->users++;
}

static int disk_shm_map(sqlite3_file *file, int region, int bytes, int extend,
                        void volatile **ret_region) {
    struct bm_disk_handle *handle = handle_of(file);
    *ret_region = NULL;
    if (dead(handle)) return SQLITE_IOERR;
    if (!handle->shm) shm_attach(handle);
    struct bm_disk_shm *shm = handle->shm;
    BM_CHECK(shm->region_bytes == 0 || shm->region_bytes == bytes);
    shm->region_bytes = bytes;
    if (region >= shm->region_count && !extend) return SQLITE_OK;
    while (region >= shm->region_count) {
        size_t count = (size_t)shm->region_count + 1;
        shm->regions = bm_realloc(shm->regions, count * sizeof *shm->regions);
        shm->regions[shm->region_count++] = bm_alloc_zero(1, (size_t)bytes);
    }
    *ret_region = shm->regions[region];
    return SQLITE_OK;
}

static void shm_unlock(struct bm_disk_handle *handle, int slot) {
    struct bm_disk_shm *shm = handle->shm;
    if (shm->exclusive[slot] == handle) shm->exclusive[slot] = NULL;
    if (handle->shm_shared[slot]) shm->shared[slot]--;
    handle->shm_shared[slot] = false;
}

static bool shm_may_lock(const struct bm_disk_handle *handle, int slot, bool exclusive) {
    const struct bm_disk_shm *shm = handle->shm;
    if (shm->exclusive[slot] && shm->exclusive[slot] != handle) return false;
    return !exclusive || shm->shared[slot] == (handle->shm_shared[slot] ? 1u : 0u);
}

static int disk_shm_lock(sqlite3_file *file, int first, int count, int flags) {
    struct bm_disk_handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    BM_CHECK(handle->shm);
    BM_CHECK(first >= 0 && count >= 1 && first + count <= SHM_LOCKS);
    bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int slot = first; slot < first + count; slot++) {
        if (flags & SQLITE_SHM_UNLOCK)
            shm_unlock(handle, slot);
        else if (!shm_may_lock(handle, slot, exclusive))
            return SQLITE_BUSY;
    }
    if (flags & SQLITE_SHM_UNLOCK) return SQLITE_OK;
    for (int slot = first; slot < first + count; slot++) {
        if (exclusive) {
            handle->shm->exclusive[slot] = handle;
        } else if (!handle->shm_shared[slot]) {
            handle->shm_shared[slot] = true;
            handle->shm->shared[slot]++;
        }
    }
    return SQLITE_OK;
}

static void disk_shm_barrier(sqlite3_file *file) {
    (void)file;
    __sync_synchronize();
}

/* The last user's leaving ends the index: whoever comes next rebuilds it from the WAL, as the first
 * process to open a database does. */
static int disk_shm_unmap(sqlite3_file *file, int delete) {
    (void)delete;
    struct bm_disk_handle *handle = handle_of(file);
    if (!handle->shm) return SQLITE_OK;
    for (int slot = 0; slot < SHM_LOCKS; slot++) shm_unlock(handle, slot);
    if (!dead(handle) && handle->shm->users == 1) handle->node->shm = NULL;
    shm_release(handle->shm);
    handle->shm = NULL;
    return SQLITE_OK;
}

/* No memory mapping: the caller reads instead. */
static int disk_fetch(sqlite3_file *file, sqlite3_int64 offset, int len, void **ret_bytes) {
    (void)file, (void)offset, (void)len;
    *ret_bytes = NULL;
    return SQLITE_OK;
}

static int disk_unfetch(sqlite3_file *file, sqlite3_int64 offset, void *bytes) {
    (void)file, (void)offset, (void)bytes;
    return SQLITE_OK;
}

/* --- names ------------------------------------------------------------------------------------ */

static struct bm_disk *disk_of(sqlite3_vfs *vfs) {
    return vfs->pAppData;
}

static void delete_name(struct bm_disk *disk, const char *path) {
    struct bm_disk_name *name = bm_disk_find_name(disk, path);
    if (name) bm_disk_link(disk, &name->now, NULL);
}

static int disk_close(sqlite3_file *file) {
    struct bm_disk_handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    disk_shm_unmap(file, 0);
    if (!dead(handle)) {
        struct bm_disk_handle **at = &handle->node->handles;
        while (*at != handle) at = &(*at)->next;
        *at = handle->next;
        if (handle->delete_at_close) delete_name(disk, handle->path);
        struct bm_disk_name *name = handle->path ? bm_disk_find_name(disk, handle->path) : NULL;
        if (name && !handle->node->handles) bm_disk_show(disk, name);
    }
    bm_free(handle->path);
    bm_disk_node_release(disk, handle->node);
    disk->open_handles--;
    return SQLITE_OK;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 3,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
    .xFetch = disk_fetch,
    .xUnfetch = disk_unfetch,
};

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
                     int *ret_flags) {
    struct bm_disk *disk = disk_of(vfs);
    struct bm_disk_handle *handle = handle_of(file);
    memset(handle, 0, sizeof *handle);
    if (path) bm_disk_look(disk, path);
    struct bm_disk_node *node = path ? bm_disk_find_node(disk, path) : NULL;
    if (node && (flags & SQLITE_OPEN_EXCLUSIVE)) return SQLITE_CANTOPEN;
    if (!node && path && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    bool made = !node;
    if (made) node = bm_disk_make_file(disk, path);
    handle->disk = disk;
    handle->node = bm_disk_node_hold(node);
    handle->life = disk->life;
    handle->next = node->handles;
    node->handles = handle;
    if (path) handle->path = bm_text_copy(path);
    handle->delete_at_close = path && (flags & SQLITE_OPEN_DELETEONCLOSE);
    int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    handle->folder_unsynced = made && path && (flags & journals);
    handle->file.pMethods = &METHODS;
    disk->open_handles++;
    if (ret_flags) *ret_flags = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    struct bm_disk *disk = disk_of(vfs);
    bm_disk_look(disk, path);
    if (!bm_disk_find_node(disk, path)) return SQLITE_IOERR_DELETE_NOENT;
    delete_name(disk, path);
    bm_disk_show(disk, bm_disk_find_name(disk, path));
    if (bm_disk_power_gone(disk)) return SQLITE_IOERR;
    if (sync_folder) bm_disk_sync_folder(disk, path);
    return SQLITE_OK;
}

/* An empty file does not count, as with SQLite's own VFS: an empty journal is none. */
static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_yes) {
    bm_disk_look(disk_of(vfs), path);
    const struct bm_disk_node *node = bm_disk_find_node(disk_of(vfs), path);
    *ret_yes = node && (flags != SQLITE_ACCESS_EXISTS || node->now.len > 0);
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *vfs, const char *path, int max, char *ret_path) {
    (void)vfs;
    int len = snprintf(ret_path, (size_t)max, "%s%s", path[0] == '/' ? "" : "/", path);
    return len < max ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *ret_bytes) {
    for (int i = 0; i < len; i++) ret_bytes[i] = (char)bm_disk_draw(disk_of(vfs));
    return len;
}

static int disk_sleep(sqlite3_vfs *vfs, int microseconds) {
    disk_of(vfs)->now_ms += (microseconds + 999) / 1000;
    return microseconds;
}

static int disk_time_int(sqlite3_vfs *vfs, sqlite3_int64 *ret_ms) {
    *ret_ms = JULIAN_1970_MS + disk_of(vfs)->now_ms;
    return SQLITE_OK;
}

static int disk_time(sqlite3_vfs *vfs, double *ret_days) {
    *ret_days = (double)(JULIAN_1970_MS + disk_of(vfs)->now_ms) / 86400000.0;
    return SQLITE_OK;
}

static int disk_last_error(sqlite3_vfs *vfs, int len, char *ret_text) {
    (void)vfs;
    if (len > 0) ret_text[0] = 0;
    return 0;
}

/* No extensions and no system calls to exchange. */
static void *disk_dl_open(sqlite3_vfs *vfs, const char *path) {
    (void)vfs, (void)path;
    return NULL;
}
static void disk_dl_error(sqlite3_vfs *vfs, int len, char *ret_text) {
    (void)disk_last_error(vfs, len, ret_text);
}
static void (*disk_dl_sym(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
    (void)vfs, (void)library, (void)symbol;
    return NULL;
}
static void disk_dl_close(sqlite3_vfs *vfs, void *library) {
    (void)vfs, (void)library;
}
static int disk_set_call(sqlite3_vfs *vfs, const char *name, sqlite3_syscall_ptr call) {
    (void)vfs, (void)name, (void)call;
    return SQLITE_NOTFOUND;
}
static sqlite3_syscall_ptr disk_get_call(sqlite3_vfs *vfs, const char *name) {
    (void)vfs, (void)name;
    return NULL;
}
static const char *disk_next_call(sqlite3_vfs *vfs, const char *name) {
    (void)vfs, (void)name;
    return NULL;
}

/* --- the disk --------------------------------------------------------------------------------- */

static void begin(struct bm_disk *disk, uint64_t seed) {
    disk->draw_state = seed;
    disk->steps = disk->crashes = disk->crash_in = 0;
    memset(disk->crashes_by, 0, sizeof disk->crashes_by);
    memset(disk->fail, 0, sizeof disk->fail);
    disk->space = UINT64_MAX;
    disk->now_ms = INT64_C(1790000000000);
    /* The salts of WAL files come from here; a seed of 0 would mean "be unpredictable". */
    int own_seed = (int)(bm_disk_draw(disk) >> 34) + 1;
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, own_seed, NULL);
}

static void remove_all(struct bm_disk *disk) {
    BM_CHECK(disk->open_handles == 0);
    while (disk->names) {
        struct bm_disk_name *name = disk->names;
        disk->names = name->next;
        bm_disk_link(disk, &name->now, NULL);
        bm_disk_link(disk, &name->durable, NULL);
        bm_free(name->path);
        bm_free(name);
    }
    BM_CHECK(!disk->nodes);
}

struct bm_disk *bm_disk_new(const char *name, uint64_t seed) {
    struct bm_disk *disk = bm_alloc_zero(1, sizeof *disk);
    disk->vfs_name = bm_text_copy(name);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 3,
        .szOsFile = sizeof(struct bm_disk_handle),
        .mxPathname = PATH_MAX_BYTES,
        .zName = disk->vfs_name,
        .pAppData = disk,
        .xOpen = disk_open,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xDlOpen = disk_dl_open,
        .xDlError = disk_dl_error,
        .xDlSym = disk_dl_sym,
        .xDlClose = disk_dl_close,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xCurrentTime = disk_time,
        .xGetLastError = disk_last_error,
        .xCurrentTimeInt64 = disk_time_int,
        .xSetSystemCall = disk_set_call,
        .xGetSystemCall = disk_get_call,
        .xNextSystemCall = disk_next_call,
    };
    BM_CHECK(sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK);
    begin(disk, seed);
    return disk;
}

void bm_disk_reset(struct bm_disk *disk, uint64_t seed) {
    remove_all(disk);
    bm_disk_attach(disk, NULL);
    begin(disk, seed);
}

void bm_disk_make_default(struct bm_disk *disk) {
    BM_CHECK(sqlite3_vfs_register(&disk->vfs, 1) == SQLITE_OK);
}

void bm_disk_free(struct bm_disk *disk) {
    if (!disk) return;
    BM_CHECK(sqlite3_vfs_unregister(&disk->vfs) == SQLITE_OK);
    remove_all(disk);
    bm_free(disk->attached);
    bm_free(disk->vfs_name);
    bm_free(disk);
}

void bm_disk_set_time(struct bm_disk *disk, int64_t now_ms) {
    disk->now_ms = now_ms;
}

int64_t bm_disk_time(const struct bm_disk *disk) {
    return disk->now_ms;
}

const uint8_t *bm_disk_file(const struct bm_disk *disk, const char *path, size_t *ret_len) {
    static const uint8_t empty[1];
    const struct bm_disk_node *node = bm_disk_find_node(disk, path);
    if (!node) return NULL;
    *ret_len = node->now.len;
    return node->now.bytes ? node->now.bytes : empty;
}

bool bm_disk_flip(struct bm_disk *disk, const char *path, size_t byte, unsigned bit) {
    struct bm_disk_node *node = bm_disk_find_node(disk, path);
    if (!node || byte >= node->now.len) return false;
    node->now.bytes[byte] ^= (uint8_t)(1u << bit % 8);
    if (byte < node->durable.len) node->durable.bytes[byte] ^= (uint8_t)(1u << bit % 8);
    return true;
}

static bool image_holds(const struct bm_disk_image *image, const void *bytes, size_t len) {
    return image->len > 0 && memmem(image->bytes, image->len, bytes, len) != NULL;
}

bool bm_disk_holds(const struct bm_disk *disk, const void *bytes, size_t len) {
    for (const struct bm_disk_node *node = disk->nodes; node; node = node->next) {
        if (image_holds(&node->now, bytes, len) || image_holds(&node->durable, bytes, len))
            return true;
        for (const struct bm_disk_step *step = node->steps; step; step = step->next) {
            if (step->bytes && memmem(step->bytes, step->len, bytes, len)) return true;
        }
    }
    return false;
}

struct bm_hash bm_disk_digest(const struct bm_disk *disk) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_HASH_BYTES);
    for (const struct bm_disk_name *name = disk->names; name; name = name->next) {
        bm_hash_add_sized(&hasher, name->path, strlen(name->path));
        const struct bm_disk_node *const nodes[] = {name->now, name->durable};
        const struct bm_disk_image *const images[] = {nodes[0] ? &nodes[0]->now : NULL,
                                                      nodes[1] ? &nodes[1]->durable : NULL};
        for (int i = 0; i < 2; i++) {
            bm_hash_add(&hasher, images[i] ? "+" : "-", 1);
            if (images[i]) bm_hash_add_sized(&hasher, images[i]->bytes, images[i]->len);
        }
    }
    struct bm_hash digest;
    bm_hash_end(&hasher, digest.bytes, BM_HASH_BYTES);
    return digest;
}
