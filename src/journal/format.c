#include "journal/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/seal.h"
#include "core/core.h"
#include "journal/sqlite_file.h"

/* --- the file ----------------------------------------------------------------------------------- */

static enum bm_code wrong(struct bm_fault *fault, const char *what) {
    return bm_fault_set(fault, BM_CORRUPT, "format",
                        "The file \"format\" in the data folder is damaged (%s). Move it away: it is made again from the record.",
                        what);
}

/* The line that begins with `name` and a space, without both; NULL when it is another. Moves *at behind the line. */
static const char *take_line(const char **at, const char *end, const char *name, size_t *ret_len) {
    const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line));
    size_t name_len = strlen(name);
    if (!stop || (size_t)(stop - line) < name_len + 2) return NULL;
    if (memcmp(line, name, name_len) != 0 || line[name_len] != ' ') return NULL;
    *at = stop + 1;
    *ret_len = (size_t)(stop - line) - name_len - 1;
    return line + name_len + 1;
}

/* A value without control characters that fits. */
static bool take_value(const char *value, size_t len, char *ret_text, size_t size) {
    if (!value || len == 0 || len >= size) return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)value[i] < ' ' || value[i] == 0x7f) return false;
    memcpy(ret_text, value, len);
    ret_text[len] = 0;
    return true;
}

static bool take_number(const char *value, size_t len, uint32_t *ret_number) {
    uint32_t number = 0;
    if (!value || len == 0 || len > 6 || value[0] == '0') return false;
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') return false;
        number = number * 10 + (uint32_t)(value[i] - '0');
    }
    *ret_number = number;
    return true;
}

enum bm_code bm_format_parse(const char *text, size_t len, struct bm_format *ret_format, struct bm_fault *fault) {
    struct bm_format format = {0};
    const char *at = text, *end = text + len, *value;
    size_t value_len = 0;
    if (len > BM_FORMAT_FILE_MAX) return wrong(fault, "it is too long");
    value = take_line(&at, end, "bellman-data", &value_len);
    if (!take_number(value, value_len, &format.number)) return wrong(fault, "its first line is not \"bellman-data NUMBER\"");
    value = take_line(&at, end, "version", &value_len);
    if (!take_value(value, value_len, format.version, sizeof format.version)) return wrong(fault, "its second line is not \"version TEXT\"");
    /* A later format may say more; its number is what counts. */
    if (format.number <= BM_DATA_FORMAT && at != end) {
        value = take_line(&at, end, "backup", &value_len);
        if (!take_value(value, value_len, format.backup, sizeof format.backup) || at != end)
            return wrong(fault, "its third line is not \"backup FOLDER\", or there are more");
    }
    *ret_format = format;
    return BM_OK;
}

enum bm_code bm_format_read(const char *dir, struct bm_format *ret_format, struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX], text[BM_FORMAT_FILE_MAX + 1];
    enum bm_code code = bm_sqlite_path(dir, "format", path, fault);
    if (code) return code;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return bm_fault_set(fault, errno == ENOENT ? BM_NOT_FOUND : BM_IO, "format", "Cannot open %.200s: %s.", path,
                            strerror(errno));
    }
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    if (len < 0) return bm_fault_set(fault, BM_IO, "format", "Cannot read %.200s: %s.", path, strerror(errno));
    return bm_format_parse(text, (size_t)len, ret_format, fault);
}

static bool sync_folder(const char *dir) {
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    return synced;
}

enum bm_code bm_format_write(const char *dir, const struct bm_format *format, struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX], fresh[BM_JOURNAL_PATH_MAX], text[BM_FORMAT_FILE_MAX];
    enum bm_code code = bm_sqlite_path(dir, "format", path, fault);
    if (!code) code = bm_sqlite_path(dir, "format.new", fresh, fault);
    if (code) return code;
    int len = snprintf(text, sizeof text, "bellman-data %u\nversion %s\n%s%s%s", format->number, format->version,
                       format->backup[0] ? "backup " : "", format->backup, format->backup[0] ? "\n" : "");
    struct bm_format again; /* what we write, we can read: no line break in a folder's name */
    code = bm_format_parse(text, (size_t)len, &again, fault);
    if (code) return code;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, text, (size_t)len) == len && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0) close(fd);
    if (ok && (rename(fresh, path) != 0 || !sync_folder(dir))) {
        ok = false;
        error = errno;
    }
    if (ok) return BM_OK;
    unlink(fresh);
    return bm_fault_set(fault, error == ENOSPC ? BM_NO_SPACE : BM_IO, "format", "Cannot write %.200s: %s.", path, strerror(error));
}

/* --- the record ----------------------------------------------------------------------------------- */

static enum bm_code read_meta(sqlite3 *db, struct bm_format_record *record, struct bm_fault *fault) {
    sqlite3_stmt *stmt;
    uint8_t schema[BM_DIGEST_BYTES];
    enum bm_code code = bm_sqlite_prepare(db, "SELECT format,ledger,projections FROM meta WHERE one=1", &stmt, fault);
    if (code) return code;
    int rc = sqlite3_step(stmt);
    int64_t number = sqlite3_column_int64(stmt, 0), ledger = sqlite3_column_int64(stmt, 1);
    bm_entity_schema(schema);
    bool fit = sqlite3_column_bytes(stmt, 2) == (int)sizeof schema &&
               memcmp(sqlite3_column_blob(stmt, 2), schema, sizeof schema) == 0;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) code = bm_sqlite_fault(db, "reading the description", fault);
    sqlite3_finalize(stmt);
    if (!code && (rc == SQLITE_DONE || number < 1 || number > 999999 || ledger <= 0))
        code = bm_fault_set(fault, BM_CORRUPT, "meta", "The journal's description is lost or damaged. Restore a backup.");
    if (code) return code;
    *record = (struct bm_format_record){.number = (uint32_t)number, .tables_fit = fit, .ledger = (uint64_t)ledger};
    return BM_OK;
}

enum bm_code bm_format_of_record(const char *dir, struct bm_format_record *ret_record, struct bm_fault *fault) {
    char path[BM_JOURNAL_PATH_MAX];
    struct bm_format_record record = {0};
    sqlite3 *db = NULL;
    enum bm_code code = bm_sqlite_path(dir, "journal.db", path, fault);
    bm_seal_init();
    if (!code) code = bm_sqlite_probe(path, fault);
    if (!code) code = bm_sqlite_open(path, BM_SQLITE_READER, &db, fault);
    if (code) return code;
    code = read_meta(db, &record, fault);
    if (!code) code = bm_sqlite_head(db, &record.head, fault);
    sqlite3_close(db);
    if (!code) *ret_record = record;
    return code;
}
