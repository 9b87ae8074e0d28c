#include "report/heads.h"

#include <string.h>

#define HEAD(symbol, name, hans, hant, english)                                                    \
    [BM_HEAD_##symbol] = {[BM_ZH_HANS] = (hans), [BM_ZH_HANT] = (hant), [BM_EN] = (english), [BM_language_COUNT] = (name)},
static const char *const heads[BM_HEAD_COUNT_OF][BM_language_COUNT + 1] = {BM_HEADS(HEAD)};

const char *bm_head(enum bm_head head, unsigned language) {
    return heads[head][language <= BM_language_COUNT ? language : BM_language_COUNT];
}

const char *bm_head_of_word(const char *word, unsigned language) {
    for (int h = 0; h < BM_HEAD_COUNT_OF; h++)
        if (strcmp(heads[h][BM_language_COUNT], word) == 0) return bm_head((enum bm_head)h, language);
    return word;
}

void bm_workbook_head(struct bm_workbook *book, enum bm_head head, unsigned language) {
    bm_workbook_text(book, bm_head(head, language));
}
