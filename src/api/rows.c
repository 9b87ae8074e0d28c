/* Records as clients see them: without keys and ciphertext, personal fields opened for those who
 * may. */
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "base/alloc.h"
#include "base/json.h"

json_t *bm_row_unseal(struct bm_api *api, uint64_t key_id, const struct bm_bytes *value) {
    uint8_t key[BM_KEY_BYTES];
    char *clear;
    size_t len;
    if (!value->len || bm_vault_key(api->vault, key_id, key) != BM_OK) return NULL;
    bool ok = bm_unseal(key, key_id, value->bytes, value->len, &clear, &len);
    bm_wipe(key, sizeof key);
    if (!ok) return NULL;
    json_t *object;
    enum bm_code code = bm_json_parse(clear, len, &object, NULL);
    bm_wipe(clear, len);
    bm_free(clear);
    return code ? NULL : object;
}

json_t *bm_row_opened(struct bm_api *api, const struct bm_row *row) {
    if (!row->key_id) return NULL;
    struct bm_buf joined = bm_buf_make(1u << 20);
    bm_buf_add(&joined, row->nonce, BM_NONCE_BYTES);
    bm_buf_add(&joined, row->sealed, row->sealed_len);
    struct bm_bytes value = {joined.bytes, (uint32_t)joined.len};
    json_t *personal = bm_row_unseal(api, row->key_id, &value);
    bm_buf_free(&joined);
    return personal;
}

struct sealed_pair {
    uint64_t key_id;
    const struct bm_bytes *value;
};

/* The sealed values of a record, by data class; false when its table has none. */
static bool sealed_of(enum bm_table_kind table, const void *record,
                      struct sealed_pair ret[BM_data_class_COUNT]) {
    static const struct bm_bytes nothing = {NULL, 0};
    if (table == BM_T_CASE) {
        const struct bm_case *row = record;
        ret[BM_DATA_NARRATIVE] = (struct sealed_pair){row->narrative_key.v, &row->narrative};
        ret[BM_DATA_IDENTITY] = (struct sealed_pair){row->identity_key.v, &row->identity};
        return true;
    }
    if (table == BM_T_CONTACT) {
        const struct bm_contact *row = record;
        ret[BM_DATA_NARRATIVE] = (struct sealed_pair){row->narrative_key.v, &row->narrative};
        ret[BM_DATA_IDENTITY] = (struct sealed_pair){row->identity_key.v, &row->identity};
        return true;
    }
    if (table == BM_T_DURESS) {
        const struct bm_duress *row = record;
        ret[BM_DATA_NARRATIVE] = (struct sealed_pair){row->narrative_key.v, &row->narrative};
        ret[BM_DATA_IDENTITY] = (struct sealed_pair){0, &nothing};
        return true;
    }
    if (table == BM_T_HANDOVER) {
        const struct bm_handover *row = record;
        ret[BM_DATA_NARRATIVE] = (struct sealed_pair){row->narrative_key.v, &row->narrative};
        ret[BM_DATA_IDENTITY] = (struct sealed_pair){0, &nothing};
        return true;
    }
    if (table == BM_T_OPERATOR) {
        const struct bm_operator *row = record;
        ret[BM_DATA_NARRATIVE] = (struct sealed_pair){0, &nothing};
        ret[BM_DATA_IDENTITY] = (struct sealed_pair){row->identity_key.v, &row->identity};
        return true;
    }
    return false;
}

static void write_personal(struct bm_api *api, enum bm_open open,
                           const struct sealed_pair sealed[BM_data_class_COUNT],
                           struct bm_buf *out) {
    json_t *all = json_object();
    for (int c = 0; c < BM_data_class_COUNT; c++) {
        if (open == BM_OPEN_ADDRESS && c != BM_DATA_NARRATIVE) continue;
        json_t *part = bm_row_unseal(api, sealed[c].key_id, sealed[c].value);
        if (!part) continue;
        if (open == BM_OPEN_ADDRESS) {
            json_t *address = json_object_get(part, "address");
            if (address) json_object_set(all, "address", address);
        } else {
            json_object_update(all, part);
        }
        json_decref(part);
    }
    char *text = json_object_size(all) ? json_dumps(all, JSON_COMPACT) : NULL;
    bm_buf_text(out, text ? text : "null");
    free(text);
    json_decref(all);
}

void bm_row_write(struct bm_api *api, const struct bm_viewer *viewer, enum bm_open open,
                  enum bm_table_kind table, const void *record, struct bm_buf *out) {
    const struct bm_shape *shape = bm_table_shape(table);
    struct bm_alert_channel channel;
    bool first = true;
    if (table == BM_T_ALERT_CHANNEL) { /* whoever sees it looks after it, and must see whom it tells */
        channel = *(const struct bm_alert_channel *)record;
        if (!bm_alert_people_open(api, channel.recipients, channel.recipients)) channel.recipients[0] = 0;
        record = &channel;
    }
    bm_buf_byte(out, '{');
    for (uint16_t i = 0; i < shape->field_count; i++) {
        const struct bm_field *field = &shape->fields[i];
        size_t len = strlen(field->name);
        bool is_key = len > 4 && strcmp(field->name + len - 4, "_key") == 0;
        if (field->kind == BM_F_BYTES || is_key) continue;
        bm_json_name(out, &first, field->name);
        bm_field_write_json(field, record, out);
    }
    struct sealed_pair sealed[BM_data_class_COUNT];
    if (sealed_of(table, record, sealed)) {
        bm_json_name(out, &first, "personal");
        bool opens = open != BM_OPEN_NOTHING && viewer &&
                     bm_mirror_may_open(api->mirror, viewer, table, record);
        if (opens)
            write_personal(api, open, sealed, out);
        else
            bm_buf_text(out, "null");
    }
    bm_buf_byte(out, '}');
}
