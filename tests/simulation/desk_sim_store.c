/* The journals of the simulator: the twin in memory, and the SQLite twin on a disk that loses
 * power; over both a thin layer that the desk appends to, which lies when it is told to. */
#include "desk_sim.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/seal.h"
#include "disk_vfs.h"
#include "journal/journal_table.h"

enum { LEDGER = 77, NO_FAULT = -1 };

struct bm_sim_store {
    struct bm_journal outer; /* first: what the desk sees */
    struct bm_journal *inner;
    struct bm_journal *other; /* a second writer that took the ledger over */
    struct bm_sim *sim;
    int ordered; /* enum bm_sim_fault, or NO_FAULT */
    bool fired;  /* an append was not answered "committed" */
    bool lied;
    bool tail_uncertain; /* memory: the last batch was answered unknown, and kept */
    uint64_t crashes;    /* of the disk, before the step */
    bool hides;          /* a tail: to be followed by nobody */
};

/* One disk for the process: the journal stacks its page checksums on it once. */
static struct bm_disk *disk;
static char dir[64];
static uint8_t *empty_journal;
static size_t empty_journal_len;

const char *bm_sim_store_dir(void) {
    return dir;
}

static void path_in_dir(const char *name, char path[400]) {
    snprintf(path, 400, "%s/%s", dir, name);
}

static void clear_dir(void) {
    DIR *folder = opendir(dir);
    BM_CHECK(folder);
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        char path[400];
        if (entry->d_name[0] == '.') continue;
        path_in_dir(entry->d_name, path);
        unlink(path);
    }
    closedir(folder);
}

static void read_journal_file(void) {
    char path[400];
    path_in_dir("journal.db", path);
    FILE *file = fopen(path, "rb");
    BM_CHECK(file);
    empty_journal = bm_alloc(4 << 20);
    empty_journal_len = fread(empty_journal, 1, 4 << 20, file);
    BM_CHECK(empty_journal_len > 4096);
    fclose(file);
}

static void write_journal_file(void) {
    char path[400];
    path_in_dir("journal.db", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    BM_CHECK(fd >= 0);
    BM_CHECK(write(fd, empty_journal, empty_journal_len) == (ssize_t)empty_journal_len);
    close(fd);
}

static void make_dir(void) {
    const char *tmp = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.40s/bm-desk-sim-XXXXXX", tmp ? tmp : "/tmp");
    BM_CHECK(mkdtemp(dir));
}

/* An empty journal with a ledger id that is always the same, so that all hashes are. */
void bm_sim_store_init(void) {
    bm_seal_init();
    disk = bm_disk_new("bm-disk", 1);
    bm_disk_make_default(disk);
    make_dir();
    bm_disk_attach(disk, dir);
    struct bm_journal *journal;
    struct bm_fault fault;
    enum bm_code code = bm_journal_open(dir, &journal, &fault);
    BM_CHECK(code == BM_OK);
    char sql[64];
    snprintf(sql, sizeof sql, "UPDATE meta SET ledger=%d", LEDGER);
    BM_CHECK(sqlite3_exec(bm_journal_connection(journal), sql, NULL, NULL, NULL) == SQLITE_OK);
    bm_journal_close(journal);
    read_journal_file();
}

void bm_sim_store_forked(void) {
    bm_disk_attach(disk, NULL);
    make_dir();
}

void bm_sim_store_end(void) {
    bm_disk_attach(disk, NULL);
    clear_dir();
    rmdir(dir);
    bm_free(empty_journal);
    bm_disk_free(disk);
}

/* --- the layer -------------------------------------------------------------------------------- */

static struct bm_sim_store *of(struct bm_journal *journal) {
    return (struct bm_sim_store *)journal;
}

static void close_outer(struct bm_journal *journal) {
    (void)journal; /* the store closes what is below */
}

/* Says "committed" although nothing is; the process dies before anybody can append after it. */
static enum bm_append pretend(struct bm_sim_store *store, const struct bm_batch *batch,
                              const struct bm_head *expected, struct bm_head *ret_head) {
    store->lied = true;
    store->sim->tally->lies++;
    *ret_head = (struct bm_head){.seq = expected->seq + batch->event_count};
    return BM_APPEND_COMMITTED;
}

static enum bm_append append(struct bm_journal *journal, const struct bm_batch *batch,
                             const struct bm_head *expected, struct bm_head *ret_head) {
    struct bm_sim_store *store = of(journal);
    struct bm_sim *sim = store->sim;
    struct bm_batch written = *batch;
    if (sim->lie == BM_SIM_PROJECTION_MISSED && written.change_count && bm_sim_chance(sim, 10)) {
        written.change_count--;
        sim->tally->lies++;
    }
    enum bm_append answer = bm_journal_append(store->inner, &written, expected, ret_head);
    if (answer == BM_APPEND_COMMITTED && store->other)
        bm_sim_wrong(sim, "row %llu was committed though another writer has taken the ledger over", (unsigned long long)ret_head->seq);
    if (answer == BM_APPEND_COMMITTED) return answer;
    store->fired = true;
    store->tail_uncertain = store->ordered == BM_SIM_UNKNOWN_KEPT && answer == BM_APPEND_UNKNOWN;
    bool lost = answer == BM_APPEND_UNKNOWN || answer == BM_APPEND_FULL;
    if (sim->lie == BM_SIM_REPLY_BEFORE_COMMIT && lost) {
        return pretend(store, batch, expected, ret_head);
    }
    return answer;
}

static enum bm_code follow(struct bm_journal *journal, uint64_t from, bm_row_fn *each,
                           void *context, struct bm_fault *fault) {
    if (of(journal)->hides) return BM_OK;
    return bm_journal_follow(of(journal)->inner, from, each, context, fault);
}

static enum bm_code reader_open(struct bm_journal *journal, struct bm_reader **ret_reader,
                                struct bm_fault *fault) {
    return bm_reader_open(of(journal)->inner, ret_reader, fault);
}

static const struct bm_journal_functions layer = {close_outer, append, follow, reader_open};

static void show_inner(struct bm_sim_store *store) {
    store->outer = (struct bm_journal){.functions = &layer,
                                       .ledger = bm_journal_ledger(store->inner),
                                       .epoch = bm_journal_epoch(store->inner),
                                       .head = bm_journal_head(store->inner)};
}

void bm_sim_store_hide_after(struct bm_sim *sim, uint64_t seq) {
    struct bm_sim_store *store = sim->store;
    show_inner(store);
    store->hides = seq != 0;
    sim->tally->lies += store->hides;
    if (seq) store->outer.head = (struct bm_head){seq, sim->rows[seq - 1].hash};
}

struct bm_journal *bm_sim_store_journal(struct bm_sim *sim) {
    return &sim->store->outer;
}

/* --- opening ---------------------------------------------------------------------------------- */

static bool open_sqlite(struct bm_sim *sim, struct bm_journal **ret_journal,
                        struct bm_fault *fault) {
    if (bm_journal_open(dir, ret_journal, fault) != BM_OK) return false;
    if (sim->lie == BM_SIM_LYING_SYNC) {
        sqlite3_exec(bm_journal_connection(*ret_journal), "PRAGMA synchronous=NORMAL", NULL, NULL,
                     NULL);
    }
    return true;
}

void bm_sim_store_make(struct bm_sim *sim) {
    struct bm_sim_store *store = bm_alloc_zero(1, sizeof *store);
    sim->store = store;
    store->sim = sim;
    store->ordered = NO_FAULT;
    bm_disk_attach(disk, NULL);
    clear_dir();
    if (sim->sqlite) {
        bm_disk_reset(disk, sim->seed);
        bm_disk_set_time(disk, sim->true_ms);
        bm_disk_attach(disk, dir);
        write_journal_file();
        struct bm_fault fault;
        if (!open_sqlite(sim, &store->inner, &fault)) {
            bm_sim_wrong(sim, "the empty journal does not open: %s", fault.detail);
            return;
        }
    } else {
        store->inner = bm_journal_memory(LEDGER);
    }
    show_inner(store);
}

void bm_sim_store_free(struct bm_sim *sim) {
    struct bm_sim_store *store = sim->store;
    if (sim->sqlite) {
        bm_disk_crash_at(disk, 0, BM_DISK_DRAWN);
        bm_disk_set_space(disk, UINT64_MAX);
        for (int d = 0; d < BM_DISK_DRAWN; d++)
            sim->tally->damages[d] += bm_disk_crashes_by(disk, (enum bm_disk_damage)d);
    }
    bm_journal_close(store->other);
    bm_journal_close(store->inner);
    bm_free(store);
    sim->store = NULL;
}

/* --- faults of a step ------------------------------------------------------------------------- */

static void order_fence(struct bm_sim *sim) {
    struct bm_sim_store *store = sim->store;
    struct bm_fault fault;
    if (store->other) return;
    if (!sim->sqlite) {
        store->other = bm_journal_memory_reopen(store->inner);
    } else if (!open_sqlite(sim, &store->other, &fault)) {
        bm_sim_wrong(sim, "a second writer does not get the journal: %s", fault.detail);
    }
}

static void order_memory(struct bm_sim *sim) {
    static const enum bm_sim_fault faults[] = {BM_SIM_UNKNOWN_LOST, BM_SIM_UNKNOWN_KEPT,
                                               BM_SIM_UNKNOWN_KEPT, BM_SIM_FULL, BM_SIM_FENCED};
    struct bm_sim_store *store = sim->store;
    store->ordered = (int)faults[bm_sim_below(sim, sizeof faults / sizeof faults[0])];
    if (store->ordered == BM_SIM_FENCED)
        order_fence(sim);
    else if (store->ordered == BM_SIM_FULL)
        bm_journal_memory_fail_next(store->inner, BM_APPEND_FULL, false);
    else {
        bm_journal_memory_fail_next(store->inner, BM_APPEND_UNKNOWN,
                                    store->ordered == BM_SIM_UNKNOWN_KEPT);
    }
}

static void order_sqlite(struct bm_sim *sim) {
    static const enum bm_sim_fault faults[] = {
        BM_SIM_POWER_IN_STEP, BM_SIM_POWER_IN_STEP, BM_SIM_POWER_IN_STEP, BM_SIM_WRITE_ERROR,
        BM_SIM_SYNC_ERROR,    BM_SIM_DISK_FULL,     BM_SIM_FENCED};
    struct bm_sim_store *store = sim->store;
    store->ordered = (int)faults[bm_sim_below(sim, sizeof faults / sizeof faults[0])];
    bool lasting = bm_sim_chance(sim, 50);
    if (store->ordered == BM_SIM_POWER_IN_STEP) {
        bm_disk_crash_at(disk, 1 + bm_sim_below(sim, 40), BM_DISK_DRAWN);
    } else if (store->ordered == BM_SIM_WRITE_ERROR) {
        bm_disk_fail(disk, BM_DISK_WRITE, 1 + bm_sim_below(sim, 40), lasting);
    } else if (store->ordered == BM_SIM_SYNC_ERROR) {
        bm_disk_fail(disk, BM_DISK_SYNC, 1, lasting);
    } else if (store->ordered == BM_SIM_DISK_FULL) {
        bm_disk_set_space(disk, bm_disk_used(disk) + bm_sim_below(sim, 60000));
    } else {
        order_fence(sim);
    }
}

void bm_sim_store_order(struct bm_sim *sim) {
    struct bm_sim_store *store = sim->store;
    store->ordered = NO_FAULT;
    store->fired = store->lied = false;
    if (sim->sqlite) store->crashes = bm_disk_crashes(disk);
    if (sim->calm || !bm_sim_chance(sim, sim->weather.fault)) return;
    if (sim->sqlite)
        order_sqlite(sim);
    else
        order_memory(sim);
}

bool bm_sim_store_settle(struct bm_sim *sim) {
    struct bm_sim_store *store = sim->store;
    bool happened = store->fired;
    if (!sim->sqlite) {
        bm_journal_memory_fail_next(store->inner, BM_APPEND_COMMITTED, false);
    } else {
        bool power_lost = bm_disk_crashes(disk) > store->crashes;
        bm_disk_crash_at(disk, 0, BM_DISK_DRAWN);
        bm_disk_fail(disk, BM_DISK_WRITE, 0, false);
        bm_disk_fail(disk, BM_DISK_SYNC, 0, false);
        happened |= power_lost;
        if (!happened) bm_disk_set_space(disk, UINT64_MAX);
        sim->tally->power_losses += power_lost;
    }
    if (happened && store->ordered != NO_FAULT) sim->tally->faults[store->ordered]++;
    return happened;
}

bool bm_sim_store_excuses(const struct bm_sim *sim, enum bm_code code) {
    const struct bm_sim_store *store = sim->store;
    if (store->lied) return true;
    switch (store->ordered) {
    case BM_SIM_UNKNOWN_LOST:
    case BM_SIM_UNKNOWN_KEPT:
    case BM_SIM_POWER_IN_STEP:
    case BM_SIM_WRITE_ERROR:
    case BM_SIM_SYNC_ERROR:
        if (code == BM_UNKNOWN_OUTCOME) return true;
        break;
    case BM_SIM_FULL:
        if (code == BM_NO_SPACE) return true;
        break;
    case BM_SIM_DISK_FULL:
        if (code == BM_NO_SPACE || code == BM_UNKNOWN_OUTCOME) return true;
        break;
    default:
        break;
    }
    return code == BM_FENCED && store->other;
}

/* --- restarts --------------------------------------------------------------------------------- */

/* Rows behind the handle's own head: a batch that was answered unknown and is there. */
static uint64_t rows_behind(struct bm_journal *journal) {
    struct bm_reader *reader;
    struct bm_fault fault;
    uint64_t seq;
    BM_CHECK(bm_reader_open(journal, &reader, &fault) == BM_OK);
    BM_CHECK(bm_reader_begin(reader, &seq, &fault) == BM_OK);
    bm_reader_end(reader);
    bm_reader_close(reader);
    return seq - bm_journal_head(journal).seq;
}

static void restart_memory(struct bm_sim *sim) {
    struct bm_sim_store *store = sim->store;
    if (store->tail_uncertain && bm_sim_chance(sim, 40)) {
        bm_journal_memory_cut(store->inner, rows_behind(store->inner));
        sim->tally->faults[BM_SIM_TAIL_TORN]++;
    }
    store->tail_uncertain = false;
    struct bm_journal *fresh = bm_journal_memory_reopen(store->inner);
    bm_journal_close(store->other);
    bm_journal_close(store->inner);
    store->other = NULL;
    store->inner = fresh;
}

static void lose_power(struct bm_sim *sim, enum bm_sim_fault as) {
    bm_disk_crash(disk, BM_DISK_DRAWN);
    sim->tally->power_losses++;
    sim->tally->faults[as]++;
}

/* Power may go before the journal is closed, or while that copies the WAL. */
static void close_sqlite(struct bm_sim *sim, bool gently) {
    struct bm_sim_store *store = sim->store;
    if (!gently && bm_sim_chance(sim, 40))
        lose_power(sim, BM_SIM_POWER_AT_REST);
    else if (!gently && bm_sim_chance(sim, 40))
        bm_disk_crash_at(disk, 1 + bm_sim_below(sim, 60), BM_DISK_DRAWN);
    uint64_t before = bm_disk_crashes(disk);
    bm_journal_close(store->other);
    bm_journal_close(store->inner);
    store->other = store->inner = NULL;
    bm_disk_crash_at(disk, 0, BM_DISK_DRAWN);
    uint64_t closing = bm_disk_crashes(disk) - before;
    sim->tally->power_losses += closing;
    sim->tally->faults[BM_SIM_POWER_CLOSING] += closing;
}

/* Opens until it is open: each try may meet a full disk or lose power. */
static void reopen_sqlite(struct bm_sim *sim, bool gently) {
    struct bm_sim_store *store = sim->store;
    for (int attempt = 0; !store->inner; attempt++) {
        bool full = attempt == 0 && store->ordered == BM_SIM_DISK_FULL && bm_sim_chance(sim, 50);
        if (!full) bm_disk_set_space(disk, UINT64_MAX);
        bool troubled = !gently && attempt < 3 && bm_sim_chance(sim, 20);
        uint64_t crashes = bm_disk_crashes(disk);
        if (troubled) bm_disk_crash_at(disk, 1 + bm_sim_below(sim, 40), BM_DISK_DRAWN);
        struct bm_fault fault;
        bool opened = open_sqlite(sim, &store->inner, &fault);
        bm_disk_crash_at(disk, 0, BM_DISK_DRAWN);
        uint64_t lost = bm_disk_crashes(disk) - crashes;
        sim->tally->power_losses += lost;
        sim->tally->faults[BM_SIM_POWER_OPENING] += lost;
        if (opened && lost) {
            bm_journal_close(store->inner);
            store->inner = NULL;
        } else if (!opened) {
            store->inner = NULL;
            if (lost || (full && fault.code == BM_NO_SPACE)) continue;
            bm_sim_wrong(sim, "the journal does not open again: %s", fault.detail);
            return;
        }
    }
    bm_disk_set_space(disk, UINT64_MAX);
}

/* --- lies told over a restart ----------------------------------------------------------------- */

static void cut_tail(struct bm_sim *sim) {
    struct bm_fault fault;
    sqlite3 *db = bm_journal_connection(sim->store->inner);
    if (sim->row_count < 10) return;
    sim->tally->lies++;
    sqlite3_exec(db, "DELETE FROM journal WHERE seq=(SELECT max(seq) FROM journal)", NULL, NULL,
                 NULL);
    bm_journal_close(sim->store->inner);
    sim->store->inner = NULL;
    if (!open_sqlite(sim, &sim->store->inner, &fault))
        bm_sim_wrong(sim, "after the cut: %s", fault.detail);
}

/* Appends a second ring of a clock that has rung once, for the same due instant. */
static void ring_twice(struct bm_sim *sim) {
    struct bm_journal *inner = sim->store->inner;
    struct bm_head head = bm_journal_head(inner);
    if (head.seq != sim->row_count || sim->time_held) return;
    BM_TABLE_EACH(&sim->clocks, id) {
        const struct bm_sim_clock *clock = bm_table_get(&sim->clocks, id);
        if (clock->rung != 1 || clock->stopped || !bm_core_get(sim->twin, BM_T_CLOCK, id)) continue;
        struct bm_event event = bm_event_make(BM_EV_CLOCK_RUNG,
                                              (struct bm_subject){BM_SUBJECT_DESK, 0});
        event.seq = head.seq + 1;
        event.at_ms = sim->rows[sim->row_count - 1].at_ms;
        event.clock_rung.clock.v = id;
        event.clock_rung.rung = 2;
        event.clock_rung.was_due_at_ms = clock->due_at_ms;
        const struct bm_event *events = &event;
        struct bm_batch batch = {&events, 1, NULL, 0};
        sim->tally->lies += bm_journal_append(inner, &batch, &head, &head) == BM_APPEND_COMMITTED;
        return;
    }
}

void bm_sim_store_restart(struct bm_sim *sim, bool gently) {
    struct bm_sim_store *store = sim->store;
    if (sim->sqlite) {
        close_sqlite(sim, gently);
        reopen_sqlite(sim, gently);
    } else {
        restart_memory(sim);
    }
    if (!store->inner) return;
    if (sim->lie == BM_SIM_CUT_TAIL && sim->sqlite) cut_tail(sim);
    if (sim->lie == BM_SIM_RUNG_TWICE) ring_twice(sim);
    store->ordered = NO_FAULT;
    store->fired = store->lied = false;
    if (store->inner) show_inner(store);
}
