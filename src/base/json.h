/* JSON: strict reading through jansson, writing straight into a bounded buffer.
 *
 * Reading refuses duplicate keys, NUL in strings, invalid UTF-8, trailing bytes and nesting past
 * what jansson allows (2,048); the byte limit is the caller's (an HTTP body, a journal row). */
#ifndef BM_BASE_JSON_H
#define BM_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"

/* Parses one JSON object. The result is the caller's (json_decref). BM_BAD_JSON names line and column. */
BM_MUST_USE enum bm_code bm_json_parse(const void *bytes, size_t len, json_t **ret_object,
                                       struct bm_fault *fault);

/* Writes a JSON string with its quotes; `text` is valid UTF-8. */
void bm_json_text(struct bm_buf *buf, const char *text);
void bm_json_text_len(struct bm_buf *buf, const char *text, size_t len);
/* Writes `"name":`, with a comma before it when `*first` is false; sets *first to false. */
void bm_json_name(struct bm_buf *buf, bool *first, const char *name);
/* Degrees x 1e7 as a decimal number with seven places and no floating point: -1.2345678 */
void bm_json_e7(struct bm_buf *buf, int32_t e7);
/* An id as a string: "42"; null for 0. */
void bm_json_id(struct bm_buf *buf, uint64_t id);
/* Standard base64 with quotes. */
void bm_json_base64(struct bm_buf *buf, const uint8_t *bytes, size_t len);

#endif
