/* In-process append: the desk (decide, apply, digest, hash chain, JSON, projections, commit), the
 * journal alone (hash chain, JSON, projections, commit), and raw SQLite with plain prepared
 * statements that writes the same rows into the same tables and indexes in the same transactions
 * under the same settings.  Same disk, one run, in turns; at the end all three databases must hold
 * the same. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/seal.h"
#include "bench.h"
#include "desk/desk.h"
#include "desk/quarantine.h"
#include "sim/demand.h"

enum { STEPS_MAX = 256, BATCH_MAX = 1000, ROUNDS_MAX = 4096 };

struct value { /* as SQLite has it */
    int type;
    int64_t integer;
    double real;
    char *bytes;
    int len;
};
struct raw_row {
    int table; /* -1: journal */
    struct value *values;
    int count;
};
struct change_key {
    enum bm_table_kind table;
    uint64_t id;
};
/* One step's transaction, in the form that each side takes. */
struct step {
    struct change_key *keys;
    size_t key_count, key_cap;
    uint64_t first, last; /* seqs */
    struct bm_event *events;
    const struct bm_event **event_list;
    size_t event_count, event_cap;
    struct bm_change *changes;
    struct raw_row *rows;
    size_t row_count;
};

struct spent {
    double wall_s, cpu_s;
};
struct sides {
    struct bm_journal *desk_journal, *journal;
    struct bm_quarantine *quarantine;
    struct bm_desk *desk;
    struct bm_head journal_head;
    sqlite3 *source, *raw;
    sqlite3_stmt *begin, *commit, *insert, *upserts[BM_T_REQUEST];
    struct step steps[STEPS_MAX];
    size_t step_count;
    int64_t wall_ms, mono_ns;
    uint64_t drawn;
};

static void check(sqlite3 *db, int rc) {
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        bench_die("SQLite: %s", sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt;
    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL));
    return stmt;
}

/* --- the desk --------------------------------------------------------------------------------- */

static void on_frame(void *context, struct bm_frame *frame) {
    struct sides *sides = context;
    struct step *step = &sides->steps[sides->step_count];
    for (size_t i = 0; i < frame->row_count; i++) {
        if (step->key_count == step->key_cap) {
            step->key_cap = step->key_cap ? step->key_cap * 2 : 64;
            step->keys = bm_realloc(step->keys, step->key_cap * sizeof *step->keys);
        }
        step->keys[step->key_count++] = (struct change_key){frame->rows[i].table,
                                                            frame->rows[i].id};
    }
    bm_frame_free(frame);
}

static void on_reply(void *context, void *ticket, const struct bm_reply *reply) {
    (void)context;
    (void)ticket;
    if (reply->code) bench_die("a command was refused: %s", reply->fault->detail);
}

static struct bm_command draw(struct sides *sides) {
    static const uint8_t key[BM_KEY_BYTES] = {1};
    static const char text[] = "{\"address\":\"12 Chang'an Avenue, second entrance, opposite the "
                               "bank\",\"description\":\"A bicycle "
                               "was taken from the yard between eight and nine; the caller saw a "
                               "man in a grey coat walk away\"}";
    static const char caller[] =
        "{\"caller_name\":\"A Caller\",\"caller_number\":\"+86 10 5555 1234\"}";
    struct bm_command command = bm_command_make(BM_DO_CASE_OPEN);
    uint64_t n = ++sides->drawn;
    memcpy(command.case_open.class_code, "theft", sizeof "theft");
    command.case_open.lat_e7 = (int32_t)(399000000 + n * 7919 % 1000000);
    command.case_open.lon_e7 = (int32_t)(1164000000 + n * 104729 % 1000000);
    command.actor.v = BENCH_OPERATOR;
    command.has_request = true;
    bm_hash_of(&n, sizeof n, command.request, 32);
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        uint8_t nonce[BM_NONCE_BYTES] = {(uint8_t)c};
        memcpy(nonce + 1, &n, sizeof n);
        command.sealed[c].key_id = 2 * n + (uint64_t)c;
        command.sealed[c].value = bm_seal(key, command.sealed[c].key_id, nonce, c ? caller : text,
                                          c ? sizeof caller - 1 : sizeof text - 1);
    }
    return command;
}

/* Seconds on the clock and of processor, begun and ended around what is measured. */
static struct spent spent_now(void) {
    struct timespec cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    return (struct spent){bench_now(), (double)cpu.tv_sec + (double)cpu.tv_nsec / 1e9};
}

static struct spent spent_since(struct spent begin) {
    struct spent now = spent_now();
    return (struct spent){now.wall_s - begin.wall_s, now.cpu_s - begin.cpu_s};
}

static void add(struct spent *sum, struct spent spent) {
    sum->wall_s += spent.wall_s;
    sum->cpu_s += spent.cpu_s;
}

/* One step; what it wrote is noted. */
static struct spent desk_step(struct sides *sides, struct bm_asked *asked, size_t count) {
    struct bm_desk_sink sink = {on_reply, on_frame, sides};
    struct step *step = &sides->steps[sides->step_count];
    step->key_count = 0;
    step->first = bm_desk_head(sides->desk).seq + 1;
    sides->wall_ms += 1;
    sides->mono_ns += 1000000;
    struct spent begin = spent_now();
    if (bm_desk_step(sides->desk, sides->wall_ms, sides->mono_ns, asked, count, &sink))
        bench_die("the desk's commit failed");
    struct spent took = spent_since(begin);
    step->last = bm_desk_head(sides->desk).seq;
    sides->step_count++;
    for (size_t i = 0; i < count; i++) bm_command_release(&asked[i].command);
    return took;
}

/* --- the same for the others, outside of any measured time ------------------------------------ */

struct reading {
    struct step *step;
};

static bool take_event(void *context, const struct bm_row *row) {
    struct step *step = ((struct reading *)context)->step;
    struct bm_fault fault;
    if (row->seq > step->last) return false;
    if (step->event_count == step->event_cap) {
        step->event_cap = step->event_cap ? step->event_cap * 2 : 64;
        step->events = bm_realloc(step->events, step->event_cap * sizeof *step->events);
    }
    if (bm_row_event(row, &step->events[step->event_count], &fault)) bench_die("%s", fault.detail);
    step->event_count++;
    return row->seq < step->last;
}

static int by_key(const void *a, const void *b) {
    const struct change_key *x = a, *y = b;
    if (x->table != y->table) return x->table < y->table ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static struct raw_row read_row(sqlite3_stmt *stmt, int table) {
    struct raw_row row = {table, NULL, sqlite3_column_count(stmt)};
    row.values = bm_alloc_zero((size_t)row.count, sizeof *row.values);
    for (int c = 0; c < row.count; c++) {
        struct value *value = &row.values[c];
        value->type = sqlite3_column_type(stmt, c);
        if (value->type == SQLITE_INTEGER) value->integer = sqlite3_column_int64(stmt, c);
        if (value->type == SQLITE_FLOAT) value->real = sqlite3_column_double(stmt, c);
        if (value->type != SQLITE_TEXT && value->type != SQLITE_BLOB) continue;
        const void *bytes = sqlite3_column_blob(stmt, c);
        value->len = sqlite3_column_bytes(stmt, c);
        value->bytes = bm_alloc((size_t)value->len + 1);
        if (value->len) memcpy(value->bytes, bytes, (size_t)value->len);
    }
    return row;
}

static void translate(struct sides *sides, struct step *step) {
    struct reading reading = {step};
    struct bm_fault fault;
    step->event_count = 0;
    if (bm_journal_follow(sides->desk_journal, step->first - 1, take_event, &reading, &fault))
        bench_die("%s", fault.detail);
    step->event_list = bm_realloc(step->event_list, step->event_count * sizeof *step->event_list);
    for (size_t i = 0; i < step->event_count; i++) step->event_list[i] = &step->events[i];
    qsort(step->keys, step->key_count, sizeof *step->keys, by_key);
    size_t kept = 0;
    for (size_t i = 0; i < step->key_count; i++) {
        if (!kept || by_key(&step->keys[i], &step->keys[kept - 1]))
            step->keys[kept++] = step->keys[i];
    }
    step->key_count = kept;
    step->changes = bm_realloc(step->changes, (kept + 1) * sizeof *step->changes);
    for (size_t i = 0; i < kept; i++) {
        struct change_key key = step->keys[i];
        step->changes[i] = (struct bm_change){
            key.table, key.id, bm_core_get(bm_desk_core(sides->desk), key.table, key.id)};
    }
    step->rows = bm_realloc(step->rows, (step->event_count + kept + 1) * sizeof *step->rows);
    step->row_count = 0;
    sqlite3_stmt *stmt = prepare(sides->source,
                                 "SELECT * FROM journal WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq");
    sqlite3_bind_int64(stmt, 1, (int64_t)step->first);
    sqlite3_bind_int64(stmt, 2, (int64_t)step->last);
    while (sqlite3_step(stmt) == SQLITE_ROW) step->rows[step->row_count++] = read_row(stmt, -1);
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < kept; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" WHERE id=?1",
                 bm_table_shape(step->keys[i].table)->name);
        stmt = prepare(sides->source, sql);
        sqlite3_bind_int64(stmt, 1, (int64_t)step->keys[i].id);
        if (sqlite3_step(stmt) != SQLITE_ROW)
            bench_die("a row is missing in %s", bm_table_shape(step->keys[i].table)->name);
        step->rows[step->row_count++] = read_row(stmt, step->keys[i].table);
        sqlite3_finalize(stmt);
    }
}

static void forget(struct step *step) {
    for (size_t i = 0; i < step->event_count; i++) bm_event_release(&step->events[i]);
    for (size_t i = 0; i < step->row_count; i++) {
        for (int c = 0; c < step->rows[i].count; c++) bm_free(step->rows[i].values[c].bytes);
        bm_free(step->rows[i].values);
    }
    step->event_count = step->row_count = 0;
}

/* --- the two others --------------------------------------------------------------------------- */

static struct spent journal_round(struct sides *sides) {
    struct spent begin = spent_now();
    for (size_t s = 0; s < sides->step_count; s++) {
        struct step *step = &sides->steps[s];
        struct bm_batch batch = {step->event_list, step->event_count, step->changes,
                                 step->key_count};
        struct bm_head head;
        if (bm_journal_append(sides->journal, &batch, &sides->journal_head, &head) !=
            BM_APPEND_COMMITTED)
            bench_die("append failed");
        sides->journal_head = head;
    }
    return spent_since(begin);
}

static void put_raw(struct sides *sides, const struct raw_row *row) {
    sqlite3_stmt *stmt = row->table < 0 ? sides->insert : sides->upserts[row->table];
    for (int c = 0; c < row->count; c++) {
        const struct value *value = &row->values[c];
        switch (value->type) {
        case SQLITE_INTEGER:
            sqlite3_bind_int64(stmt, c + 1, value->integer);
            break;
        case SQLITE_FLOAT:
            sqlite3_bind_double(stmt, c + 1, value->real);
            break;
        case SQLITE_TEXT:
            sqlite3_bind_text(stmt, c + 1, value->bytes, value->len, SQLITE_STATIC);
            break;
        case SQLITE_BLOB:
            sqlite3_bind_blob(stmt, c + 1, value->bytes, value->len, SQLITE_STATIC);
            break;
        default:
            sqlite3_bind_null(stmt, c + 1);
            break;
        }
    }
    check(sides->raw, sqlite3_step(stmt));
    sqlite3_reset(stmt);
}

static struct spent raw_round(struct sides *sides) {
    struct spent begin = spent_now();
    for (size_t s = 0; s < sides->step_count; s++) {
        struct step *step = &sides->steps[s];
        check(sides->raw, sqlite3_step(sides->begin));
        sqlite3_reset(sides->begin);
        for (size_t i = 0; i < step->row_count; i++) put_raw(sides, &step->rows[i]);
        check(sides->raw, sqlite3_step(sides->commit));
        sqlite3_reset(sides->commit);
    }
    return spent_since(begin);
}

/* --- opening
 * ----------------------------------------------------------------------------------------------------
 */

static sqlite3_stmt *insert_into(sqlite3 *db, const char *verb, const char *table) {
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", table);
    sqlite3_stmt *stmt = prepare(db, sql);
    int columns = sqlite3_column_count(stmt);
    sqlite3_finalize(stmt);
    int len = snprintf(sql, sizeof sql, "%s INTO \"%s\" VALUES(?1", verb, table);
    for (int c = 2; c <= columns; c++)
        len += snprintf(sql + len, sizeof sql - (size_t)len, ",?%d", c);
    snprintf(sql + len, sizeof sql - (size_t)len, ")");
    return prepare(db, sql);
}

/* The tables and indexes as Bellman made them, and the settings of src/journal/sqlite_file.c. */
static void open_raw(struct sides *sides, const char *path) {
    check(sides->raw,
          sqlite3_open_v2(path, &sides->raw,
                          SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));
    check(
        sides->raw,
        sqlite3_exec(sides->raw,
                     "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA mmap_size=0; PRAGMA "
                     "synchronous=FULL;"
                     "PRAGMA foreign_keys=OFF; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON;"
                     "PRAGMA cache_size=-32000; PRAGMA wal_autocheckpoint=4000; PRAGMA "
                     "journal_size_limit=67108864",
                     NULL, NULL, NULL));
    sqlite3_stmt *stmt = prepare(
        sides->source, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid");
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        check(sides->raw, sqlite3_exec(sides->raw, (const char *)sqlite3_column_text(stmt, 0), NULL,
                                       NULL, NULL));
    }
    sqlite3_finalize(stmt);
    sides->begin = prepare(sides->raw, "BEGIN IMMEDIATE");
    sides->commit = prepare(sides->raw, "COMMIT");
    sides->insert = insert_into(sides->raw, "INSERT", "journal");
    for (int t = 0; t < BM_T_REQUEST; t++) {
        sides->upserts[t] = insert_into(sides->raw, "INSERT OR REPLACE",
                                        bm_table_shape((enum bm_table_kind)t)->name);
    }
}

static void house(struct sides *sides) {
    static struct bm_command commands[64];
    struct bm_asked asked[64];
    size_t count = bm_demand_house(commands, 4);
    for (size_t i = 0; i < count; i++) asked[i] = (struct bm_asked){commands[i], NULL};
    desk_step(sides, asked, count);
}

static void follow(struct sides *sides, bool raw_first, struct spent *ret_journal,
                   struct spent *ret_raw) {
    for (size_t s = 0; s < sides->step_count; s++) translate(sides, &sides->steps[s]);
    if (raw_first) *ret_raw = raw_round(sides);
    *ret_journal = journal_round(sides);
    if (!raw_first) *ret_raw = raw_round(sides);
    for (size_t s = 0; s < sides->step_count; s++) forget(&sides->steps[s]);
    sides->step_count = 0;
}

static void open_sides(struct sides *sides) {
    struct bm_fault fault;
    char path[600];
    struct spent journal, raw;
    char desk_dir[512], journal_dir[512], raw_dir[512];
    snprintf(desk_dir, sizeof desk_dir, "%s", bench_folder("append-desk"));
    snprintf(journal_dir, sizeof journal_dir, "%s", bench_folder("append-journal"));
    snprintf(raw_dir, sizeof raw_dir, "%s", bench_folder("append-raw"));
    sides->wall_ms = bench_wall_ms();
    if (bm_journal_open(desk_dir, &sides->desk_journal, &fault) ||
        bm_journal_open(journal_dir, &sides->journal, &fault)) {
        bench_die("%s", fault.detail);
    }
    snprintf(path, sizeof path, "%s/running", desk_dir);
    if (bm_quarantine_open(path, &sides->quarantine, &fault)) bench_die("%s", fault.detail);
    sides->desk = bm_desk_new(sides->desk_journal, sides->quarantine);
    snprintf(path, sizeof path, "%s/journal.db", desk_dir);
    check(sides->source,
          sqlite3_open_v2(path, &sides->source, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    check(sides->source,
          sqlite3_exec(sides->source, "PRAGMA wal_autocheckpoint=0", NULL, NULL, NULL));
    snprintf(path, sizeof path, "%s/raw.db", raw_dir);
    open_raw(sides, path);
    house(sides);
    follow(sides, false, &journal, &raw);
}

/* The raw database holds what the desk's does, row by row. */
static void compare(struct sides *sides) {
    char sql[1200];
    snprintf(sql, sizeof sql, "ATTACH '%s/raw.db' AS raw", bench_path("append-raw"));
    check(sides->source, sqlite3_exec(sides->source, sql, NULL, NULL, NULL));
    for (int t = -1; t < BM_T_REQUEST; t++) {
        const char *table = t < 0 ? "journal" : bm_table_shape((enum bm_table_kind)t)->name;
        snprintf(sql, sizeof sql,
                 "SELECT (SELECT count(*) FROM (SELECT * FROM main.\"%s\" EXCEPT SELECT * FROM "
                 "raw.\"%s\")) + "
                 "abs((SELECT count(*) FROM main.\"%s\") - (SELECT count(*) FROM raw.\"%s\"))",
                 table, table, table, table);
        sqlite3_stmt *stmt = prepare(sides->source, sql);
        check(sides->source, sqlite3_step(stmt));
        if (sqlite3_column_int64(stmt, 0)) bench_die("raw SQLite has other rows in %s", table);
        sqlite3_finalize(stmt);
    }
    if (sides->journal_head.seq != bm_desk_head(sides->desk).seq)
        bench_die("the journal alone has other rows");
}

/* --- measuring
 * ----------------------------------------------------------------------------------------------------
 */

/* What one durable write costs on this disk, whoever does it. */
static double sync_floor(void) {
    char page[4096] = {1};
    double waits[200];
    int fd = open(bench_path("append-sync"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (int i = 0; i < 200; i++) {
        double begin = bench_now();
        if (fd < 0 || write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
            bench_die("cannot write and sync");
        waits[i] = (bench_now() - begin) * 1000;
    }
    close(fd);
    bench_remove(bench_path("append-sync"));
    return bench_percentile(waits, 200, 50);
}

static double median(double *values, size_t count) {
    return bench_percentile(values, count, 50);
}

/* One line; returns the median ratio of the desk to raw SQLite. */
static double measure(struct sides *sides, size_t batch, size_t steps, double for_s) {
    static double raw_rates[ROUNDS_MAX], journal_rates[ROUNDS_MAX], desk_rates[ROUNDS_MAX],
        journal_ratios[ROUNDS_MAX], desk_ratios[ROUNDS_MAX];
    static struct bm_asked asked[BATCH_MAX];
    struct spent raw_all = {0}, journal_all = {0}, desk_all = {0};
    double begin = bench_now();
    size_t rounds = 0;
    uint64_t from = bm_desk_head(sides->desk).seq, commits = 0;
    while (rounds < 5 || (bench_now() - begin < for_s && rounds < ROUNDS_MAX)) {
        struct spent desk = {0}, journal, raw;
        uint64_t seq = bm_desk_head(sides->desk).seq;
        for (size_t s = 0; s < steps; s++) {
            for (size_t i = 0; i < batch; i++) asked[i] = (struct bm_asked){draw(sides), NULL};
            add(&desk, desk_step(sides, asked, batch));
        }
        double events = (double)(bm_desk_head(sides->desk).seq - seq);
        follow(sides, rounds % 2, &journal, &raw);
        raw_rates[rounds] = events / raw.wall_s;
        journal_rates[rounds] = events / journal.wall_s;
        desk_rates[rounds] = events / desk.wall_s;
        journal_ratios[rounds] = raw.wall_s / journal.wall_s;
        desk_ratios[rounds] = raw.wall_s / desk.wall_s;
        add(&raw_all, raw);
        add(&journal_all, journal);
        add(&desk_all, desk);
        commits += steps;
        rounds++;
    }
    double ratio = median(desk_ratios, rounds),
           events = (double)(bm_desk_head(sides->desk).seq - from);
    printf("  %5zu  %13.0f  %6zu  %8.0f  %8.0f  %5.2f  %9.0f  %5.2f  %5.2f  %9.1f  %7.1f  %4.1f\n",
           batch, events / (double)commits, rounds, median(raw_rates, rounds),
           median(journal_rates, rounds), median(journal_ratios, rounds),
           median(desk_rates, rounds), ratio, raw_all.wall_s / desk_all.wall_s,
           raw_all.cpu_s / events * 1e6, journal_all.cpu_s / events * 1e6,
           desk_all.cpu_s / events * 1e6);
    fflush(stdout);
    return ratio;
}

/* For a profiler: the desk (or the journal) alone. */
static void profile(struct sides *sides, size_t batch, size_t steps, bool journal) {
    static struct bm_asked asked[BATCH_MAX];
    struct spent unused;
    for (size_t s = 0; s < steps; s++) {
        for (size_t i = 0; i < batch; i++) asked[i] = (struct bm_asked){draw(sides), NULL};
        desk_step(sides, asked, batch);
        if (journal)
            follow(sides, false, &unused, &unused);
        else
            sides->step_count = 0;
    }
}

int main(int argc, char **argv) {
    static struct sides sides;
    static const size_t batches[] = {1, 16, 128, 1000}, steps[] = {128, 48, 12, 3};
    double for_s = bench_option(argc, argv, "seconds", 40) / 4, ratios[4];
    bm_seal_init();
    open_sides(&sides);
    if (bench_option(argc, argv, "profile", 0) > 0) {
        profile(&sides, (size_t)bench_option(argc, argv, "batch", 128),
                (size_t)bench_option(argc, argv, "profile", 0), false);
        return 0;
    }
    printf("in-process append: N case-open commands a transaction; raw SQLite writes the same "
           "rows, projections and\n"
           "indexes in the same transactions and settings; in turns on one disk (write and sync of "
           "4 KiB: median %.2f ms);\n"
           "rates and ratios to raw are medians of rounds, `whole` is the desk's ratio of the "
           "summed times (checkpoints included)\n",
           sync_floor());
    puts("                                                                                     "
         "processor, us/event:\n"
         "  batch  events/commit  rounds  raw ev/s   journal  ratio  desk ev/s  ratio  whole       "
         " raw  journal  desk");
    bool reached = true;
    for (int i = 0; i < 4; i++) {
        ratios[i] = measure(&sides, batches[i], steps[i], for_s);
        reached = reached && ratios[i] >= 0.5;
    }
    compare(&sides);
    bench_aim("desk >= 0.5 of raw SQLite at the same batch", reached);
    return 0;
}
