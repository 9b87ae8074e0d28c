#include "base/json.h"

#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"

/* Without memory jansson leaves out what it had none for, or calls a good text a bad one. */
__attribute__((constructor)) static void end_without_memory(void) {
    json_set_alloc_funcs(bm_alloc, bm_free);
}

enum bm_code bm_json_parse(const void *bytes, size_t len, json_t **ret_object,
                           struct bm_fault *fault) {
    json_error_t error;
    json_t *value = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
    if (!value) {
        return bm_fault_set(fault, BM_BAD_JSON, NULL, "Line %d, column %d: %s.", error.line,
                            error.column, error.text);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return bm_fault_set(fault, BM_BAD_JSON, NULL, "Send one JSON object: {...}.");
    }
    *ret_object = value;
    return BM_OK;
}

void bm_json_text_len(struct bm_buf *buf, const char *text, size_t len) {
    bm_buf_byte(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        bm_buf_add(buf, text + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\') {
            bm_buf_byte(buf, '\\');
            bm_buf_byte(buf, c);
        } else if (c == '\n') {
            bm_buf_text(buf, "\\n");
        } else {
            bm_buf_printf(buf, "\\u%04x", c);
        }
    }
    bm_buf_add(buf, text + from, len - from);
    bm_buf_byte(buf, '"');
}

void bm_json_text(struct bm_buf *buf, const char *text) {
    bm_json_text_len(buf, text, strlen(text));
}

void bm_json_name(struct bm_buf *buf, bool *first, const char *name) {
    size_t len = strlen(name), comma = !*first;
    *first = false;
    uint8_t *at = bm_buf_room(buf, comma + len + 3);
    if (!at) return;
    if (comma) *at++ = ',';
    *at++ = '"';
    memcpy(at, name, len);
    memcpy(at + len, "\":", 2);
}

void bm_json_e7(struct bm_buf *buf, int32_t e7) {
    uint32_t magnitude = e7 < 0 ? 0u - (uint32_t)e7 : (uint32_t)e7;
    if (e7 < 0) bm_buf_byte(buf, '-');
    bm_buf_u64(buf, magnitude / 10000000u);
    char places[9] = {'.'};
    uint32_t rest = magnitude % 10000000u;
    for (int i = 7; i >= 1; i--, rest /= 10) places[i] = (char)('0' + rest % 10);
    bm_buf_add(buf, places, 8);
}

void bm_json_id(struct bm_buf *buf, uint64_t id) {
    if (id == 0) {
        bm_buf_add(buf, "null", 4);
        return;
    }
    bm_buf_byte(buf, '"');
    bm_buf_u64(buf, id);
    bm_buf_byte(buf, '"');
}

void bm_json_base64(struct bm_buf *buf, const uint8_t *bytes, size_t len) {
    size_t cap = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
    char *text = bm_alloc(cap);
    sodium_bin2base64(text, cap, bytes, len, sodium_base64_VARIANT_ORIGINAL);
    bm_buf_byte(buf, '"');
    bm_buf_text(buf, text);
    bm_buf_byte(buf, '"');
    bm_free(text);
}
