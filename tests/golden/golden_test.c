/* Old journals still apply: every row of the golden journal has its hash, its event can be read,
 * and the state it leads to has the digest that it had when the journal was written. */
#include "../testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/seal.h"
#include "core/core.h"
#include "journal/journal.h"

enum { LINE_MAX_BYTES = 1 << 20, SEALED_MAX = 4096 };

static const char *journal_path, *digest_path;

/* A row with what it points to. */
struct golden_row {
    struct bm_row row;
    json_t *object;
    uint8_t request[BM_REQUEST_BYTES], nonce[BM_NONCE_BYTES], sealed[SEALED_MAX];
};

static uint64_t number_of(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value)) fail_msg("\"%s\" is no number", name);
    return (uint64_t)json_integer_value(value);
}

static const char *text_of(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    if (!text) fail_msg("\"%s\" is no text", name);
    return text;
}

/* NULL when the member is null; else *ret_len bytes. */
static const uint8_t *hex_of(const json_t *object, const char *name, uint8_t *bytes, size_t most,
                             size_t *ret_len) {
    const char *text = json_string_value(json_object_get(object, name));
    *ret_len = text ? strlen(text) / 2 : 0;
    if (!text) return NULL;
    if (*ret_len > most || bm_unhex(text, bytes, *ret_len) != 0) fail_msg("\"%s\" is no hex", name);
    return bytes;
}

static void read_line(const char *line, struct golden_row *golden) {
    struct bm_fault fault;
    size_t len;
    if (bm_json_parse(line, strlen(line), &golden->object, &fault)) fail_msg("%s", fault.detail);
    const json_t *object = golden->object;
    struct bm_row *row = &golden->row;
    *row = (struct bm_row){.format = (uint32_t)number_of(object, "format"),
                           .ledger = number_of(object, "ledger"),
                           .epoch = number_of(object, "epoch"),
                           .seq = number_of(object, "seq"),
                           .at_ms = (int64_t)number_of(object, "at_ms"),
                           .kind = text_of(object, "kind"),
                           .kind_version = (uint32_t)number_of(object, "kind_version"),
                           .subject = text_of(object, "subject"),
                           .actor = text_of(object, "actor"),
                           .body = text_of(object, "body"),
                           .key_id = number_of(object, "key_id")};
    row->body_len = strlen(row->body);
    row->request = hex_of(object, "request", golden->request, sizeof golden->request, &len);
    row->nonce = hex_of(object, "nonce", golden->nonce, sizeof golden->nonce, &len);
    row->sealed = hex_of(object, "sealed", golden->sealed, sizeof golden->sealed, &row->sealed_len);
    hex_of(object, "hash", row->hash.bytes, sizeof row->hash.bytes, &len);
    if (len != sizeof row->hash.bytes) fail_msg("row %" PRIu64 " has no hash", row->seq);
}

struct replay {
    struct bm_core *core;
    struct bm_hash last;
    uint64_t rows, kinds[BM_event_kind_COUNT]; /* rows of the present version */
};

static void apply_row(struct replay *replay, const struct bm_row *row) {
    if (row->seq != ++replay->rows)
        fail_msg("row %" PRIu64 " stands in line %" PRIu64, row->seq, replay->rows);
    struct bm_hash hash = bm_row_hash(row, &replay->last);
    if (memcmp(&hash, &row->hash, sizeof hash) != 0) {
        fail_msg("row %" PRIu64
                 " (%s) does not have its hash any more: the way rows are hashed was changed, and "
                 "every journal in the field would be called damaged",
                 row->seq, row->kind);
    }
    replay->last = row->hash;
    struct bm_event event;
    struct bm_fault fault;
    if (bm_row_event(row, &event, &fault) != BM_OK) {
        fail_msg("row %" PRIu64 ": version %u of \"%s\" can't be read any more: %s", row->seq,
                 row->kind_version, row->kind, fault.detail);
    }
    if (event.version == bm_event_version(event.kind)) replay->kinds[event.kind]++;
    bm_core_apply(replay->core, &event);
    bm_core_take_changes(replay->core, NULL, NULL);
    bm_event_release(&event);
}

/* Calls `each` for every row of the golden journal. */
static void read_all(struct replay *replay,
                     void (*each)(struct replay *replay, const struct bm_row *row)) {
    FILE *file = fopen(journal_path, "rb");
    if (!file) fail_msg("%s cannot be opened", journal_path);
    char *line = bm_alloc(LINE_MAX_BYTES);
    struct golden_row *golden = bm_alloc(sizeof *golden);
    while (fgets(line, LINE_MAX_BYTES, file)) {
        read_line(line, golden);
        each(replay, &golden->row);
        json_decref(golden->object);
    }
    bm_free(golden);
    bm_free(line);
    fclose(file);
}

static void replay_all(struct replay *replay) {
    *replay = (struct replay){.core = bm_core_new()};
    read_all(replay, apply_row);
    const char *wrong = bm_core_check(replay->core);
    if (wrong) fail_msg("after the last row: %s", wrong);
}

static void old_rows_lead_to_the_old_state(void **state) {
    (void)state;
    struct replay replay;
    char expected[2 * BM_HASH_BYTES + 1] = "", own[2 * BM_HASH_BYTES + 1];
    FILE *file = fopen(digest_path, "rb");
    if (!file || !fgets(expected, sizeof expected, file))
        fail_msg("%s cannot be read", digest_path);
    fclose(file);
    replay_all(&replay);
    struct bm_hash digest;
    bm_core_digest(replay.core, &digest);
    bm_hex(digest.bytes, sizeof digest.bytes, own);
    if (strcmp(own, expected) != 0) {
        fail_msg("the golden journal leads to state %s and not to %s: an apply was changed under "
                 "old rows. Give the "
                 "kind a new version and keep the old apply. (Only when a record got a new field "
                 "is another digest "
                 "right: compare the states, then write it to %s.)",
                 own, expected, digest_path);
    }
    bm_core_free(replay.core);
}

static void every_kind_has_a_golden_row(void **state) {
    (void)state;
    struct replay replay;
    char missing[1000] = "";
    replay_all(&replay);
    for (int k = 0; k < BM_event_kind_COUNT; k++) {
        if (replay.kinds[k]) continue;
        size_t len = strlen(missing);
        snprintf(missing + len, sizeof missing - len, " %s (version %u)",
                 bm_event_word((enum bm_event_kind)k), bm_event_version((enum bm_event_kind)k));
    }
    if (missing[0]) {
        fail_msg("no golden row of:%s. Keep %s as it is, write a further one with make_golden, and "
                 "test both.",
                 missing, journal_path);
    }
    bm_core_free(replay.core);
}

/* The same state comes back from a snapshot of it. */
static void the_state_survives_a_snapshot(void **state) {
    (void)state;
    struct replay replay;
    struct bm_fault fault;
    struct bm_hash before, after;
    replay_all(&replay);
    struct bm_buf bytes = bm_buf_make(64u << 20);
    bm_core_pack(replay.core, &bytes);
    struct bm_core *core = bm_core_new();
    assert_int_equal(bm_core_unpack(core, bytes.bytes, bytes.len, &fault), BM_OK);
    bm_core_digest(replay.core, &before);
    bm_core_digest(core, &after);
    assert_memory_equal(&before, &after, sizeof before);
    bm_buf_free(&bytes);
    bm_core_free(core);
    bm_core_free(replay.core);
}

/* With one letter of its body, one millisecond or one bit of its sealed part changed a row has
 * another hash. */
static void spoil_row(struct replay *replay, const struct bm_row *row) {
    struct bm_row spoiled = *row;
    char *body = bm_text_copy(row->body);
    body[replay->rows % row->body_len] ^= 1;
    spoiled.body = body;
    struct bm_hash in_body = bm_row_hash(&spoiled, &replay->last);
    spoiled.body = row->body;
    spoiled.at_ms++;
    struct bm_hash in_time = bm_row_hash(&spoiled, &replay->last);
    assert_memory_not_equal(&in_body, &row->hash, sizeof in_body);
    assert_memory_not_equal(&in_time, &row->hash, sizeof in_time);
    if (row->sealed_len) {
        uint8_t sealed[SEALED_MAX];
        memcpy(sealed, row->sealed, row->sealed_len);
        sealed[replay->rows % row->sealed_len] ^= 1;
        spoiled.at_ms--;
        spoiled.sealed = sealed;
        struct bm_hash in_sealed = bm_row_hash(&spoiled, &replay->last);
        assert_memory_not_equal(&in_sealed, &row->hash, sizeof in_sealed);
    }
    bm_free(body);
    replay->last = row->hash;
    replay->rows++;
}

static void a_spoiled_row_is_seen(void **state) {
    (void)state;
    struct replay replay = {0};
    read_all(&replay, spoil_row);
    assert_true(replay.rows > 0);
}

int main(int argc, char **argv) {
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: golden_test JOURNAL.jsonl STATE.digest [newest]\n");
        return 2;
    }
    bm_seal_init();
    journal_path = argv[1];
    digest_path = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_rows_lead_to_the_old_state),
        cmocka_unit_test(the_state_survives_a_snapshot),
        cmocka_unit_test(a_spoiled_row_is_seen),
        /* Only the newest journal has every kind at its present version: the older ones are of
           their day. */
        cmocka_unit_test(every_kind_has_a_golden_row),
    };
    if (argc == 3) {
        const struct CMUnitTest older[] = {tests[0], tests[1], tests[2]};
        return cmocka_run_group_tests_name("older golden journal", older, NULL, NULL);
    }
    return cmocka_run_group_tests_name("golden journal", tests, NULL, NULL);
}
