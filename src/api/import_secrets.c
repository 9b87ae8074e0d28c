/* The first secrets of devices that came with a file: made by the desk, shown in the answer, and never again. */
#include <inttypes.h>

#include "api/imports.h"
#include "base/alloc.h"
#include "base/json.h"
#include "vault/devices.h"

struct fresh {
    struct bm_map keys; /* of the file's new rows */
    struct bm_device *devices;
    uint64_t *ids;
    size_t count, cap;
};

static void note_new(const struct bm_import *import, struct bm_map *ret_keys) {
    for (size_t i = 0; i < import->line_count; i++) {
        const struct bm_import_line *line = &import->lines[i];
        uint8_t key[16];
        const char *text = (const char *)import->texts.bytes + line->key;
        if (line->verdict != BM_VERDICT_NEW) continue;
        bm_hash_of(text, strlen(text), key, sizeof key);
        bm_map_put(ret_keys, key, 1);
    }
}

static bool gather(void *context, const void *record) {
    struct fresh *fresh = context;
    const struct bm_device *device = record;
    char text[BM_IMPORT_KEY_TEXT];
    uint8_t key[16];
    uint64_t seen;
    bm_import_device_key(device->protocol, device->identity, text);
    bm_hash_of(text, strlen(text), key, sizeof key);
    if (!bm_import_wants_secret(device->protocol) || !bm_map_get(&fresh->keys, key, &seen)) return true;
    if (fresh->count == fresh->cap) {
        fresh->cap = fresh->cap ? fresh->cap * 2 : 64;
        fresh->devices = bm_realloc(fresh->devices, fresh->cap * sizeof *fresh->devices);
        fresh->ids = bm_realloc(fresh->ids, fresh->cap * sizeof *fresh->ids);
    }
    fresh->devices[fresh->count] = *device; /* it holds no bytes of its own */
    fresh->ids[fresh->count++] = device->id.v;
    return true;
}

static void write(struct bm_buf *out, const struct fresh *fresh, char (*secrets)[BM_DEVICE_SECRET_TEXT]) {
    for (size_t i = 0; i < fresh->count; i++) {
        const struct bm_device *device = &fresh->devices[i];
        bm_buf_printf(out, "%s{\"device\":\"%" PRIu64 "\",\"protocol\":\"%s\",\"identity\":", i ? "," : "", device->id.v,
                      bm_word(&bm_device_protocol_words, device->protocol));
        bm_json_text(out, device->identity);
        bm_buf_printf(out, ",\"secret\":\"%s\"}", secrets[i]);
    }
}

enum bm_code bm_import_secrets(struct bm_call *call, const struct bm_import *import) {
    struct fresh fresh = {0};
    struct bm_query query = {.table = BM_T_DEVICE};
    struct bm_reader *reader;
    note_new(import, &fresh.keys);
    enum bm_code code = bm_api_reader(call->api, &reader, &call->fault);
    if (!code) {
        code = bm_reader_records(reader, &query, gather, &fresh, &call->fault);
        bm_api_reader_back(call->api, reader);
    }
    char(*secrets)[BM_DEVICE_SECRET_TEXT] = bm_alloc_zero(fresh.count ? fresh.count : 1, sizeof *secrets);
    if (!code && fresh.count) code = bm_vault_new_device_secrets(call->api->vault, fresh.ids, fresh.count, secrets, &call->fault);
    if (!code) write(&call->out, &fresh, secrets);
    bm_wipe(secrets, (fresh.count ? fresh.count : 1) * sizeof *secrets);
    bm_free(secrets);
    bm_free(fresh.devices);
    bm_free(fresh.ids);
    bm_map_free(&fresh.keys);
    return code;
}
