/* A thin SQLite VFS over the default one: every 4,096-byte page of a main database file carries, in
 * its last 8 bytes (SQLite's "reserved" bytes), a checksum over its number and its content.
 *
 * It is written whenever SQLite writes a page to the main file, and looked at whenever SQLite reads
 * one, so a flipped bit is an error that names its page instead of a silent wrong value.  SQLite's own
 * integrity_check finds one flipped bit in forty (facts/reliability.md).  In WAL mode pages reach the
 * main file at a checkpoint; frames in the WAL have SQLite's own checksums (wal.h).
 *
 * Source: https://www.sqlite.org/vfs.html and the fileformat2 page ("reserved bytes per page"). */
#ifndef BM_JOURNAL_PAGE_VFS_H
#define BM_JOURNAL_PAGE_VFS_H

#include <stdbool.h>
#include <stdint.h>

enum { BM_PAGE_BYTES = 4096, BM_PAGE_CHECK_BYTES = 8 };
/* SQLite never writes the page in which its lock bytes lie (at 1 GiB). */
enum { BM_PAGE_OF_LOCKS = 0x40000000 / BM_PAGE_BYTES + 1 };
/* A file control of our own: stores the number of the last page that failed (0: none) in a uint64_t. */
enum { BM_PAGE_FCNTL_BAD = 0x424d01 };

/* Registers the VFS once per process; its name, for sqlite3_open_v2. */
const char *bm_page_vfs(void);

/* Whether `page` (BM_PAGE_BYTES) is what was written as page `number` (1..). */
bool bm_page_sound(const uint8_t *page, uint64_t number);

#endif
