#include "base/shape.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"

int bm_words_find(const struct bm_words *words, const char *word) {
    for (uint32_t i = 0; i < words->count; i++) {
        if (strcmp(words->words[i], word) == 0) return (int)i;
    }
    return -1;
}

const struct bm_field *bm_shape_find(const struct bm_shape *shape, const char *name) {
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (strcmp(shape->fields[i].name, name) == 0) return &shape->fields[i];
    }
    return NULL;
}

struct bm_bytes bm_bytes_copy(const void *bytes, size_t len) {
    BM_CHECK(len <= UINT32_MAX);
    struct bm_bytes copy = {NULL, (uint32_t)len};
    if (len) copy.bytes = memcpy(bm_alloc(len), bytes, len);
    return copy;
}

void bm_bytes_free(struct bm_bytes *bytes) {
    bm_free(bytes->bytes);
    *bytes = (struct bm_bytes){NULL, 0};
}

void bm_buf_u64_le(struct bm_buf *buf, uint64_t value) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(value >> (8 * i));
    bm_buf_add(buf, bytes, sizeof bytes);
}

/* --- whole records ---------------------------------------------------------------------------- */

void bm_shape_clear(const struct bm_shape *shape, void *ret_record) {
    memset(ret_record, 0, shape->record_size);
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        if (field->kind == BM_F_AT || field->kind == BM_F_SPAN) {
            *(int64_t *)bm_field_in(field, ret_record) = BM_AT_NONE;
        } else if (field->kind == BM_F_E7) {
            *(int32_t *)bm_field_in(field, ret_record) = BM_E7_NONE;
        }
    }
}

void bm_shape_release(const struct bm_shape *shape, void *record) {
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].kind == BM_F_BYTES) {
            bm_bytes_free(bm_field_in(&shape->fields[i], record));
        }
    }
    bm_shape_clear(shape, record);
}

void bm_shape_copy(const struct bm_shape *shape, const void *record, void *ret_record) {
    memcpy(ret_record, record, shape->record_size);
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].kind != BM_F_BYTES) continue;
        const struct bm_bytes *from = bm_field_of(&shape->fields[i], record);
        *(struct bm_bytes *)bm_field_in(&shape->fields[i], ret_record) = bm_bytes_copy(from->bytes,
                                                                                       from->len);
    }
}

const char *bm_shape_differs(const struct bm_shape *shape, const void *a, const void *b) {
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        const void *left = bm_field_of(field, a), *right = bm_field_of(field, b);
        bool same;
        if (field->kind == BM_F_BYTES) {
            const struct bm_bytes *x = left, *y = right;
            same = x->len == y->len && (x->len == 0 || memcmp(x->bytes, y->bytes, x->len) == 0);
        } else if (field->kind == BM_F_TEXT) {
            same = strcmp(left, right) == 0;
        } else if (field->kind == BM_F_PERSONAL) {
            same = true;
        } else {
            same = memcmp(left, right, field->size) == 0;
        }
        if (!same) return field->name;
    }
    return NULL;
}

/* --- JSON out --------------------------------------------------------------------------------- */

static void write_words(const struct bm_field *field, uint32_t set, struct bm_buf *buf) {
    bool first = true;
    bm_buf_byte(buf, '[');
    for (uint32_t i = 0; i < field->words->count; i++) {
        if (!(set >> i & 1u)) continue;
        if (!first) bm_buf_byte(buf, ',');
        first = false;
        bm_json_text(buf, field->words->words[i]);
    }
    bm_buf_byte(buf, ']');
}

static void write_null(struct bm_buf *buf) {
    bm_buf_add(buf, "null", 4);
}

void bm_field_write_json(const struct bm_field *field, const void *record, struct bm_buf *buf) {
    const void *at = bm_field_of(field, record);
    switch (field->kind) {
    case BM_F_ID:
        bm_json_id(buf, *(const uint64_t *)at);
        break;
    case BM_F_AT:
    case BM_F_SPAN:
        if (*(const int64_t *)at == BM_AT_NONE)
            write_null(buf);
        else
            bm_buf_i64(buf, *(const int64_t *)at);
        break;
    case BM_F_COUNT:
        bm_buf_u64(buf, *(const uint32_t *)at);
        break;
    case BM_F_E7:
        if (*(const int32_t *)at == BM_E7_NONE)
            write_null(buf);
        else
            bm_json_e7(buf, *(const int32_t *)at);
        break;
    case BM_F_WORD: {
        uint8_t index = *(const uint8_t *)at;
        BM_CHECK(index < field->words->count);
        if (index == 0 && strcmp(field->words->words[0], "none") == 0)
            write_null(buf);
        else
            bm_json_text(buf, field->words->words[index]);
        break;
    }
    case BM_F_WORDS:
        write_words(field, *(const uint32_t *)at, buf);
        break;
    case BM_F_FLAG:
        bm_buf_text(buf, *(const bool *)at ? "true" : "false");
        break;
    case BM_F_TEXT:
        bm_json_text(buf, at);
        break;
    case BM_F_BYTES: {
        const struct bm_bytes *bytes = at;
        if (bytes->len)
            bm_json_base64(buf, bytes->bytes, bytes->len);
        else
            write_null(buf);
        break;
    }
    case BM_F_DIGEST: {
        char hex[2 * 64 + 1];
        BM_CHECK(field->size <= 64);
        bm_hex(at, field->size, hex);
        bm_json_text(buf, hex);
        break;
    }
    case BM_F_IDS: {
        const struct bm_ids *ids = at;
        bm_buf_byte(buf, '[');
        for (uint64_t i = 0; i < ids->count; i++) {
            if (i) bm_buf_byte(buf, ',');
            bm_json_id(buf, ids->ids[i]);
        }
        bm_buf_byte(buf, ']');
        break;
    }
    case BM_F_POINTS: {
        const struct bm_points *points = at;
        bm_buf_byte(buf, '[');
        for (uint64_t i = 0; i < points->count; i++) {
            bm_buf_text(buf, i ? ",[" : "[");
            bm_json_e7(buf, points->e7[2 * i]);
            bm_buf_byte(buf, ',');
            bm_json_e7(buf, points->e7[2 * i + 1]);
            bm_buf_byte(buf, ']');
        }
        bm_buf_byte(buf, ']');
        break;
    }
    case BM_F_PERSONAL:
        write_null(buf);
        break;
    }
}

void bm_shape_write_json(const struct bm_shape *shape, const void *record, struct bm_buf *buf) {
    bool first = true;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].kind == BM_F_PERSONAL) continue;
        bm_json_name(buf, &first, shape->fields[i].name);
        bm_field_write_json(&shape->fields[i], record, buf);
    }
}

/* --- packed ----------------------------------------------------------------------------------- */

/* Integers as they lie in memory: a build is little-endian or does not compile. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packed form is little-endian");

static void pack_fixed(const void *at, uint16_t size, struct bm_buf *buf) {
    uint8_t *to = bm_buf_room(buf, size);
    if (!to) return;
    /* Nearly all are of these sizes, for which the compiler needs no call. */
    if (size == 8)
        memcpy(to, at, 8);
    else if (size == 4)
        memcpy(to, at, 4);
    else if (size == 1)
        memcpy(to, at, 1);
    else
        memcpy(to, at, size);
}

void bm_shape_pack(const struct bm_shape *shape, const void *record, struct bm_buf *buf) {
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        const void *at = bm_field_of(field, record);
        if (field->kind == BM_F_TEXT) {
            uint32_t len = (uint32_t)strnlen(at, field->size);
            pack_fixed(&len, sizeof len, buf);
            bm_buf_add(buf, at, len);
        } else if (field->kind == BM_F_BYTES) {
            const struct bm_bytes *bytes = at;
            pack_fixed(&bytes->len, sizeof bytes->len, buf);
            bm_buf_add(buf, bytes->bytes, bytes->len);
        } else if (field->kind != BM_F_PERSONAL) {
            pack_fixed(at, field->size, buf);
        }
    }
}

/* Takes `len` bytes, or NULL (and failed) when they are not there. */
static const uint8_t *take(struct bm_cursor *cursor, size_t len) {
    if (cursor->failed || len > cursor->len) {
        cursor->failed = true;
        return NULL;
    }
    const uint8_t *at = cursor->bytes;
    cursor->bytes += len;
    cursor->len -= len;
    return at;
}

uint64_t bm_cursor_u64(struct bm_cursor *cursor) {
    uint64_t value = 0;
    const uint8_t *at = take(cursor, 8);
    if (at) memcpy(&value, at, 8);
    return value;
}

/* Reads a u32 length and so many bytes. */
static const uint8_t *take_sized(struct bm_cursor *cursor, uint32_t *ret_len) {
    const uint8_t *at = take(cursor, sizeof *ret_len);
    if (!at) return NULL;
    memcpy(ret_len, at, sizeof *ret_len);
    return take(cursor, *ret_len);
}

/* Each on the earth, and nothing behind the last. */
static bool points_fit(const void *at) {
    struct bm_points points;
    memcpy(&points, at, sizeof points);
    if (points.count > BM_POINTS_MAX) return false;
    for (uint64_t i = 0; i < BM_POINTS_MAX; i++) {
        int32_t lat = points.e7[2 * i], lon = points.e7[2 * i + 1];
        if (i >= points.count ? (lat || lon)
                              : (lat < -900000000 || lat > 900000000 || lon < -1800000000 ||
                                 lon > 1800000000))
            return false;
    }
    return true;
}

/* Values that a record may not hold, even when the bytes are long enough. */
static bool fits(const struct bm_field *field, const void *at) {
    uint64_t id_count;
    uint32_t set;
    switch (field->kind) {
    case BM_F_WORD:
        return *(const uint8_t *)at < field->words->count;
    case BM_F_WORDS:
        memcpy(&set, at, sizeof set);
        return field->words->count >= 32 || set >> field->words->count == 0;
    case BM_F_FLAG:
        return *(const uint8_t *)at <= 1;
    case BM_F_ID:
    case BM_F_AT:
    case BM_F_SPAN:
    case BM_F_COUNT:
    case BM_F_E7:
    case BM_F_TEXT:
    case BM_F_BYTES:
    case BM_F_DIGEST:
    case BM_F_PERSONAL:
        return true;
    case BM_F_IDS:
        memcpy(&id_count, at, sizeof id_count);
        return id_count <= BM_IDS_MAX;
    case BM_F_POINTS:
        return points_fit(at);
    }
    return false;
}

static void unpack_field(const struct bm_field *field, struct bm_cursor *cursor, void *record) {
    void *to = bm_field_in(field, record);
    uint32_t len = 0;
    const uint8_t *at;
    if (field->kind == BM_F_TEXT) {
        at = take_sized(cursor, &len);
        if (!at || len >= field->size || memchr(at, 0, len))
            cursor->failed = true;
        else
            memcpy(to, at, len);
    } else if (field->kind == BM_F_BYTES) {
        at = take_sized(cursor, &len);
        if (at) *(struct bm_bytes *)to = bm_bytes_copy(at, len);
    } else if (field->kind != BM_F_PERSONAL) {
        at = take(cursor, field->size);
        if (!at) return;
        if (!fits(field, at))
            cursor->failed = true;
        else
            memcpy(to, at, field->size);
    }
}

void bm_shape_unpack(const struct bm_shape *shape, struct bm_cursor *cursor, void *ret_record) {
    bm_shape_clear(shape, ret_record);
    for (uint16_t i = 0; i < shape->field_count && !cursor->failed; i++) {
        unpack_field(&shape->fields[i], cursor, ret_record);
    }
    if (cursor->failed) bm_shape_release(shape, ret_record);
}

void bm_shape_describe(const struct bm_shape *shape, struct bm_hasher *hasher) {
    bm_hash_add_sized(hasher, shape->name, strlen(shape->name));
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        uint16_t form[2] = {(uint16_t)field->kind, field->size};
        bm_hash_add_sized(hasher, field->name, strlen(field->name));
        bm_hash_add(hasher, form, sizeof form);
        for (uint32_t w = 0; field->words && w < field->words->count; w++) {
            bm_hash_add_sized(hasher, field->words->words[w], strlen(field->words->words[w]));
        }
    }
}
