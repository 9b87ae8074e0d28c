/* Telephone numbers as people and exchanges write them.  Pure. */
#ifndef BM_BASE_PHONE_H
#define BM_BASE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

/* The longest number of E.164 has 15 digits; with what is dialled before and after it, and NUL. */
enum { BM_PHONE_TEXT = 40 };

/* Digits, + - * # ( ) . and spaces, with at least one digit: nothing that could not be dialled.  Not whether it exists. */
bool bm_phone_is_number(const char *text, size_t len);
/* What is dialled: digits, * and #, and a leading + (00 says the same), so that one number is one text however it was
 * written.  False when it is no number, or longer than BM_PHONE_TEXT. */
bool bm_phone_dialled(const char *text, size_t len, char ret_number[BM_PHONE_TEXT]);

#endif
