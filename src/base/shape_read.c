/* Strict reading of a record from JSON: what a client or a journal row may say, field by field. */
#include <limits.h>
#include <math.h>
#include <sodium.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/shape.h"

static enum bm_code wrong_type(const struct bm_field *field, const char *wanted,
                               struct bm_fault *fault) {
    return bm_fault_set(fault, BM_WRONG_TYPE, field->name, "Send %s in \"%s\".", wanted,
                        field->name);
}

static enum bm_code read_id(const struct bm_field *field, const json_t *value, uint64_t *ret_id,
                            struct bm_fault *fault) {
    const char *text = json_string_value(value);
    if (!text) return wrong_type(field, "an id as a string of digits", fault);
    uint64_t id = 0;
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || len > 18) {
            return bm_fault_set(fault, BM_WRONG_TYPE, field->name,
                                "\"%s\" must be an id: a string of at most 18 digits.",
                                field->name);
        }
        id = id * 10 + (uint64_t)(text[i] - '0');
    }
    if (id == 0 || text[0] == '0') {
        return bm_fault_set(fault, BM_WRONG_TYPE, field->name,
                            "\"%s\" must be an id: digits that do not begin with 0.", field->name);
    }
    *ret_id = id;
    return BM_OK;
}

static enum bm_code read_ids(const struct bm_field *field, const json_t *value,
                             struct bm_ids *ret_ids, struct bm_fault *fault) {
    if (!json_is_array(value)) return wrong_type(field, "an array of ids", fault);
    if (json_array_size(value) > BM_IDS_MAX) {
        return bm_fault_set(fault, BM_TOO_LONG, field->name, "\"%s\" may name at most %d.",
                            field->name, BM_IDS_MAX);
    }
    struct bm_ids ids = {.count = json_array_size(value)};
    for (size_t i = 0; i < ids.count; i++) {
        enum bm_code code = read_id(field, json_array_get(value, i), &ids.ids[i], fault);
        if (code) return code;
    }
    *ret_ids = ids;
    return BM_OK;
}

static enum bm_code read_integer(const struct bm_field *field, const json_t *value, int64_t least,
                                 int64_t most, int64_t *ret_integer, struct bm_fault *fault) {
    if (!json_is_integer(value)) return wrong_type(field, "a whole number", fault);
    if (field->least || field->most) {
        least = field->least;
        most = field->most;
    }
    int64_t integer = json_integer_value(value);
    if (integer < least || integer > most) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, field->name,
                            "\"%s\" must lie between %lld and %lld.", field->name, (long long)least,
                            (long long)most);
    }
    *ret_integer = integer;
    return BM_OK;
}

static enum bm_code read_degrees(const struct bm_field *field, const json_t *value, int32_t *ret_e7,
                                 struct bm_fault *fault) {
    if (!json_is_number(value)) return wrong_type(field, "decimal degrees", fault);
    /* Seven places of at most 180 degrees need 31 bits: a double holds them with room to spare, so
     * what was written from int32 comes back as the same int32. */
    double e7 = json_number_value(value) * 1e7;
    if (!(e7 >= (double)field->least && e7 <= (double)field->most)) {
        return bm_fault_set(fault, BM_OUT_OF_RANGE, field->name,
                            "\"%s\" must lie between %lld and %lld degrees (WGS 84).", field->name,
                            (long long)(field->least / 10000000),
                            (long long)(field->most / 10000000));
    }
    *ret_e7 = (int32_t)llround(e7);
    return BM_OK;
}

static enum bm_code read_points(const struct bm_field *field, const json_t *value,
                                struct bm_points *ret_points, struct bm_fault *fault) {
    static const char wanted[] = "an array of points [lat, lon]";
    if (!json_is_array(value)) return wrong_type(field, wanted, fault);
    if (json_array_size(value) > BM_POINTS_MAX) {
        return bm_fault_set(fault, BM_TOO_LONG, field->name, "\"%s\" may have at most %d points.",
                            field->name, BM_POINTS_MAX);
    }
    struct bm_points points = {.count = json_array_size(value)};
    for (size_t i = 0; i < 2 * points.count; i++) {
        static const int64_t most[] = {900000000, 1800000000};
        struct bm_field part = *field;
        part.least = -most[i % 2];
        part.most = most[i % 2];
        const json_t *point = json_array_get(value, i / 2);
        if (json_array_size(point) != 2) return wrong_type(field, wanted, fault);
        enum bm_code code = read_degrees(&part, json_array_get(point, i % 2), &points.e7[i], fault);
        if (code) return code;
    }
    *ret_points = points;
    return BM_OK;
}

static enum bm_code unknown_word(const struct bm_field *field, struct bm_fault *fault) {
    struct bm_buf list = bm_buf_make(220);
    for (uint32_t i = 0; i < field->words->count && !list.overflow; i++) {
        if (i == 0 && strcmp(field->words->words[0], "none") == 0) continue;
        if (list.len) bm_buf_text(&list, ", ");
        bm_buf_text(&list, field->words->words[i]);
    }
    enum bm_code code = bm_fault_set(fault, BM_UNKNOWN_WORD, field->name,
                                     "\"%s\" must be one of: %s%s.", field->name,
                                     bm_buf_c_text(&list), list.overflow ? ", ..." : "");
    bm_buf_free(&list);
    return code;
}

static enum bm_code read_word(const struct bm_field *field, const json_t *value, uint8_t *ret_word,
                              struct bm_fault *fault) {
    const char *text = json_string_value(value);
    if (!text) return wrong_type(field, "a word", fault);
    int index = bm_words_find(field->words, text);
    if (index < 0) return unknown_word(field, fault);
    *ret_word = (uint8_t)index;
    return BM_OK;
}

static enum bm_code read_words(const struct bm_field *field, const json_t *value, uint32_t *ret_set,
                               struct bm_fault *fault) {
    if (!json_is_array(value)) return wrong_type(field, "an array of words", fault);
    uint32_t set = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        uint8_t word = 0;
        enum bm_code code = read_word(field, json_array_get(value, i), &word, fault);
        if (code) return code;
        set |= 1u << word;
    }
    *ret_set = set;
    return BM_OK;
}

/* The text of a string value no longer than `most_bytes`, without control characters but newline
 * and tab. */
static enum bm_code check_text(const struct bm_field *field, const json_t *value, size_t most_bytes,
                               struct bm_fault *fault) {
    const char *text = json_string_value(value);
    if (!text) return wrong_type(field, "a string", fault);
    size_t len = json_string_length(value);
    if (len > most_bytes) {
        return bm_fault_set(fault, BM_TOO_LONG, field->name,
                            "\"%s\" may have at most %zu bytes; it has %zu.", field->name,
                            most_bytes, len);
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            return bm_fault_set(fault, BM_WRONG_TYPE, field->name,
                                "\"%s\" holds a control character at byte %zu; remove it.",
                                field->name, i);
        }
    }
    return BM_OK;
}

static enum bm_code read_bytes(const struct bm_field *field, const json_t *value,
                               struct bm_bytes *ret_bytes, struct bm_fault *fault) {
    const char *text = json_string_value(value);
    if (!text) return wrong_type(field, "base64", fault);
    size_t text_len = json_string_length(value), len = 0;
    uint8_t *bytes = bm_alloc(text_len / 4 * 3 + 3);
    if (sodium_base642bin(bytes, text_len / 4 * 3 + 3, text, text_len, NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0) {
        bm_free(bytes);
        return wrong_type(field, "base64", fault);
    }
    *ret_bytes = bm_bytes_copy(bytes, len);
    bm_free(bytes);
    return BM_OK;
}

static enum bm_code read_digest(const struct bm_field *field, const json_t *value, uint8_t *ret,
                                struct bm_fault *fault) {
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) != 2u * field->size ||
        bm_unhex(text, ret, field->size) != 0) {
        return wrong_type(field, "lower-case hex", fault);
    }
    return BM_OK;
}

static enum bm_code read_field(const struct bm_field *field, const json_t *value, void *record,
                               struct bm_fault *fault) {
    void *to = bm_field_in(field, record);
    int64_t integer = 0;
    enum bm_code code = BM_OK;
    switch (field->kind) {
    case BM_F_ID:
        return read_id(field, value, to, fault);
    case BM_F_AT:
        return read_integer(field, value, 0, BM_AT_MAX, to, fault);
    case BM_F_SPAN:
        return read_integer(field, value, -BM_AT_MAX, BM_AT_MAX, to, fault);
    case BM_F_COUNT:
        code = read_integer(field, value, 0, UINT32_MAX, &integer, fault);
        if (code == BM_OK) *(uint32_t *)to = (uint32_t)integer;
        return code;
    case BM_F_E7:
        return read_degrees(field, value, to, fault);
    case BM_F_WORD:
        return read_word(field, value, to, fault);
    case BM_F_WORDS:
        return read_words(field, value, to, fault);
    case BM_F_FLAG:
        if (!json_is_boolean(value)) return wrong_type(field, "true or false", fault);
        *(bool *)to = json_is_true(value);
        return BM_OK;
    case BM_F_TEXT:
        code = check_text(field, value, field->size - 1u, fault);
        if (code == BM_OK) memcpy(to, json_string_value(value), json_string_length(value) + 1);
        return code;
    case BM_F_BYTES:
        return read_bytes(field, value, to, fault);
    case BM_F_DIGEST:
        return read_digest(field, value, to, fault);
    case BM_F_IDS:
        return read_ids(field, value, to, fault);
    case BM_F_POINTS:
        return read_points(field, value, to, fault);
    case BM_F_PERSONAL:
        return check_text(field, value, field->size, fault);
    }
    return BM_INTERNAL;
}

/* A member that the shape does not know: say which, and what is known. */
static enum bm_code unknown_field(const struct bm_shape *shape, const char *name,
                                  struct bm_fault *fault) {
    struct bm_buf list = bm_buf_make(200);
    for (uint16_t i = 0; i < shape->field_count && !list.overflow; i++) {
        if (shape->fields[i].flags & BM_F_INTERNAL) continue;
        if (list.len) bm_buf_text(&list, ", ");
        bm_buf_text(&list, shape->fields[i].name);
    }
    enum bm_code code = bm_fault_set(fault, BM_UNKNOWN_FIELD, name,
                                     "\"%.40s\" is not known here; these are: %s%s.", name,
                                     bm_buf_c_text(&list), list.overflow ? ", ..." : "");
    bm_buf_free(&list);
    return code;
}

static bool empty_text(const struct bm_field *field, const json_t *value) {
    return field->kind == BM_F_TEXT && json_is_string(value) && json_string_length(value) == 0;
}

static enum bm_code read_members(const struct bm_shape *shape, const json_t *object, void *record,
                                 uint64_t *present, struct bm_fault *fault) {
    size_t known = 0;
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        const json_t *value = json_object_get(object, field->name);
        if (value && (field->flags & BM_F_INTERNAL)) return unknown_field(shape, field->name, fault);
        bool given = value && !json_is_null(value) && !empty_text(field, value);
        if (!given && (field->flags & BM_F_REQUIRED)) {
            return bm_fault_set(fault, BM_MISSING_FIELD, field->name, "Send \"%s\".", field->name);
        }
        if (!value) continue;
        known++;
        *present |= UINT64_C(1) << i;
        if (json_is_null(value)) continue;
        enum bm_code code = read_field(field, value, record, fault);
        if (code) return code;
    }
    if (known == json_object_size(object)) return BM_OK;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (!bm_shape_find(shape, name)) return unknown_field(shape, name, fault);
    }
    return BM_OK;
}

enum bm_code bm_shape_read_json(const struct bm_shape *shape, const json_t *object,
                                void *ret_record, uint64_t *ret_present, struct bm_fault *fault) {
    BM_CHECK(shape->field_count <= 64);
    uint64_t present = 0;
    void *record = bm_alloc(shape->record_size);
    bm_shape_clear(shape, record);
    enum bm_code code = read_members(shape, object, record, &present, fault);
    if (code == BM_OK) {
        memcpy(ret_record, record, shape->record_size);
        if (ret_present) *ret_present = present;
    } else {
        bm_shape_release(shape, record);
    }
    bm_free(record);
    return code;
}
