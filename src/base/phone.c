#include "base/phone.h"

#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool bm_phone_is_number(const char *text, size_t len) {
    bool digits = false;
    for (size_t i = 0; i < len; i++) {
        if (is_digit(text[i]))
            digits = true;
        else if (!text[i] || !strchr("+-*#(). ", text[i]))
            return false;
    }
    return digits;
}

bool bm_phone_dialled(const char *text, size_t len, char ret_number[BM_PHONE_TEXT]) {
    char number[BM_PHONE_TEXT];
    size_t used = 0;
    if (!bm_phone_is_number(text, len)) return false;
    for (size_t i = 0; i < len; i++) {
        bool kept = is_digit(text[i]) || text[i] == '*' || text[i] == '#' || (text[i] == '+' && used == 0);
        if (!kept) continue;
        if (used + 1 >= sizeof number) return false;
        number[used++] = text[i];
    }
    number[used] = 0;
    if (used > 2 && number[0] == '0' && number[1] == '0') { /* 0086 is +86 */
        number[0] = '+';
        memmove(number + 1, number + 2, used - 1);
    }
    memcpy(ret_number, number, sizeof number);
    return true;
}
