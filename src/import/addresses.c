/* Writing the address index: keys of every name, then one SQLite file.
 *
 *   entry(id, kind, name, name_en, detail, lat, lon, street, street2, number, keys)
 *   street(id, keys)                a street name; its entries and its houses have its id
 *   key(key, owner, rank)           owner > 0: an entry (a place); < 0: a street name
 *
 * `keys` holds all keys of an owner, each between line ends: a further word of a question is looked
 * for in it. */
#include "import/addresses.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "import/address_entries.h"
#include "import/child.h"
#include "import/names.h"

const char *const bm_address_kind_names[BM_address_kind_COUNT] = {"street", "crossing", "house",
                                                                  "place"};

enum { HAN_POINTS = 0x40000, READING_BYTES = 8, OWNER_KEYS_BYTES = 1 << 15 };
#define INPUT_MAX ((size_t)1 << 32)

/* A Chinese name in the other script. */
struct spelling {
    uint32_t name; /* text of the book */
    uint32_t simplified, traditional;
};

struct index {
    struct bm_book book;
    struct bm_entries entries;
    struct bm_address_counts counts;
    uint8_t (*readings)[READING_BYTES]; /* by Chinese character; "" unknown */
    size_t reading_at;                  /* the character whose reading comes next */
    struct spelling *spellings;         /* sorted by name */
    size_t spelling_count, spelling_cap;
    sqlite3 *db;
    sqlite3_stmt *key_stmt;
    /* While an owner's keys are gathered: */
    struct bm_buf keys;
    int64_t owner;
    int sql;
};

/* --- uconv ------------------------------------------------------------------------------------ */

/* A descriptor to read `bytes` from. */
static enum bm_code as_input(const struct bm_buf *bytes, int *ret_fd, struct bm_fault *fault) {
    int fd = memfd_create("bellman-names", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < bytes->len) {
        ssize_t wrote = write(fd, bytes->bytes + done, bytes->len - done);
        if (wrote <= 0) {
            close(fd);
            fd = -1;
            break;
        }
        done += (size_t)wrote;
    }
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        if (fd >= 0) close(fd);
        return bm_fault_set(fault, BM_IO, NULL, "There is no room for the names of this area.");
    }
    *ret_fd = fd;
    return BM_OK;
}

/* Lines in, as many lines out: `each` gets the i-th. */
static enum bm_code transliterate(struct index *index, const char *rules, const struct bm_buf *in,
                                  size_t count, void (*each)(struct index *, size_t, const char *),
                                  struct bm_fault *fault) {
    const char *argv[] = {"uconv", "-f", "utf-8", "-t", "utf-8", "-x", rules, NULL};
    struct bm_lines *lines;
    int fd = -1;
    size_t given = 0;
    if (!count) return BM_OK;
    enum bm_code code = as_input(in, &fd, fault);
    if (code) return code;
    code = bm_lines_run(argv, "icu-devtools", fd, "uconv", &lines, fault);
    close(fd);
    if (code) return code;
    char *line;
    size_t len;
    while ((code = bm_lines_next(lines, &line, &len, fault)) == BM_OK && line) {
        if (given < count) each(index, given, line);
        given++;
    }
    enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
    if (code || ended) return code ? code : ended;
    if (given != count)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "uconv gave %zu lines for %zu: the names cannot be matched.", given,
                            count);
    return BM_OK;
}

/* --- readings and scripts --------------------------------------------------------------------- */

static bool has_han(const char *text) {
    const char *end = text + strlen(text);
    while (text < end) {
        if (bm_is_han(bm_utf8_next(&text, end))) return true;
    }
    return false;
}

typedef void text_fn(struct index *index, uint32_t text);

static void each_other(struct index *index, uint32_t others, text_fn *each);

/* Every name that has keys. */
static void each_name(struct index *index, text_fn *each) {
    for (size_t i = 0; i < index->entries.street_count; i++) {
        struct bm_street_name street = index->entries.streets[i];
        each(index, street.name);
        each_other(index, street.others, each);
    }
    for (size_t i = 0; i < index->entries.count; i++) {
        struct bm_entry entry = index->entries.entries[i];
        if (entry.kind != BM_ADDRESS_PLACE) continue;
        each(index, entry.name);
        each_other(index, entry.others, each);
    }
}

/* The lines of a text as texts of their own. */
static void each_other(struct index *index, uint32_t others, text_fn *each) {
    char line[BM_ADDRESS_NAME_BYTES];
    for (uint32_t at = others; at && index->book.texts[at];) {
        const char *from = bm_book_text(&index->book, at);
        size_t len = strcspn(from, "\n");
        size_t kept = len < sizeof line ? len : sizeof line - 1;
        memcpy(line, from, kept);
        line[kept] = 0;
        at += (uint32_t)len + (from[len] == '\n');
        each(index, bm_book_add_text(&index->book, line));
    }
}

static void note_name(struct index *index, uint32_t text) {
    const char *at = bm_book_text(&index->book, text), *end = at + strlen(at);
    if (!has_han(at)) return;
    while (at < end) {
        uint32_t point = bm_utf8_next(&at, end);
        if (bm_is_han(point)) index->readings[point][0] = 1; /* wanted */
    }
    if (index->spelling_count == index->spelling_cap) {
        index->spelling_cap = index->spelling_cap * 2 + 256;
        index->spellings = bm_realloc(index->spellings,
                                      index->spelling_cap * sizeof *index->spellings);
    }
    index->spellings[index->spelling_count++] = (struct spelling){text, 0, 0};
}

/* The next wanted character gets its reading: they were given in this order. */
static void take_reading(struct index *index, size_t number, const char *line) {
    char key[BM_KEY_BYTES];
    (void)number;
    while (index->reading_at < HAN_POINTS && !index->readings[index->reading_at][0])
        index->reading_at++;
    if (index->reading_at == HAN_POINTS) return;
    size_t len = bm_name_fold(line, strlen(line), key);
    uint8_t *reading = index->readings[index->reading_at++];
    reading[0] = 0;
    if (len && len < READING_BYTES && !has_han(key)) memcpy(reading, key, len);
}

static void take_simplified(struct index *index, size_t number, const char *line) {
    index->spellings[number].simplified = bm_book_add_text(&index->book, line);
}

static void take_traditional(struct index *index, size_t number, const char *line) {
    index->spellings[number].traditional = bm_book_add_text(&index->book, line);
}

static int by_spelling(const void *a, const void *b, void *texts) {
    const struct spelling *x = a, *y = b;
    return strcmp((const char *)texts + x->name, (const char *)texts + y->name);
}

static void put_utf8(struct bm_buf *buf, uint32_t point) {
    if (point >= 0x10000) {
        bm_buf_byte(buf, (uint8_t)(0xf0 | point >> 18));
        bm_buf_byte(buf, (uint8_t)(0x80 | (point >> 12 & 0x3f)));
    } else {
        bm_buf_byte(buf, (uint8_t)(0xe0 | point >> 12));
    }
    bm_buf_byte(buf, (uint8_t)(0x80 | (point >> 6 & 0x3f)));
    bm_buf_byte(buf, (uint8_t)(0x80 | (point & 0x3f)));
    bm_buf_byte(buf, '\n');
}

static enum bm_code read_chinese(struct index *index, struct bm_fault *fault) {
    struct bm_buf in = bm_buf_make(INPUT_MAX);
    size_t characters = 0;
    each_name(index, note_name);
    for (uint32_t point = 0; point < HAN_POINTS; point++) {
        if (!index->readings[point][0]) continue;
        put_utf8(&in, point);
        characters++;
    }
    enum bm_code code = transliterate(index, "Han-Latin; Latin-ASCII", &in, characters,
                                      take_reading, fault);
    bm_buf_clear(&in);
    for (size_t i = 0; i < index->spelling_count; i++) {
        bm_buf_text(&in, bm_book_text(&index->book, index->spellings[i].name));
        bm_buf_byte(&in, '\n');
    }
    if (!code)
        code = transliterate(index, "Traditional-Simplified", &in, index->spelling_count,
                             take_simplified, fault);
    if (!code)
        code = transliterate(index, "Simplified-Traditional", &in, index->spelling_count,
                             take_traditional, fault);
    bm_buf_free(&in);
    if (index->spelling_count)
        qsort_r(index->spellings, index->spelling_count, sizeof *index->spellings, by_spelling,
                index->book.texts);
    return code;
}

static const struct spelling *spelling_of(const struct index *index, const char *name) {
    size_t from = 0, to = index->spelling_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(bm_book_text(&index->book, index->spellings[middle].name), name) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    bool same = from < index->spelling_count &&
                strcmp(bm_book_text(&index->book, index->spellings[from].name), name) == 0;
    return same ? &index->spellings[from] : NULL;
}

/* --- keys of an owner ------------------------------------------------------------------------- */

static const char *reading_of(void *context, uint32_t point) {
    const struct index *index = context;
    if (point >= HAN_POINTS || !index->readings[point][0]) return NULL;
    return (const char *)index->readings[point];
}

static void take_key(void *context, const char *key, enum bm_key_rank rank) {
    struct index *index = context;
    size_t len = strlen(key);
    if (!len || index->keys.len + len + 1 > OWNER_KEYS_BYTES) return;
    bm_buf_add(&index->keys, key, len);
    bm_buf_byte(&index->keys, '\n');
    if (index->sql != SQLITE_OK) return;
    sqlite3_bind_text(index->key_stmt, 1, key, (int)len, SQLITE_STATIC);
    sqlite3_bind_int64(index->key_stmt, 2, index->owner);
    sqlite3_bind_int(index->key_stmt, 3, (int)rank);
    int rc = sqlite3_step(index->key_stmt);
    sqlite3_reset(index->key_stmt);
    if (rc != SQLITE_DONE) index->sql = rc;
    index->counts.keys++;
}

static void keys_of_name(struct index *index, uint32_t text) {
    char name[BM_ADDRESS_NAME_BYTES];
    snprintf(name, sizeof name, "%s", bm_book_text(&index->book, text));
    bm_name_keys(name, reading_of, take_key, index);
    const struct spelling *spelling = spelling_of(index, name);
    if (!spelling) return;
    const char *simplified = bm_book_text(&index->book, spelling->simplified);
    const char *traditional = bm_book_text(&index->book, spelling->traditional);
    if (strcmp(simplified, name) != 0) bm_name_script_keys(simplified, take_key, index);
    if (strcmp(traditional, name) != 0) bm_name_script_keys(traditional, take_key, index);
}

/* All keys of an owner, into the table and into index->keys. */
static void give_keys(struct index *index, int64_t owner, uint32_t name, uint32_t name_en,
                      uint32_t others) {
    index->owner = owner;
    bm_buf_clear(&index->keys);
    bm_buf_byte(&index->keys, '\n');
    keys_of_name(index, name);
    each_other(index, others, keys_of_name);
    if (name_en) bm_name_script_keys(bm_book_text(&index->book, name_en), take_key, index);
    index->counts.names++;
}

/* --- the file --------------------------------------------------------------------------------- */

static enum bm_code sql_fault(struct index *index, const char *doing, struct bm_fault *fault) {
    int rc = index->db ? sqlite3_errcode(index->db) & 0xff : SQLITE_NOMEM;
    return bm_fault_set(fault, rc == SQLITE_FULL ? BM_NO_SPACE : BM_IO, NULL,
                        "The address index, %s: %s.", doing,
                        index->db ? sqlite3_errmsg(index->db) : "no memory");
}

static enum bm_code run_sql(struct index *index, const char *sql, const char *doing,
                            struct bm_fault *fault) {
    return sqlite3_exec(index->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? BM_OK
               : sql_fault(index, doing, fault);
}

static const char schema[] =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=4096;"
    "PRAGMA application_id=0x424d4144; PRAGMA user_version=1;"
    "CREATE TABLE entry(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL,"
    " name_en TEXT NOT NULL, detail TEXT NOT NULL, lat INTEGER NOT NULL, lon INTEGER NOT NULL,"
    " street INTEGER, street2 INTEGER, number TEXT, keys TEXT);"
    "CREATE TABLE street(id INTEGER PRIMARY KEY, keys TEXT NOT NULL);"
    "CREATE TABLE key(key TEXT NOT NULL, owner INTEGER NOT NULL, rank INTEGER NOT NULL,"
    " PRIMARY KEY(key, owner)) WITHOUT ROWID;"
    "CREATE TEMP TABLE given(key TEXT NOT NULL, owner INTEGER NOT NULL, rank INTEGER NOT NULL);"
    "BEGIN;";
static const char finish[] =
    "INSERT INTO key SELECT key, owner, min(rank) FROM given GROUP BY key, owner;"
    "DROP TABLE given;"
    "CREATE INDEX entry_street ON entry(street, kind, number) WHERE street IS NOT NULL;"
    "CREATE INDEX entry_street2 ON entry(street2) WHERE street2 IS NOT NULL;"
    "COMMIT; ANALYZE;";

static void bind_text(sqlite3_stmt *stmt, int at, const char *text) {
    sqlite3_bind_text(stmt, at, text, -1, SQLITE_TRANSIENT);
}

static void count_entry(struct bm_address_counts *counts, enum bm_address_kind kind) {
    switch (kind) {
    case BM_ADDRESS_STREET:
        counts->streets++;
        break;
    case BM_ADDRESS_CROSSING:
        counts->crossings++;
        break;
    case BM_ADDRESS_HOUSE:
        counts->houses++;
        break;
    case BM_ADDRESS_PLACE:
    case BM_address_kind_COUNT:
        counts->places++;
        break;
    }
}

static int put_entry(struct index *index, sqlite3_stmt *stmt, size_t at) {
    struct bm_entry entry = index->entries.entries[at];
    bool is_place = entry.kind == BM_ADDRESS_PLACE;
    if (is_place) give_keys(index, (int64_t)at + 1, entry.name, entry.name_en, entry.others);
    const char *number = bm_book_text(&index->book, entry.number);
    char number_key[BM_KEY_BYTES];
    bm_name_number(number, strlen(number), number_key);
    sqlite3_bind_int64(stmt, 1, (int64_t)at + 1);
    sqlite3_bind_int(stmt, 2, entry.kind);
    bind_text(stmt, 3, bm_book_text(&index->book, entry.name));
    bind_text(stmt, 4, bm_book_text(&index->book, entry.name_en));
    bind_text(stmt, 5, bm_book_text(&index->book, entry.detail));
    sqlite3_bind_int(stmt, 6, entry.point.lat_e7);
    sqlite3_bind_int(stmt, 7, entry.point.lon_e7);
    for (int i = 8; i <= 11; i++) sqlite3_bind_null(stmt, i);
    if (entry.street) sqlite3_bind_int64(stmt, 8, entry.street);
    if (entry.street2) sqlite3_bind_int64(stmt, 9, entry.street2);
    if (entry.number) bind_text(stmt, 10, number_key);
    if (is_place) bind_text(stmt, 11, bm_buf_c_text(&index->keys));
    int rc = sqlite3_step(stmt);
    sqlite3_reset(stmt);
    count_entry(&index->counts, (enum bm_address_kind)entry.kind);
    return rc == SQLITE_DONE ? index->sql : rc;
}

static enum bm_code put_rows(struct index *index, struct bm_fault *fault) {
    sqlite3_stmt *entry = NULL, *street = NULL;
    int rc = sqlite3_prepare_v2(index->db, "INSERT INTO given VALUES(?,?,?)", -1, &index->key_stmt,
                                NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(index->db, "INSERT INTO entry VALUES(?,?,?,?,?,?,?,?,?,?,?)", -1,
                                &entry, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(index->db, "INSERT INTO street VALUES(?,?)", -1, &street, NULL);
    for (size_t i = 0; i < index->entries.street_count && rc == SQLITE_OK; i++) {
        struct bm_street_name name = index->entries.streets[i];
        give_keys(index, -(int64_t)(i + 1), name.name, name.name_en, name.others);
        sqlite3_bind_int64(street, 1, (int64_t)i + 1);
        bind_text(street, 2, bm_buf_c_text(&index->keys));
        if (sqlite3_step(street) != SQLITE_DONE) rc = SQLITE_ERROR;
        sqlite3_reset(street);
        if (index->sql != SQLITE_OK) rc = index->sql;
    }
    for (size_t i = 0; i < index->entries.count && rc == SQLITE_OK; i++)
        rc = put_entry(index, entry, i);
    enum bm_code code = rc == SQLITE_OK ? BM_OK : sql_fault(index, "writing a row", fault);
    sqlite3_finalize(entry);
    sqlite3_finalize(street);
    sqlite3_finalize(index->key_stmt);
    return code;
}

static enum bm_code write_file(struct index *index, const char *out, const struct bm_tell *tell,
                               struct bm_fault *fault) {
    enum bm_code code = BM_OK;
    if (sqlite3_open_v2(out, &index->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        code = sql_fault(index, "making the file", fault);
    if (!code) code = run_sql(index, schema, "making the tables", fault);
    if (!code) code = put_rows(index, fault);
    if (!code)
        bm_tell(tell, "addresses: sorting %llu keys", (unsigned long long)index->counts.keys);
    if (!code) code = run_sql(index, finish, "sorting the keys", fault);
    sqlite3_close(index->db);
    if (code) unlink(out);
    return code;
}

enum bm_code bm_addresses_make(const char *path, const char *out, const struct bm_tell *tell,
                               struct bm_address_counts *ret_counts, struct bm_fault *fault) {
    struct index index = {.sql = SQLITE_OK, .keys = bm_buf_make(OWNER_KEYS_BYTES * 2)};
    enum bm_code code = bm_book_read(path, tell, &index.book, fault);
    if (code) return code;
    bm_entries_make(&index.book, &index.entries);
    index.readings = bm_alloc_zero(HAN_POINTS, sizeof *index.readings);
    bm_tell(tell, "addresses: names in both scripts and pinyin");
    code = read_chinese(&index, fault);
    if (!code) code = write_file(&index, out, tell, fault);
    if (!code) {
        index.counts.houses_without_street = index.book.houses_without_street;
        *ret_counts = index.counts;
    }
    bm_free(index.readings);
    bm_free(index.spellings);
    bm_buf_free(&index.keys);
    bm_entries_free(&index.entries);
    bm_book_free(&index.book);
    return code;
}
