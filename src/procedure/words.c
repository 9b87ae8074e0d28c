#include "procedure/procedure.h"

#define WORD(symbol, word) word,
#define WORDS(name, list)                                                                          \
    const char *const bm_##name##_words[BM_##name##_COUNT + 1] = {list(WORD) NULL};
BM_VOCABULARIES(WORDS)
