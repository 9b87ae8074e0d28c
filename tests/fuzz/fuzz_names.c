/* A name or a question of any bytes: folded, cut into words, and into the keys under which it is
 * found.  Keys must be whole characters, without what folding takes out, and folding a key changes
 * nothing more. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "import/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { INPUT_MAX = 400, KEYS_MOST = 1000 }; /* a key has 160 bytes, a name 24 places and 40 syllables that count */

static void check_key(const char *key) {
    char again[BM_KEY_BYTES];
    size_t len = strlen(key);
    BM_CHECK(len < BM_KEY_BYTES);
    BM_CHECK(bm_name_fold(key, len, again) == len); /* which takes spaces, line ends and wrong bytes out */
    BM_CHECK(memcmp(again, key, len) == 0);
}

static void take_key(void *context, const char *key, enum bm_key_rank rank) {
    size_t *count = context;
    BM_CHECK(rank == BM_KEY_WHOLE || rank == BM_KEY_PART);
    check_key(key);
    BM_CHECK(++*count < KEYS_MOST);
}

static const char *reading(void *context, uint32_t point) {
    (void)context;
    return point % 3 ? "zhuang" : point % 2 ? "a" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    if (len > INPUT_MAX) return 0;
    char key[BM_KEY_BYTES];
    struct bm_name_words words;
    size_t count = 0;
    char *text = bm_alloc(len + 1);
    memcpy(text, bytes, len);
    text[len] = 0;
    bm_name_fold(text, len, key);
    check_key(key);
    bm_name_number(text, len, key);
    BM_CHECK(strlen(key) < BM_KEY_BYTES);
    bm_name_cut(text, len, &words);
    BM_CHECK(words.count <= BM_NAME_WORDS_MAX);
    for (size_t i = 0; i < words.count; i++) {
        BM_CHECK(words.words[i][0]);
        check_key(words.words[i]);
    }
    bm_name_keys(text, reading, take_key, &count);
    bm_free(text);
    return 0;
}
