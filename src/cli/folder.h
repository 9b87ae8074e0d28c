/* Data folders as wholes: their names, their size, and moves that are there after a power cut. */
#ifndef BM_CLI_FOLDER_H
#define BM_CLI_FOLDER_H

#include "journal/format.h"

/* The folder's absolute name without links in it.  BM_NOT_FOUND, BM_IO, BM_TOO_LONG. */
BM_MUST_USE enum bm_code bm_folder_absolute(const char *dir, char ret_path[BM_FORMAT_PATH_TEXT], struct bm_fault *fault);
/* The size of DIR/NAME; 0 when it is not there. */
uint64_t bm_folder_bytes(const char *dir, const char *name);
/* Renames a folder and syncs its parent. */
BM_MUST_USE enum bm_code bm_folder_rename(const char *from, const char *to, struct bm_fault *fault);
/* Exchanges the names of two folders in one step and syncs their parent. */
BM_MUST_USE enum bm_code bm_folder_exchange(const char *one, const char *other, struct bm_fault *fault);
/* Removes what bm_copy_folder had begun to write: its files by name and the folder.  Refuses when anything else is in it; it
 * is fine when there is none. */
BM_MUST_USE enum bm_code bm_folder_remove_copy(const char *dir, struct bm_fault *fault);

#endif
