/* Instants as text.  Nothing here reads a clock. */
#ifndef BM_BASE_TIME_H
#define BM_BASE_TIME_H

#include <stdint.h>

enum { BM_TIME_TEXT_BYTES = 32 };

/* "2026-11-21T20:15:03.123Z" (RFC 3339) of ms since 1970; instants outside years 0..9999 are clamped. */
void bm_time_text(int64_t at_ms, char ret_text[BM_TIME_TEXT_BYTES]);

#endif
