/* DIR/outbox.db.  WAL with synchronous=NORMAL: after a power cut its last transactions may be missing, but then the cursor is
 * older, too, and the rows behind it are read again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/failpoint.h"
#include "base/json.h"
#include "base/log.h"
#include "outbox/outbox_private.h"

/* Format 1 had neither `crashes` nor `flying` in deliveries, and no state "set_aside". */
enum { FORMAT = 2, FIRST_FORMAT = 1, APPLICATION = 0x424d4f42 /* "BMOB" */ };

#define RECORD struct bm_delivery
static const struct bm_field delivery_fields[] = {BM_DELIVERY_ROWS(BM_FIELD_ROW)};
#undef RECORD
const struct bm_shape bm_delivery_shape = BM_SHAPE("delivery", struct bm_delivery, delivery_fields);
static const char *const state_texts[] = {BM_DELIVERY_STATES(BM_WORD_TEXT)};
const struct bm_words bm_delivery_state_words = BM_WORDS_OF(state_texts);

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS channel(id INTEGER PRIMARY KEY, record TEXT NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,"
    " allowed_for TEXT NOT NULL, a_minute INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS delivery(id INTEGER PRIMARY KEY AUTOINCREMENT, channel INTEGER NOT NULL, event_seq INTEGER NOT NULL,"
    " event TEXT NOT NULL, on_case INTEGER NOT NULL, contact INTEGER NOT NULL, recipient INTEGER NOT NULL, state INTEGER NOT NULL,"
    " tries INTEGER NOT NULL, made_at INTEGER NOT NULL, next_at INTEGER, until_at INTEGER NOT NULL, last_at INTEGER,"
    " last_status INTEGER NOT NULL, last_answer TEXT NOT NULL, done_at INTEGER, remote_id TEXT NOT NULL, resent_by INTEGER NOT NULL,"
    " crashes INTEGER NOT NULL DEFAULT 0, flying INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(channel, event_seq, contact, recipient));"
    /* `next_at` is null when nothing more is to be done. */
    "CREATE INDEX IF NOT EXISTS delivery_due ON delivery(channel, next_at) WHERE next_at IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS delivery_case ON delivery(on_case, id);"
    "CREATE INDEX IF NOT EXISTS delivery_suspect ON delivery(channel) WHERE crashes>0;"
    "CREATE INDEX IF NOT EXISTS delivery_aside ON delivery(id) WHERE state=7;";
_Static_assert(BM_DELIVERY_SET_ASIDE == 7, "an index and bm_out_recount name it");

const char bm_out_held[] = "It waited when the backup was made; whether it was sent since is not known. Send it again if it was not.";

#define COLUMNS                                                                                    \
    "d.id, d.channel, coalesce(c.name, ''), coalesce(c.kind, 0), d.event_seq, d.event, d.on_case, d.contact, d.recipient, d.state," \
    " d.tries, d.made_at, d.next_at, d.until_at, d.last_at, d.last_status, d.last_answer, d.done_at, d.remote_id, d.resent_by, d.crashes" \
    " FROM delivery d LEFT JOIN channel c ON c.id = d.channel "

enum bm_code bm_out_fault(sqlite3 *db, const char *doing, struct bm_fault *fault) {
    int rc = sqlite3_errcode(db) & 0xff;
    enum bm_code code = rc == SQLITE_FULL                           ? BM_NO_SPACE
                        : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? BM_CORRUPT
                                                                      : BM_IO;
    return bm_fault_set(fault, code, NULL, "outbox.db, %s: %s.", doing, sqlite3_errmsg(db));
}

enum bm_code bm_out_run(sqlite3 *db, const char *sql, const char *doing, struct bm_fault *fault) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? BM_OK : bm_out_fault(db, doing, fault);
}

/* Steps a statement without rows and ends it. */
static enum bm_code finish(sqlite3 *db, sqlite3_stmt *stmt, const char *doing, struct bm_fault *fault) {
    int rc = sqlite3_step(stmt);
    enum bm_code code = rc == SQLITE_DONE ? BM_OK : bm_out_fault(db, doing, fault);
    sqlite3_finalize(stmt);
    return code;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    /* A NULL statement binds nothing and steps to an error, which `finish` tells. */
    (void)sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    return stmt;
}

static void bind_id(sqlite3_stmt *stmt, int at, uint64_t id) {
    sqlite3_bind_int64(stmt, at, (int64_t)id);
}

static void bind_at(sqlite3_stmt *stmt, int at, int64_t at_ms) {
    if (at_ms == BM_AT_NONE)
        sqlite3_bind_null(stmt, at);
    else
        sqlite3_bind_int64(stmt, at, at_ms);
}

static void bind_text(sqlite3_stmt *stmt, int at, const char *text) {
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static int64_t column_at(sqlite3_stmt *stmt, int at) {
    return sqlite3_column_type(stmt, at) == SQLITE_NULL ? BM_AT_NONE : sqlite3_column_int64(stmt, at);
}

/* A text that SQLite had no memory for reads as none. */
static bool no_memory(sqlite3 *db) {
    return (sqlite3_errcode(db) & 0xff) == SQLITE_NOMEM;
}

static void column_text(sqlite3_stmt *stmt, int at, char *ret_text, size_t cap) {
    const char *text = (const char *)sqlite3_column_text(stmt, at);
    snprintf(ret_text, cap, "%s", text ? text : "");
}

static void read_row(sqlite3_stmt *stmt, struct bm_delivery *ret) {
    bm_shape_clear(&bm_delivery_shape, ret);
    ret->id.v = (uint64_t)sqlite3_column_int64(stmt, 0);
    ret->channel.v = (uint64_t)sqlite3_column_int64(stmt, 1);
    column_text(stmt, 2, ret->channel_name, sizeof ret->channel_name);
    ret->channel_kind = (uint8_t)sqlite3_column_int(stmt, 3);
    ret->event_seq.v = (uint64_t)sqlite3_column_int64(stmt, 4);
    column_text(stmt, 5, ret->event, sizeof ret->event);
    ret->on_case.v = (uint64_t)sqlite3_column_int64(stmt, 6);
    ret->contact.v = (uint64_t)sqlite3_column_int64(stmt, 7);
    ret->recipient = (uint32_t)sqlite3_column_int(stmt, 8);
    ret->state = (uint8_t)sqlite3_column_int(stmt, 9);
    ret->tries = (uint32_t)sqlite3_column_int(stmt, 10);
    ret->made_at_ms = sqlite3_column_int64(stmt, 11);
    ret->next_at_ms = column_at(stmt, 12);
    ret->until_ms = sqlite3_column_int64(stmt, 13);
    ret->last_at_ms = column_at(stmt, 14);
    ret->last_status = (uint32_t)sqlite3_column_int(stmt, 15);
    column_text(stmt, 16, ret->last_answer, sizeof ret->last_answer);
    ret->done_at_ms = column_at(stmt, 17);
    column_text(stmt, 18, ret->remote_id, sizeof ret->remote_id);
    ret->resent_by.v = (uint64_t)sqlite3_column_int64(stmt, 19);
    ret->crashes = (uint32_t)sqlite3_column_int(stmt, 20);
    ret->flying = false;
}

/* --- opening ---------------------------------------------------------------------------------- */

static enum bm_code open_file(struct bm_outbox *outbox, bool reads, sqlite3 **ret_db, struct bm_fault *fault) {
    char path[700];
    snprintf(path, sizeof path, "%s/outbox.db", outbox->dir);
    int fd = reads ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); /* SQLite's own would be readable by others */
    if (fd >= 0) close(fd);
    if (!reads && BM_FAILS(outbox_open_io)) return bm_fault_set(fault, BM_IO, NULL, "%s cannot be opened: disk I/O error.", path);
    sqlite3 *db = NULL;
    int flags = (reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        enum bm_code code = bm_fault_set(fault, BM_IO, NULL, "%s cannot be opened: %s.", path, db ? sqlite3_errmsg(db) : "no memory");
        sqlite3_close(db);
        return code;
    }
    sqlite3_busy_timeout(db, 5000);
    *ret_db = db;
    return reads ? BM_OK : bm_out_run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY", "opening it", fault);
}

static bool read_number(sqlite3 *db, const char *sql, int64_t *ret) {
    sqlite3_stmt *stmt = prepare(db, sql);
    bool found = stmt && sqlite3_step(stmt) == SQLITE_ROW;
    if (found) *ret = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return found;
}

/* A value of `meta`; one that is not there leaves *ret as it is.  One that cannot be read now is another thing: taken for
 * missing, everything that waits would be forgotten. */
static enum bm_code read_meta(sqlite3 *db, const char *name, int64_t *ret, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(db, "SELECT value FROM meta WHERE name=?1");
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) *ret = sqlite3_column_int64(stmt, 0);
    enum bm_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? BM_OK : bm_out_fault(db, "opening it", fault);
    sqlite3_finalize(stmt);
    return code;
}

enum bm_code bm_out_check_format(sqlite3 *db, struct bm_fault *fault) {
    int64_t format = 0, application = 0, check = 0;
    if (!read_number(db, "PRAGMA user_version", &format) || !read_number(db, "PRAGMA application_id", &application))
        return bm_out_fault(db, "opening it", fault);
    if (application != APPLICATION || format < FIRST_FORMAT || format > FORMAT)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL, "outbox.db has format %lld; this build knows %d. Use a newer build, or move the file away.",
                            (long long)format, FORMAT);
    return read_number(db, "SELECT count(*) FROM sqlite_schema", &check) ? BM_OK : bm_out_fault(db, "opening it", fault);
}

/* A file that is new gets its marks. */
static enum bm_code mark_new(sqlite3 *db, struct bm_fault *fault) {
    int64_t format = 0, application = 0, count = 0;
    char sql[160];
    if (!read_number(db, "PRAGMA user_version", &format) || !read_number(db, "PRAGMA application_id", &application))
        return bm_out_fault(db, "opening it", fault);
    if (application || format > FORMAT) return BM_OK;
    /* Both or none; with the first alone, and nothing in it, the file was left by a full disk or a power cut between them. */
    if (!read_number(db, "SELECT count(*) FROM sqlite_schema", &count)) return bm_out_fault(db, "opening it", fault);
    if (count) return BM_OK;
    snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; PRAGMA user_version=%d; PRAGMA application_id=%d; COMMIT", FORMAT, APPLICATION);
    enum bm_code code = bm_out_run(db, sql, "making it", fault);
    if (code && !sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

/* A file of format 1 as it is now. */
static enum bm_code bring_up(sqlite3 *db, struct bm_fault *fault) {
    int64_t format = 0;
    char sql[300];
    if (!read_number(db, "PRAGMA user_version", &format)) return bm_out_fault(db, "opening it", fault);
    if (format == FORMAT) return BM_OK;
    snprintf(sql, sizeof sql, "BEGIN IMMEDIATE; ALTER TABLE delivery ADD COLUMN crashes INTEGER NOT NULL DEFAULT 0;"
                              " ALTER TABLE delivery ADD COLUMN flying INTEGER NOT NULL DEFAULT 0; PRAGMA user_version=%d; COMMIT", FORMAT);
    enum bm_code code = bm_out_run(db, sql, "bringing it up to this build", fault);
    if (code && !sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static bool take_channel(struct bm_outbox *outbox, const char *text, struct bm_out_channel *ret) {
    json_t *object;
    struct bm_fault fault;
    if (!text) return false;
    if (bm_json_parse(text, strlen(text), &object, &fault)) return false;
    enum bm_code code = bm_shape_read_json(bm_table_shape(BM_T_ALERT_CHANNEL), object, &ret->row, NULL, &fault);
    json_decref(object);
    (void)outbox;
    return code == BM_OK;
}

static struct bm_out_channel *more_channels(struct bm_outbox *outbox) {
    outbox->channels = bm_realloc(outbox->channels, (outbox->channel_count + 1) * sizeof *outbox->channels);
    struct bm_out_channel *channel = &outbox->channels[outbox->channel_count++];
    memset(channel, 0, sizeof *channel);
    return channel;
}

struct bm_out_channel *bm_out_channel(struct bm_outbox *outbox, uint64_t id) {
    for (size_t i = 0; i < outbox->channel_count; i++) {
        if (outbox->channels[i].row.id.v == id) return &outbox->channels[i];
    }
    struct bm_out_channel *channel = more_channels(outbox);
    bm_shape_clear(bm_table_shape(BM_T_ALERT_CHANNEL), &channel->row);
    channel->row.id.v = id;
    return channel;
}

static enum bm_code load_channels(struct bm_outbox *outbox, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "SELECT c.record, c.allowed_for, c.a_minute, (SELECT count(*) FROM delivery d WHERE"
                                             " d.channel = c.id AND d.next_at IS NOT NULL) FROM channel c ORDER BY c.id");
    enum bm_code code = BM_OK;
    int rc = stmt ? SQLITE_ROW : SQLITE_ERROR;
    while (stmt && !code && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct bm_out_channel *channel = more_channels(outbox);
        if (!take_channel(outbox, (const char *)sqlite3_column_text(stmt, 0), channel))
            code = no_memory(outbox->db) ? bm_out_fault(outbox->db, "reading channels", fault)
                                         : bm_fault_set(fault, BM_BAD_FORMAT, NULL, "outbox.db holds a channel of another build; move the file away to begin anew.");
        column_text(stmt, 1, channel->allowed_for, sizeof channel->allowed_for);
        if (!code && no_memory(outbox->db)) code = bm_out_fault(outbox->db, "reading channels", fault);
        channel->a_minute = (uint32_t)sqlite3_column_int(stmt, 2);
        channel->open_count = (uint64_t)sqlite3_column_int64(stmt, 3);
    }
    if (!code && rc != SQLITE_DONE) code = bm_out_fault(outbox->db, "reading channels", fault);
    sqlite3_finalize(stmt);
    return code;
}

enum bm_code bm_out_reload(struct bm_outbox *outbox, struct bm_fault *fault) {
    struct bm_out_channel *former = outbox->channels;
    size_t former_count = outbox->channel_count;
    outbox->channels = NULL;
    outbox->channel_count = 0;
    enum bm_code code = load_channels(outbox, fault);
    outbox->stale = code != BM_OK;
    if (code) {
        bm_free(outbox->channels);
        outbox->channels = former;
        outbox->channel_count = former_count;
        return code;
    }
    for (size_t i = 0; i < former_count; i++) {
        struct bm_out_channel *now = NULL;
        for (size_t j = 0; j < outbox->channel_count && !now; j++) {
            if (outbox->channels[j].row.id.v == former[i].row.id.v) now = &outbox->channels[j];
        }
        if (!now) continue; /* of an event that was taken back */
        now->not_before_ms = former[i].not_before_ms;
        now->failures = former[i].failures;
        now->flights = former[i].flights;
    }
    bm_free(former);
    return BM_OK;
}

static bool take_record(void *context, const void *record) {
    memcpy(&more_channels(context)->row, record, sizeof(struct bm_alert_channel));
    return true;
}

/* The file's place in the record is on the disk, and its name: else a power cut would take back the beginning itself, and the next
 * start would begin at a later one, past events that nobody was told of. */
static enum bm_code keep_beginning(struct bm_outbox *outbox, struct bm_fault *fault) {
    enum bm_code code = bm_out_run(outbox->db, "PRAGMA wal_checkpoint(TRUNCATE)", "beginning anew", fault);
    if (code) return code;
    int fd = open(outbox->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return synced ? BM_OK : bm_fault_set(fault, BM_IO, NULL, "%s cannot be synced: %s.", outbox->dir, strerror(errno));
}

/* What was in the air when the process ended without a word may have ended it: once may be chance. */
static enum bm_code count_deaths(struct bm_outbox *outbox, struct bm_fault *fault) {
    char sql[500];
    enum bm_code code = bm_out_run(outbox->db, "UPDATE delivery SET crashes=crashes+1 WHERE flying=1 AND next_at IS NOT NULL;"
                                               " UPDATE delivery SET flying=0 WHERE flying=1", "starting", fault);
    snprintf(sql, sizeof sql, "UPDATE delivery SET state=%d, next_at=NULL, done_at=%lld, last_answer='The desk died %d times while it was being sent.'"
                              " WHERE crashes>=%d AND next_at IS NOT NULL",
             BM_DELIVERY_SET_ASIDE, (long long)bm_out_now_ms(), BM_OUTBOX_POISON_TRIES, BM_OUTBOX_POISON_TRIES);
    if (!code) code = bm_out_run(outbox->db, sql, "starting", fault);
    int aside = code ? 0 : sqlite3_changes(outbox->db);
    if (aside) bm_log(BM_LOG_ERROR, "delivery_set_aside", "count=%d reason=\"the desk died twice while it was being sent\"", aside);
    return code;
}

/* A file that is new, or of another record: nothing that happened before is told. */
static enum bm_code begin_anew(struct bm_outbox *outbox, struct bm_fault *fault) {
    struct bm_query query = {.table = BM_T_ALERT_CHANNEL};
    uint64_t head;
    outbox->channel_count = 0;
    enum bm_code code = bm_reader_begin(outbox->reader, &head, fault);
    if (code) return code;
    code = bm_reader_records(outbox->reader, &query, take_record, outbox, fault);
    bm_reader_end(outbox->reader);
    if (!code) code = bm_out_begin(outbox, fault);
    if (code) return code;
    code = bm_out_run(outbox->db, "DELETE FROM delivery; DELETE FROM channel; DELETE FROM meta", "beginning anew", fault);
    char sql[120];
    snprintf(sql, sizeof sql, "INSERT INTO meta VALUES('ledger', %lld)", (long long)outbox->ledger);
    if (!code) code = bm_out_run(outbox->db, sql, "beginning anew", fault);
    for (size_t i = 0; i < outbox->channel_count && !code; i++) code = bm_out_put_channel(outbox, &outbox->channels[i], fault);
    if (!code) code = bm_out_put_cursor(outbox, head, fault);
    code = bm_out_end(outbox, code, fault);
    return code ? code : keep_beginning(outbox, fault);
}

enum bm_code bm_out_store_open(struct bm_outbox *outbox, struct bm_fault *fault) {
    enum bm_code code = open_file(outbox, false, &outbox->db, fault);
    if (!code) code = mark_new(outbox->db, fault);
    if (!code) code = bm_out_check_format(outbox->db, fault);
    int64_t there = 0;
    bool made = !code && read_number(outbox->db, "SELECT 1 FROM sqlite_schema WHERE name='delivery'", &there);
    if (!code && made) code = bring_up(outbox->db, fault);
    if (!code) code = bm_out_run(outbox->db, tables, "making it", fault);
    if (!code) code = open_file(outbox, true, &outbox->list_db, fault);
    int64_t ledger = 0, cursor = -1;
    uint64_t head = 0;
    if (!code && (code = bm_reader_begin(outbox->reader, &head, fault)) == BM_OK) bm_reader_end(outbox->reader);
    if (code) return code;
    code = read_meta(outbox->db, "ledger", &ledger, fault);
    if (!code) code = read_meta(outbox->db, "cursor", &cursor, fault);
    if (code) return code;
    if ((uint64_t)ledger != outbox->ledger || cursor < 0 || (uint64_t)cursor > head) return begin_anew(outbox, fault);
    outbox->cursor = (uint64_t)cursor;
    int64_t held_until = 0;
    code = read_meta(outbox->db, "held_until", &held_until, fault);
    outbox->held_until = (uint64_t)held_until;
    if (!code) code = count_deaths(outbox, fault);
    if (!code) code = load_channels(outbox, fault);
    /* What was under way when the process ended: nobody knows whether it arrived. */
    if (!code) code = bm_out_run(outbox->db, "UPDATE delivery SET state=0, next_at=made_at WHERE state=1 AND remote_id=''", "starting", fault);
    /* A clock that was ahead when the process ended would have them wait for as long as it was. */
    char sql[160];
    int64_t latest_ms = bm_out_now_ms() + BM_OUT_WAIT_MOST_MS;
    snprintf(sql, sizeof sql, "UPDATE delivery SET next_at=%lld WHERE next_at>%lld", (long long)latest_ms, (long long)latest_ms);
    if (!code) code = bm_out_run(outbox->db, sql, "starting", fault);
    if (!code) bm_out_recount(outbox);
    return code;
}

enum bm_code bm_out_clock_went_back(struct bm_outbox *outbox, int64_t ms, struct bm_fault *fault) {
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE delivery SET next_at=next_at-%lld WHERE next_at IS NOT NULL", (long long)ms);
    enum bm_code code = bm_out_run(outbox->db, sql, "following a clock that went back", fault);
    for (size_t i = 0; i < outbox->channel_count && !code; i++) outbox->channels[i].not_before_ms -= ms;
    return code;
}

void bm_out_store_close(struct bm_outbox *outbox) {
    sqlite3_close(outbox->list_db);
    sqlite3_close(outbox->db);
    bm_free(outbox->channels);
}

/* --- writing ---------------------------------------------------------------------------------- */

enum bm_code bm_out_begin(struct bm_outbox *outbox, struct bm_fault *fault) {
    /* One whose end could not be brought about for want of memory is still open. */
    enum bm_code code = sqlite3_get_autocommit(outbox->db) ? BM_OK : bm_out_run(outbox->db, "ROLLBACK", "taking back", fault);
    if (code) return code;
    code = BM_FAILS(outbox_begin_io) ? bm_fault_set(fault, BM_IO, NULL, "outbox.db, beginning: disk I/O error.")
                                                  : bm_out_run(outbox->db, "BEGIN IMMEDIATE", "beginning", fault);
    if (!code) BM_STEP_DONE(outbox_begun);
    return code;
}

enum bm_code bm_out_end(struct bm_outbox *outbox, enum bm_code code, struct bm_fault *fault) {
    if (!code) BM_STEP_DONE(outbox_written);
    if (!code)
        code = BM_FAILS(outbox_commit_full) ? bm_fault_set(fault, BM_NO_SPACE, NULL, "outbox.db, keeping deliveries: the disk is full.")
                                            : bm_out_run(outbox->db, "COMMIT", "keeping deliveries", fault);
    if (!code) BM_STEP_DONE(outbox_committed);
    /* Some errors have taken it back already. */
    if (code && !sqlite3_get_autocommit(outbox->db)) sqlite3_exec(outbox->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

enum bm_code bm_out_begin_event(struct bm_outbox *outbox, struct bm_fault *fault) {
    return bm_out_run(outbox->db, "SAVEPOINT event", "beginning an event", fault);
}

enum bm_code bm_out_end_event(struct bm_outbox *outbox, struct bm_fault *fault) {
    return bm_out_run(outbox->db, "RELEASE event", "keeping an event", fault);
}

bool bm_out_undo_event(struct bm_outbox *outbox) {
    struct bm_fault fault;
    return !sqlite3_get_autocommit(outbox->db) &&
           bm_out_run(outbox->db, "ROLLBACK TO event; RELEASE event", "taking an event back", &fault) == BM_OK;
}

enum bm_code bm_out_put_cursor(struct bm_outbox *outbox, uint64_t cursor, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "INSERT OR REPLACE INTO meta VALUES('cursor', ?1)");
    bind_id(stmt, 1, cursor);
    enum bm_code code = finish(outbox->db, stmt, "keeping the cursor", fault);
    if (!code) outbox->cursor = cursor;
    return code;
}

enum bm_code bm_out_put_channel(struct bm_outbox *outbox, const struct bm_out_channel *channel, struct bm_fault *fault) {
    struct bm_buf record = bm_buf_make(64 * 1024);
    bm_buf_byte(&record, '{');
    bm_shape_write_json(bm_table_shape(BM_T_ALERT_CHANNEL), &channel->row, &record);
    bm_buf_byte(&record, '}');
    sqlite3_stmt *stmt = prepare(outbox->db, "INSERT OR REPLACE INTO channel VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    bind_id(stmt, 1, channel->row.id.v);
    bind_text(stmt, 2, bm_buf_c_text(&record));
    bind_text(stmt, 3, channel->row.name);
    sqlite3_bind_int(stmt, 4, channel->row.kind);
    bind_text(stmt, 5, channel->allowed_for);
    sqlite3_bind_int(stmt, 6, (int)channel->a_minute);
    bm_buf_free(&record);
    return finish(outbox->db, stmt, "keeping a channel", fault);
}

enum bm_code bm_out_put_new(struct bm_outbox *outbox, struct bm_delivery *row, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "INSERT OR IGNORE INTO delivery(channel, event_seq, event, on_case, contact, recipient, state, tries,"
                                             " made_at, next_at, until_at, last_status, last_answer, done_at, remote_id, resent_by)"
                                             " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, 0, ?11, ?12, '', 0)");
    bind_id(stmt, 1, row->channel.v);
    bind_id(stmt, 2, row->event_seq.v);
    bind_text(stmt, 3, row->event);
    bind_id(stmt, 4, row->on_case.v);
    bind_id(stmt, 5, row->contact.v);
    sqlite3_bind_int(stmt, 6, (int)row->recipient);
    sqlite3_bind_int(stmt, 7, row->state);
    sqlite3_bind_int64(stmt, 8, row->made_at_ms);
    bind_at(stmt, 9, row->next_at_ms);
    sqlite3_bind_int64(stmt, 10, row->until_ms);
    bind_text(stmt, 11, row->last_answer);
    bind_at(stmt, 12, row->done_at_ms);
    enum bm_code code = finish(outbox->db, stmt, "keeping a delivery", fault);
    if (!code) row->id.v = sqlite3_changes(outbox->db) ? (uint64_t)sqlite3_last_insert_rowid(outbox->db) : 0;
    return code;
}

enum bm_code bm_out_put_aside(struct bm_outbox *outbox, uint64_t seq, const char *event, const char *why, struct bm_fault *fault) {
    int64_t now_ms = bm_out_now_ms();
    sqlite3_stmt *stmt = prepare(outbox->db, "INSERT INTO delivery(channel, event_seq, event, on_case, contact, recipient, state, tries, made_at,"
                                             " until_at, last_at, last_status, last_answer, done_at, remote_id, resent_by)"
                                             " VALUES(0, ?1, ?2, 0, 0, 0, ?3, 1, ?4, ?4, ?4, 0, ?5, ?4, '', 0)"
                                             " ON CONFLICT(channel, event_seq, contact, recipient) DO UPDATE SET state=?3, tries=tries+1,"
                                             " last_at=?4, last_answer=?5, done_at=?4");
    bind_id(stmt, 1, seq);
    bind_text(stmt, 2, event);
    sqlite3_bind_int(stmt, 3, BM_DELIVERY_SET_ASIDE);
    sqlite3_bind_int64(stmt, 4, now_ms);
    bind_text(stmt, 5, why);
    outbox->recount = true;
    return finish(outbox->db, stmt, "setting an event aside", fault);
}

enum bm_code bm_out_drop(struct bm_outbox *outbox, uint64_t id, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "DELETE FROM delivery WHERE id=?1");
    bind_id(stmt, 1, id);
    outbox->recount = true;
    return finish(outbox->db, stmt, "taking an event up again", fault);
}

enum bm_code bm_out_put(struct bm_outbox *outbox, const struct bm_delivery *row, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "UPDATE delivery SET state=?2, tries=?3, next_at=?4, until_at=?5, last_at=?6, last_status=?7,"
                                             " last_answer=?8, done_at=?9, remote_id=?10, resent_by=?11, crashes=?12, flying=?13 WHERE id=?1");
    bind_id(stmt, 1, row->id.v);
    sqlite3_bind_int(stmt, 2, row->state);
    sqlite3_bind_int64(stmt, 3, row->tries);
    bind_at(stmt, 4, row->next_at_ms);
    sqlite3_bind_int64(stmt, 5, row->until_ms);
    bind_at(stmt, 6, row->last_at_ms);
    sqlite3_bind_int64(stmt, 7, row->last_status);
    bind_text(stmt, 8, row->last_answer);
    bind_at(stmt, 9, row->done_at_ms);
    bind_text(stmt, 10, row->remote_id);
    bind_id(stmt, 11, row->resent_by.v);
    sqlite3_bind_int64(stmt, 12, row->crashes);
    sqlite3_bind_int(stmt, 13, row->flying);
    return finish(outbox->db, stmt, "keeping a delivery", fault);
}

enum bm_code bm_out_switch_off(struct bm_outbox *outbox, uint64_t channel, const char *why, int64_t now_ms, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "UPDATE delivery SET state=?2, next_at=NULL, done_at=?3, last_answer=?4"
                                             " WHERE channel=?1 AND next_at IS NOT NULL");
    bind_id(stmt, 1, channel);
    sqlite3_bind_int(stmt, 2, BM_DELIVERY_SWITCHED_OFF);
    sqlite3_bind_int64(stmt, 3, now_ms);
    bind_text(stmt, 4, why);
    return finish(outbox->db, stmt, "switching off a channel", fault);
}

enum bm_code bm_out_sweep(struct bm_outbox *outbox, int64_t before_ms, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE next_at IS NULL AND"
                                             " done_at < ?1 ORDER BY id LIMIT 1000)");
    sqlite3_bind_int64(stmt, 1, before_ms);
    return finish(outbox->db, stmt, "forgetting old deliveries", fault);
}

/* --- reading ---------------------------------------------------------------------------------- */

static enum bm_code one(sqlite3 *db, sqlite3_stmt *stmt, struct bm_delivery *ret, struct bm_fault *fault) {
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        read_row(stmt, ret);
        if (no_memory(db)) rc = SQLITE_NOMEM;
    }
    enum bm_code code = rc == SQLITE_ROW    ? BM_OK
                        : rc == SQLITE_DONE ? bm_fault_set(fault, BM_NOT_FOUND, "id", "There is no such delivery.")
                                            : bm_out_fault(db, "reading deliveries", fault);
    sqlite3_finalize(stmt);
    return code;
}

enum bm_code bm_out_get(struct bm_outbox *outbox, uint64_t id, struct bm_delivery *ret, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "SELECT " COLUMNS "WHERE d.id=?1");
    bind_id(stmt, 1, id);
    return one(outbox->db, stmt, ret, fault);
}

#define NOT_FLYING " AND d.id<>?3 AND d.id<>?4"
_Static_assert(BM_OUTBOX_FLIGHTS_EACH == 2, "NOT_FLYING names each of a channel's flights");

static void bind_flying(const struct bm_outbox *outbox, uint64_t channel, sqlite3_stmt *stmt) {
    struct bm_out_flying flying = bm_out_flying(outbox, channel);
    for (int i = 0; i < BM_OUTBOX_FLIGHTS_EACH; i++) bind_id(stmt, 3 + i, flying.ids[i]);
}

enum bm_code bm_out_due(struct bm_outbox *outbox, uint64_t channel, int64_t now_ms, struct bm_delivery *ret, struct bm_fault *fault) {
    /* One under way has its next try written ahead (send.c), but somebody may have had it sent once more. */
    sqlite3_stmt *stmt = prepare(outbox->db, "SELECT " COLUMNS "WHERE d.channel=?1 AND d.next_at<=?2" NOT_FLYING " ORDER BY d.next_at, d.id LIMIT 1");
    bind_id(stmt, 1, channel);
    sqlite3_bind_int64(stmt, 2, now_ms);
    bind_flying(outbox, channel, stmt);
    return one(outbox->db, stmt, ret, fault);
}

enum bm_code bm_out_due_suspect(struct bm_outbox *outbox, uint64_t channel, int64_t now_ms, struct bm_delivery *ret, struct bm_fault *fault) {
    sqlite3_stmt *stmt = prepare(outbox->db, "SELECT " COLUMNS "WHERE d.channel=?1 AND d.crashes>0 AND d.next_at<=?2" NOT_FLYING
                                             " ORDER BY d.next_at, d.id LIMIT 1");
    bind_id(stmt, 1, channel);
    sqlite3_bind_int64(stmt, 2, now_ms);
    bind_flying(outbox, channel, stmt);
    return one(outbox->db, stmt, ret, fault);
}

void bm_out_recount(struct bm_outbox *outbox) {
    int64_t aside = 0, suspects = 0;
    outbox->recount = !read_number(outbox->db, "SELECT count(*) FROM delivery WHERE state=7", &aside) ||
                      !read_number(outbox->db, "SELECT count(*) FROM delivery WHERE crashes>0 AND next_at IS NOT NULL", &suspects);
    if (outbox->recount) return; /* not now: as it was */
    atomic_store(&outbox->set_aside, (uint64_t)aside);
    outbox->suspects = (uint64_t)suspects;
}

void bm_out_all_landed(struct bm_outbox *outbox) {
    struct bm_fault fault;
    if (bm_out_run(outbox->db, "UPDATE delivery SET flying=0 WHERE flying=1", "ending", &fault))
        bm_log(BM_LOG_WARNING, "outbox", "doing=\"ending\" reason=\"%s\"", fault.detail);
}

int64_t bm_out_next_due(struct bm_outbox *outbox, uint64_t channel) {
    sqlite3_stmt *stmt = prepare(outbox->db, "SELECT min(d.next_at) FROM delivery d WHERE d.channel=?1 AND d.next_at IS NOT NULL" NOT_FLYING);
    bind_id(stmt, 1, channel);
    bind_flying(outbox, channel, stmt);
    bool some = sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL;
    int64_t at_ms = some ? sqlite3_column_int64(stmt, 0) : INT64_MAX;
    sqlite3_finalize(stmt);
    return at_ms;
}

enum bm_code bm_outbox_list(struct bm_outbox *outbox, const struct bm_outbox_query *query,
                            bool (*each)(void *context, const struct bm_delivery *delivery), void *context, struct bm_fault *fault) {
    pthread_mutex_lock(&outbox->list_lock);
    sqlite3 *db = outbox->list_db;
    sqlite3_stmt *stmt = prepare(db, query->on_case ? "SELECT " COLUMNS "WHERE d.on_case=?1 AND (?2=0 OR d.channel=?2) AND (?3=0 OR d.id=?3) AND"
                                                      " (?4=0 OR d.state IN (3,4,5,7)) AND (?5<0 OR d.state=?5) AND d.id<?6 ORDER BY d.id DESC LIMIT ?7"
                                                    : "SELECT " COLUMNS "WHERE (?1=0 OR 1) AND (?2=0 OR d.channel=?2) AND (?3=0 OR d.id=?3) AND"
                                                      " (?4=0 OR d.state IN (3,4,5,7)) AND (?5<0 OR d.state=?5) AND d.id<?6 ORDER BY d.id DESC LIMIT ?7");
    bind_id(stmt, 1, query->on_case);
    bind_id(stmt, 2, query->channel);
    bind_id(stmt, 3, query->id);
    sqlite3_bind_int(stmt, 4, query->stuck);
    sqlite3_bind_int(stmt, 5, query->state);
    sqlite3_bind_int64(stmt, 6, query->before ? (int64_t)query->before : INT64_MAX);
    sqlite3_bind_int64(stmt, 7, query->limit);
    struct bm_delivery row;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        read_row(stmt, &row);
        if (no_memory(db)) rc = SQLITE_NOMEM;
        if (rc != SQLITE_ROW || !each(context, &row)) break;
    }
    enum bm_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? BM_OK : bm_out_fault(db, "reading deliveries", fault);
    sqlite3_finalize(stmt);
    pthread_mutex_unlock(&outbox->list_lock);
    return code;
}
