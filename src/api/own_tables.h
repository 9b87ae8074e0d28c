/* Two tables that a desk brings along and that are no part of its record: its own addresses, and the names of division
 * codes.  Each is one file in the data folder, written whole in the place of the former one, and held in memory.  They are
 * looked up line by line: some milliseconds for 100,000.  The record has who took in which file (`imported`). */
#ifndef BM_API_OWN_TABLES_H
#define BM_API_OWN_TABLES_H

#include "api/imports.h"
#include "import/addresses.h"

struct bm_own_tables;

/* The files, by name. */
enum { BM_OWN_TABLES = 2 };
extern const char *const bm_own_table_files[BM_OWN_TABLES];

/* Reads what DIR has; a file that cannot be read is named in the log, and its table is empty.  Never NULL. */
struct bm_own_tables *bm_own_tables_new(const char *dir);
void bm_own_tables_free(struct bm_own_tables *tables); /* NULL is fine */

/* As bm_import_judge: against the table as it is.  import->commands gets the file as it would be kept. */
BM_MUST_USE enum bm_code bm_own_judge(struct bm_own_tables *tables, struct bm_import *import, struct bm_fault *fault);
/* [blocks] Keeps it. */
BM_MUST_USE enum bm_code bm_own_keep(struct bm_own_tables *tables, const struct bm_import *import, struct bm_fault *fault);
/* Adds the file as it is kept. */
void bm_own_write(struct bm_own_tables *tables, enum bm_import_kind kind, struct bm_buf *out);

bool bm_own_has_addresses(struct bm_own_tables *tables);
/* Own addresses of which every word of the question is in the name or what is said about it: those called so first, then
 * those that begin so; within each the nearest.  Returns how many. */
size_t bm_own_addresses_find(struct bm_own_tables *tables, const char *question, const struct bm_point *near, size_t limit,
                             struct bm_address *ret_found);
/* The name of a division with those above it ("广东省 广州市 天河区"), as far as they are known; "" when none is. */
void bm_own_division_name(struct bm_own_tables *tables, const char *code, char ret_name[BM_ADDRESS_NAME_BYTES]);

#endif
