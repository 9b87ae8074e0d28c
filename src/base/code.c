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

/* A text that was cut, by us or by its writer, may end inside a character; JSON must not hold half
 * of one. */
static void mend_utf8(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at;) {
        int more = *at < 0x80                  ? 0
                   : *at >= 0xf0 && *at < 0xf5 ? 3
                   : *at >= 0xe0               ? 2
                   : *at >= 0xc2               ? 1
                                               : -1;
        if (*at >= 0xf5) more = -1;
        int good = 0;
        while (good < more && (at[good + 1] & 0xc0) == 0x80) good++;
        if (more >= 0 && good == more) {
            at += more + 1;
        } else {
            *at++ = '?';
        }
    }
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
        mend_utf8(fault->field);
        mend_utf8(fault->detail);
    }
    return code;
}
