/* What a file is written in. */
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "import/csv.h"

/* Bytes of the character there in UTF-8 (RFC 3629: shortest form, no surrogates); 0 when it is none. */
static size_t utf8_at(const uint8_t *at, size_t left) {
    uint8_t first = at[0];
    if (first < 0x80) return 1;
    size_t size = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
    if (!size || size > left) return 0;
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) return 0;
    }
    if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f)) return 0;
    if ((first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f)) return 0;
    return size;
}

/* What the lines are: all plain or UTF-8; or else the first that is not, and the first that surely is UTF-8 - with a
 * character of three bytes, which hardly ever comes out of GB18030 by chance in a whole line. */
struct lines {
    uint64_t not_utf8, surely_utf8;
};

static struct lines look_at(const uint8_t *bytes, size_t len) {
    struct lines lines = {0};
    uint64_t line = 1;
    bool good = true, long_one = false;
    for (size_t i = 0; i <= len; i++) {
        if (i == len || bytes[i] == '\n') {
            if (!good && !lines.not_utf8) lines.not_utf8 = line;
            if (good && long_one && !lines.surely_utf8) lines.surely_utf8 = line;
            good = true;
            long_one = false;
            line++;
            continue;
        }
        size_t size = utf8_at(bytes + i, len - i);
        good &= size != 0;
        long_one |= size >= 3;
        if (size > 1) i += size - 1;
    }
    return lines;
}

static uint64_t line_of(const uint8_t *bytes, size_t at) {
    uint64_t line = 1;
    for (size_t i = 0; i < at; i++) line += bytes[i] == '\n';
    return line;
}

static enum bm_code from_gb18030(const uint8_t *bytes, size_t len, struct bm_buf *text, struct bm_fault *fault) {
    iconv_t open = iconv_open("UTF-8", "GB18030");
    if (open == (iconv_t)-1)
        return bm_fault_set(fault, BM_NOT_POSSIBLE, NULL, "This system's libc cannot read GB18030; save the file as UTF-8.");
    char *from = (char *)(uintptr_t)bytes, piece[4096];
    size_t left = len;
    enum bm_code code = BM_OK;
    while (left && !code) {
        char *to = piece;
        size_t room = sizeof piece;
        size_t made = iconv(open, &from, &left, &to, &room);
        bool broken = made == (size_t)-1 && errno != E2BIG;
        bm_buf_add(text, piece, sizeof piece - room);
        if (broken)
            code = bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                                "Line %llu is neither UTF-8 nor GB18030; save the file again as UTF-8.",
                                (unsigned long long)line_of(bytes, len - left));
    }
    iconv_close(open);
    return code;
}

enum bm_code bm_text_read(const uint8_t *bytes, size_t len, struct bm_buf *text, const char **ret_charset,
                          struct bm_fault *fault) {
    bool marked = len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    if (marked) bytes += 3, len -= 3;
    struct lines lines = look_at(bytes, len);
    enum bm_code code = BM_OK;
    if (!lines.not_utf8) {
        bm_buf_add(text, bytes, len);
        *ret_charset = "utf-8";
    } else if (marked) {
        code = bm_fault_set(fault, BM_BAD_FORMAT, NULL, "The file says that it is UTF-8, but line %llu is not; save it again as UTF-8.",
                            (unsigned long long)lines.not_utf8);
    } else if (lines.surely_utf8) {
        code = bm_fault_set(fault, BM_BAD_FORMAT, NULL,
                            "Line %llu is not UTF-8, while line %llu is: two files were put together; save all of it as UTF-8.",
                            (unsigned long long)lines.not_utf8, (unsigned long long)lines.surely_utf8);
    } else {
        code = from_gb18030(bytes, len, text, fault);
        *ret_charset = "gb18030";
    }
    if (!code && text->overflow) code = bm_fault_set(fault, BM_TOO_LONG, NULL, "The file is too long; divide it.");
    return code;
}
