/* How records are listed: each record of the core is written once as a list of rows, and the C struct
 * and its shape (base/shape.h) both come from that list, so that they cannot drift apart.
 *
 *   #define BM_UNIT_ROWS(R) R(ID, unit, id, "id") R(TEXT, call_sign, 32) ...
 *   struct bm_unit { BM_UNIT_ROWS(BM_MEMBER) };
 *   #define RECORD struct bm_unit
 *   static const struct bm_field unit_fields[] = { BM_UNIT_ROWS(BM_FIELD_ROW) };
 *
 *   ID(type, member, json)   an id of that type      AT(member) SPAN(member)   milliseconds
 *   COUNT(member)            uint32_t                LAT(member) LON(member)   degrees x 1e7
 *   WORD(member, list)       one of a closed list    WORDS(member, list)       a set of them
 *   FLAG(member)  TEXT(member, bytes)  TEXT_AS(member, bytes, json)  BYTES(member)
 * IDS(member) a list of ids.  POINTS(member) a line or polygon.  INTERNAL(member) bytes that the api fills in and no
 * request may name.  A name ending in _R is required in requests.  PERSONAL(json, bytes, class) has no member. */
#ifndef BM_CORE_ROWS_H
#define BM_CORE_ROWS_H

#include "base/shape.h"

#define BM_MEMBER(kind, ...) BM_MEMBER_##kind(__VA_ARGS__)
#define BM_MEMBER_ID(type, member, json) struct bm_##type##_id member;
#define BM_MEMBER_ID_R(type, member, json) struct bm_##type##_id member;
#define BM_MEMBER_AT(member) int64_t member;
#define BM_MEMBER_SPAN(member) int64_t member;
#define BM_MEMBER_COUNT(member) uint32_t member;
#define BM_MEMBER_COUNT_IN(member, least, most) uint32_t member;
#define BM_MEMBER_LAT(member) int32_t member;
#define BM_MEMBER_LON(member) int32_t member;
#define BM_MEMBER_WORD(member, list) uint8_t member;
#define BM_MEMBER_WORD_R(member, list) uint8_t member;
#define BM_MEMBER_WORDS(member, list) uint32_t member;
#define BM_MEMBER_FLAG(member) bool member;
#define BM_MEMBER_TEXT(member, bytes) char member[bytes];
#define BM_MEMBER_TEXT_R(member, bytes) char member[bytes];
#define BM_MEMBER_TEXT_AS(member, bytes, json) char member[bytes];
#define BM_MEMBER_TEXT_AS_R(member, bytes, json) char member[bytes];
#define BM_MEMBER_BYTES(member) struct bm_bytes member;
#define BM_MEMBER_IDS(member) struct bm_ids member;
#define BM_MEMBER_IDS_R(member) struct bm_ids member;
#define BM_MEMBER_POINTS(member) struct bm_points member;
#define BM_MEMBER_POINTS_R(member) struct bm_points member;
#define BM_MEMBER_INTERNAL(member) struct bm_bytes member;
#define BM_MEMBER_PERSONAL(json, bytes, data_class)

#define BM_FIELD_ROW(kind, ...) BM_FIELD_ROW_##kind(__VA_ARGS__)
#define BM_FIELD_ROW_ID(type, member, json) BM_FIELD_ID(RECORD, member, json),
#define BM_FIELD_ROW_ID_R(type, member, json) BM_FIELD_ID_R(RECORD, member, json),
#define BM_FIELD_ROW_AT(member) BM_FIELD_AT(RECORD, member, #member),
#define BM_FIELD_ROW_SPAN(member) BM_FIELD_SPAN(RECORD, member, #member),
#define BM_FIELD_ROW_COUNT(member) BM_FIELD_COUNT(RECORD, member, #member),
#define BM_FIELD_ROW_COUNT_IN(member, least, most)                                                 \
    BM_FIELD_COUNT_IN(RECORD, member, #member, least, most),
#define BM_FIELD_ROW_LAT(member) BM_FIELD_LAT(RECORD, member),
#define BM_FIELD_ROW_LON(member) BM_FIELD_LON(RECORD, member),
#define BM_FIELD_ROW_WORD(member, list) BM_FIELD_WORD(RECORD, member, #member, &list),
#define BM_FIELD_ROW_WORD_R(member, list) BM_FIELD_WORD_R(RECORD, member, #member, &list),
#define BM_FIELD_ROW_WORDS(member, list) BM_FIELD_WORDS(RECORD, member, #member, &list),
#define BM_FIELD_ROW_FLAG(member) BM_FIELD_FLAG(RECORD, member, #member),
#define BM_FIELD_ROW_TEXT(member, bytes) BM_FIELD_TEXT(RECORD, member, #member),
#define BM_FIELD_ROW_TEXT_R(member, bytes) BM_FIELD_TEXT_R(RECORD, member, #member),
#define BM_FIELD_ROW_TEXT_AS(member, bytes, json) BM_FIELD_TEXT(RECORD, member, json),
#define BM_FIELD_ROW_TEXT_AS_R(member, bytes, json) BM_FIELD_TEXT_R(RECORD, member, json),
#define BM_FIELD_ROW_BYTES(member) BM_FIELD_BYTES(RECORD, member, #member),
#define BM_FIELD_ROW_IDS(member) BM_FIELD_IDS(RECORD, member, #member),
#define BM_FIELD_ROW_IDS_R(member) BM_FIELD_IDS_R(RECORD, member, #member),
#define BM_FIELD_ROW_POINTS(member) BM_FIELD_POINTS(RECORD, member, #member),
#define BM_FIELD_ROW_POINTS_R(member) BM_FIELD_POINTS_R(RECORD, member, #member),
#define BM_FIELD_ROW_INTERNAL(member) BM_FIELD_INTERNAL(RECORD, member, #member),
#define BM_FIELD_ROW_PERSONAL(json, bytes, data_class)                                             \
    BM_FIELD_PERSONAL(json, bytes, &data_class),

/* Closed word lists: the enum and the words come from one list. */
#define BM_WORD_ENUM(symbol, word) symbol,
#define BM_WORD_TEXT(symbol, word) word,

#endif
