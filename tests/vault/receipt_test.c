/* Receipts: codes that are ours and codes that are not, documents that hold and documents that were
 * touched, the key through restarts and restores. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/qr.h"
#include "vault/receipt.h"

static struct bm_receipt letter(struct bm_vault *vault, char code[BM_RECEIPT_CODE_BYTES]) {
    bm_receipt_code(vault, 12345, code);
    struct bm_receipt receipt = {.desk = "清河值班台 \"一\" \\ A",
                                 .code = code,
                                 .reference = "678",
                                 .procedure = "letter",
                                 .received_at_ms = 1795000000123,
                                 .promised = true,
                                 .promised_at_ms = 1795600000000,
                                 .promise_unit = "7 working_days",
                                 .provisional = true,
                                 .issued_at_ms = 1795000001000};
    bm_hash_of("the street lamp is out", 22, receipt.content.bytes, BM_HASH_BYTES);
    return receipt;
}

static struct bm_buf sign(struct bm_vault *vault, const struct bm_receipt *receipt,
                          struct bm_hash *ret_hash) {
    struct bm_buf document = bm_buf_make(BM_RECEIPT_BYTES_MAX);
    struct bm_fault fault = {.code = BM_OK};
    enum bm_code code = bm_receipt_sign(vault, receipt, &document, ret_hash, &fault);
    if (code) print_error("%s: %s\n", fault.field, fault.detail);
    assert_int_equal(code, BM_OK);
    return document;
}

static void public_of(struct bm_vault *vault, uint8_t ret_public[BM_SIGN_PUBLIC_BYTES]) {
    assert_int_equal(bm_receipt_public_key(vault, ret_public, NULL), BM_OK);
}

/* --- codes
 * ------------------------------------------------------------------------------------------ */

static void a_code_leads_to_its_contact_however_it_is_typed(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    static const uint64_t ids[] = {1, 31, 32, 12345, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        char code[BM_RECEIPT_CODE_BYTES], typed[4 * BM_RECEIPT_CODE_BYTES];
        uint64_t id = 0;
        bm_receipt_code(vault, ids[i], code);
        assert_int_equal(bm_receipt_contact(vault, code, &id, NULL), BM_OK);
        assert_true(id == ids[i]);
        size_t at = 0;
        for (const char *c = code; *c; c++) { /* full width, small, O, i and l, another dash */
            char seen = *c;
            if (seen == '0') seen = i % 2 ? 'o' : 'O';
            if (seen == '1') seen = i % 2 ? 'l' : 'I';
            if (seen == '-') {
                memcpy(typed + at, "\xe2\x80\x94", 3);
                at += 3;
            } else if (seen >= 'A' && seen <= 'Z' && i % 2) {
                typed[at++] = '\xef';
                typed[at++] = '\xbc';
                typed[at++] = (char)(0xa1 + seen - 'A');
            } else {
                typed[at++] = seen >= 'A' && seen <= 'Z' ? (char)(seen - 'A' + 'a') : seen;
            }
        }
        typed[at] = 0;
        id = 0;
        assert_int_equal(bm_receipt_contact(vault, typed, &id, NULL), BM_OK);
        assert_true(id == ids[i]);
    }
    bm_vault_close(vault);
}

static void a_changed_code_is_unknown_in_the_same_words(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES];
    uint64_t id = 7;
    struct bm_fault unknown = {0};
    bm_receipt_code(vault, 12345, code);
    assert_int_equal(bm_receipt_unknown(&unknown), BM_NOT_FOUND);
    for (size_t i = 4; code[i]; i++) {
        if (code[i] == '-') continue;
        struct bm_fault fault = {0};
        char kept = code[i];
        code[i] = kept == 'Z' ? 'Y' : 'Z';
        assert_int_equal(bm_receipt_contact(vault, code, &id, &fault), BM_NOT_FOUND);
        assert_memory_equal(&fault, &unknown, sizeof fault);
        code[i] = kept;
    }
    assert_int_equal(id, 7);
    assert_int_equal(bm_receipt_contact(vault, code, &id, NULL), BM_OK);
    bm_vault_close(vault);
}

static void malformed_codes_are_refused_with_the_reason(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
        enum bm_code code;
    } bad[] = {
        {"", "begin with BM", BM_BAD_REQUEST},
        {"BM", "missing", BM_BAD_REQUEST},
        {"BM-C1S-4Q7Z-0M2K-X8RD", "missing", BM_BAD_REQUEST},
        {"CM-C1S-4Q7Z-0M2K-X8RD-9T3V", "begin with BM", BM_BAD_REQUEST},
        {"BM-C1S-4Q7Z-0M2K-X8RD-9T3U", "codes do not have", BM_BAD_REQUEST},
        {"BM-C1S-4Q7Z-0M2K-X8RD-9T3*", "codes do not have", BM_BAD_REQUEST},
        {"BM-C1S-4Q7Z-0M2K-X8RD-9T3\xc3", "codes do not have", BM_BAD_REQUEST},
        {"BM-\xe8\xad\xa6-4Q7Z-0M2K-X8RD-9T3V", "codes do not have", BM_BAD_REQUEST},
        {"BM-0-4Q7Z-0M2K-X8RD-9T3V", "No contact", BM_BAD_REQUEST},
        {"BM-01-4Q7Z-0M2K-X8RD-9T3V", "No contact", BM_BAD_REQUEST},
        {"BM-G000000000000-4Q7Z-0M2K-X8RD-9T3V", "No contact", BM_BAD_REQUEST},
        {"BM-F0000000000000-4Q7Z-0M2K-X8RD-9T3V", "too many", BM_BAD_REQUEST},
    };
    struct bm_receipt_code read = {.contact_id = 7};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bm_fault fault = {0};
        assert_int_equal(bm_receipt_code_read(bad[i].text, &read, &fault), bad[i].code);
        assert_string_equal(fault.field, "code");
        if (!strstr(fault.detail, bad[i].words)) print_error("%s: %s\n", bad[i].text, fault.detail);
        assert_non_null(strstr(fault.detail, bad[i].words));
    }
    char spaces[BM_RECEIPT_TYPED_MAX + 2];
    memset(spaces, ' ', sizeof spaces - 1);
    spaces[sizeof spaces - 1] = 0;
    assert_int_equal(bm_receipt_code_read(spaces, &read, NULL), BM_TOO_LONG);
    assert_int_equal(read.contact_id, 7);
    assert_int_equal(bm_receipt_code_read("BM-F000000000000-4Q7Z-0M2K-X8RD-9T3V", &read, NULL),
                     BM_OK);
    assert_true(read.contact_id == UINT64_C(15) << 60);
}

/* --- the vault
 * --------------------------------------------------------------------------------------- */

static void key_and_codes_survive_restart_and_restore(void **state) {
    char *dir = *state, out[400], code[BM_RECEIPT_CODE_BYTES];
    uint8_t before[BM_SIGN_PUBLIC_BYTES], after[BM_SIGN_PUBLIC_BYTES],
        checkpoints[BM_SIGN_PUBLIC_BYTES];
    struct bm_vault *vault = bm_test_open(dir);
    public_of(vault, before);
    bm_vault_public_key(vault, checkpoints);
    assert_memory_not_equal(before, checkpoints, sizeof before);
    bm_receipt_code(vault, 99, code);
    uint8_t secret[BM_KEY_BYTES];
    memcpy(secret, vault->receipt_codes, sizeof secret);
    assert_int_equal(bm_test_files_with(dir, secret, sizeof secret), 0);
    snprintf(out, sizeof out, "%s/backup", dir);
    assert_int_equal(mkdir(out, 0700), 0);
    assert_int_equal(bm_vault_backup(vault, out, NULL), BM_OK);
    bm_vault_close(vault);
    for (int i = 0; i < 3; i++) {
        uint64_t id = 0;
        if (i < 2)
            vault = bm_test_open(i ? out : dir);
        else
            assert_int_equal(bm_vault_open_to_copy(dir, &vault, NULL), BM_OK);
        public_of(vault, after);
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(bm_receipt_contact(vault, code, &id, NULL), BM_OK);
        assert_int_equal(id, 99);
        bm_vault_close(vault);
    }
}

static void what_stands_still_says_since_when_and_why(void **state) {
    char code[BM_RECEIPT_CODE_BYTES];
    uint8_t key[BM_SIGN_PUBLIC_BYTES];
    struct bm_vault *vault = bm_test_open(*state);
    public_of(vault, key);
    struct bm_receipt receipt = letter(vault, code), back;
    struct bm_hash hash;
    struct bm_fault fault;
    receipt.promised = receipt.provisional = false;
    receipt.promise_unit = NULL;
    receipt.paused = true;
    receipt.paused_since_ms = receipt.received_at_ms - 1; /* of another reporter's letter */
    receipt.paused_because = "waiting_for_party";
    struct bm_buf document = sign(vault, &receipt, &hash);
    const char *text = bm_buf_c_text(&document);
    assert_non_null(strstr(text, "\"format\":\"bellman-receipt-2\""));
    assert_int_equal(bm_receipt_verify(key, text, document.len, &back, &fault), BM_OK);
    assert_true(back.paused && back.paused_since_ms == receipt.paused_since_ms && !back.promised);
    assert_string_equal(back.paused_because, "waiting_for_party");
    bm_receipt_free(&back);
    char *spoiled = strstr(text, "waiting_for_party");
    memcpy(spoiled, "force_majeure____", strlen("force_majeure____")); /* another cause than was signed */
    assert_int_equal(bm_receipt_verify(key, text, document.len, &back, &fault), BM_CORRUPT);
    bm_buf_free(&document);
    struct bm_buf none = bm_buf_make(BM_RECEIPT_BYTES_MAX);
    receipt.paused_because = NULL;
    assert_int_equal(bm_receipt_sign(vault, &receipt, &none, &hash, &fault), BM_MISSING_FIELD);
    receipt.paused_because = "hearing";
    receipt.promised = true;
    receipt.promised_at_ms = receipt.received_at_ms;
    receipt.promise_unit = "7 working_days";
    assert_int_equal(bm_receipt_sign(vault, &receipt, &none, &hash, &fault), BM_OUT_OF_RANGE); /* a date and none */
    assert_string_equal(fault.field, "promised_at");
    receipt.paused = false;
    assert_int_equal(bm_receipt_sign(vault, &receipt, &none, &hash, &fault), BM_OUT_OF_RANGE);
    assert_string_equal(fault.field, "paused_because");
    assert_int_equal(none.len, 0);
    bm_buf_free(&none);
    bm_vault_close(vault);
}

static void another_vault_has_another_key_and_other_codes(void **state) {
    char *dir = *state, other[400], code[BM_RECEIPT_CODE_BYTES];
    uint8_t one[BM_SIGN_PUBLIC_BYTES], two[BM_SIGN_PUBLIC_BYTES];
    uint64_t id;
    struct bm_vault *vault = bm_test_open(dir);
    public_of(vault, one);
    bm_receipt_code(vault, 99, code);
    bm_vault_close(vault);
    snprintf(other, sizeof other, "%s/other", dir);
    assert_int_equal(mkdir(other, 0700), 0);
    vault = bm_test_open(other);
    public_of(vault, two);
    assert_memory_not_equal(one, two, sizeof one);
    assert_int_equal(bm_receipt_contact(vault, code, &id, NULL), BM_NOT_FOUND);
    bm_vault_close(vault);
}

static void a_vault_older_than_receipts_gets_a_key_when_it_is_opened(void **state) {
    char *dir = *state;
    uint8_t key[BM_SIGN_PUBLIC_BYTES], again[BM_SIGN_PUBLIC_BYTES];
    struct bm_fault fault = {0};
    bm_vault_close(bm_test_open(dir));
    bm_test_sql(dir, "DELETE FROM named WHERE name = 'receipt'");
    struct bm_vault *vault = NULL;
    assert_int_equal(bm_vault_open_to_copy(dir, &vault, NULL), BM_OK);
    assert_int_equal(bm_receipt_public_key(vault, key, &fault), BM_NOT_FOUND);
    assert_non_null(strstr(fault.detail, "start its desk once"));
    bm_vault_close(vault);
    vault = bm_test_open(dir);
    public_of(vault, key);
    bm_vault_close(vault);
    vault = bm_test_open(dir);
    public_of(vault, again);
    assert_memory_equal(key, again, sizeof key);
    bm_vault_close(vault);
    bm_test_sql(dir, "UPDATE named SET bytes = zeroblob(168) WHERE name = 'receipt'");
    bm_test_refused(dir, BM_CORRUPT, "receipts' key");
    bm_test_sql(dir, "UPDATE named SET bytes = x'00' WHERE name = 'receipt'");
    bm_test_refused(dir, BM_CORRUPT, "receipts' key");
}

/* --- documents
 * --------------------------------------------------------------------------------------- */

static void a_signed_receipt_reads_as_it_was_written(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES];
    uint8_t key[BM_SIGN_PUBLIC_BYTES];
    struct bm_hash hash, next_hash;
    struct bm_receipt receipt = letter(vault, code), read, next;
    public_of(vault, key);
    struct bm_buf document = sign(vault, &receipt, &hash);
    assert_int_equal(bm_receipt_verify(key, document.bytes, document.len, &read, NULL), BM_OK);
    assert_string_equal(read.desk, receipt.desk);
    assert_string_equal(read.code, code);
    assert_string_equal(read.reference, "678");
    assert_string_equal(read.procedure, "letter");
    assert_string_equal(read.promise_unit, "7 working_days");
    assert_true(read.promised && read.provisional && !read.follows);
    assert_true(read.received_at_ms == 1795000000123 && read.promised_at_ms == 1795600000000 &&
                read.issued_at_ms == 1795000001000);
    assert_memory_equal(&read.content, &receipt.content, sizeof read.content);
    assert_memory_equal(&read.hash, &hash, sizeof hash);
    bm_buf_free(&document);

    receipt.promised = receipt.provisional = false;
    receipt.promise_unit = NULL;
    receipt.follows = true;
    receipt.previous = read.hash;
    document = sign(vault, &receipt, &next_hash);
    assert_int_equal(bm_receipt_verify(key, document.bytes, document.len, &next, NULL), BM_OK);
    assert_true(!next.promised && !next.promise_unit && next.follows);
    assert_memory_equal(&next.previous, &hash, sizeof hash);
    assert_memory_not_equal(&next_hash, &hash, sizeof hash);
    bm_receipt_free(&next);
    bm_receipt_free(&read);
    bm_buf_free(&document);
    bm_vault_close(vault);
}

static void every_changed_byte_of_a_receipt_is_seen(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES];
    uint8_t key[BM_SIGN_PUBLIC_BYTES];
    struct bm_hash hash;
    struct bm_receipt receipt = letter(vault, code), read = {.desk = NULL};
    public_of(vault, key);
    struct bm_buf document = sign(vault, &receipt, &hash);
    for (size_t i = 0; i < document.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            document.bytes[i] ^= (uint8_t)(1 << bit);
            struct bm_fault fault = {0};
            assert_int_not_equal(
                bm_receipt_verify(key, document.bytes, document.len, &read, &fault), BM_OK);
            assert_true(fault.detail[0]);
            document.bytes[i] ^= (uint8_t)(1 << bit);
        }
        assert_int_not_equal(bm_receipt_verify(key, document.bytes, i, &read, NULL), BM_OK);
    }
    assert_null(read.desk);
    bm_buf_free(&document);
    bm_vault_close(vault);
}

static void touched_receipts_are_refused_with_the_reason(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES];
    uint8_t key[BM_SIGN_PUBLIC_BYTES], other[BM_SIGN_PUBLIC_BYTES], secret[BM_SIGN_SECRET_BYTES];
    struct bm_hash hash;
    struct bm_receipt receipt = letter(vault, code), read;
    public_of(vault, key);
    struct bm_buf document = sign(vault, &receipt, &hash);
    static const struct {
        const char *member, *value; /* NULL: taken out */
        enum bm_code code;
        const char *field;
    } edits[] = {
        {"reference", "\"679\"", BM_CORRUPT, "signature"},
        {"desk", "\"Another desk\"", BM_CORRUPT, "signature"},
        {"promised_at", "\"2027-01-01T00:00:00.000Z\"", BM_CORRUPT, "signature"},
        {"provisional", "false", BM_CORRUPT, "signature"},
        {"promised_at", "\"2027-02-30T00:00:00.000Z\"", BM_OUT_OF_RANGE, "promised_at"},
        {"received_at", "\"2026-11-21 20:15\"", BM_OUT_OF_RANGE, "received_at"},
        {"received_at", "\"2027-11-21T20:15:00.000Z\"", BM_OUT_OF_RANGE, "promised_at"},
        {"received_at", "null", BM_WRONG_TYPE, "received_at"},
        {"promised_at", "null", BM_OUT_OF_RANGE, "promise_unit"},
        {"format", "\"bellman-receipt-3\"", BM_BAD_FORMAT, "format"},
        {"format", "\"bellman-receipt-2\"", BM_MISSING_FIELD, "paused_since"},
        {"paused_since", "\"2026-11-21T20:15:00.000Z\"", BM_UNKNOWN_FIELD, "paused_since"},
        {"format", "1", BM_BAD_FORMAT, "format"},
        {"key", "\"00000000000000000000000000000000\"", BM_CORRUPT, "key"},
        {"signature", "\"00\"", BM_OUT_OF_RANGE, "signature"},
        {"signature", NULL, BM_MISSING_FIELD, "signature"},
        {"previous", NULL, BM_MISSING_FIELD, "previous"},
        {"extra", "1", BM_UNKNOWN_FIELD, "extra"},
        {"desk", "7", BM_WRONG_TYPE, "desk"},
        {"desk", "\"\"", BM_MISSING_FIELD, "desk"},
        {"desk", "\"a\\nb\"", BM_OUT_OF_RANGE, "desk"},
        {"provisional", "\"no\"", BM_WRONG_TYPE, "provisional"},
        {"code", "\"bm-1-0000-0000-0000-0000\"", BM_BAD_REQUEST, "code"},
        {"reference", "\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
         BM_TOO_LONG, "reference"},
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct bm_fault fault = {0};
        json_t *object = json_loadb((char *)document.bytes, document.len, 0, NULL);
        if (edits[i].value)
            json_object_set_new(object, edits[i].member,
                                json_loads(edits[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(object, edits[i].member);
        char *text = json_dumps(object, JSON_INDENT(2));
        enum bm_code got = bm_receipt_verify(key, text, strlen(text), &read, &fault);
        if (got != edits[i].code || strcmp(fault.field, edits[i].field) != 0)
            print_error("edit %zu: %s %s: %s\n", i, bm_code_word(got), fault.field, fault.detail);
        assert_int_equal(got, edits[i].code);
        assert_string_equal(fault.field, edits[i].field);
        assert_true(fault.detail[0]);
        free(text);
        json_decref(object);
    }
    struct bm_fault fault = {0};
    bm_sign_keys(other, secret);
    assert_int_equal(bm_receipt_verify(other, document.bytes, document.len, &read, &fault),
                     BM_CORRUPT);
    assert_string_equal(fault.field, "key");
    assert_int_equal(bm_receipt_verify(key, "{\"format\":", 10, &read, &fault), BM_BAD_JSON);
    assert_int_equal(bm_receipt_verify(key, "[]", 2, &read, &fault), BM_BAD_JSON);
    assert_int_equal(bm_receipt_verify(key, "", 0, &read, &fault), BM_BAD_JSON);
    static char large[BM_RECEIPT_READ_MAX + 1];
    assert_int_equal(bm_receipt_verify(key, large, sizeof large, &read, &fault), BM_TOO_LARGE);
    bm_buf_free(&document);
    bm_vault_close(vault);
}

static void what_cannot_be_promised_is_not_signed(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES];
    static char long_text[BM_RECEIPT_DESK_MAX + 2];
    memset(long_text, 'x', sizeof long_text - 1);
    const struct bm_receipt good = letter(vault, code);
    struct bm_receipt bad[8];
    static const char *const fields[] = {"desk",        "desk",         "desk",      "code",
                                         "promised_at", "promise_unit", "issued_at", "provisional"};
    for (int i = 0; i < 8; i++) bad[i] = good;
    bad[0].desk = NULL;
    bad[1].desk = long_text;
    bad[2].desk = "\xc0\xaf";
    bad[3].code = "BM";
    bad[4].promised_at_ms = good.received_at_ms - 1;
    bad[5].promise_unit = NULL;
    bad[6].issued_at_ms = -1;
    bad[7].promised = false;
    bad[7].promise_unit = NULL;
    for (int i = 0; i < 8; i++) {
        struct bm_buf document = bm_buf_make(BM_RECEIPT_BYTES_MAX);
        struct bm_fault fault = {0};
        struct bm_hash hash;
        assert_int_not_equal(bm_receipt_sign(vault, &bad[i], &document, &hash, &fault), BM_OK);
        assert_string_equal(fault.field, fields[i]);
        assert_int_equal(document.len, 0);
        bm_buf_free(&document);
    }
    bm_vault_close(vault);
}

/* --- QR codes
 * ---------------------------------------------------------------------------------------- */

static void the_longest_receipt_fits_a_qr_code(void **state) {
    struct bm_vault *vault = bm_test_open(*state);
    char code[BM_RECEIPT_CODE_BYTES], desk[BM_RECEIPT_DESK_MAX + 1], word[BM_RECEIPT_WORD_MAX + 1];
    struct bm_hash hash;
    memset(desk, '"', sizeof desk - 1);
    memset(word, '\\', sizeof word - 1);
    desk[sizeof desk - 1] = word[sizeof word - 1] = 0;
    struct bm_receipt receipt = letter(vault, code);
    bm_receipt_code(vault, UINT64_MAX, code);
    receipt.desk = desk;
    receipt.reference = receipt.procedure = receipt.promise_unit = word;
    receipt.follows = true;
    struct bm_receipt paused = receipt;
    paused.promised = paused.provisional = false;
    paused.promise_unit = NULL;
    paused.paused = true;
    paused.paused_since_ms = paused.received_at_ms;
    paused.paused_because = word;
    struct bm_buf standing = sign(vault, &paused, &hash);
    assert_true(standing.len <= BM_QR_BYTES_MAX);
    bm_buf_free(&standing);
    struct bm_buf document = sign(vault, &receipt, &hash);
    assert_true(document.len <= BM_QR_BYTES_MAX);
    struct bm_buf svg = bm_buf_make(BM_QR_SVG_BYTES_MAX);
    assert_int_equal(bm_qr_svg(document.bytes, document.len, &svg, NULL), BM_OK);
    print_message("longest receipt: %zu bytes, its SVG %zu\n", document.len, svg.len);
    bm_buf_free(&svg);
    bm_buf_free(&document);
    bm_vault_close(vault);
}

static void qr_codes_have_bounds(void **state) {
    (void)state;
    static uint8_t payload[BM_QR_BYTES_MAX + 1];
    struct bm_buf svg = bm_buf_make(BM_QR_SVG_BYTES_MAX), small = bm_buf_make(100);
    for (size_t i = 0; i < sizeof payload; i++) payload[i] = (uint8_t)(i * 167 + i / 7);
    assert_int_equal(bm_qr_svg(payload, 0, &svg, NULL), BM_MISSING_FIELD);
    assert_int_equal(bm_qr_svg(payload, sizeof payload, &svg, NULL), BM_TOO_LONG);
    assert_int_equal(svg.len, 0);
    assert_int_equal(bm_qr_svg(payload, sizeof payload - 1, &svg, NULL), BM_OK);
    assert_non_null(
        strstr(bm_buf_c_text(&svg), "viewBox=\"0 0 185 185\"")); /* 177 and the quiet zone */
    assert_int_equal(bm_qr_svg(payload, 10, &small, NULL), BM_TOO_LARGE);
    bm_buf_free(&small);
    bm_buf_free(&svg);
}

#define IN_FOLDER(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, bm_test_folder_make, bm_test_folder_remove)

int main(void) {
    bm_seal_init();
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_code_leads_to_its_contact_however_it_is_typed),
        IN_FOLDER(a_changed_code_is_unknown_in_the_same_words),
        cmocka_unit_test(malformed_codes_are_refused_with_the_reason),
        IN_FOLDER(key_and_codes_survive_restart_and_restore),
        IN_FOLDER(what_stands_still_says_since_when_and_why),
        IN_FOLDER(another_vault_has_another_key_and_other_codes),
        IN_FOLDER(a_vault_older_than_receipts_gets_a_key_when_it_is_opened),
        IN_FOLDER(a_signed_receipt_reads_as_it_was_written),
        IN_FOLDER(every_changed_byte_of_a_receipt_is_seen),
        IN_FOLDER(touched_receipts_are_refused_with_the_reason),
        IN_FOLDER(what_cannot_be_promised_is_not_signed),
        IN_FOLDER(the_longest_receipt_fits_a_qr_code),
        cmocka_unit_test(qr_codes_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
