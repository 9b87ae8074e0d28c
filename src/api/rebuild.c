#include "api/rebuild.h"

#include <string.h>

#include "base/alloc.h"
#include "core/alert.h"
#include "desk/snapshot.h"

/* The highest sealing key that any record names: a vault restored from an older copy must not give
 * it out again. */
static uint64_t highest_key(const struct bm_core *core) {
    static const enum bm_table_kind tables[] = {BM_T_CASE, BM_T_CONTACT, BM_T_OPERATOR, BM_T_STUB, BM_T_DURESS};
    uint64_t highest = 0;
    for (int t = 0; t < 5; t++) {
        const struct bm_shape *shape = bm_table_shape(tables[t]);
        const struct bm_field *fields[] = {bm_shape_find(shape, "narrative_key"),
                                           bm_shape_find(shape, "identity_key")};
        for (uint64_t id = bm_core_next_id(core, tables[t], 0); id;
             id = bm_core_next_id(core, tables[t], id)) {
            const void *record = bm_core_get(core, tables[t], id);
            for (int f = 0; f < 2; f++) {
                uint64_t key = fields[f] ? *(const uint64_t *)bm_field_of(fields[f], record) : 0;
                if (key > highest) highest = key;
            }
        }
    }
    for (uint64_t id = bm_core_next_id(core, BM_T_MATTER, 0); id; id = bm_core_next_id(core, BM_T_MATTER, id)) {
        const struct bm_bytes *spare = &((const struct bm_matter *)bm_core_get(core, BM_T_MATTER, id))->spare_keys;
        for (size_t at = 0; at + sizeof(uint64_t) <= spare->len; at += sizeof(uint64_t)) {
            uint64_t key;
            memcpy(&key, spare->bytes + at, sizeof key);
            if (key > highest) highest = key;
        }
    }
    for (uint64_t id = bm_core_next_id(core, BM_T_ALERT_CHANNEL, 0); id; id = bm_core_next_id(core, BM_T_ALERT_CHANNEL, id)) {
        const struct bm_alert_channel *channel = bm_core_get(core, BM_T_ALERT_CHANNEL, id);
        struct bm_alert_sealed sealed;
        if (bm_alert_sealed_read(channel->recipients, &sealed) && sealed.key_id > highest) highest = sealed.key_id;
    }
    return highest;
}

/* Destroys the keys of all that is erased: after a crash between commit and destruction, or a
 * destruction that failed, the frame that asked for it may lie before the snapshot and never come
 * again. */
static enum bm_code finish_erasures(struct bm_vault *vault, const struct bm_core *core, struct bm_fault *fault) {
    static const enum bm_table_kind tables[] = {BM_T_CASE, BM_T_CONTACT, BM_T_STUB};
    uint64_t *keys = NULL;
    size_t count = 0, cap = 0;
    for (int t = 0; t < 3; t++) {
        const struct bm_shape *shape = bm_table_shape(tables[t]);
        const struct bm_field *narrative = bm_shape_find(shape, "narrative_key"),
                              *identity = bm_shape_find(shape, "identity_key");
        const struct bm_field *erased = bm_shape_find(shape, "erased_at_ms");
        for (uint64_t id = bm_core_next_id(core, tables[t], 0); id;
             id = bm_core_next_id(core, tables[t], id)) {
            const void *record = bm_core_get(core, tables[t], id);
            if (*(const int64_t *)bm_field_of(erased, record) == BM_AT_NONE) continue;
            if (count + 2 > cap) {
                cap = cap ? cap * 2 : 64;
                keys = bm_realloc(keys, cap * sizeof *keys);
            }
            keys[count++] = *(const uint64_t *)bm_field_of(narrative, record);
            keys[count++] = *(const uint64_t *)bm_field_of(identity, record);
        }
    }
    static const enum bm_table_kind notes[] = {BM_T_DURESS, BM_T_HANDOVER};
    for (int t = 0; t < 2; t++) {
        for (uint64_t id = bm_core_next_id(core, notes[t], 0); id; id = bm_core_next_id(core, notes[t], id)) {
            struct bm_key_id key = bm_note_erased(notes[t], bm_core_get(core, notes[t], id));
            if (!key.v) continue;
            if (count == cap) {
                cap = cap ? cap * 2 : 64;
                keys = bm_realloc(keys, cap * sizeof *keys);
            }
            keys[count++] = key.v;
        }
    }
    enum bm_code code = count ? bm_vault_destroy_keys(vault, keys, count, fault) : BM_OK;
    bm_free(keys);
    return code;
}

enum bm_code bm_rebuild_state(const char *dir, struct bm_journal *journal, struct bm_vault *vault, struct bm_desk *desk,
                              const struct bm_desk_sink *sink, uint64_t *ret_snapshot_seq, struct bm_fault *fault) {
    struct bm_reader *reader;
    struct bm_core *core;
    struct bm_head head = {0};
    enum bm_code code = bm_reader_open(journal, &reader, fault);
    if (code) return code;
    if (bm_snapshot_load(dir, reader, &core, &head, fault) == BM_OK) bm_desk_take_core(desk, core);
    bm_reader_close(reader);
    *ret_snapshot_seq = head.seq;
    code = bm_desk_replay(desk, sink, fault);
    if (code) return code;
    const char *wrong = bm_core_check(bm_desk_core(desk));
    if (wrong) return bm_fault_set(fault, BM_CORRUPT, NULL, "The record leads to a state that must not be: %s.", wrong);
    bm_vault_keys_after(vault, highest_key(bm_desk_core(desk)));
    return finish_erasures(vault, bm_desk_core(desk), fault);
}
