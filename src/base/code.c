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

/* Bytes of the well-formed UTF-8 character at `text` (RFC 3629), 0 when there is none. */
static size_t utf8_len(const unsigned char *text) {
    if (text[0] < 0x80) return 1;
    size_t len = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2;
    if (text[0] < 0xc2 || text[0] > 0xf4) return 0;
    for (size_t i = 1; i < len; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    if (text[0] == 0xe0 && text[1] < 0xa0) return 0;
    if (text[0] == 0xed && text[1] > 0x9f) return 0;
    if (text[0] == 0xf0 && text[1] < 0x90) return 0;
    if (text[0] == 0xf4 && text[1] > 0x8f) return 0;
    return len;
}

/* What a fault quotes may be anything that somebody sent, and may have been cut inside a character;
 * answers are JSON, and JSON holds whole characters only. */
static void mend_utf8(char *text) {
    for (unsigned char *at = (unsigned char *)text; *at;) {
        size_t len = utf8_len(at);
        if (!len) *at = '?';
        at += len ? len : 1;
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
