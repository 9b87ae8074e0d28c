/* A folder for one test and what tests ask about its files. */
#ifndef BM_TESTS_VAULT_SUPPORT_H
#define BM_TESTS_VAULT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vault/vault_private.h"

/* cmocka set-up and tear-down: *state is the folder's path. */
int bm_test_folder_make(void **state);
int bm_test_folder_remove(void **state);

/* "dir/name" in one of a few static buffers. */
const char *bm_test_path(const char *dir, const char *name);
/* Opens the vault; the test fails when it does not open. */
struct bm_vault *bm_test_open(const char *dir);
/* Expects opening to be refused with `code`; the fault's sentence must contain `words`. */
void bm_test_refused(const char *dir, enum bm_code code, const char *words);
/* In how many files of the folder (and of folders in it) these bytes occur. */
unsigned bm_test_files_with(const char *dir, const void *bytes, size_t len);
/* The whole file, the caller's to free (free). */
uint8_t *bm_test_slurp(const char *path, size_t *ret_len);
/* Replaces `len` bytes at `offset`. */
void bm_test_overwrite(const char *path, size_t offset, const void *bytes, size_t len);
/* Runs one SQL text on vault.db from outside. */
void bm_test_sql(const char *dir, const char *sql);
/* Permission bits of a file. */
unsigned bm_test_mode(const char *path);

#endif
