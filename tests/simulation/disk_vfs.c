#include "disk_vfs.h"

#include <sqlite3.h>

#include "base/alloc.h"
#include "base/check.h"

enum { SECTOR_BYTES = 512, PAGE_BYTES = 4096, PATH_MAX_BYTES = 512, SHM_LOCKS = SQLITE_SHM_NLOCK };
/* Julian day of 1970-01-01, in ms: SQLite counts from noon of November 24, 4714 BC. */
static const int64_t JULIAN_1970_MS = INT64_C(210866760000000);

struct image {
    uint8_t *bytes;
    size_t len, cap;
};

/* A write, or (bytes NULL) a truncation to `offset`, that was not synced yet. */
struct step {
    struct step *next;
    size_t offset, len;
    uint8_t *bytes;
};

/* The WAL index of one file.  Handles of before a crash keep theirs until they close. */
struct shm {
    unsigned users;
    uint8_t **regions;
    int region_count, region_bytes;
    struct handle *exclusive[SHM_LOCKS];
    unsigned shared[SHM_LOCKS];
};

/* What a name leads to.  Lives while a name or a handle leads to it. */
struct node {
    struct node *next; /* of all nodes of the disk */
    unsigned users;    /* names and handles */
    struct image now, durable;
    struct step *steps, **steps_end;
    struct handle *handles; /* for locks */
    struct shm *shm;
};

/* A name in the folder, as seen now and as it is after a crash. */
struct name {
    struct name *next;
    char *path;
    struct node *now, *durable;
};

struct order {
    uint64_t left; /* 0: none */
    bool lasting;
};

struct bm_disk {
    sqlite3_vfs vfs;
    char *vfs_name;
    uint64_t draw_state;
    uint64_t life; /* handles of an earlier life are dead */
    uint64_t steps, crashes;
    uint64_t crash_in; /* steps; 0: none ordered */
    enum bm_disk_damage crash_damage;
    struct order fail[BM_DISK_CALL_COUNT];
    bool failed;
    uint64_t space;
    int64_t now_ms;
    struct name *names;
    struct node *nodes;
    unsigned open_handles;
};

struct handle {
    sqlite3_file file; /* first: SQLite's own part */
    struct bm_disk *disk;
    struct node *node;
    struct handle *next; /* of the node's handles */
    uint64_t life;
    char *path;            /* NULL: a temporary file */
    bool delete_at_close;
    bool folder_unsynced;  /* a new journal: its first sync syncs the folder as well */
    int lock;
    int persist_wal;
    struct shm *shm;
    bool shm_shared[SHM_LOCKS];
};

/* --- draws ------------------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(struct bm_disk *disk) {
    uint64_t z = disk->draw_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t draw_below(struct bm_disk *disk, uint64_t bound) {
    return draw(disk) % bound;
}

/* --- images ------------------------------------------------------------------------------------------ */

static void image_resize(struct image *image, size_t len) {
    if (len > image->cap) {
        image->cap = len > 2 * image->cap ? len : 2 * image->cap;
        image->bytes = bm_realloc(image->bytes, image->cap);
    }
    if (len > image->len) memset(image->bytes + image->len, 0, len - image->len);
    image->len = len;
}

static void image_write(struct image *image, size_t offset, const void *bytes, size_t len) {
    if (len == 0) return;
    if (offset + len > image->len) image_resize(image, offset + len);
    memcpy(image->bytes + offset, bytes, len);
}

static void image_copy(struct image *image, const struct image *from) {
    image_resize(image, 0);
    image_write(image, 0, from->bytes, from->len);
}

static void apply_step(struct image *image, const struct step *step) {
    if (step->bytes) image_write(image, step->offset, step->bytes, step->len);
    else image_resize(image, step->offset);
}

/* Applies only some of the sectors a write covers. */
static void apply_torn(struct bm_disk *disk, struct image *image, const struct step *step) {
    bool from_front = draw_below(disk, 2);
    size_t end = step->offset + step->len;
    for (size_t at = step->offset; at < end;) {
        size_t past = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
        if (past > end) past = end;
        bool keep = draw_below(disk, 2);
        if (!keep && from_front) return;
        if (keep) image_write(image, at, step->bytes + (at - step->offset), past - at);
        at = past;
    }
}

/* --- nodes and names ----------------------------------------------------------------------------------- */

static void drop_steps(struct node *node) {
    while (node->steps) {
        struct step *step = node->steps;
        node->steps = step->next;
        bm_free(step->bytes);
        bm_free(step);
    }
    node->steps_end = &node->steps;
}

static struct node *node_new(struct bm_disk *disk) {
    struct node *node = bm_alloc_zero(1, sizeof *node);
    node->steps_end = &node->steps;
    node->next = disk->nodes;
    disk->nodes = node;
    return node;
}

static struct node *node_hold(struct node *node) {
    if (node) node->users++;
    return node;
}

static void node_release(struct bm_disk *disk, struct node *node) {
    if (!node || --node->users > 0) return;
    BM_CHECK(!node->handles);
    for (struct node **at = &disk->nodes; *at; at = &(*at)->next) {
        if (*at != node) continue;
        *at = node->next;
        break;
    }
    drop_steps(node);
    bm_free(node->now.bytes);
    bm_free(node->durable.bytes);
    bm_free(node);
}

static struct name *find_name(const struct bm_disk *disk, const char *path) {
    for (struct name *name = disk->names; name; name = name->next) {
        if (strcmp(name->path, path) == 0) return name;
    }
    return NULL;
}

static struct node *find_node(const struct bm_disk *disk, const char *path) {
    const struct name *name = find_name(disk, path);
    return name ? name->now : NULL;
}

/* Makes one of a name's two links lead to `node` (NULL: to nothing). */
static void name_link(struct bm_disk *disk, struct node **link, struct node *node) {
    node_hold(node);
    node_release(disk, *link);
    *link = node;
}

static struct node *make_file(struct bm_disk *disk, const char *path) {
    struct node *node = node_new(disk);
    if (!path) return node;
    struct name *name = find_name(disk, path);
    if (!name) {
        name = bm_alloc_zero(1, sizeof *name);
        name->path = bm_text_copy(path);
        /* At the end, so that order does not depend on anything but what was done. */
        struct name **at = &disk->names;
        while (*at) at = &(*at)->next;
        *at = name;
    }
    name_link(disk, &name->now, node);
    return node;
}

static void add_step(struct node *node, size_t offset, const void *bytes, size_t len) {
    struct step *step = bm_alloc(sizeof *step);
    *step = (struct step){.offset = offset, .len = len};
    if (bytes) step->bytes = memcpy(bm_alloc(len), bytes, len);
    *node->steps_end = step;
    node->steps_end = &step->next;
    apply_step(&node->now, step);
}

/* Makes a file's bytes durable, and the name it has now. */
static void sync_node(struct bm_disk *disk, struct node *node) {
    for (const struct step *step = node->steps; step; step = step->next) {
        apply_step(&node->durable, step);
    }
    drop_steps(node);
    for (struct name *name = disk->names; name; name = name->next) {
        if (name->now == node) name_link(disk, &name->durable, node);
    }
}

/* Makes all names of the folder that `path` stands in durable, and that others are gone. */
static void sync_folder_of(struct bm_disk *disk, const char *path) {
    const char *slash = strrchr(path, '/');
    size_t prefix = slash ? (size_t)(slash - path) + 1 : 0;
    for (struct name *name = disk->names; name; name = name->next) {
        bool inside = strncmp(name->path, path, prefix) == 0 && !strchr(name->path + prefix, '/');
        if (inside) name_link(disk, &name->durable, name->now);
    }
}

/* --- losing power --------------------------------------------------------------------------------------- */

/* Makes `durable` what a power cut leaves of the file. */
static void damage_node(struct bm_disk *disk, struct node *node, enum bm_disk_damage damage) {
    uint64_t count = 0;
    for (const struct step *step = node->steps; step; step = step->next) count++;
    if (damage != BM_DISK_DROP_UNSYNCED && count > 0) {
        bool prefix = damage == BM_DISK_KEEP_PREFIX;
        uint64_t kept = draw_below(disk, count + 1), torn = draw_below(disk, count), at = 0;
        uint64_t share = draw_below(disk, 5); /* of 4: how much survives */
        for (const struct step *step = node->steps; step; step = step->next, at++) {
            bool keep = prefix ? at < kept : draw_below(disk, 4) < share || at == torn;
            if (!keep) continue;
            if (!prefix && at == torn && step->bytes) apply_torn(disk, &node->durable, step);
            else apply_step(&node->durable, step);
        }
    }
    drop_steps(node);
    image_copy(&node->now, &node->durable);
}

void bm_disk_crash(struct bm_disk *disk, enum bm_disk_damage damage) {
    if (damage == BM_DISK_DRAWN) damage = (enum bm_disk_damage)draw_below(disk, BM_DISK_DRAWN);
    disk->life++;
    disk->crashes++;
    disk->crash_in = 0;
    memset(disk->fail, 0, sizeof disk->fail);
    for (struct name *name = disk->names; name; name = name->next) {
        bool change = damage != BM_DISK_DROP_UNSYNCED && draw_below(disk, 2);
        if (change) name_link(disk, &name->durable, name->now);
        else name_link(disk, &name->now, name->durable);
    }
    for (struct name *name = disk->names; name; name = name->next) {
        struct node *node = name->now;
        if (!node) continue;
        damage_node(disk, node, damage);
        node->handles = NULL; /* the dead hold no locks */
        node->shm = NULL;
    }
    /* Nodes that no name leads to any more are kept by dead handles only. */
    for (struct node *node = disk->nodes; node; node = node->next) {
        node->handles = NULL;
        node->shm = NULL;
    }
}

void bm_disk_crash_at(struct bm_disk *disk, uint64_t steps, enum bm_disk_damage damage) {
    disk->crash_in = steps;
    disk->crash_damage = damage;
}

uint64_t bm_disk_crashes(const struct bm_disk *disk) {
    return disk->crashes;
}

uint64_t bm_disk_steps(const struct bm_disk *disk) {
    return disk->steps;
}

/* Counts a step; true when power went in it. */
static bool power_gone(struct bm_disk *disk) {
    disk->steps++;
    if (disk->crash_in == 0 || --disk->crash_in > 0) return false;
    bm_disk_crash(disk, disk->crash_damage);
    return true;
}

static bool dead(const struct handle *handle) {
    return handle->life != handle->disk->life;
}

/* --- other faults ------------------------------------------------------------------------------------------ */

void bm_disk_fail(struct bm_disk *disk, enum bm_disk_call call, uint64_t nth, bool lasting) {
    disk->fail[call] = (struct order){.left = nth, .lasting = lasting};
    disk->failed = false;
}

bool bm_disk_failed(const struct bm_disk *disk) {
    return disk->failed;
}

static bool fails(struct bm_disk *disk, enum bm_disk_call call) {
    struct order *order = &disk->fail[call];
    if (order->left == 0) return false;
    if (order->left > 1) {
        order->left--;
        return false;
    }
    if (!order->lasting) order->left = 0;
    disk->failed = true;
    return true;
}

void bm_disk_set_space(struct bm_disk *disk, uint64_t bytes) {
    disk->space = bytes;
}

uint64_t bm_disk_used(const struct bm_disk *disk) {
    uint64_t used = 0;
    for (const struct node *node = disk->nodes; node; node = node->next) used += node->now.len;
    return used;
}

/* --- files -------------------------------------------------------------------------------------------------- */

static struct handle *handle_of(sqlite3_file *file) {
    return (struct handle *)(void *)file;
}

static int disk_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (fails(handle->disk, BM_DISK_READ)) return SQLITE_IOERR_READ;
    const struct image *image = &handle->node->now;
    size_t at = (size_t)offset, want = (size_t)len;
    size_t have = at >= image->len ? 0 : image->len - at < want ? image->len - at : want;
    if (have > 0) memcpy(bytes, image->bytes + at, have);
    if (have == want) return SQLITE_OK;
    memset((uint8_t *)bytes + have, 0, want - have);
    return SQLITE_IOERR_SHORT_READ;
}

static int disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset) {
    struct handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    if (dead(handle)) return SQLITE_IOERR;
    struct node *node = handle->node;
    size_t at = (size_t)offset, fits = (size_t)len;
    int rc = SQLITE_OK;
    if (fails(disk, BM_DISK_WRITE)) {
        rc = SQLITE_IOERR_WRITE;
        fits = (size_t)draw_below(disk, fits + 1);
    }
    size_t growth = at + fits > node->now.len ? at + fits - node->now.len : 0;
    uint64_t used = bm_disk_used(disk);
    uint64_t room = disk->space > used ? disk->space - used : 0;
    if (growth > room) {
        rc = SQLITE_FULL;
        size_t over = growth - (size_t)room;
        fits = over < fits ? fits - over : 0;
    }
    if (fits > 0) add_step(node, at, bytes, fits);
    /* After the write is on the list, so that the crash may keep it or a part of it. */
    return power_gone(disk) ? SQLITE_IOERR : rc;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    add_step(handle->node, (size_t)size, NULL, 0);
    return power_gone(handle->disk) ? SQLITE_IOERR : SQLITE_OK;
}

static int disk_sync(sqlite3_file *file, int flags) {
    (void)flags;
    struct handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    if (dead(handle)) return SQLITE_IOERR;
    if (fails(disk, BM_DISK_SYNC)) {
        if (draw_below(disk, 2)) sync_node(disk, handle->node);
        return power_gone(disk) ? SQLITE_IOERR : SQLITE_IOERR_FSYNC;
    }
    /* Before the sync: what it would have saved is still at risk. */
    if (power_gone(disk)) return SQLITE_IOERR;
    sync_node(disk, handle->node);
    if (handle->folder_unsynced) sync_folder_of(disk, handle->path);
    handle->folder_unsynced = false;
    return SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    *ret_size = (sqlite3_int64)handle->node->now.len;
    return SQLITE_OK;
}

static int disk_control(sqlite3_file *file, int operation, void *argument) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    int *number = argument;
    switch (operation) {
    case SQLITE_FCNTL_LOCKSTATE: *number = handle->lock; return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED: *number = 0; return SQLITE_OK;
    case SQLITE_FCNTL_PERSIST_WAL:
        if (*number >= 0) handle->persist_wal = *number > 0;
        else *number = handle->persist_wal;
        return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME:
        *(char **)argument = sqlite3_mprintf("%s", handle->disk->vfs_name);
        return SQLITE_OK;
    default: return SQLITE_NOTFOUND;
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

/* --- locks: https://www.sqlite.org/lockingv3.html -------------------------------------------------------- */

static int disk_lock(sqlite3_file *file, int level) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (handle->lock >= level) return SQLITE_OK;
    int highest = SQLITE_LOCK_NONE; /* of the others */
    for (const struct handle *other = handle->node->handles; other; other = other->next) {
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
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    if (handle->lock > level) handle->lock = level;
    return SQLITE_OK;
}

static int disk_check_reserved(sqlite3_file *file, int *ret_reserved) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    *ret_reserved = 0;
    for (const struct handle *other = handle->node->handles; other; other = other->next) {
        if (other->lock >= SQLITE_LOCK_RESERVED) *ret_reserved = 1;
    }
    return SQLITE_OK;
}

/* --- shared memory ---------------------------------------------------------------------------------------------- */

static void shm_release(struct shm *shm) {
    if (--shm->users > 0) return;
    for (int i = 0; i < shm->region_count; i++) bm_free(shm->regions[i]);
    bm_free(shm->regions);
    bm_free(shm);
}

static void shm_attach(struct handle *handle) {
    struct node *node = handle->node;
    if (!node->shm) node->shm = bm_alloc_zero(1, sizeof *node->shm);
    handle->shm = node->shm;
    handle->shm->users++;
}

static int disk_shm_map(sqlite3_file *file, int region, int bytes, int extend,
                        void volatile **ret_region) {
    struct handle *handle = handle_of(file);
    *ret_region = NULL;
    if (dead(handle)) return SQLITE_IOERR;
    if (!handle->shm) shm_attach(handle);
    struct shm *shm = handle->shm;
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

static void shm_unlock(struct handle *handle, int slot) {
    struct shm *shm = handle->shm;
    if (shm->exclusive[slot] == handle) shm->exclusive[slot] = NULL;
    if (handle->shm_shared[slot]) shm->shared[slot]--;
    handle->shm_shared[slot] = false;
}

static bool shm_may_lock(const struct handle *handle, int slot, bool exclusive) {
    const struct shm *shm = handle->shm;
    if (shm->exclusive[slot] && shm->exclusive[slot] != handle) return false;
    return !exclusive || shm->shared[slot] == (handle->shm_shared[slot] ? 1u : 0u);
}

static int disk_shm_lock(sqlite3_file *file, int first, int count, int flags) {
    struct handle *handle = handle_of(file);
    if (dead(handle)) return SQLITE_IOERR;
    BM_CHECK(handle->shm);
    BM_CHECK(first >= 0 && count >= 1 && first + count <= SHM_LOCKS);
    bool exclusive = flags & SQLITE_SHM_EXCLUSIVE;
    for (int slot = first; slot < first + count; slot++) {
        if (flags & SQLITE_SHM_UNLOCK) shm_unlock(handle, slot);
        else if (!shm_may_lock(handle, slot, exclusive)) return SQLITE_BUSY;
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
    struct handle *handle = handle_of(file);
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

/* --- names ------------------------------------------------------------------------------------------------------ */

static struct bm_disk *disk_of(sqlite3_vfs *vfs) {
    return vfs->pAppData;
}

static void delete_name(struct bm_disk *disk, const char *path) {
    struct name *name = find_name(disk, path);
    if (name) name_link(disk, &name->now, NULL);
}

static int disk_close(sqlite3_file *file) {
    struct handle *handle = handle_of(file);
    struct bm_disk *disk = handle->disk;
    disk_shm_unmap(file, 0);
    if (!dead(handle)) {
        struct handle **at = &handle->node->handles;
        while (*at != handle) at = &(*at)->next;
        *at = handle->next;
        if (handle->delete_at_close) delete_name(disk, handle->path);
    }
    bm_free(handle->path);
    node_release(disk, handle->node);
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
    struct handle *handle = handle_of(file);
    memset(handle, 0, sizeof *handle);
    struct node *node = path ? find_node(disk, path) : NULL;
    if (node && (flags & SQLITE_OPEN_EXCLUSIVE)) return SQLITE_CANTOPEN;
    if (!node && path && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
    bool made = !node;
    if (made) node = make_file(disk, path);
    handle->disk = disk;
    handle->node = node_hold(node);
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
    if (!find_node(disk, path)) return SQLITE_IOERR_DELETE_NOENT;
    delete_name(disk, path);
    if (power_gone(disk)) return SQLITE_IOERR;
    if (sync_folder) sync_folder_of(disk, path);
    return SQLITE_OK;
}

/* An empty file does not count, as with SQLite's own VFS: an empty journal is none. */
static int disk_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret_yes) {
    const struct node *node = find_node(disk_of(vfs), path);
    *ret_yes = node && (flags != SQLITE_ACCESS_EXISTS || node->now.len > 0);
    return SQLITE_OK;
}

static int disk_full_path(sqlite3_vfs *vfs, const char *path, int max, char *ret_path) {
    (void)vfs;
    int len = snprintf(ret_path, (size_t)max, "%s%s", path[0] == '/' ? "" : "/", path);
    return len < max ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *ret_bytes) {
    for (int i = 0; i < len; i++) ret_bytes[i] = (char)draw(disk_of(vfs));
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

/* --- the disk --------------------------------------------------------------------------------------------------- */

struct bm_disk *bm_disk_new(const char *name, uint64_t seed) {
    struct bm_disk *disk = bm_alloc_zero(1, sizeof *disk);
    disk->vfs_name = bm_text_copy(name);
    disk->draw_state = seed;
    disk->space = UINT64_MAX;
    disk->now_ms = INT64_C(1790000000000);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 3,
        .szOsFile = sizeof(struct handle),
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
    /* The salts of WAL files come from here; a seed of 0 would mean "be unpredictable". */
    int own_seed = (int)(draw(disk) >> 34) + 1;
    (void)sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, own_seed, NULL);
    return disk;
}

void bm_disk_free(struct bm_disk *disk) {
    if (!disk) return;
    BM_CHECK(disk->open_handles == 0);
    BM_CHECK(sqlite3_vfs_unregister(&disk->vfs) == SQLITE_OK);
    while (disk->names) {
        struct name *name = disk->names;
        disk->names = name->next;
        name_link(disk, &name->now, NULL);
        name_link(disk, &name->durable, NULL);
        bm_free(name->path);
        bm_free(name);
    }
    BM_CHECK(!disk->nodes);
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
    const struct node *node = find_node(disk, path);
    if (!node) return NULL;
    *ret_len = node->now.len;
    return node->now.bytes ? node->now.bytes : empty;
}

bool bm_disk_flip(struct bm_disk *disk, const char *path, size_t byte, unsigned bit) {
    struct node *node = find_node(disk, path);
    if (!node || byte >= node->now.len) return false;
    node->now.bytes[byte] ^= (uint8_t)(1u << bit % 8);
    if (byte < node->durable.len) node->durable.bytes[byte] ^= (uint8_t)(1u << bit % 8);
    return true;
}

static bool image_holds(const struct image *image, const void *bytes, size_t len) {
    return image->len > 0 && memmem(image->bytes, image->len, bytes, len) != NULL;
}

bool bm_disk_holds(const struct bm_disk *disk, const void *bytes, size_t len) {
    for (const struct node *node = disk->nodes; node; node = node->next) {
        if (image_holds(&node->now, bytes, len) || image_holds(&node->durable, bytes, len)) return true;
        for (const struct step *step = node->steps; step; step = step->next) {
            if (step->bytes && memmem(step->bytes, step->len, bytes, len)) return true;
        }
    }
    return false;
}

struct bm_hash bm_disk_digest(const struct bm_disk *disk) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, BM_HASH_BYTES);
    for (const struct name *name = disk->names; name; name = name->next) {
        bm_hash_add_sized(&hasher, name->path, strlen(name->path));
        const struct node *const nodes[] = {name->now, name->durable};
        const struct image *const images[] = {nodes[0] ? &nodes[0]->now : NULL,
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
