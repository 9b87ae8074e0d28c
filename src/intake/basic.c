#include "intake/basic.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static int value_of(char c) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Base64 as text; false for what is none, holds a NUL, or does not fit. */
static bool decode(const char *from, char *to, size_t cap) {
    size_t len = 0;
    uint32_t bits = 0;
    int held = 0;
    for (; *from && *from != '='; from++) {
        int value = value_of(*from);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        char byte = (char)(bits >> held & 0xff);
        if (!byte || len + 1 >= cap) return false;
        to[len++] = byte;
    }
    to[len] = 0;
    return strspn(from, "=") <= 2 && !from[strspn(from, "=")];
}

bool bm_basic_read(const char *header, char ret_user[BM_BASIC_TEXT], char ret_password[BM_BASIC_TEXT]) {
    char text[2 * BM_BASIC_TEXT];
    if (strncasecmp(header, "Basic ", 6) != 0 || !decode(header + 6, text, sizeof text)) return false;
    char *colon = strchr(text, ':');
    if (!colon || colon - text >= BM_BASIC_TEXT || strlen(colon + 1) >= BM_BASIC_TEXT) return false;
    *colon = 0;
    size_t user_len = (size_t)(colon - text) + 1, password_len = strlen(colon + 1) + 1;
    memcpy(ret_user, text, user_len);
    memcpy(ret_password, colon + 1, password_len);
    return true;
}
