/* Rows of a file as one command: each row is what POST or PUT of that kind would be, and all of them are decided, or
 * none.  An import therefore is in the record as the same events as work by hand, behind one `imported` that says whose
 * file it was; replay does not need the file.
 *
 * The rows travel inside the program only, as bytes in BM_DO_IMPORT's `rows`. */
#ifndef BM_CORE_IMPORT_H
#define BM_CORE_IMPORT_H

#include "core/command.h"

/* Rows that are new or changed in one import, and their bytes; more are refused before they get here.  The desk's thread
 * takes nothing else while it decides and writes one command: half a second for this many without optimisation on a busy
 * machine, less in a release. */
enum { BM_IMPORT_ROWS_MAX = 5000, BM_IMPORT_BYTES_MAX = 8 << 20 };

/* In a reference to an agency: the n-th new one (from 0) of the same import, which stands before it. */
#define BM_IMPORT_NEW (UINT64_C(1) << 63)

/* Adds a row: a command of the kind's own `..._set`, with target and if_match where the record exists, and what is sealed
 * for it.  `line` of the file is named when it is refused. */
void bm_import_put(struct bm_buf *rows, const struct bm_command *row, uint64_t line);

/* What can be said against a row's arguments without knowing the state; the fault names the member. */
BM_MUST_USE enum bm_code bm_import_check(enum bm_import_kind kind, const void *args, struct bm_fault *fault);

/* Whether it is a table beside the record: then the command has no rows, and the functions below are not for it. */
bool bm_import_is_table(enum bm_import_kind kind);
/* The command that sets one record of that kind, and its table. */
enum bm_command_kind bm_import_command(enum bm_import_kind kind);
enum bm_table_kind bm_import_table(enum bm_import_kind kind);
enum { BM_IMPORT_KEY_TEXT = 96 };
/* What a record is known by: an agency's, a place's and an area's code, a number, the call sign of a unit that is not
 * given up, a device's protocol and name (in `ret_text`); NULL when by nothing. */
const char *bm_import_key(enum bm_table_kind table, const void *record, char ret_text[BM_IMPORT_KEY_TEXT]);
/* "owntracks ann/phone": two protocols may know one name. */
void bm_import_device_key(uint8_t protocol, const char *identity, char ret_text[BM_IMPORT_KEY_TEXT]);
/* Whether a device of that protocol brings a secret over HTTP.  An `imported` of devices is the word in the record that each new
 * one behind it was given its first: an event for each would make an import of 5,000 too much for one decision. */
bool bm_import_wants_secret(uint8_t protocol);

#endif
