#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

int bm_test_folder_make(void **state) {
    const char *base = getenv("TMPDIR");
    char path[300];
    snprintf(path, sizeof path, "%s/bellman-vault-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(path)) return -1;
    *state = strdup(path);
    unsetenv("CREDENTIALS_DIRECTORY");
    return 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

int bm_test_folder_remove(void **state) {
    int failed = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return failed;
}

const char *bm_test_path(const char *dir, const char *name) {
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

struct bm_vault *bm_test_open(const char *dir) {
    struct bm_vault *vault = NULL;
    struct bm_fault fault = {0};
    enum bm_code code = bm_vault_open(dir, &vault, &fault);
    if (code != BM_OK) print_error("%s: %s\n", bm_code_word(code), fault.detail);
    assert_int_equal(code, BM_OK);
    return vault;
}

void bm_test_refused(const char *dir, enum bm_code code, const char *words) {
    struct bm_vault *vault = NULL;
    struct bm_fault fault = {0};
    enum bm_code got = bm_vault_open(dir, &vault, &fault);
    if (got != code || !strstr(fault.detail, words)) {
        print_error("%s: %s\n", bm_code_word(got), fault.detail);
    }
    assert_int_equal(got, code);
    assert_non_null(strstr(fault.detail, words));
    assert_null(vault);
}

uint8_t *bm_test_slurp(const char *path, size_t *ret_len) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    size_t len = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, len, file), len);
    fclose(file);
    *ret_len = len;
    return bytes;
}

unsigned bm_test_files_with(const char *dir, const void *bytes, size_t len) {
    unsigned count = 0;
    DIR *folder = opendir(dir);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        const char *path = bm_test_path(dir, entry->d_name);
        if (entry->d_type == DT_DIR) {
            char inner[400];
            snprintf(inner, sizeof inner, "%s", path);
            count += bm_test_files_with(inner, bytes, len);
        } else if (entry->d_type == DT_REG) {
            size_t file_len;
            uint8_t *file = bm_test_slurp(path, &file_len);
            count += memmem(file, file_len, bytes, len) != NULL;
            free(file);
        }
    }
    closedir(folder);
    return count;
}

void bm_test_overwrite(const char *path, size_t offset, const void *bytes, size_t len) {
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, (off_t)offset), (ssize_t)len);
    close(fd);
}

void bm_test_sql(const char *dir, const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(bm_test_path(dir, "vault.db"), &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK) print_error("%s\n", sqlite3_errmsg(db));
    assert_int_equal(rc, SQLITE_OK);
    sqlite3_close(db);
}

unsigned bm_test_mode(const char *path) {
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 07777u;
}
