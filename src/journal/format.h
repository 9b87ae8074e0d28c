/* What format a data folder has, and who wrote it.
 *
 * The number stands in two places.  In journal.db (`meta.format`) it changes in the same transaction as the tables, so it is
 * true after any power cut, and programs older than this header refuse it there.  DIR/format says it to people, with the
 * version that wrote it and where the backup lies that was made before the last upgrade:
 *
 *   bellman-data 2
 *   version 0.2.0
 *   backup /var/lib/bellman/desk.before-2-177
 *
 * The file may be one crash behind, so the number in journal.db counts; but a file that names a later format is believed.
 * Folders from before format 2 have no such file. */
#ifndef BM_JOURNAL_FORMAT_H
#define BM_JOURNAL_FORMAT_H

#include "journal/journal.h"

enum { BM_FORMAT_VERSION_TEXT = 40, BM_FORMAT_PATH_TEXT = 1024, BM_FORMAT_FILE_MAX = 4096 };

struct bm_format {
    uint32_t number;
    char version[BM_FORMAT_VERSION_TEXT]; /* of the program that wrote it last */
    char backup[BM_FORMAT_PATH_TEXT];     /* "" none */
};

/* The text of the file.  BM_CORRUPT names what is wrong with it and the mend. */
BM_MUST_USE enum bm_code bm_format_parse(const char *text, size_t len, struct bm_format *ret_format,
                                         struct bm_fault *fault);
/* DIR/format.  BM_NOT_FOUND when there is none, BM_CORRUPT, BM_IO. */
BM_MUST_USE enum bm_code bm_format_read(const char *dir, struct bm_format *ret_format, struct bm_fault *fault);
/* Writes it: another name, fsync, rename, fsync of the folder.  BM_NO_SPACE, BM_IO. */
BM_MUST_USE enum bm_code bm_format_write(const char *dir, const struct bm_format *format, struct bm_fault *fault);

/* What journal.db says of itself. */
struct bm_format_record {
    uint32_t number;
    bool tables_fit; /* the tables beside the journal are those of this build */
    uint64_t ledger;
    struct bm_head head;
};
/* Reads it, of any format.  BM_NOT_FOUND when there is no journal, BM_BAD_FORMAT (not ours), BM_CORRUPT, BM_IO. */
BM_MUST_USE enum bm_code bm_format_of_record(const char *dir, struct bm_format_record *ret_record, struct bm_fault *fault);

#endif
