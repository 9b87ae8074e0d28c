/* Preloaded into a server: its databases are opened with PRAGMA synchronous=LOWER_SYNC (NORMAL, OFF) instead of FULL or EXTRA.
 * A deliberate fault: a test that cuts the power must find out that such a desk loses what it has acknowledged. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int callback(void *, int, char **, char **);
typedef int exec_fn(void *db, const char *sql, callback *each, void *context, char **ret_error);
int sqlite3_exec(void *db, const char *sql, callback *each, void *context, char **ret_error);

int sqlite3_exec(void *db, const char *sql, callback *each, void *context, char **ret_error) {
    static const char name[] = "synchronous=";
    exec_fn *real = (exec_fn *)dlsym(RTLD_NEXT, "sqlite3_exec");
    const char *found = sql ? strstr(sql, name) : NULL, *lowered = getenv("LOWER_SYNC");
    if (!found || !lowered) return real(db, sql, each, context, ret_error);
    size_t before = (size_t)(found - sql) + sizeof name - 1;
    const char *after = sql + before + strspn(sql + before, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    size_t bytes = before + strlen(lowered) + strlen(after) + 1;
    char *text = malloc(bytes);
    if (!text) abort();
    snprintf(text, bytes, "%.*s%s%s", (int)before, sql, lowered, after);
    int rc = real(db, text, each, context, ret_error);
    free(text);
    return rc;
}
