/* Asking the address index. */
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "import/addresses.h"
#include "import/names.h"

enum {
    KEYS_LOOKED_AT = 3000, /* names whose key begins as asked */
    STREETS_MOST = 64,     /* street names that a part of a question may mean */
    ROWS_MOST = 2000,      /* houses or crossings of one street */
    FOUND_MOST = 4096,     /* candidates kept; further ones are dropped */
    PART_BYTES = BM_ADDRESS_QUESTION_MAX + 1
};
#define FORMAT_APPLICATION 0x424d4144

/* How well it fits; less is better. */
enum fit { FIT_EXACT, FIT_BEGINS, FIT_EXACT_PART, FIT_PART, FIT_WORDS };

#define STATEMENTS(X)                                                                              \
    X(KEYS, "SELECT owner, rank, key FROM key WHERE key >= ?1 AND key < ?2 LIMIT ?3")              \
    X(PLACE, "SELECT id, lat, lon, keys FROM entry WHERE id = ?1")                                 \
    X(STREET_KEYS, "SELECT keys FROM street WHERE id = ?1")                                        \
    X(STREETS, "SELECT id, lat, lon FROM entry WHERE street = ?1 AND kind = 0 LIMIT ?2")           \
    X(HOUSES, "SELECT id, lat, lon, number FROM entry WHERE street = ?1 AND kind = 2 "             \
              "AND number >= ?2 AND number < ?3 LIMIT ?4")                                         \
    X(CROSSINGS, "SELECT id, lat, lon, street2 FROM entry WHERE street = ?1 AND kind = 1 "         \
                 "UNION ALL SELECT id, lat, lon, street FROM entry WHERE street2 = ?1 LIMIT ?2")   \
    X(SHOW, "SELECT kind, name, name_en, detail, lat, lon FROM entry WHERE id = ?1")
enum {
#define STATEMENT_ENUM(name, sql) S_##name,
    STATEMENTS(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        S_COUNT
};
static const char *const statement_sql[S_COUNT] = {
#define STATEMENT_SQL(name, sql) sql,
    STATEMENTS(STATEMENT_SQL)
#undef STATEMENT_SQL
};

struct bm_addresses {
    pthread_mutex_t lock;
    sqlite3 *db;
    sqlite3_stmt *statements[S_COUNT];
};

/* --- opening ---------------------------------------------------------------------------------- */

static enum bm_code db_fault(sqlite3 *db, const char *path, struct bm_fault *fault) {
    int rc = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    const char *said = db ? sqlite3_errmsg(db) : "no memory";
    if (rc == SQLITE_NOTADB)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "%s is no address index: make one with bellman area.", path);
    bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_ERROR;
    return bm_fault_set(fault, damaged ? BM_CORRUPT : BM_IO, NULL,
                        "The address index %s: %s. Make it anew with bellman area.", path, said);
}

static int64_t read_pragma(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static enum bm_code open_checked(struct bm_addresses *addresses, const char *path,
                                 struct bm_fault *fault) {
    struct stat about;
    /* SQLite would wait at a pipe until somebody writes into it. */
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "%s is no file: make an address index with bellman area.", path);
    if (sqlite3_open_v2(path, &addresses->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK)
        return bm_fault_set(fault, BM_NOT_FOUND, NULL, "%s cannot be opened: %s.", path,
                            strerror(errno ? errno : EIO));
    sqlite3_db_config(addresses->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(addresses->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_exec(addresses->db, "PRAGMA query_only=1; PRAGMA cell_size_check=1;", NULL, NULL, NULL);
    int64_t application = read_pragma(addresses->db, "PRAGMA application_id");
    int64_t format = read_pragma(addresses->db, "PRAGMA user_version");
    if (application < 0) return db_fault(addresses->db, path, fault);
    if (application != FORMAT_APPLICATION)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "%s is no address index: make one with bellman area.", path);
    if (format != BM_ADDRESS_FORMAT)
        return bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "%s is an address index of format %lld; this program reads format %d. "
                            "Make it anew with bellman area.",
                            path, (long long)format, BM_ADDRESS_FORMAT);
    for (int s = 0; s < S_COUNT; s++) {
        if (sqlite3_prepare_v3(addresses->db, statement_sql[s], -1, SQLITE_PREPARE_PERSISTENT,
                               &addresses->statements[s], NULL) != SQLITE_OK)
            return db_fault(addresses->db, path, fault);
    }
    return BM_OK;
}

enum bm_code bm_addresses_open(const char *path, struct bm_addresses **ret_addresses,
                               struct bm_fault *fault) {
    struct bm_addresses *addresses = bm_alloc_zero(1, sizeof *addresses);
    pthread_mutex_init(&addresses->lock, NULL);
    errno = 0;
    enum bm_code code = open_checked(addresses, path, fault);
    if (code)
        bm_addresses_close(addresses);
    else
        *ret_addresses = addresses;
    return code;
}

void bm_addresses_close(struct bm_addresses *addresses) {
    if (!addresses) return;
    for (int s = 0; s < S_COUNT; s++) sqlite3_finalize(addresses->statements[s]);
    sqlite3_close(addresses->db);
    pthread_mutex_destroy(&addresses->lock);
    bm_free(addresses);
}

/* --- candidates ------------------------------------------------------------------------------- */

struct found {
    int64_t id;
    enum fit fit;
    uint32_t order; /* among those of one fit, when no place is near: as they were met */
    double off_m;
};

struct asking {
    struct bm_addresses *addresses;
    const struct bm_point *near;
    struct found *found;
    size_t count;
    int rc; /* of SQLite; what was found before an error is dropped */
};

static void add_found(struct asking *asking, int64_t id, enum fit fit, int lat_e7, int lon_e7) {
    if (asking->count == FOUND_MOST) return;
    struct found found = {.id = id, .fit = fit, .order = (uint32_t)asking->count};
    if (asking->near) found.off_m = bm_distance_m(*asking->near, (struct bm_point){lat_e7, lon_e7});
    asking->found[asking->count++] = found;
}

static sqlite3_stmt *statement(struct asking *asking, int which) {
    sqlite3_stmt *stmt = asking->addresses->statements[which];
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return stmt;
}

/* The next row; false at the end and after an error, which is kept. */
static bool next(struct asking *asking, sqlite3_stmt *stmt) {
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) asking->rc = rc;
    sqlite3_reset(stmt);
    return false;
}

static const char *text_at(sqlite3_stmt *stmt, int column) {
    const unsigned char *text = sqlite3_column_text(stmt, column);
    return text ? (const char *)text : "";
}

/* Everything that begins with `key` is less than this. */
static void bind_prefix(sqlite3_stmt *stmt, int at, const char *key) {
    char past[BM_KEY_BYTES + 5];
    snprintf(past, sizeof past, "%s\xf4\x8f\xbf\xbf", key);
    sqlite3_bind_text(stmt, at, key, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(stmt, at + 1, past, -1, SQLITE_TRANSIENT);
}

static void add_street_entries(struct asking *asking, int64_t street, enum fit fit) {
    sqlite3_stmt *stmt = statement(asking, S_STREETS);
    sqlite3_bind_int64(stmt, 1, street);
    sqlite3_bind_int(stmt, 2, ROWS_MOST);
    while (next(asking, stmt))
        add_found(asking, sqlite3_column_int64(stmt, 0), fit, sqlite3_column_int(stmt, 1),
                  sqlite3_column_int(stmt, 2));
}

static void add_place(struct asking *asking, int64_t id, enum fit fit) {
    sqlite3_stmt *stmt = statement(asking, S_PLACE);
    sqlite3_bind_int64(stmt, 1, id);
    while (next(asking, stmt))
        add_found(asking, id, fit, sqlite3_column_int(stmt, 1), sqlite3_column_int(stmt, 2));
}

/* --- owners of keys --------------------------------------------------------------------------- */

struct owner {
    int64_t id; /* > 0: a place, < 0: a street name */
    enum fit fit;
};

static enum fit fit_of(int rank, bool exact) {
    if (rank == BM_KEY_WHOLE) return exact ? FIT_EXACT : FIT_BEGINS;
    return exact ? FIT_EXACT_PART : FIT_PART;
}

static int by_owner(const void *a, const void *b) {
    const struct owner *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (int)x->fit - (int)y->fit;
}

/* Those with a key that begins with `key`, each once with its best fit; at most `cap`. */
static size_t find_owners(struct asking *asking, const char *key, bool streets_only,
                          struct owner *ret_owners, size_t cap) {
    struct owner *owners = bm_alloc_zero(KEYS_LOOKED_AT, sizeof *owners);
    size_t count = 0, kept = 0;
    sqlite3_stmt *stmt = statement(asking, S_KEYS);
    bind_prefix(stmt, 1, key);
    sqlite3_bind_int(stmt, 3, KEYS_LOOKED_AT);
    while (next(asking, stmt) && count < KEYS_LOOKED_AT) {
        struct owner owner = {.id = sqlite3_column_int64(stmt, 0)};
        owner.fit = fit_of(sqlite3_column_int(stmt, 1), strcmp(text_at(stmt, 2), key) == 0);
        if (!streets_only || owner.id < 0) owners[count++] = owner;
    }
    sqlite3_reset(stmt);
    qsort(owners, count, sizeof *owners, by_owner);
    for (size_t i = 0; i < count; i++)
        if (!i || owners[i].id != owners[i - 1].id) owners[kept++] = owners[i];
    /* When not all can be kept, the best are. */
    size_t given = 0;
    for (int fit = FIT_EXACT; fit <= FIT_WORDS; fit++)
        for (size_t i = 0; i < kept && given < cap; i++)
            if ((int)owners[i].fit == fit) ret_owners[given++] = owners[i];
    bm_free(owners);
    return given;
}

/* Whether some key of the owner begins with the word: its keys stand between line ends. */
static bool owner_has(struct asking *asking, int64_t id, const char *word) {
    char wanted[BM_KEY_BYTES + 2];
    snprintf(wanted, sizeof wanted, "\n%s", word);
    sqlite3_stmt *stmt = statement(asking, id > 0 ? S_PLACE : S_STREET_KEYS);
    sqlite3_bind_int64(stmt, 1, id > 0 ? id : -id);
    bool has = next(asking, stmt) && strstr(text_at(stmt, id > 0 ? 3 : 0), wanted) != NULL;
    sqlite3_reset(stmt);
    return has;
}

static void add_owner(struct asking *asking, const struct owner *owner, enum fit fit) {
    if (owner->id > 0)
        add_place(asking, owner->id, fit);
    else
        add_street_entries(asking, -owner->id, fit);
}

/* --- kinds of questions ----------------------------------------------------------------------- */

/* Words [from, to) written together. */
static void join_words(const struct bm_name_words *words, size_t from, size_t to,
                       char ret_key[BM_KEY_BYTES]) {
    size_t len = 0;
    ret_key[0] = 0;
    for (size_t i = from; i < to; i++) {
        size_t word = strlen(words->words[i]);
        if (len + word >= BM_KEY_BYTES) return;
        memcpy(ret_key + len, words->words[i], word + 1);
        len += word;
    }
}

static void ask_whole(struct asking *asking, const char *key) {
    struct owner *owners = bm_alloc_zero(KEYS_LOOKED_AT, sizeof *owners);
    size_t count = find_owners(asking, key, false, owners, KEYS_LOOKED_AT);
    for (size_t i = 0; i < count; i++) add_owner(asking, &owners[i], owners[i].fit);
    bm_free(owners);
}

/* Every word must begin one of its keys: the longest is looked up, the others compared. */
static void ask_words(struct asking *asking, const struct bm_name_words *words) {
    size_t longest = 0;
    for (size_t i = 1; i < words->count; i++)
        if (strlen(words->words[i]) > strlen(words->words[longest])) longest = i;
    struct owner *owners = bm_alloc_zero(KEYS_LOOKED_AT, sizeof *owners);
    size_t count = find_owners(asking, words->words[longest], false, owners, KEYS_LOOKED_AT);
    for (size_t i = 0; i < count; i++) {
        bool all = true;
        for (size_t w = 0; w < words->count && all; w++)
            all = w == longest || owner_has(asking, owners[i].id, words->words[w]);
        if (all) add_owner(asking, &owners[i], FIT_WORDS);
    }
    bm_free(owners);
}

/* Street names that words mean: written together, or each in one of its keys. */
static size_t find_streets(struct asking *asking, const struct bm_name_words *words, size_t from,
                           size_t to, struct owner ret_streets[STREETS_MOST]) {
    char key[BM_KEY_BYTES];
    join_words(words, from, to, key);
    if (!key[0]) return 0;
    size_t count = find_owners(asking, key, true, ret_streets, STREETS_MOST);
    if (count || to - from < 2) return count;
    struct owner first[STREETS_MOST];
    size_t first_count = find_owners(asking, words->words[from], true, first, STREETS_MOST);
    for (size_t i = 0; i < first_count; i++) {
        bool all = true;
        for (size_t w = from + 1; w < to && all; w++)
            all = owner_has(asking, first[i].id, words->words[w]);
        if (all) ret_streets[count++] = (struct owner){first[i].id, FIT_WORDS};
    }
    return count;
}

/* "12" fits "12" exactly, "12a" and "12-14" well, "120" less. */
static enum fit number_fit(const char *asked, const char *number, enum fit street) {
    size_t len = strlen(asked);
    if (!number[len]) return street;
    bool longer = number[len] >= '0' && number[len] <= '9';
    enum fit least = longer ? FIT_PART : FIT_BEGINS;
    return street > least ? street : least;
}

static void add_houses(struct asking *asking, const struct owner *street, const char *number) {
    sqlite3_stmt *stmt = statement(asking, S_HOUSES);
    sqlite3_bind_int64(stmt, 1, -street->id);
    bind_prefix(stmt, 2, number);
    sqlite3_bind_int(stmt, 4, ROWS_MOST);
    while (next(asking, stmt))
        add_found(asking, sqlite3_column_int64(stmt, 0),
                  number_fit(number, text_at(stmt, 3), street->fit), sqlite3_column_int(stmt, 1),
                  sqlite3_column_int(stmt, 2));
}

/* The word that begins with a digit is a house number, the others are its street. */
static void ask_houses(struct asking *asking, const struct bm_name_words *words) {
    for (size_t at = 0; at < words->count; at++) {
        char first = words->words[at][0];
        if (first < '0' || first > '9' || words->count < 2) continue;
        struct bm_name_words street = {.count = 0};
        char number[BM_KEY_BYTES];
        bm_name_number(words->words[at], strlen(words->words[at]), number);
        for (size_t w = 0; w < words->count; w++) {
            bool unit = strcmp(words->words[w], "号") == 0 || strcmp(words->words[w], "號") == 0;
            if (w != at && !unit)
                memcpy(street.words[street.count++], words->words[w], BM_KEY_BYTES);
        }
        struct owner streets[STREETS_MOST];
        size_t count = find_streets(asking, &street, 0, street.count, streets);
        for (size_t i = 0; i < count; i++) add_houses(asking, &streets[i], number);
    }
}

static enum fit fit_among(const struct owner *streets, size_t count, int64_t street) {
    for (size_t i = 0; i < count; i++) {
        if (-streets[i].id == street) return streets[i].fit;
    }
    return FIT_WORDS + 1;
}

/* Crossings of a street of the first kind with one of the second; of any other when there is no
 * second. */
static void ask_crossings(struct asking *asking, const struct bm_name_words *words, size_t split,
                          bool any_second) {
    struct owner first[STREETS_MOST], second[STREETS_MOST];
    size_t first_count = find_streets(asking, words, 0, split, first);
    size_t second_count = first_count && !any_second
                              ? find_streets(asking, words, split, words->count, second)
                              : 0;
    if (!second_count && !any_second) return;
    for (size_t i = 0; i < first_count; i++) {
        sqlite3_stmt *stmt = statement(asking, S_CROSSINGS);
        sqlite3_bind_int64(stmt, 1, -first[i].id);
        sqlite3_bind_int(stmt, 2, ROWS_MOST);
        while (next(asking, stmt)) {
            enum fit other = any_second
                                 ? FIT_BEGINS
                                 : fit_among(second, second_count, sqlite3_column_int64(stmt, 3));
            if (other > FIT_WORDS) continue;
            add_found(asking, sqlite3_column_int64(stmt, 0),
                      other > first[i].fit ? other : first[i].fit, sqlite3_column_int(stmt, 1),
                      sqlite3_column_int(stmt, 2));
        }
    }
}

/* --- the question ----------------------------------------------------------------------------- */

/* Where "A / B" is cut: '/', '&', '+', '@', full-width ones, or NULL. */
static const char *find_cut(const char *question, size_t *ret_len) {
    const char *end = question + strlen(question);
    for (const char *at = question; at < end;) {
        const char *here = at;
        uint32_t point = bm_utf8_next(&at, end);
        bool cuts = point == '/' || point == '&' || point == '+' || point == '@' ||
                    point == 0xff0f || point == 0xff06 || point == 0xff0b || point == 0xff20;
        if (!cuts) continue;
        *ret_len = (size_t)(at - here);
        return here;
    }
    return NULL;
}

static void ask_cut(struct asking *asking, const char *question, const char *cut, size_t cut_len) {
    struct bm_name_words words, more;
    bm_name_cut(question, (size_t)(cut - question), &words);
    bm_name_cut(cut + cut_len, strlen(cut + cut_len), &more);
    size_t split = words.count;
    for (size_t i = 0; i < more.count && words.count < BM_NAME_WORDS_MAX; i++)
        memcpy(words.words[words.count++], more.words[i], BM_KEY_BYTES);
    if (split) ask_crossings(asking, &words, split, words.count == split);
}

static void ask_plain(struct asking *asking, const char *question) {
    struct bm_name_words words;
    char key[BM_KEY_BYTES];
    bm_name_cut(question, strlen(question), &words);
    if (!words.count) return;
    join_words(&words, 0, words.count, key);
    ask_whole(asking, key);
    if (words.count < 2) return;
    ask_houses(asking, &words);
    ask_words(asking, &words);
    for (size_t split = 1; split < words.count; split++)
        ask_crossings(asking, &words, split, false);
}

/* Candidates of one id stand together, the best first; then the best of all. */
static int by_id(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    if (x->id != y->id) return x->id < y->id ? -1 : 1;
    return (int)x->fit - (int)y->fit;
}

static int by_fit(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    if (x->fit != y->fit) return (int)x->fit - (int)y->fit;
    if (x->off_m < y->off_m || x->off_m > y->off_m) return x->off_m < y->off_m ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static size_t rank(struct asking *asking) {
    size_t kept = 0;
    qsort(asking->found, asking->count, sizeof *asking->found, by_id);
    for (size_t i = 0; i < asking->count; i++)
        if (!i || asking->found[i].id != asking->found[i - 1].id)
            asking->found[kept++] = asking->found[i];
    qsort(asking->found, kept, sizeof *asking->found, by_fit);
    return kept;
}

static bool show(struct asking *asking, int64_t id, struct bm_address *ret) {
    sqlite3_stmt *stmt = statement(asking, S_SHOW);
    sqlite3_bind_int64(stmt, 1, id);
    if (!next(asking, stmt)) return false;
    int kind = sqlite3_column_int(stmt, 0);
    struct bm_address address = {
        .kind = (enum bm_address_kind)kind,
        .point = {sqlite3_column_int(stmt, 4), sqlite3_column_int(stmt, 5)}};
    snprintf(address.name, sizeof address.name, "%s", text_at(stmt, 1));
    snprintf(address.name_en, sizeof address.name_en, "%s", text_at(stmt, 2));
    snprintf(address.detail, sizeof address.detail, "%s", text_at(stmt, 3));
    sqlite3_reset(stmt);
    bool texts = bm_utf8_valid(address.name) && bm_utf8_valid(address.name_en) &&
                 bm_utf8_valid(address.detail);
    if (kind < 0 || kind >= BM_address_kind_COUNT || !bm_point_valid(address.point) || !texts) {
        asking->rc = SQLITE_CORRUPT;
        return false;
    }
    *ret = address;
    return true;
}

enum bm_code bm_addresses_find(struct bm_addresses *addresses, const char *question,
                               const struct bm_point *near, size_t limit,
                               struct bm_address *ret_found, size_t *ret_count,
                               struct bm_fault *fault) {
    char asked[PART_BYTES];
    size_t cut_len, given = 0;
    struct asking asking = {.addresses = addresses, .near = near, .rc = SQLITE_OK};
    snprintf(asked, sizeof asked, "%s", question);
    asking.found = bm_alloc_zero(FOUND_MOST, sizeof *asking.found);
    if (limit > BM_ADDRESS_LIMIT_MAX) limit = BM_ADDRESS_LIMIT_MAX;
    pthread_mutex_lock(&addresses->lock);
    const char *cut = find_cut(asked, &cut_len);
    if (cut) ask_cut(&asking, asked, cut, cut_len);
    if (!asking.count) ask_plain(&asking, asked); /* also of names with a stroke in them */
    size_t count = rank(&asking);
    for (size_t i = 0; i < count && given < limit && asking.rc == SQLITE_OK; i++)
        given += show(&asking, asking.found[i].id, &ret_found[given]);
    enum bm_code code = BM_OK;
    if (asking.rc != SQLITE_OK) {
        bool damaged = (asking.rc & 0xff) == SQLITE_CORRUPT || (asking.rc & 0xff) == SQLITE_NOTADB;
        code = bm_fault_set(
            fault, damaged ? BM_CORRUPT : BM_IO, NULL,
            "The address index cannot be read (%s): make it anew with bellman area.",
            sqlite3_errstr(asking.rc));
    }
    pthread_mutex_unlock(&addresses->lock);
    bm_free(asking.found);
    if (!code) *ret_count = given;
    return code;
}
