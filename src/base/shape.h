/* Shapes: one description of a record's fields, from which everything that must agree about it is
 * derived - its JSON (events in the journal, rows on the board, request bodies), its packed bytes
 * (snapshots, digests), its SQL columns (projections), its OpenAPI schema, and comparison field by
 * field.  A record is a plain C struct; its shape is a constant table beside it.
 *
 *   struct point { struct bm_place_id place; int32_t lat_e7, lon_e7; };
 *   static const struct bm_field point_fields[] = {
 *       BM_FIELD_ID(struct point, place, "place"), ...
 *   };
 *
 * Kinds and their forms:
 *   kind          C field            JSON                      missing value
 *   BM_F_ID       uint64_t (wrapped) "42"                      0 = null
 *   BM_F_AT       int64_t            ms since 1970 UTC         BM_AT_NONE = null
 *   BM_F_SPAN     int64_t            ms                        BM_AT_NONE = null
 *   BM_F_COUNT    uint32_t           number                    -
 *   BM_F_E7       int32_t            decimal degrees           BM_E7_NONE = null
 *   BM_F_WORD     uint8_t (enum)     one of `words`            words[0] when it is "none" = null
 *   BM_F_WORDS    uint32_t bit set   array of words            -
 *   BM_F_FLAG     bool               true, false               -
 *   BM_F_TEXT     char[size]         string                    ""
 *   BM_F_BYTES    struct bm_bytes    base64                    empty = null
 *   BM_F_DIGEST   uint8_t[size]      hex                       -
 *   BM_F_IDS      struct bm_ids      array of "42"             empty
 *   BM_F_POINTS   struct bm_points   [[lat, lon], ...]         empty
 *   BM_F_PERSONAL no storage         string, requests only: the api seals it before anything else sees it */
#ifndef BM_BASE_SHAPE_H
#define BM_BASE_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/hash.h"

#define BM_AT_NONE INT64_MIN
#define BM_E7_NONE INT32_MIN
/* Latest instant accepted anywhere: 9999-12-31T23:59:59.999Z. */
#define BM_AT_MAX INT64_C(253402300799999)

/* Bytes on the heap, owned by the record they stand in. */
struct bm_bytes {
    uint8_t *bytes;
    uint32_t len;
};

enum bm_field_kind {
    BM_F_ID, BM_F_AT, BM_F_SPAN, BM_F_COUNT, BM_F_E7, BM_F_WORD, BM_F_WORDS, BM_F_FLAG, BM_F_TEXT,
    BM_F_BYTES, BM_F_DIGEST, BM_F_IDS, BM_F_POINTS, BM_F_PERSONAL
};

/* A short list of ids in a request; more than BM_IDS_MAX are refused. */
enum { BM_IDS_MAX = 128 };
struct bm_ids {
    uint64_t count;
    uint64_t ids[BM_IDS_MAX];
};

/* A short line or polygon: lat, lon, lat, lon ... in degrees x 1e7; more than BM_POINTS_MAX points are refused.  What
 * lies behind `count` is zero. */
enum { BM_POINTS_MAX = 32 };
struct bm_points {
    uint64_t count;
    int32_t e7[2 * BM_POINTS_MAX];
};

struct bm_words {
    const char *const *words;
    uint32_t count;
};
#define BM_WORDS_OF(array) {(array), sizeof(array) / sizeof((array)[0])}
/* Index of `word`, or -1. */
int bm_words_find(const struct bm_words *words, const char *word);

/* INTERNAL: filled in by the api; a request that names it is refused as if it were not known. */
enum { BM_F_REQUIRED = 1, BM_F_INTERNAL = 2 };

struct bm_field {
    const char *name;
    enum bm_field_kind kind;
    uint16_t offset;
    uint16_t size;               /* TEXT: capacity with NUL; DIGEST: bytes; PERSONAL: most bytes */
    int64_t least, most;         /* COUNT, SPAN, E7 (in e7); both 0 = the kind's own range */
    const struct bm_words *words;/* WORD, WORDS; PERSONAL: words->words[0] names the data class */
    uint8_t flags;
};

struct bm_shape {
    const char *name;
    const struct bm_field *fields;
    uint16_t field_count;
    uint16_t record_size;
};
#define BM_SHAPE(shape_name, type, table)                                                          \
    {shape_name, table, sizeof(table) / sizeof((table)[0]), sizeof(type)}

/* Field-table rows. `_R` = required in requests. */
#define BM_FIELD_(type, member, json, kind, size_, least_, most_, words_, flags_)                  \
    {json, kind, (uint16_t)offsetof(type, member), size_, least_, most_, words_, flags_}
#define BM_FIELD_ID(t, m, n)          BM_FIELD_(t, m, n, BM_F_ID, 8, 0, 0, NULL, 0)
#define BM_FIELD_ID_R(t, m, n)        BM_FIELD_(t, m, n, BM_F_ID, 8, 0, 0, NULL, BM_F_REQUIRED)
#define BM_FIELD_AT(t, m, n)          BM_FIELD_(t, m, n, BM_F_AT, 8, 0, 0, NULL, 0)
#define BM_FIELD_SPAN(t, m, n)        BM_FIELD_(t, m, n, BM_F_SPAN, 8, 0, 0, NULL, 0)
#define BM_FIELD_COUNT(t, m, n)       BM_FIELD_(t, m, n, BM_F_COUNT, 4, 0, 0, NULL, 0)
#define BM_FIELD_COUNT_IN(t, m, n, a, b) BM_FIELD_(t, m, n, BM_F_COUNT, 4, a, b, NULL, 0)
#define BM_FIELD_LAT(t, m)            BM_FIELD_(t, m, "lat", BM_F_E7, 4, -900000000, 900000000, NULL, 0)
#define BM_FIELD_LON(t, m)            BM_FIELD_(t, m, "lon", BM_F_E7, 4, -1800000000, 1800000000, NULL, 0)
#define BM_FIELD_WORD(t, m, n, w)     BM_FIELD_(t, m, n, BM_F_WORD, 1, 0, 0, w, 0)
#define BM_FIELD_WORD_R(t, m, n, w)   BM_FIELD_(t, m, n, BM_F_WORD, 1, 0, 0, w, BM_F_REQUIRED)
#define BM_FIELD_WORDS(t, m, n, w)    BM_FIELD_(t, m, n, BM_F_WORDS, 4, 0, 0, w, 0)
#define BM_FIELD_FLAG(t, m, n)        BM_FIELD_(t, m, n, BM_F_FLAG, 1, 0, 0, NULL, 0)
#define BM_FIELD_TEXT(t, m, n)        BM_FIELD_(t, m, n, BM_F_TEXT, sizeof(((t *)0)->m), 0, 0, NULL, 0)
#define BM_FIELD_TEXT_R(t, m, n)      BM_FIELD_(t, m, n, BM_F_TEXT, sizeof(((t *)0)->m), 0, 0, NULL, BM_F_REQUIRED)
#define BM_FIELD_BYTES(t, m, n)       BM_FIELD_(t, m, n, BM_F_BYTES, sizeof(struct bm_bytes), 0, 0, NULL, 0)
#define BM_FIELD_DIGEST(t, m, n)      BM_FIELD_(t, m, n, BM_F_DIGEST, sizeof(((t *)0)->m), 0, 0, NULL, 0)
#define BM_FIELD_IDS(t, m, n)         BM_FIELD_(t, m, n, BM_F_IDS, sizeof(struct bm_ids), 0, 0, NULL, 0)
#define BM_FIELD_IDS_R(t, m, n)       BM_FIELD_(t, m, n, BM_F_IDS, sizeof(struct bm_ids), 0, 0, NULL, BM_F_REQUIRED)
#define BM_FIELD_POINTS(t, m, n)      BM_FIELD_(t, m, n, BM_F_POINTS, sizeof(struct bm_points), 0, 0, NULL, 0)
#define BM_FIELD_POINTS_R(t, m, n)    BM_FIELD_(t, m, n, BM_F_POINTS, sizeof(struct bm_points), 0, 0, NULL, BM_F_REQUIRED)
#define BM_FIELD_INTERNAL(t, m, n)    BM_FIELD_(t, m, n, BM_F_BYTES, sizeof(struct bm_bytes), 0, 0, NULL, BM_F_INTERNAL)
#define BM_FIELD_PERSONAL(n, most_bytes, class_words)                                              \
    {n, BM_F_PERSONAL, 0, most_bytes, 0, 0, class_words, 0}

/* Where a field of a record stands. */
static inline void *bm_field_in(const struct bm_field *field, void *record) {
    return (char *)record + field->offset;
}
static inline const void *bm_field_of(const struct bm_field *field, const void *record) {
    return (const char *)record + field->offset;
}
/* The field called `name`, or NULL. */
const struct bm_field *bm_shape_find(const struct bm_shape *shape, const char *name);

/* Sets every field to its missing value (the memory is taken as uninitialised). */
void bm_shape_clear(const struct bm_shape *shape, void *ret_record);
/* Frees the BYTES fields and clears the record. */
void bm_shape_release(const struct bm_shape *shape, void *record);
/* Deep copy; `ret_record` is taken as uninitialised. */
void bm_shape_copy(const struct bm_shape *shape, const void *record, void *ret_record);
/* NULL when equal, else the name of the first field that differs. */
const char *bm_shape_differs(const struct bm_shape *shape, const void *a, const void *b);

/* Writes `"a":1,"b":null` without braces, so that the caller may add members. */
void bm_shape_write_json(const struct bm_shape *shape, const void *record, struct bm_buf *buf);
/* Writes one field's value. */
void bm_field_write_json(const struct bm_field *field, const void *record, struct bm_buf *buf);
/* Reads strictly: unknown members, wrong types, values out of range, and missing required fields are
 * refused by name.  Fields that are absent get their missing value.  `ret_present` (may be NULL) gets
 * bit i for each member that was given, null included.  PERSONAL fields are checked as text of at
 * most `size` bytes and not stored.  `ret_record` is untouched on failure. At most 64 fields. */
BM_MUST_USE enum bm_code bm_shape_read_json(const struct bm_shape *shape, const json_t *object,
                                            void *ret_record, uint64_t *ret_present,
                                            struct bm_fault *fault);

/* Packed form: fields in table order, little-endian, texts and bytes with a u32 length. */
void bm_shape_pack(const struct bm_shape *shape, const void *record, struct bm_buf *buf);
/* Where reading of packed bytes stands. */
struct bm_cursor {
    const uint8_t *bytes;
    size_t len;
    bool failed;
};
/* Unpacks; sets `cursor->failed` (and leaves a cleared record) when the bytes do not fit the shape. */
void bm_shape_unpack(const struct bm_shape *shape, struct bm_cursor *cursor, void *ret_record);
uint64_t bm_cursor_u64(struct bm_cursor *cursor);
/* Names, kinds and sizes of all fields: what makes two builds' packed forms agree. */
void bm_shape_describe(const struct bm_shape *shape, struct bm_hasher *hasher);

/* Bytes owned by records. */
struct bm_bytes bm_bytes_copy(const void *bytes, size_t len);
void bm_bytes_free(struct bm_bytes *bytes);
void bm_buf_u64_le(struct bm_buf *buf, uint64_t value);

#endif
