/* Opening a data folder that another version wrote.
 *
 *   older or other tables:  verify -> copy to BACKUP.partial, verify, rename -> say in DIR/format where it lies
 *                           -> tables and number anew, in one transaction -> say so in DIR/format
 *   newer:                  refused, with the version that wrote it
 *
 * Every step is done again or passed over when it is found begun or done, so a cut at any point leaves a folder that the former
 * version opens (before the transaction) or this one (after it). */
#ifndef BM_CLI_UPGRADE_H
#define BM_CLI_UPGRADE_H

#include "journal/format.h"

struct bm_upgrade {
    bool fresh;    /* no record yet */
    bool needed;
    struct bm_format statement;     /* of DIR/format; number 0: there is none */
    struct bm_format_record record; /* of journal.db */
    char backup[BM_FORMAT_PATH_TEXT];
    bool backup_there;              /* whole already, of an upgrade that was cut off */
    uint64_t backup_bytes, data_bytes; /* room that is needed where the backup goes, and in DIR */
};

/* What opening DIR would do; changes nothing.  `backups`: the folder in which the backup goes; NULL: beside DIR.
 * BM_BAD_FORMAT: of a newer program, names its version and the mend. */
BM_MUST_USE enum bm_code bm_upgrade_look(const char *dir, const char *backups, struct bm_upgrade *ret_upgrade,
                                         struct bm_fault *fault);
/* BM_NO_SPACE, naming the bytes that are needed and those that are there. */
BM_MUST_USE enum bm_code bm_upgrade_check_space(const char *dir, const struct bm_upgrade *upgrade, struct bm_fault *fault);
/* Does it; the caller holds bm_dir_lock.  Logs each step. */
BM_MUST_USE enum bm_code bm_upgrade_run(const char *dir, const char *backups, struct bm_fault *fault);

#endif
