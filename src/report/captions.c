#include "report/captions.h"

#include <string.h>

#define HEAD(symbol, name, hans, hant, english)                                                    \
    [BM_CAPTION_##symbol] = {[BM_ZH_HANS] = (hans), [BM_ZH_HANT] = (hant), [BM_EN] = (english), [BM_language_COUNT] = (name)},
static const char *const heads[BM_caption_COUNT][BM_language_COUNT + 1] = {BM_CAPTIONS(HEAD)};

const char *bm_caption(enum bm_caption head, unsigned language) {
    return heads[head][language <= BM_language_COUNT ? language : BM_language_COUNT];
}

const char *bm_caption_of_word(const char *word, unsigned language) {
    for (int h = 0; h < BM_caption_COUNT; h++)
        if (strcmp(heads[h][BM_language_COUNT], word) == 0) return bm_caption((enum bm_caption)h, language);
    return word;
}

void bm_workbook_caption(struct bm_workbook *book, enum bm_caption head, unsigned language) {
    bm_workbook_text(book, bm_caption(head, language));
}
