/* base: buffers, JSON, shapes, tables, maps, heaps, instants as text, sealing. */
#include "testing.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/json.h"
#include "base/map.h"
#include "base/rng.h"
#include "base/seal.h"
#include "base/shape.h"
#include "base/table.h"
#include "base/time.h"
#include "core/command.h"

static void a_buffer_stops_at_its_maximum(void **state) {
    (void)state;
    struct bm_buf buf = bm_buf_make(8);
    bm_buf_text(&buf, "12345");
    bm_buf_text(&buf, "6789"); /* would be 9 */
    assert_true(buf.overflow);
    assert_string_equal(bm_buf_c_text(&buf), "12345");
    bm_buf_clear(&buf);
    bm_buf_i64(&buf, -1234567);
    assert_string_equal(bm_buf_c_text(&buf), "-1234567");
    bm_buf_drop_front(&buf, 3);
    assert_string_equal(bm_buf_c_text(&buf), "34567");
    bm_buf_printf(&buf, "%d", 89);
    bm_buf_printf(&buf, "%s", "12"); /* would be 9, and there is room for it in the memory */
    assert_true(buf.overflow);
    assert_string_equal(bm_buf_c_text(&buf), "3456789");
    assert_int_equal(buf.len, 7);
    bm_buf_free(&buf);
    buf = bm_buf_make(1000);
    bm_buf_printf(&buf, "%s", "from nothing");
    for (size_t len = buf.len; len < 990; len = buf.len) bm_buf_printf(&buf, "%zu,", len); /* over every growth */
    assert_int_equal(buf.len, strlen(bm_buf_c_text(&buf)));
    assert_memory_equal(buf.bytes, "from nothing12,15,18,", 21);
    assert_false(buf.overflow);
    bm_buf_free(&buf);
}

static void json_text_is_escaped(void **state) {
    (void)state;
    struct bm_buf buf = bm_buf_make(200);
    bm_json_text(&buf, "a\"b\\c\n\t\x01\x7f火");
    assert_string_equal(bm_buf_c_text(&buf), "\"a\\\"b\\\\c\\n\\u0009\\u0001\\u007f火\"");
    bm_buf_free(&buf);
}

static void degrees_survive_json_exactly(void **state) {
    (void)state;
    struct bm_rng rng = {1};
    const struct bm_field *lat = bm_shape_find(bm_command_shape(BM_DO_CASE_OPEN), "lat");
    for (int i = 0; i < 20000; i++) {
        struct bm_do_case_open from, back;
        bm_shape_clear(bm_command_shape(BM_DO_CASE_OPEN), &from);
        from.lat_e7 = i == 0   ? 900000000
                      : i == 1 ? -900000000
                               : (int32_t)(bm_rng_below(&rng, 1800000001) - 900000000);
        struct bm_buf buf = bm_buf_make(200);
        bm_buf_text(&buf, "{\"class\":\"x\",\"lat\":");
        bm_field_write_json(lat, &from, &buf);
        bm_buf_byte(&buf, '}');
        json_t *object;
        struct bm_fault fault;
        assert_int_equal(bm_json_parse(buf.bytes, buf.len, &object, &fault), BM_OK);
        assert_int_equal(
            bm_shape_read_json(bm_command_shape(BM_DO_CASE_OPEN), object, &back, NULL, &fault),
            BM_OK);
        assert_int_equal(back.lat_e7, from.lat_e7);
        json_decref(object);
        bm_buf_free(&buf);
    }
}

/* What a body may not be, and which code and field it gets. */
static void bad_bodies_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *body;
        enum bm_code code;
        const char *field;
    } bad[] = {
        {"{\"class\":\"a\",\"class\":\"b\"}", BM_BAD_JSON, ""},
        {"{\"class\":\"a\"} x", BM_BAD_JSON, ""},
        {"[1]", BM_BAD_JSON, ""},
        {"{\"class\":\"a\\u0000b\"}", BM_BAD_JSON, ""},
        {"{\"class\":\"\xff\"}", BM_BAD_JSON, ""},
        {"{}", BM_MISSING_FIELD, "class"},
        {"{\"class\":\"\"}", BM_MISSING_FIELD, "class"},
        {"{\"class\":null}", BM_MISSING_FIELD, "class"},
        {"{\"class\":7}", BM_WRONG_TYPE, "class"},
        {"{\"class\":\"a\",\"colour\":\"red\"}", BM_UNKNOWN_FIELD, "colour"},
        {"{\"class\":\"a\",\"lat\":90.0000001}", BM_OUT_OF_RANGE, "lat"},
        {"{\"class\":\"a\",\"lat\":-91}", BM_OUT_OF_RANGE, "lat"},
        {"{\"class\":\"a\",\"lat\":1e300}", BM_OUT_OF_RANGE, "lat"},
        {"{\"class\":\"a\",\"lat\":\"30\"}", BM_WRONG_TYPE, "lat"},
        {"{\"class\":\"a\",\"lon\":180.5}", BM_OUT_OF_RANGE, "lon"},
        {"{\"class\":\"a\",\"priority\":6}", BM_OUT_OF_RANGE, "priority"},
        {"{\"class\":\"a\",\"priority\":1.5}", BM_WRONG_TYPE, "priority"},
        {"{\"class\":\"a\",\"contact\":7}", BM_WRONG_TYPE, "contact"},
        {"{\"class\":\"a\",\"contact\":\"07\"}", BM_WRONG_TYPE, "contact"},
        {"{\"class\":\"a\",\"contact\":\"-7\"}", BM_WRONG_TYPE, "contact"},
        {"{\"class\":\"a\",\"contact\":\"1234567890123456789\"}", BM_WRONG_TYPE, "contact"},
        {"{\"class\":\"a\",\"address_verified\":1}", BM_WRONG_TYPE, "address_verified"},
        {"{\"class\":\"a\",\"address\":\"\\u0007\"}", BM_WRONG_TYPE, "address"},
        {"{\"class\":\"0123456789012345678901234567890123456789\"}", BM_TOO_LONG, "class"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_t *object;
        struct bm_fault fault = {0};
        struct bm_do_case_open args = {.priority = 99};
        enum bm_code code = bm_json_parse(bad[i].body, strlen(bad[i].body), &object, &fault);
        if (code == BM_OK) {
            code = bm_shape_read_json(bm_command_shape(BM_DO_CASE_OPEN), object, &args, NULL,
                                      &fault);
            json_decref(object);
        }
        if (code != bad[i].code || strcmp(fault.field, bad[i].field) != 0) {
            fail_msg("%s: %s in \"%s\": %s", bad[i].body, bm_code_word(code), fault.field,
                     fault.detail);
        }
        assert_true(fault.detail[0]);
        assert_int_equal(args.priority, 99); /* out-parameters are untouched on failure */
    }
}

static void word_lists_name_what_is_allowed(void **state) {
    (void)state;
    json_t *object;
    struct bm_fault fault;
    struct bm_do_case_close args;
    const char *body = "{\"outcome\":\"done\"}";
    assert_int_equal(bm_json_parse(body, strlen(body), &object, &fault), BM_OK);
    assert_int_equal(
        bm_shape_read_json(bm_command_shape(BM_DO_CASE_CLOSE), object, &args, NULL, &fault),
        BM_UNKNOWN_WORD);
    assert_non_null(strstr(fault.detail, "solved"));
    json_decref(object);
}

/* A table against a plain array, over ids that lie so far apart. */
static void compare_with_array(uint64_t spread) {
    enum { IDS = 3000 };
    struct bm_rng rng = {5};
    struct bm_table table = bm_table_make(sizeof(uint64_t));
    bool present[IDS] = {false};
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)bm_rng_below(&rng, IDS);
        uint64_t id = 1 + n * spread;
        if (present[n])
            bm_table_remove(&table, id);
        else
            *(uint64_t *)bm_table_add(&table, id) = id;
        present[n] = !present[n];
    }
    uint64_t at = 0;
    size_t count = 0;
    for (size_t n = 0; n < IDS; n++) {
        uint64_t *value = bm_table_get(&table, 1 + n * spread);
        assert_true((value != NULL) == present[n]);
        if (!present[n]) continue;
        assert_int_equal(*value, 1 + n * spread);
        at = bm_table_next(&table, at);
        assert_int_equal(at, 1 + n * spread);
        count++;
    }
    assert_int_equal(bm_table_next(&table, at), 0);
    assert_int_equal(table.count, count);
    bm_table_free(&table);
}

static void a_table_keeps_what_an_array_would(void **state) {
    (void)state;
    compare_with_array(1);
    compare_with_array(262144 / 100 + 7);                 /* crosses pages and blocks */
    compare_with_array((UINT64_C(1) << 29) / 100 + 7);    /* and shelves */
    compare_with_array((BM_TABLE_ID_MAX - 1) / (3000 - 1)); /* up to the last id */
}

/* The first and the last id, and both gone again: walking from one to the other takes no time worth speaking of. */
static void a_table_walks_from_end_to_end(void **state) {
    (void)state;
    struct bm_table table = bm_table_make(8);
    assert_int_equal(bm_table_next(&table, 0), 0);
    for (int i = 0; i < 200; i++) {
        bm_table_add(&table, 1);
        bm_table_add(&table, BM_TABLE_ID_MAX);
        assert_int_equal(bm_table_next(&table, 0), 1);
        assert_int_equal(bm_table_next(&table, 1), BM_TABLE_ID_MAX);
        assert_int_equal(bm_table_next(&table, BM_TABLE_ID_MAX), 0);
        assert_null(bm_table_get(&table, BM_TABLE_ID_MAX - 1));
        assert_null(bm_table_get(&table, BM_TABLE_ID_MAX + 1));
        assert_null(bm_table_get(&table, UINT64_MAX));
        bm_table_remove(&table, 1);
        assert_int_equal(bm_table_next(&table, 0), BM_TABLE_ID_MAX);
        bm_table_remove(&table, BM_TABLE_ID_MAX);
        assert_int_equal(bm_table_next(&table, 0), 0);
    }
    bm_table_free(&table);
}

static void a_map_finds_after_removals(void **state) {
    (void)state;
    enum { KEYS = 500 };
    struct bm_rng rng = {9};
    struct bm_map map = {0};
    uint64_t values[KEYS] = {0};
    for (int i = 0; i < 20000; i++) {
        uint64_t n = bm_rng_below(&rng, KEYS);
        uint8_t key[16] = {0};
        memcpy(key, &(uint64_t){n % 37}, 8); /* many share a home slot */
        memcpy(key + 8, &n, 8);
        uint64_t found = 0;
        assert_true(bm_map_get(&map, key, &found) == (values[n] != 0));
        if (values[n]) assert_int_equal(found, values[n]);
        if (values[n] && bm_rng_chance(&rng, 50)) {
            bm_map_remove(&map, key);
            values[n] = 0;
        } else {
            values[n] = (uint64_t)i + 1;
            bm_map_put(&map, key, values[n]);
        }
    }
    bm_map_free(&map);
}

static void a_heap_gives_the_earliest(void **state) {
    (void)state;
    struct bm_rng rng = {2};
    struct bm_heap heap = {0};
    for (uint64_t i = 0; i < 1000; i++)
        bm_heap_push(&heap, (struct bm_due){(int64_t)bm_rng_below(&rng, 100), i});
    struct bm_due before = {-1, 0};
    while (bm_heap_top(&heap)) {
        struct bm_due top = *bm_heap_top(&heap);
        assert_true(top.at_ms > before.at_ms || (top.at_ms == before.at_ms && top.id > before.id));
        before = top;
        bm_heap_pop(&heap);
    }
    bm_heap_free(&heap);
}

static void instants_are_written_right(void **state) {
    (void)state;
    static const struct {
        int64_t at_ms;
        const char *text;
    } known[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {2147483648000, "2038-01-19T03:14:08.000Z"},
        {1795298441718, "2026-11-21T22:00:41.718Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {BM_AT_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[BM_TIME_TEXT_BYTES];
        bm_time_text(known[i].at_ms, text);
        assert_string_equal(text, known[i].text);
    }
}

static void what_is_sealed_opens_only_with_its_key(void **state) {
    (void)state;
    uint8_t key[BM_KEY_BYTES] = {1}, other[BM_KEY_BYTES] = {2}, nonce[BM_NONCE_BYTES] = {3};
    char *clear;
    size_t len;
    struct bm_bytes sealed = bm_seal(key, 7, nonce, "13800000000", 11);
    assert_true(bm_unseal(key, 7, sealed.bytes, sealed.len, &clear, &len));
    assert_string_equal(clear, "13800000000");
    bm_free(clear);
    assert_false(bm_unseal(other, 7, sealed.bytes, sealed.len, &clear, &len));
    assert_false(
        bm_unseal(key, 8, sealed.bytes, sealed.len, &clear, &len)); /* moved under another name */
    for (uint32_t i = 0; i < sealed.len; i++) {
        sealed.bytes[i] ^= 0x10;
        assert_false(bm_unseal(key, 7, sealed.bytes, sealed.len, &clear, &len));
        sealed.bytes[i] ^= 0x10;
    }
    for (uint32_t cut = 0; cut < sealed.len; cut++)
        assert_false(bm_unseal(key, 7, sealed.bytes, cut, &clear, &len));
    bm_bytes_free(&sealed);
}

/* Packing and unpacking a record of every table gives it back; every cut is noticed. */
static void packed_records_come_back(void **state) {
    (void)state;
    for (int t = 0; t < BM_table_kind_COUNT; t++) {
        const struct bm_shape *shape = bm_table_shape((enum bm_table_kind)t);
        void *record = bm_alloc(shape->record_size), *back = bm_alloc(shape->record_size);
        struct bm_buf buf = bm_buf_make(1u << 20);
        bm_shape_clear(shape, record);
        for (uint16_t f = 0; f < shape->field_count; f++) {
            const struct bm_field *field = &shape->fields[f];
            if (field->kind == BM_F_TEXT)
                snprintf(bm_field_in(field, record), field->size, "%s", "x火");
            if (field->kind == BM_F_BYTES)
                *(struct bm_bytes *)bm_field_in(field, record) = bm_bytes_copy("\0\1\2", 3);
            if (field->kind == BM_F_ID) *(uint64_t *)bm_field_in(field, record) = 77u + f;
        }
        bm_shape_pack(shape, record, &buf);
        struct bm_cursor cursor = {buf.bytes, buf.len, false};
        bm_shape_unpack(shape, &cursor, back);
        assert_false(cursor.failed);
        assert_int_equal(cursor.len, 0);
        assert_null(bm_shape_differs(shape, record, back));
        bm_shape_release(shape, back);
        for (size_t cut = 0; cut < buf.len; cut++) {
            struct bm_cursor shorter = {buf.bytes, cut, false};
            bm_shape_unpack(shape, &shorter, back);
            assert_true(shorter.failed);
        }
        bm_shape_release(shape, record);
        bm_buf_free(&buf);
        bm_free(record);
        bm_free(back);
    }
}

/* A long Chinese member's name is cut for the field and inside "%.40s": never within a character. */
static void a_cut_text_holds_no_half_character(void **state) {
    (void)state;
    char name[100 * 3 + 1] = "";
    struct bm_fault fault;
    for (size_t len = 1; len < 100; len++) {
        memcpy(name + (len - 1) * 3, "\xe7\xad\x89", 4);
        bm_fault_set(&fault, BM_UNKNOWN_FIELD, name, "\"%.40s\" is not known %.500s", name, name);
        json_t *field = json_string(fault.field), *detail = json_string(fault.detail);
        assert_non_null(field); /* jansson takes valid UTF-8 only */
        assert_non_null(detail);
        json_decref(field);
        json_decref(detail);
    }
    bm_fault_set(&fault, BM_UNKNOWN_FIELD, "\xff\xc0" "a\xe7", "\xf0\x9f\x9a\x91 whole");
    assert_string_equal(fault.field, "??a?");
    assert_string_equal(fault.detail, "\xf0\x9f\x9a\x91 whole");
}

int main(void) {
    bm_seal_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_stops_at_its_maximum),
        cmocka_unit_test(json_text_is_escaped),
        cmocka_unit_test(degrees_survive_json_exactly),
        cmocka_unit_test(bad_bodies_are_refused_by_name),
        cmocka_unit_test(a_cut_text_holds_no_half_character),
        cmocka_unit_test(word_lists_name_what_is_allowed),
        cmocka_unit_test(a_table_keeps_what_an_array_would),
        cmocka_unit_test(a_table_walks_from_end_to_end),
        cmocka_unit_test(a_map_finds_after_removals),
        cmocka_unit_test(a_heap_gives_the_earliest),
        cmocka_unit_test(instants_are_written_right),
        cmocka_unit_test(what_is_sealed_opens_only_with_its_key),
        cmocka_unit_test(packed_records_come_back),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
