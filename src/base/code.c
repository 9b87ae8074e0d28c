#include "base/code.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"

static const struct {
    int status;
    const char *word;
    const char *sentence;
} codes[BM_CODE_COUNT] = {
#define BM_CODE_ROW(symbol, status, word, sentence) [symbol] = {status, word, sentence},
    BM_CODES(BM_CODE_ROW)
#undef BM_CODE_ROW
};

int bm_code_status(enum bm_code code) {
    BM_CHECK(code >= 0 && code < BM_CODE_COUNT);
    return codes[code].status;
}

const char *bm_code_word(enum bm_code code) {
    BM_CHECK(code >= 0 && code < BM_CODE_COUNT);
    return codes[code].word;
}

const char *bm_code_sentence(enum bm_code code) {
    BM_CHECK(code >= 0 && code < BM_CODE_COUNT);
    return codes[code].sentence;
}

enum bm_code bm_fault_set(struct bm_fault *fault, enum bm_code code, const char *field,
                          const char *format, ...) {
    if (fault) {
        fault->code = code;
        snprintf(fault->field, sizeof fault->field, "%s", field ? field : "");
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(fault->detail, sizeof fault->detail, format, arguments);
        va_end(arguments);
    }
    return code;
}
