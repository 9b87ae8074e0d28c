#include "procedure/describe_words.h"

#define SAYING(symbol, hans, hant, english)                                                        \
    [BM_SAY_##symbol] = {[BM_ZH_HANS] = (hans), [BM_ZH_HANT] = (hant), [BM_EN] = (english)},
const char *const bm_sayings[BM_SAY_COUNT][BM_language_COUNT] = {BM_SAYINGS(SAYING)};
