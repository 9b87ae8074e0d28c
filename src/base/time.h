/* Instants as text.  Nothing here reads a clock. */
#ifndef BM_BASE_TIME_H
#define BM_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BM_TIME_TEXT_BYTES = 32 };

/* "2026-11-21T20:15:03.123Z" (RFC 3339) of ms since 1970; instants outside years 0..9999 are clamped. */
void bm_time_text(int64_t at_ms, char ret_text[BM_TIME_TEXT_BYTES]);

/* Civil dates, in the Gregorian calendar continued backwards.  A day is counted from 1970-01-01 (day 0); years 0..9999. */
struct bm_date {
    int32_t year;
    uint8_t month, day; /* from 1 */
};
enum { BM_DAY_LEAST = -719528, BM_DAY_MOST = 2932896 }; /* 0000-01-01, 9999-12-31 */
struct bm_date bm_date_of(int32_t day);
/* The day of a date that exists. */
int32_t bm_date_day(struct bm_date date);
/* 0 Monday .. 6 Sunday. */
int bm_date_weekday(int32_t day);
/* Reads exactly "2026-10-08"; false when it is anything else or no date that exists. */
bool bm_date_read(const char *text, size_t len, int32_t *ret_day);
/* "2026-10-08" of a day in the range above. */
enum { BM_DATE_TEXT_BYTES = 11 };
void bm_date_text(int32_t day, char ret_text[BM_DATE_TEXT_BYTES]);

#endif
