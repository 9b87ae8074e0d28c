/* Names as they are typed: folded texts, words, and the keys under which a name is found.  Pure.
 *
 * Folding makes what people type and what stands in the map meet: small letters, no diacritics
 * ("Plöck" = "plock"), "ß" as "ss", full-width letters and digits as plain ones, no spaces and no
 * punctuation.  Chinese characters stay. */
#ifndef BM_IMPORT_NAMES_H
#define BM_IMPORT_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BM_KEY_BYTES = 160,     /* a key with its NUL; longer ones are cut at a character */
    BM_NAME_WORDS_MAX = 8,  /* further ones of a question are not looked at */
    BM_NAME_STARTS_MAX = 24 /* places inside a name from which it is found */
};

/* The next character of UTF-8; moves *at.  U+FFFD for bytes that are none; 0 at `end`. */
uint32_t bm_utf8_next(const char **at, const char *end);
/* Whether all of a text is UTF-8. */
bool bm_utf8_valid(const char *text);
/* A Chinese character. */
bool bm_is_han(uint32_t point);

/* Folds `len` bytes into `ret_key`; returns its length. */
size_t bm_name_fold(const char *text, size_t len, char ret_key[BM_KEY_BYTES]);
/* A house number: folded, but what stands between its parts is kept as '-' ("12-14"), and 号 is
 * dropped. */
size_t bm_name_number(const char *text, size_t len, char ret_key[BM_KEY_BYTES]);

struct bm_name_words {
    size_t count;
    char words[BM_NAME_WORDS_MAX][BM_KEY_BYTES]; /* folded, none empty */
};
/* Cuts a text at spaces, punctuation, and between Chinese characters and digits. */
void bm_name_cut(const char *text, size_t len, struct bm_name_words *ret_words);

/* --- keys ------------------------------------------------------------------------------------- */

enum bm_key_rank { BM_KEY_WHOLE, BM_KEY_PART };
typedef void bm_key_fn(void *context, const char *key, enum bm_key_rank rank);
/* How a Chinese character is read: "jie"; NULL when it is not known. */
typedef const char *bm_reading_fn(void *context, uint32_t point);

/* Calls `each` with every key of a name: the whole; from each Chinese character and each word on;
 * for umlauts with e too; with `reading` (may be NULL), pinyin and its initials, whole and from the
 * second and each further character.  Readings of characters that have two in place names (长 重 行
 * 乐 厦 ...) are both tried.  The whole comes first; the same key may come twice. */
void bm_name_keys(const char *name, bm_reading_fn *reading, bm_key_fn *each, void *context);
/* Only the keys in the name's own script. */
void bm_name_script_keys(const char *name, bm_key_fn *each, void *context);

#endif
