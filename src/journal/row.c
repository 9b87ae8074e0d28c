/* Rows: an event as it is stored, its hash, and back. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/seal.h"
#include "journal/journal_table.h"

struct bm_row_texts bm_row_texts_make(void) {
    return (struct bm_row_texts){.body = bm_buf_make(BM_ROW_BODY_MAX)};
}

void bm_row_texts_free(struct bm_row_texts *texts) {
    bm_buf_free(&texts->body);
}

/* --- hash ------------------------------------------------------------------------------------- */

/* Numbers are hashed as 8 little-endian bytes behind their length, like any other column. */
static uint8_t *put_number(uint8_t *at, uint64_t number) {
    memset(at, 0, 8);
    at[0] = 8;
    for (int i = 0; i < 8; i++) at[8 + i] = (uint8_t)(number >> (8 * i));
    return at + 16;
}

static void add_text(struct bm_hasher *hasher, const char *text) {
    bm_hash_add_sized(hasher, text, strlen(text));
}

struct bm_hash bm_row_hash(const struct bm_row *row, const struct bm_hash *previous) {
    struct bm_hasher hasher;
    struct bm_hash hash;
    uint8_t numbers[5 * 16], *at = numbers;
    at = put_number(at, row->format);
    at = put_number(at, row->ledger);
    at = put_number(at, row->epoch);
    at = put_number(at, row->seq);
    put_number(at, (uint64_t)row->at_ms);
    bm_hash_start(&hasher, sizeof hash.bytes);
    bm_hash_add(&hasher, previous->bytes, sizeof previous->bytes);
    bm_hash_add(&hasher, numbers, sizeof numbers);
    add_text(&hasher, row->kind);
    put_number(numbers, row->kind_version);
    bm_hash_add(&hasher, numbers, 16);
    add_text(&hasher, row->subject);
    add_text(&hasher, row->actor);
    bm_hash_add_sized(&hasher, row->request, row->request ? BM_REQUEST_BYTES : 0);
    bm_hash_add_sized(&hasher, row->body, row->body_len);
    put_number(numbers, row->key_id);
    bm_hash_add(&hasher, numbers, 16);
    bm_hash_add_sized(&hasher, row->nonce, row->nonce ? BM_NONCE_BYTES : 0);
    bm_hash_add_sized(&hasher, row->sealed, row->sealed_len);
    bm_hash_end(&hasher, hash.bytes, sizeof hash.bytes);
    return hash;
}

enum bm_code bm_chain_step(struct bm_chain *chain, const struct bm_row *row,
                           struct bm_fault *fault) {
    if (row->seq != chain->last.seq + 1) {
        return bm_fault_set(
            fault, BM_CORRUPT, "seq",
            "Row %llu is missing: the journal goes on with row %llu. Restore a backup.",
            (unsigned long long)chain->last.seq + 1, (unsigned long long)row->seq);
    }
    if (chain->ledger && row->ledger != chain->ledger) {
        return bm_fault_set(fault, BM_CORRUPT, "ledger",
                            "Row %llu belongs to another ledger. Restore a backup.",
                            (unsigned long long)row->seq);
    }
    struct bm_hash hash = bm_row_hash(row, &chain->last.hash);
    if (memcmp(hash.bytes, row->hash.bytes, sizeof hash.bytes) != 0) {
        return bm_fault_set(
            fault, BM_CORRUPT, "hash",
            "Row %llu does not have the hash that its content and the row before it "
            "give: one of them was changed. Restore a backup.",
            (unsigned long long)row->seq);
    }
    chain->last = (struct bm_head){row->seq, row->hash};
    return BM_OK;
}

/* --- event to row ----------------------------------------------------------------------------- */

void bm_row_of(const struct bm_event *event, uint64_t ledger, uint64_t epoch,
               const struct bm_hash *previous, struct bm_row_texts *texts, struct bm_row *ret_row) {
    bm_subject_text(event->subject, texts->subject);
    struct bm_subject actor = {event->actor.v ? BM_SUBJECT_OPERATOR : BM_SUBJECT_DESK,
                               event->actor.v};
    bm_subject_text(actor, texts->actor);
    bm_buf_clear(&texts->body);
    bm_event_body(event, &texts->body);
    BM_CHECK(!texts->body.overflow);
    *ret_row = (struct bm_row){
        .format = BM_JOURNAL_FORMAT,
        .ledger = ledger,
        .epoch = epoch,
        .seq = event->seq,
        .at_ms = event->at_ms,
        .kind = bm_event_word(event->kind),
        .kind_version = event->version,
        .subject = texts->subject,
        .actor = texts->actor,
        .request = event->has_request ? event->request : NULL,
        .body = bm_buf_c_text(&texts->body),
        .body_len = texts->body.len,
        .key_id = event->key_id,
    };
    if (event->key_id) {
        BM_CHECK(event->sealed.len >= BM_NONCE_BYTES);
        ret_row->nonce = event->sealed.bytes;
        ret_row->sealed = event->sealed.bytes + BM_NONCE_BYTES;
        ret_row->sealed_len = event->sealed.len - BM_NONCE_BYTES;
    } else {
        BM_CHECK(event->sealed.len == 0);
    }
    ret_row->hash = bm_row_hash(ret_row, previous);
}

void bm_batch_check(const struct bm_batch *batch, const struct bm_head *expected) {
    BM_CHECK(batch->event_count >= 1);
    BM_CHECK(batch->event_count <= BM_BATCH_ROWS_MAX);
    for (size_t i = 0; i < batch->event_count; i++) {
        BM_CHECK(batch->events[i]->seq == expected->seq + 1 + i);
    }
    for (size_t i = 0; i < batch->change_count; i++) {
        BM_CHECK(batch->changes[i].table < BM_T_REQUEST);
        BM_CHECK(batch->changes[i].id != 0);
        /* Every record begins with its id (core/entity.h). */
        if (batch->changes[i].record) {
            BM_CHECK(*(const uint64_t *)batch->changes[i].record == batch->changes[i].id);
        }
    }
}

/* --- row to event ----------------------------------------------------------------------------- */

/* Text to subject; only the spelling that bm_subject_text gives is taken. */
static bool read_subject(const char *text, struct bm_subject *ret_subject) {
    char again[BM_SUBJECT_TEXT];
    if (!bm_subject_parse(text, ret_subject)) return false;
    bm_subject_text(*ret_subject, again);
    return strcmp(text, again) == 0;
}

static enum bm_code bad_row(const struct bm_row *row, const char *field, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_CORRUPT, field, "Row %llu: \"%s\" is not well formed.",
                        (unsigned long long)row->seq, field);
}

static enum bm_code newer_row(const struct bm_row *row, const char *field, struct bm_fault *fault) {
    return bm_fault_set(fault, BM_BAD_FORMAT, field,
                        "Row %llu (%.40s, version %u, format %u) is of a newer build than this. "
                        "Start the build that wrote it.",
                        (unsigned long long)row->seq, row->kind, row->kind_version, row->format);
}

/* Everything but the body and the sealed part. */
static enum bm_code read_head(const struct bm_row *row, struct bm_event *ret_event,
                              struct bm_fault *fault) {
    if (row->format != BM_JOURNAL_FORMAT) return newer_row(row, "format", fault);
    int kind = bm_event_find(row->kind);
    if (kind < 0) return newer_row(row, "kind", fault);
    if (row->kind_version == 0 || row->kind_version > UINT16_MAX) {
        return newer_row(row, "kind_version", fault);
    }
    struct bm_subject subject, actor;
    if (row->seq == 0) return bad_row(row, "seq", fault);
    if (!read_subject(row->subject, &subject)) return bad_row(row, "subject", fault);
    if (!read_subject(row->actor, &actor)) return bad_row(row, "actor", fault);
    if (actor.kind != BM_SUBJECT_DESK && (actor.kind != BM_SUBJECT_OPERATOR || actor.id == 0)) {
        return bad_row(row, "actor", fault);
    }
    if (row->body_len > BM_ROW_BODY_MAX) return bad_row(row, "body", fault);
    bool sealed = row->key_id != 0;
    if (sealed != (row->nonce != NULL) || (!sealed && row->sealed_len) ||
        row->sealed_len > BM_ROW_BODY_MAX) {
        return bad_row(row, "sealed", fault);
    }
    *ret_event = bm_event_make((enum bm_event_kind)kind, subject);
    ret_event->seq = row->seq;
    ret_event->at_ms = row->at_ms;
    ret_event->version = (uint16_t)row->kind_version;
    ret_event->actor.v = actor.id;
    ret_event->key_id = row->key_id;
    if (row->request) {
        ret_event->has_request = true;
        memcpy(ret_event->request, row->request, BM_REQUEST_BYTES);
    }
    return BM_OK;
}

/* Nonce and ciphertext stand in two columns, and in one value in the event. */
static struct bm_bytes join_sealed(const struct bm_row *row) {
    struct bm_bytes joined = {bm_alloc(BM_NONCE_BYTES + row->sealed_len),
                              (uint32_t)(BM_NONCE_BYTES + row->sealed_len)};
    memcpy(joined.bytes, row->nonce, BM_NONCE_BYTES);
    if (row->sealed_len) memcpy(joined.bytes + BM_NONCE_BYTES, row->sealed, row->sealed_len);
    return joined;
}

enum bm_code bm_row_event(const struct bm_row *row, struct bm_event *ret_event,
                          struct bm_fault *fault) {
    struct bm_event event;
    enum bm_code code = read_head(row, &event, fault);
    if (code) return code;
    struct bm_fault inner = {0};
    code = bm_event_read_body(&event, row->body, row->body_len, &inner);
    if (code) {
        bm_event_release(&event);
        return bm_fault_set(fault, code, inner.field, "Row %llu (%s): %.200s",
                            (unsigned long long)row->seq, bm_event_word(event.kind), inner.detail);
    }
    if (row->key_id) event.sealed = join_sealed(row);
    *ret_event = event;
    return BM_OK;
}
