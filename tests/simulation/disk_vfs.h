/* A disk that can lose power: an SQLite VFS whose files live in memory, each with what is durable
 * and a list of writes that are not yet synced.  Everything that happens on it is drawn from one
 * seed, so a run can be repeated exactly.
 *
 *   struct bm_disk *disk = bm_disk_new("bm-disk", seed);
 *   sqlite3_open_v2("/sim/journal.db", &db, flags, "bm-disk");
 *   ...
 *   bm_disk_crash(disk, BM_DISK_DRAWN);    power is gone: every call on an open handle now fails
 *   sqlite3_close(db);                     the process is gone too
 *   sqlite3_open_v2(...);                  and comes back to what survived
 *
 * What survives a crash: all that was synced; of the rest what the kind of damage says, whole
 * writes or parts of them cut at 512-byte boundaries, in any order.  Files made or deleted may or
 * may not have been, until their folder is synced: as in SQLite's own VFS that is at the first sync
 * of a new journal or WAL, and at a deletion that asks for it.  Shared memory (the WAL index) and
 * locks do not survive.
 *
 * One thread at a time.  Several connections, and several disks under different names, are fine. */
#ifndef BM_TESTS_SIMULATION_DISK_VFS_H
#define BM_TESTS_SIMULATION_DISK_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct bm_disk;

/* Registers a VFS under `name` (never as the default).  Also seeds SQLite's own random numbers,
 * which are shared by the whole process. */
struct bm_disk *bm_disk_new(const char *name, uint64_t seed);
/* Unregisters it and frees all files; every handle must have been closed.  NULL is fine. */
void bm_disk_free(struct bm_disk *disk);
/* An empty disk with another seed under the same VFS; every handle must have been closed.  For
 * users that find the VFS once and keep it, such as the journal's page checksums. */
void bm_disk_reset(struct bm_disk *disk, uint64_t seed);
/* Makes it what SQLite uses when no VFS is named.  Before the first call of bm_page_vfs, which
 * stacks itself on the default one. */
void bm_disk_make_default(struct bm_disk *disk);
/* Shows the disk's files in the real folder `dir` as well, for code that looks at them past SQLite
 * (makes them empty, renames them, reads a first page).  A file is written there when its last
 * handle closes and by each crash; a real file that others changed or made meanwhile is read again
 * at the next opening, as durable.  `dir` is as in the paths given to SQLite; NULL ends it. */
void bm_disk_attach(struct bm_disk *disk, const char *dir);

/* --- losing power ----------------------------------------------------------------------------- */

enum bm_disk_damage {
    BM_DISK_DROP_UNSYNCED, /* nothing unsynced survives */
    BM_DISK_KEEP_PREFIX,   /* of each file the first few unsynced writes survive */
    BM_DISK_KEEP_SOME,     /* of each file any of them, one of those torn */
    BM_DISK_DRAWN,         /* one of the above */
    BM_DISK_KEEP_ALL       /* the process alone is gone (kill -9): the machine keeps what it wrote, synced or not yet */
};
/* Drops power now. */
void bm_disk_crash(struct bm_disk *disk, enum bm_disk_damage damage);
/* Drops power in the middle of the `steps`-th step from now (1: the next one).  A step is a write,
 * a sync, a truncation or a deletion.  0 forgets an earlier order. */
void bm_disk_crash_at(struct bm_disk *disk, uint64_t steps, enum bm_disk_damage damage);
/* How often power was lost, and the steps taken so far. */
uint64_t bm_disk_crashes(const struct bm_disk *disk);
/* How often with that damage; not BM_DISK_DRAWN. */
uint64_t bm_disk_crashes_by(const struct bm_disk *disk, enum bm_disk_damage damage);
uint64_t bm_disk_steps(const struct bm_disk *disk);

/* --- other faults ----------------------------------------------------------------------------- */

enum bm_disk_call { BM_DISK_READ, BM_DISK_WRITE, BM_DISK_SYNC, BM_DISK_CALL_COUNT };
/* The `nth` such call from now (1: the next one) fails with an I/O error, and when `lasting` all
 * after it; 0 mends.  A failed write may have written a part, a failed sync may have synced. */
void bm_disk_fail(struct bm_disk *disk, enum bm_disk_call call, uint64_t nth, bool lasting);
/* Whether an ordered failure has happened since it was ordered. */
bool bm_disk_failed(const struct bm_disk *disk);
/* The files may hold this many bytes together; past it writes get SQLITE_FULL.  UINT64_MAX: no
 * limit. */
void bm_disk_set_space(struct bm_disk *disk, uint64_t bytes);
/* What they hold now. */
uint64_t bm_disk_used(const struct bm_disk *disk);

/* --- time, and looking inside ----------------------------------------------------------------- */

/* What SQLite sees as now, in ms since 1970.  Sleeping moves it on and takes no time. */
void bm_disk_set_time(struct bm_disk *disk, int64_t now_ms);
int64_t bm_disk_time(const struct bm_disk *disk);

/* A file's present bytes, the disk's until its next call; NULL when there is no such file. */
const uint8_t *bm_disk_file(const struct bm_disk *disk, const char *path, size_t *ret_len);
/* Turns one bit, in what is durable too: a fault of the medium.  False when the file is shorter. */
bool bm_disk_flip(struct bm_disk *disk, const char *path, size_t byte, unsigned bit);
/* Whether these bytes stand in any file, durable or not yet, or in a write waiting for a sync. */
bool bm_disk_holds(const struct bm_disk *disk, const void *bytes, size_t len);
/* Of all names and bytes, present and durable: two runs of one seed agree. */
struct bm_hash bm_disk_digest(const struct bm_disk *disk);

#endif
