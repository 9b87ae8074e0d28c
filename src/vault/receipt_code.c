/* Codes as text: Crockford's base 32 (digits and letters without I, L, O, U), since people read
 * them aloud. */
#include <string.h>

#include "base/check.h"
#include "vault/receipt.h"

enum {
    ID_CHARS_MAX = 13, /* 64 bits */
    TAG_CHARS = BM_RECEIPT_TAG_BYTES * 8 / 5,
    CHARS_MAX = 2 + ID_CHARS_MAX + TAG_CHARS
};
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void bm_receipt_code_text(const struct bm_receipt_code *code,
                          char ret_text[BM_RECEIPT_CODE_BYTES]) {
    char id[ID_CHARS_MAX];
    size_t id_len = 0;
    BM_CHECK(code->contact_id > 0);
    for (uint64_t rest = code->contact_id; rest > 0; rest >>= 5) id[id_len++] = alphabet[rest & 31];
    char *at = ret_text;
    *at++ = 'B';
    *at++ = 'M';
    *at++ = '-';
    while (id_len > 0) *at++ = id[--id_len];
    for (size_t i = 0; i < TAG_CHARS; i++) {
        uint32_t value = 0;
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++)
            value = value << 1 | (code->tag[bit / 8] >> (7 - bit % 8) & 1u);
        if (i % 4 == 0) *at++ = '-';
        *at++ = alphabet[value];
    }
    *at = 0;
}

/* The next character as ASCII: full-width ones become narrow, spaces and dashes of every kind
 * become ' '. Other bytes from outside ASCII are given as 0x80 and refused by whoever looks. */
static unsigned char next_char(const char **text) {
    const unsigned char *at = (const unsigned char *)*text;
    unsigned char c = at[0];
    if (c < 0x80 || !at[1] || !at[2]) {
        (*text)++;
        if (c == '-' || c == '\t' || c == '\r' || c == '\n') return ' ';
        return c < 0x80 ? c : 0x80;
    }
    uint32_t point = (uint32_t)(c & 0x0f) << 12 | (uint32_t)(at[1] & 0x3f) << 6 | (at[2] & 0x3f);
    if ((c & 0xf0) != 0xe0 || (at[1] & 0xc0) != 0x80 || (at[2] & 0xc0) != 0x80) point = 0;
    *text += point ? 3 : 1;
    if (point == 0xff0d || point == 0x3000 || (point >= 0x2010 && point <= 0x2015) ||
        point == 0x2212)
        return ' ';
    return point >= 0xff01 && point <= 0xff5e ? (unsigned char)(point - 0xfee0) : 0x80;
}

/* 0..31, or -1. */
static int value_of(unsigned char c) {
    if (c >= 'a' && c <= 'z') c = (unsigned char)(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    const char *found = c ? strchr(alphabet, c) : NULL;
    return found ? (int)(found - alphabet) : -1;
}

static enum bm_code bad(struct bm_fault *fault, const char *what) {
    return bm_fault_set(fault, BM_BAD_REQUEST, "code",
                        "%s A code begins with BM and looks like BM-C1S-4Q7Z-0M2K-X8RD-9T3V.",
                        what);
}

/* The values of its characters without separators. */
static enum bm_code read_values(const char *text, uint8_t ret_values[CHARS_MAX], size_t *ret_len,
                                struct bm_fault *fault) {
    if (strnlen(text, BM_RECEIPT_TYPED_MAX + 1) > BM_RECEIPT_TYPED_MAX)
        return bm_fault_set(fault, BM_TOO_LONG, "code", "A code has at most %d characters.",
                            BM_RECEIPT_CODE_BYTES - 1);
    size_t len = 0;
    while (*text) {
        unsigned char c = next_char(&text);
        if (c == ' ') continue;
        int value = value_of(c);
        if (value < 0) return bad(fault, "It has a character that codes do not have.");
        if (len == CHARS_MAX) return bad(fault, "It has too many characters.");
        ret_values[len++] = (uint8_t)value;
    }
    *ret_len = len;
    return BM_OK;
}

enum bm_code bm_receipt_code_read(const char *text, struct bm_receipt_code *ret_code,
                                  struct bm_fault *fault) {
    uint8_t values[CHARS_MAX];
    size_t len = 0;
    enum bm_code code = read_values(text, values, &len, fault);
    if (code) return code;
    if (len < 2 || values[0] != value_of('B') || values[1] != value_of('M'))
        return bad(fault, "It does not begin with BM.");
    if (len < 2 + 1 + TAG_CHARS) return bad(fault, "Some characters are missing.");
    /* One contact has one code: no zeros in front, and nothing past 64 bits. */
    size_t id_chars = len - 2 - TAG_CHARS;
    if (values[2] == 0 || (id_chars == ID_CHARS_MAX && values[2] > 15))
        return bad(fault, "No contact has this number.");
    struct bm_receipt_code read = {.contact_id = 0};
    for (size_t i = 0; i < id_chars; i++) read.contact_id = read.contact_id << 5 | values[2 + i];
    for (size_t bit = 0; bit < 8 * BM_RECEIPT_TAG_BYTES; bit++) {
        uint32_t set = values[2 + id_chars + bit / 5] >> (4 - bit % 5) & 1u;
        read.tag[bit / 8] = (uint8_t)(read.tag[bit / 8] | set << (7 - bit % 8));
    }
    *ret_code = read;
    return BM_OK;
}

enum bm_code bm_receipt_unknown(struct bm_fault *fault) {
    return bm_fault_set(
        fault, BM_NOT_FOUND, "code",
        "This desk has given out no such code: compare it with the receipt, character by "
        "character.");
}
