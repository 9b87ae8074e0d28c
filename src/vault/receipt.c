/* Receipt documents: written in one way only, so that what was read can be written again and
 * compared with what was signed.  One set of rules serves both ends. */
#include "vault/receipt.h"

#include <inttypes.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/time.h"
#include "vault/vault_private.h"

/* The first says nothing of pauses.  A receipt that has none to tell is written in it still: whoever checks receipts with an
 * older program can. */
static const char *const format_words[] = {"bellman-receipt-1", "bellman-receipt-2"};

void bm_receipt_key_id(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES],
                       uint8_t ret_id[BM_RECEIPT_KEY_BYTES]) {
    bm_hash_of(public_key, BM_SIGN_PUBLIC_BYTES, ret_id, BM_RECEIPT_KEY_BYTES);
}

void bm_receipt_free(struct bm_receipt *receipt) {
    json_decref(receipt->owned);
    *receipt = (struct bm_receipt){.desk = NULL};
}

/* --- the rules ----------------------------------------------------------------------------------
 */

static enum bm_code check_text(const char *field, const char *text, size_t max,
                               struct bm_fault *fault) {
    if (!text || !text[0])
        return bm_fault_set(fault, BM_MISSING_FIELD, field, "A receipt says its %s.", field);
    if (strnlen(text, max + 1) > max)
        return bm_fault_set(fault, BM_TOO_LONG, field, "At most %zu bytes.", max);
    json_t *valid = json_string(text);
    if (!valid) return bm_fault_set(fault, BM_OUT_OF_RANGE, field, "This is no valid UTF-8.");
    json_decref(valid);
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, field,
                                "Control characters and line breaks have no place in a receipt.");
    }
    return BM_OK;
}

static enum bm_code check_at(const char *field, int64_t at_ms, int64_t least_ms,
                             struct bm_fault *fault) {
    if (at_ms >= least_ms && at_ms <= BM_RECEIPT_AT_MAX) return BM_OK;
    return bm_fault_set(
        fault, BM_OUT_OF_RANGE, field,
        least_ms ? "A promise ends after it began (received_at) and before the year 10000."
                 : "An instant from 1970 to 9999.");
}

static enum bm_code check_code(const char *text, struct bm_fault *fault) {
    struct bm_receipt_code code;
    char own[BM_RECEIPT_CODE_BYTES];
    if (!text || !text[0])
        return bm_fault_set(fault, BM_MISSING_FIELD, "code", "A receipt says its code.");
    enum bm_code result = bm_receipt_code_read(text, &code, fault);
    if (result) return result;
    bm_receipt_code_text(&code, own);
    if (strcmp(own, text) == 0) return BM_OK;
    return bm_fault_set(fault, BM_BAD_REQUEST, "code", "In a receipt a code is written %s.", own);
}

static enum bm_code check_pause(const struct bm_receipt *receipt, struct bm_fault *fault) {
    if (!receipt->paused) {
        if (!receipt->paused_because) return BM_OK;
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "paused_because", "Without paused_since there is no cause either: null.");
    }
    if (receipt->promised)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "promised_at", "What stands still (paused_since) has no date: null.");
    enum bm_code code = check_at("paused_since", receipt->paused_since_ms, 0, fault); /* it may have stood still when this contact came */
    return code ? code : check_text("paused_because", receipt->paused_because, BM_RECEIPT_WORD_MAX, fault);
}

static enum bm_code check_promise(const struct bm_receipt *receipt, struct bm_fault *fault) {
    if (!receipt->promised) {
        if (receipt->promise_unit)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "promise_unit",
                                "Without promised_at there is no unit either: null.");
        if (receipt->provisional)
            return bm_fault_set(fault, BM_OUT_OF_RANGE, "provisional",
                                "Only a date (promised_at) can be provisional.");
        return BM_OK;
    }
    enum bm_code code = check_at("promised_at", receipt->promised_at_ms, receipt->received_at_ms,
                                 fault);
    return code ? code
                : check_text("promise_unit", receipt->promise_unit, BM_RECEIPT_WORD_MAX, fault);
}

static enum bm_code check_receipt(const struct bm_receipt *receipt, struct bm_fault *fault) {
    enum bm_code code = check_text("desk", receipt->desk, BM_RECEIPT_DESK_MAX, fault);
    if (!code) code = check_code(receipt->code, fault);
    if (!code) code = check_text("reference", receipt->reference, BM_RECEIPT_WORD_MAX, fault);
    if (!code) code = check_text("procedure", receipt->procedure, BM_RECEIPT_WORD_MAX, fault);
    if (!code) code = check_at("received_at", receipt->received_at_ms, 0, fault);
    if (!code) code = check_promise(receipt, fault);
    if (!code) code = check_pause(receipt, fault);
    return code ? code : check_at("issued_at", receipt->issued_at_ms, 0, fault);
}

/* --- writing
 * -------------------------------------------------------------------------------------- */

static void write_text(struct bm_buf *buf, bool *first, const char *name, const char *text) {
    bm_json_name(buf, first, name);
    if (text)
        bm_json_text(buf, text);
    else
        bm_buf_text(buf, "null");
}

static void write_at(struct bm_buf *buf, bool *first, const char *name, bool there, int64_t at_ms) {
    char text[BM_TIME_TEXT_BYTES];
    bm_time_text(at_ms, text);
    write_text(buf, first, name, there ? text : NULL);
}

static void write_hex(struct bm_buf *buf, bool *first, const char *name, const void *bytes,
                      size_t len) {
    char text[2 * BM_SIGNATURE_BYTES + 1];
    bm_hex(bytes, len, text);
    write_text(buf, first, name, text);
}

/* What is signed. */
static struct bm_buf signed_text(const struct bm_receipt *receipt,
                                 const uint8_t key[BM_RECEIPT_KEY_BYTES]) {
    struct bm_buf buf = bm_buf_make(BM_RECEIPT_BYTES_MAX);
    bool first = true;
    bm_buf_byte(&buf, '{');
    write_text(&buf, &first, "format", format_words[receipt->paused]);
    write_text(&buf, &first, "desk", receipt->desk);
    write_text(&buf, &first, "code", receipt->code);
    write_text(&buf, &first, "reference", receipt->reference);
    write_text(&buf, &first, "procedure", receipt->procedure);
    write_at(&buf, &first, "received_at", true, receipt->received_at_ms);
    write_hex(&buf, &first, "content_hash", receipt->content.bytes, BM_HASH_BYTES);
    write_at(&buf, &first, "promised_at", receipt->promised, receipt->promised_at_ms);
    write_text(&buf, &first, "promise_unit", receipt->promise_unit);
    bm_json_name(&buf, &first, "provisional");
    bm_buf_text(&buf, receipt->provisional ? "true" : "false");
    if (receipt->paused) {
        write_at(&buf, &first, "paused_since", true, receipt->paused_since_ms);
        write_text(&buf, &first, "paused_because", receipt->paused_because);
    }
    write_at(&buf, &first, "issued_at", true, receipt->issued_at_ms);
    if (receipt->follows)
        write_hex(&buf, &first, "previous", receipt->previous.bytes, BM_HASH_BYTES);
    else
        write_text(&buf, &first, "previous", NULL);
    write_hex(&buf, &first, "key", key, BM_RECEIPT_KEY_BYTES);
    bm_buf_byte(&buf, '}');
    BM_CHECK(!buf.overflow);
    return buf;
}

/* Puts the signature in as the last member; the hash is of the whole. */
static void add_signature(struct bm_buf *text, const uint8_t signature[BM_SIGNATURE_BYTES],
                          struct bm_hash *ret_hash) {
    bool first = false;
    text->len--;
    write_hex(text, &first, "signature", signature, BM_SIGNATURE_BYTES);
    bm_buf_byte(text, '}');
    BM_CHECK(!text->overflow);
    bm_hash_of(text->bytes, text->len, ret_hash->bytes, BM_HASH_BYTES);
}

enum bm_code bm_receipt_sign(struct bm_vault *vault, const struct bm_receipt *receipt,
                             struct bm_buf *ret_document, struct bm_hash *ret_hash,
                             struct bm_fault *fault) {
    uint8_t public_key[BM_SIGN_PUBLIC_BYTES], key[BM_RECEIPT_KEY_BYTES],
        signature[BM_SIGNATURE_BYTES];
    struct bm_hash hash;
    enum bm_code code = bm_receipt_public_key(vault, public_key, fault);
    if (!code) code = check_receipt(receipt, fault);
    if (code) return code;
    bm_receipt_key_id(public_key, key);
    struct bm_buf text = signed_text(receipt, key);
    bm_sign(vault->receipt_secret, text.bytes, text.len, signature);
    add_signature(&text, signature, &hash);
    bm_buf_add(ret_document, text.bytes, text.len);
    bm_buf_free(&text);
    if (ret_document->overflow)
        return bm_fault_set(fault, BM_TOO_LARGE, NULL, "The receipt does not fit its buffer.");
    *ret_hash = hash;
    return BM_OK;
}

/* --- reading
 * ---------------------------------------------------------------------------------------- */

static const char *const member_names[] = {
    "format",      "desk",         "code",        "reference",    "procedure",
    "received_at", "content_hash", "promised_at", "promise_unit", "provisional",
    "issued_at",   "previous",     "key",         "signature",
    "paused_since", "paused_because"}; /* the last two since format 2 */
enum { MEMBERS_2 = sizeof member_names / sizeof member_names[0], MEMBERS_1 = MEMBERS_2 - 2 };

static bool is_member(const char *name, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, member_names[i]) == 0) return true;
    }
    return false;
}

/* The format first: another one may have other members. */
static enum bm_code check_members(json_t *object, struct bm_fault *fault) {
    const char *format = json_string_value(json_object_get(object, "format"));
    bool second = format && strcmp(format, format_words[1]) == 0;
    if (!second && !(format && strcmp(format, format_words[0]) == 0))
        return bm_fault_set(
            fault, BM_BAD_FORMAT, "format",
            "This is no receipt that this program can read: it knows \"%s\" and \"%s\" alone. A "
            "newer one may know more.",
            format_words[0], format_words[1]);
    size_t count = second ? MEMBERS_2 : MEMBERS_1;
    for (size_t i = 0; i < count; i++) {
        if (!json_object_get(object, member_names[i]))
            return bm_fault_set(fault, BM_MISSING_FIELD, member_names[i],
                                "The receipt is not whole: \"%s\" is missing.", member_names[i]);
    }
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        if (!is_member(name, count))
            return bm_fault_set(fault, BM_UNKNOWN_FIELD, name,
                                "A receipt has no such member: it was added later.");
    }
    return BM_OK;
}

/* A text; NULL for null where that may be. */
static enum bm_code read_text(const json_t *object, const char *name, bool nullable,
                              const char **ret_text, struct bm_fault *fault) {
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value) && !(nullable && json_is_null(value)))
        return bm_fault_set(fault, BM_WRONG_TYPE, name, "\"%s\" is a text%s.", name,
                            nullable ? " or null" : "");
    *ret_text = json_string_value(value);
    return BM_OK;
}

static enum bm_code read_hex(const json_t *object, const char *name, void *ret_bytes, size_t len,
                             struct bm_fault *fault) {
    const char *text = NULL;
    enum bm_code code = read_text(object, name, false, &text, fault);
    if (code) return code;
    if (bm_unhex(text, ret_bytes, len) == 0) return BM_OK;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, name, "\"%s\" is %zu hex digits in lower case.",
                        name, 2 * len);
}

/* "2026-11-21T20:15:03.123Z" and nothing else. */
static bool instant_of(const char *text, int64_t *ret_at_ms) {
    static const char shape[] = "0000-00-00T00:00:00.000Z";
    int32_t day;
    for (size_t i = 0; i < sizeof shape; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !digit : text[i] != shape[i]) return false;
    }
    if (!bm_date_read(text, 10, &day)) return false;
    int64_t hour = (text[11] - '0') * 10 + text[12] - '0';
    int64_t minute = (text[14] - '0') * 10 + text[15] - '0';
    int64_t second = (text[17] - '0') * 10 + text[18] - '0';
    int64_t ms = (text[20] - '0') * 100 + (text[21] - '0') * 10 + text[22] - '0';
    if (hour > 23 || minute > 59 || second > 59) return false;
    *ret_at_ms = (((day * INT64_C(24) + hour) * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

static enum bm_code read_at(const json_t *object, const char *name, bool nullable, bool *ret_there,
                            int64_t *ret_at_ms, struct bm_fault *fault) {
    const char *text = NULL;
    enum bm_code code = read_text(object, name, nullable, &text, fault);
    if (code) return code;
    if (text && !instant_of(text, ret_at_ms))
        return bm_fault_set(fault, BM_OUT_OF_RANGE, name,
                            "\"%s\" is an instant such as 2026-11-21T20:15:03.123Z.", name);
    *ret_there = text != NULL;
    return BM_OK;
}

static enum bm_code read_rest(const json_t *object, struct bm_receipt *receipt,
                              struct bm_fault *fault) {
    const json_t *provisional = json_object_get(object, "provisional");
    const char *previous = NULL;
    if (!json_is_boolean(provisional))
        return bm_fault_set(fault, BM_WRONG_TYPE, "provisional",
                            "\"provisional\" is true or false.");
    receipt->provisional = json_is_true(provisional);
    enum bm_code code = read_text(object, "previous", true, &previous, fault);
    receipt->follows = previous != NULL;
    if (!code && previous)
        code = read_hex(object, "previous", receipt->previous.bytes, BM_HASH_BYTES, fault);
    if (!code)
        code = read_hex(object, "content_hash", receipt->content.bytes, BM_HASH_BYTES, fault);
    return code ? code : read_hex(object, "key", receipt->key, BM_RECEIPT_KEY_BYTES, fault);
}

static enum bm_code read_receipt(json_t *object, struct bm_receipt *receipt,
                                 uint8_t ret_signature[BM_SIGNATURE_BYTES],
                                 struct bm_fault *fault) {
    bool there;
    enum bm_code code = check_members(object, fault);
    if (!code) code = read_text(object, "desk", false, &receipt->desk, fault);
    if (!code) code = read_text(object, "code", false, &receipt->code, fault);
    if (!code) code = read_text(object, "reference", false, &receipt->reference, fault);
    if (!code) code = read_text(object, "procedure", false, &receipt->procedure, fault);
    if (!code) code = read_text(object, "promise_unit", true, &receipt->promise_unit, fault);
    if (!code)
        code = read_at(object, "received_at", false, &there, &receipt->received_at_ms, fault);
    if (!code) code = read_at(object, "issued_at", false, &there, &receipt->issued_at_ms, fault);
    if (!code)
        code = read_at(object, "promised_at", true, &receipt->promised, &receipt->promised_at_ms,
                       fault);
    if (!code && json_object_get(object, "paused_since")) {
        code = read_at(object, "paused_since", false, &receipt->paused, &receipt->paused_since_ms, fault);
        if (!code) code = read_text(object, "paused_because", false, &receipt->paused_because, fault);
    }
    if (!code) code = read_rest(object, receipt, fault);
    if (!code) code = read_hex(object, "signature", ret_signature, BM_SIGNATURE_BYTES, fault);
    return code ? code : check_receipt(receipt, fault);
}

/* Whether `public_key` made `signature` over the receipt; sets its hash. */
static enum bm_code verify_read(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES],
                                const uint8_t signature[BM_SIGNATURE_BYTES],
                                struct bm_receipt *receipt, struct bm_fault *fault) {
    uint8_t key[BM_RECEIPT_KEY_BYTES];
    char named[2 * BM_RECEIPT_KEY_BYTES + 1], given[2 * BM_RECEIPT_KEY_BYTES + 1];
    bm_receipt_key_id(public_key, key);
    if (memcmp(key, receipt->key, sizeof key) != 0) {
        bm_hex(receipt->key, sizeof receipt->key, named);
        bm_hex(key, sizeof key, given);
        return bm_fault_set(
            fault, BM_CORRUPT, "key",
            "It names another key (%s) than the one given (%s): take the key of the desk "
            "that issued it, or trust it not.",
            named, given);
    }
    struct bm_buf text = signed_text(receipt, key);
    bool good = bm_sign_verify(public_key, text.bytes, text.len, signature);
    if (good) add_signature(&text, signature, &receipt->hash);
    bm_buf_free(&text);
    if (good) return BM_OK;
    return bm_fault_set(
        fault, BM_CORRUPT, "signature",
        "The signature does not fit: this key did not sign these words. Something was "
        "changed after signing.");
}

enum bm_code bm_receipt_verify(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES], const void *bytes,
                               size_t len, struct bm_receipt *ret_receipt, struct bm_fault *fault) {
    static const uint8_t bom[] = {0xef, 0xbb, 0xbf};
    if (len > BM_RECEIPT_READ_MAX)
        return bm_fault_set(fault, BM_TOO_LARGE, NULL, "A receipt has at most %d bytes.",
                            BM_RECEIPT_READ_MAX);
    if (len >= sizeof bom && memcmp(bytes, bom, sizeof bom) == 0) {
        bytes = (const uint8_t *)bytes + sizeof bom;
        len -= sizeof bom;
    }
    struct bm_receipt receipt = {.desk = NULL};
    uint8_t signature[BM_SIGNATURE_BYTES];
    enum bm_code code = bm_json_parse(bytes, len, &receipt.owned, fault);
    if (!code) code = read_receipt(receipt.owned, &receipt, signature, fault);
    if (!code) code = verify_read(public_key, signature, &receipt, fault);
    if (code)
        bm_receipt_free(&receipt);
    else
        *ret_receipt = receipt;
    return code;
}
