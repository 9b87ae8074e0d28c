/* What the two halves of the disk share: disk_vfs_files.c keeps the files and breaks them,
 * disk_vfs.c is SQLite's view of them. */
#ifndef BM_TESTS_SIMULATION_DISK_VFS_PRIVATE_H
#define BM_TESTS_SIMULATION_DISK_VFS_PRIVATE_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "disk_vfs.h"

struct bm_disk_image {
    uint8_t *bytes;
    size_t len, cap;
};

/* A write, or (bytes NULL) a truncation to `offset`, that was not synced yet. */
struct bm_disk_step {
    struct bm_disk_step *next;
    size_t offset, len;
    uint8_t *bytes;
};

/* The WAL index of one file.  Handles of before a crash keep theirs until they close. */
struct bm_disk_shm {
    unsigned users;
    uint8_t **regions;
    int region_count, region_bytes;
    struct bm_disk_handle *exclusive[SQLITE_SHM_NLOCK];
    unsigned shared[SQLITE_SHM_NLOCK];
};

/* What a name leads to.  Lives while a name or a handle leads to it. */
struct bm_disk_node {
    struct bm_disk_node *next; /* of all nodes of the disk */
    unsigned users;            /* names and handles */
    struct bm_disk_image now, durable;
    struct bm_disk_step *steps, **steps_end;
    struct bm_disk_handle *handles; /* for locks */
    struct bm_disk_shm *shm;
    bool unshown;      /* changed since it was written to the attached folder */
    struct stat shown; /* the real file, as it was then */
};

/* A name in the folder, as seen now and as it is after a crash. */
struct bm_disk_name {
    struct bm_disk_name *next;
    char *path;
    struct bm_disk_node *now, *durable;
};

struct bm_disk_order {
    uint64_t left; /* 0: none */
    bool lasting;
};

struct bm_disk {
    sqlite3_vfs vfs;
    char *vfs_name;
    uint64_t draw_state;
    uint64_t life; /* handles of an earlier life are dead */
    uint64_t steps, crashes, crashes_by[BM_DISK_KEEP_ALL + 1];
    uint64_t crash_in; /* steps; 0: none ordered */
    enum bm_disk_damage crash_damage;
    struct bm_disk_order fail[BM_DISK_CALL_COUNT];
    bool failed;
    uint64_t space;
    int64_t now_ms;
    struct bm_disk_name *names;
    struct bm_disk_node *nodes;
    unsigned open_handles;
    char *attached; /* "DIR/", or NULL */
};

struct bm_disk_handle {
    sqlite3_file file; /* first: SQLite's own part */
    struct bm_disk *disk;
    struct bm_disk_node *node;
    struct bm_disk_handle *next; /* of the node's handles */
    uint64_t life;
    char *path; /* NULL: a temporary file */
    bool delete_at_close;
    bool folder_unsynced; /* a new journal: its first sync syncs the folder as well */
    int lock;
    int persist_wal;
    struct bm_disk_shm *shm;
    bool shm_shared[SQLITE_SHM_NLOCK];
};

uint64_t bm_disk_draw(struct bm_disk *disk);
uint64_t bm_disk_draw_below(struct bm_disk *disk, uint64_t bound);

/* A name that was ever used, and what it leads to now; NULL when there is none. */
struct bm_disk_name *bm_disk_find_name(const struct bm_disk *disk, const char *path);
struct bm_disk_node *bm_disk_find_node(const struct bm_disk *disk, const char *path);
/* Makes a new file; without a path one that is gone with its handle. */
struct bm_disk_node *bm_disk_make_file(struct bm_disk *disk, const char *path);
struct bm_disk_node *bm_disk_node_hold(struct bm_disk_node *node);
void bm_disk_node_release(struct bm_disk *disk, struct bm_disk_node *node);
/* Makes one of a name's two links lead to `node` (NULL: to nothing). */
void bm_disk_link(struct bm_disk *disk, struct bm_disk_node **link, struct bm_disk_node *node);

/* Writes `len` bytes, or (bytes NULL) truncates to `offset`: seen at once, durable after a sync. */
void bm_disk_add_step(struct bm_disk_node *node, size_t offset, const void *bytes, size_t len);
/* Makes a file's bytes durable, and the name it has now. */
void bm_disk_sync_file(struct bm_disk *disk, struct bm_disk_node *node);
/* Makes all names of the folder that `path` stands in durable, and that others are gone. */
void bm_disk_sync_folder(struct bm_disk *disk, const char *path);

/* Counts a step; true when power went in it. */
bool bm_disk_power_gone(struct bm_disk *disk);
/* Counts a call; true when it was ordered to fail. */
bool bm_disk_fails(struct bm_disk *disk, enum bm_disk_call call);

/* The attached folder: writes what a name leads to into the real file, or removes that ... */
void bm_disk_show(struct bm_disk *disk, struct bm_disk_name *name);
/* ... and takes in what others did to the real file while nobody had it open here. */
void bm_disk_look(struct bm_disk *disk, const char *path);

#endif
