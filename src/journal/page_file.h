/* Raw bytes of a database or WAL file, read past SQLite but through its default VFS: opening and
 * closing the file ourselves would drop the POSIX locks that SQLite holds on it in this process. */
#ifndef BM_JOURNAL_PAGE_FILE_H
#define BM_JOURNAL_PAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/code.h"

struct sqlite3_file;
struct bm_page_file {
    struct sqlite3_file *file;
    const char *name; /* in the form that SQLite wants */
    uint64_t size;    /* bytes, when it was opened */
};

enum bm_page_file_kind { BM_PAGE_FILE_MAIN, BM_PAGE_FILE_WAL };

/* `path` is that of the database; the WAL's is found from it.  BM_NOT_FOUND, BM_IO. */
BM_MUST_USE enum bm_code bm_page_file_open(const char *path, enum bm_page_file_kind kind,
                                           struct bm_page_file *ret_file, struct bm_fault *fault);
void bm_page_file_close(struct bm_page_file *file);
/* Reads up to `len` bytes at `offset`; fewer at the end of the file. */
BM_MUST_USE enum bm_code bm_page_file_read(struct bm_page_file *file, uint64_t offset,
                                           uint8_t *ret_bytes, size_t len, size_t *ret_len,
                                           struct bm_fault *fault);

#endif
