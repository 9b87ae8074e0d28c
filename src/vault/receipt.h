/* Receipts: what a citizen holds of a matter, and can check without asking us.
 *
 *   code       what is typed, read over the telephone, or stands in a link:
 * BM-C1S-4Q7Z-0M2K-X8RD-9T3V. The contact's id, then 80 bits of BLAKE2b over it, keyed with a
 * secret of the vault: who has no code finds none by trying, and none is stored anywhere. document
 * one line of JSON, signed (Ed25519) by a key that signs nothing else:
 *
 *   {"format":"bellman-receipt-1","desk":"...","code":"BM-...","reference":"...","procedure":"letter",
 *    "received_at":"2026-11-21T20:15:03.123Z","content_hash":"64 hex","promised_at":"..."|null,
 *    "promise_unit":"7 working_days"|null,"provisional":false,"issued_at":"...","previous":"64
 * hex"|null, "key":"32 hex","signature":"128 hex"}
 *
 *   Signed is the same line without the last member: exactly what JSON.stringify (or Python's
 * json.dumps with separators (",", ":") and ensure_ascii False) makes of the object once
 * "signature" is taken out, since no text may hold control characters.  White space between members
 * may change on the way; nothing else may.
 *
 *   first receipt <-previous- second <-previous- third: each later step names the hash of the one
 * before.
 *
 * A clerk's use: on receiving a letter, fill a struct bm_receipt (code by bm_receipt_code, content
 * by bm_hash_of over the bytes as sent), bm_receipt_sign, keep the line, hand it over as a file and
 * as QR codes (base/qr.h): one of URL/follow#CODE, one of the line itself, which always fits.  A
 * page that follows a matter calls bm_receipt_contact on what was typed.
 *
 * The document tells a plain hash of what the citizen sent; a short text can be guessed from it. It
 * is the citizen's: in the record it stands sealed, like the letter.
 *
 * The functions without a vault are pure (bm_seal_init first) and serve the command line without
 * any desk. None here waits for the disk, and all are safe from any thread. */
#ifndef BM_VAULT_RECEIPT_H
#define BM_VAULT_RECEIPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/hash.h"
#include "base/seal.h"

struct bm_vault;

/* --- codes (vault/receipt_code.c) ---------------------------------------------------------------
 */
enum {
    BM_RECEIPT_CODE_BYTES = 40, /* "BM-" + at most 13 characters + four groups of four + NUL */
    BM_RECEIPT_TYPED_MAX =
        192, /* bytes that somebody may type as a code; ours in full width is 108 */
    BM_RECEIPT_TAG_BYTES = 10
};
/* A code without the question whose it is. */
struct bm_receipt_code {
    uint64_t contact_id; /* > 0 */
    uint8_t tag[BM_RECEIPT_TAG_BYTES];
};
/* Writes it in groups: "BM-1-0000-0000-0000-0000" is the shortest. */
void bm_receipt_code_text(const struct bm_receipt_code *code, char ret_text[BM_RECEIPT_CODE_BYTES]);
/* Reads what somebody typed: either case, O for 0, I and L for 1, hyphens and spaces anywhere or
 * nowhere, full-width characters as Chinese keyboards make them.  BM_TOO_LONG past
 * BM_RECEIPT_TYPED_MAX, else BM_BAD_REQUEST; the field is "code", the sentence says what is wrong
 * with it.  `text` ends with NUL. */
BM_MUST_USE enum bm_code bm_receipt_code_read(const char *text, struct bm_receipt_code *ret_code,
                                              struct bm_fault *fault);
/* The code of a contact (id > 0): always the same while the vault lives, through restarts and
 * restores. */
void bm_receipt_code(struct bm_vault *vault, uint64_t contact_id,
                     char ret_text[BM_RECEIPT_CODE_BYTES]);
/* The contact of a code.  As bm_receipt_code_read; BM_NOT_FOUND, in the very words for every such
 * code, when this vault did not make it.  Compared in constant time.  That the contact is (still)
 * there is the caller's to find, and an absent one must be answered with the same fault:
 * bm_receipt_unknown. */
BM_MUST_USE enum bm_code bm_receipt_contact(struct bm_vault *vault, const char *text,
                                            uint64_t *ret_contact_id, struct bm_fault *fault);
/* The code of a link by which a caller lets the desk see where they are: the `link`th of that contact.  No receipt is one, and
 * none is a receipt. */
void bm_locate_code(struct bm_vault *vault, uint64_t contact_id, uint32_t link, char ret_text[BM_RECEIPT_CODE_BYTES]);
bool bm_locate_matches(struct bm_vault *vault, const struct bm_receipt_code *code, uint32_t link);
/* That fault. */
enum bm_code bm_receipt_unknown(struct bm_fault *fault);

/* --- documents (vault/receipt.c)
 * ------------------------------------------------------------------- Texts are valid UTF-8 without
 * control characters, not empty, and have at most so many bytes: */
enum {
    BM_RECEIPT_DESK_MAX = 120,
    BM_RECEIPT_WORD_MAX = 64, /* reference, procedure, promise_unit, each */
    BM_RECEIPT_BYTES_MAX =
        2048, /* of a document as we write it: a QR code holds 2,329 (base/qr.h) */
    BM_RECEIPT_READ_MAX = 16384, /* of a document as it comes back, with white space and a BOM */
    BM_RECEIPT_KEY_BYTES = 16    /* of a key's id */
};
#define BM_RECEIPT_AT_MAX                                                                          \
    INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z; instants are from 0 */

struct bm_receipt {
    const char *desk;      /* its name, as people know it */
    const char *code;      /* as bm_receipt_code writes it */
    const char *reference; /* the case's id */
    const char *procedure; /* its name in the file */
    int64_t received_at_ms;
    struct bm_hash content;   /* BLAKE2b-256 of the bytes as sent */
    bool promised;            /* else the next three say nothing: 0, NULL, false */
    int64_t promised_at_ms;   /* not before received_at_ms */
    const char *promise_unit; /* how the date was computed: "7 working_days" */
    bool provisional;         /* it falls past the days that a calendar has announced */
    bool paused;              /* then there is no date: what was promised stands still (documents of format 2) */
    int64_t paused_since_ms;
    const char *paused_because; /* the cause, as procedure files have it: "waiting_for_party"; NULL when not paused */
    int64_t issued_at_ms;
    bool follows;            /* a receipt came before this one */
    struct bm_hash previous; /* its hash, when it did; else zeros */

    /* Set by bm_receipt_verify, ignored by bm_receipt_sign. */
    uint8_t key[BM_RECEIPT_KEY_BYTES]; /* id of the key that signed */
    struct bm_hash hash;               /* of this document, for `previous` of the next one */
    json_t *owned;                     /* holds the texts: bm_receipt_free */
};

/* Appends the signed document (one line, no newline) to `ret_document` and gives its hash, which
 * the next receipt of the same matter names as `previous`.  BM_MISSING_FIELD, BM_TOO_LONG,
 * BM_OUT_OF_RANGE or BM_BAD_REQUEST (a code that is none) name the field; then nothing is appended.
 * BM_TOO_LARGE when the buffer's maximum is reached.  About 30 us. */
BM_MUST_USE enum bm_code bm_receipt_sign(struct bm_vault *vault, const struct bm_receipt *receipt,
                                         struct bm_buf *ret_document, struct bm_hash *ret_hash,
                                         struct bm_fault *fault);
/* Reads a document and checks that the holder of `public_key` signed all of it.  Pure; about 80 us.
 *   BM_TOO_LARGE           longer than BM_RECEIPT_READ_MAX
 *   BM_BAD_JSON            names line and column
 *   BM_BAD_FORMAT          "format" is none that this program knows
 *   BM_MISSING_FIELD, BM_UNKNOWN_FIELD, BM_WRONG_TYPE, BM_TOO_LONG, BM_OUT_OF_RANGE, BM_BAD_REQUEST
 *                          name the member
 *   BM_CORRUPT, "key"        signed with another key than this one
 *   BM_CORRUPT, "signature"  this key, but not these words: something was changed after signing
 * Fills *ret_receipt (bm_receipt_free) only with BM_OK. */
BM_MUST_USE enum bm_code bm_receipt_verify(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES],
                                           const void *bytes, size_t len,
                                           struct bm_receipt *ret_receipt, struct bm_fault *fault);
void bm_receipt_free(struct bm_receipt *receipt);
/* BLAKE2b-128 of the key: what documents name it by. */
void bm_receipt_key_id(const uint8_t public_key[BM_SIGN_PUBLIC_BYTES],
                       uint8_t ret_id[BM_RECEIPT_KEY_BYTES]);

/* --- this desk's key (vault/receipt_keys.c)
 * ------------------------------------------------------------- The pair and the codes' secret are
 * made when a vault is first opened, also one that is older than receipts, and synced before that
 * opening returns.  They are in every backup: a desk that is restored from one knows the codes that
 * people hold and signs on with the same key.  BM_NOT_FOUND only for a vault that was opened to
 * copy and is older than receipts: start its server once. */
BM_MUST_USE enum bm_code bm_receipt_public_key(struct bm_vault *vault,
                                               uint8_t ret_public[BM_SIGN_PUBLIC_BYTES],
                                               struct bm_fault *fault);

#endif
