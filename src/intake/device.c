#include "intake/device.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/table.h"

struct known {
    struct bm_device row;
    struct bm_heard heard;
    enum bm_device_call call; /* fine, calling, or called */
};

struct bm_devices {
    pthread_mutex_t lock;
    struct bm_table known; /* by device id */
    struct bm_map by_name; /* hash of protocol and identity -> device id */
    struct bm_unknown_device unknown[BM_UNKNOWN_DEVICES_MAX];
    size_t unknown_count;
};

static void name_key(unsigned protocol, const char *identity, uint8_t ret_key[16]) {
    char name[BM_IDENTITY_TEXT + 1] = {(char)('0' + protocol)};
    size_t len = strnlen(identity, BM_IDENTITY_TEXT - 1);
    memcpy(name + 1, identity, len);
    bm_hash_of(name, len + 1, ret_key, 16);
}

struct bm_devices *bm_devices_new(void) {
    struct bm_devices *devices = bm_alloc_zero(1, sizeof *devices);
    pthread_mutex_init(&devices->lock, NULL);
    devices->known = bm_table_make(sizeof(struct known));
    return devices;
}

void bm_devices_free(struct bm_devices *devices) {
    if (!devices) return;
    bm_table_free(&devices->known);
    bm_map_free(&devices->by_name);
    pthread_mutex_destroy(&devices->lock);
    bm_free(devices);
}

/* --- unknown ones ----------------------------------------------------------------------------- */

static struct bm_unknown_device *unknown_of(struct bm_devices *devices, unsigned protocol, const char *identity) {
    for (size_t i = 0; i < devices->unknown_count; i++) {
        struct bm_unknown_device *each = &devices->unknown[i];
        if (each->protocol == protocol && strcmp(each->identity, identity) == 0) return each;
    }
    return NULL;
}

static void note_unknown(struct bm_devices *devices, enum bm_device_protocol protocol, const char *identity, const char *note, int64_t now_ms) {
    struct bm_unknown_device *each = unknown_of(devices, protocol, identity);
    if (!each && devices->unknown_count < BM_UNKNOWN_DEVICES_MAX) {
        each = &devices->unknown[devices->unknown_count++];
        each->identity[0] = 0;
    }
    for (size_t i = 0; !each && i < devices->unknown_count; i++) {
        struct bm_unknown_device *oldest = &devices->unknown[0];
        for (size_t j = 1; j < devices->unknown_count; j++)
            if (devices->unknown[j].last_at_ms < oldest->last_at_ms) oldest = &devices->unknown[j];
        oldest->identity[0] = 0;
        each = oldest;
    }
    if (!each->identity[0]) {
        *each = (struct bm_unknown_device){.protocol = protocol, .first_at_ms = now_ms};
        memcpy(each->identity, identity, strnlen(identity, BM_IDENTITY_TEXT - 1));
    }
    if (note[0]) {
        memset(each->note, 0, sizeof each->note);
        memcpy(each->note, note, strnlen(note, sizeof each->note - 1));
    }
    each->last_at_ms = now_ms;
    each->count++;
}

static int later_first(const void *a, const void *b) {
    const struct bm_unknown_device *x = a, *y = b;
    return x->last_at_ms > y->last_at_ms ? -1 : x->last_at_ms < y->last_at_ms;
}

size_t bm_devices_unknown(struct bm_devices *devices, struct bm_unknown_device *ret) {
    pthread_mutex_lock(&devices->lock);
    size_t count = devices->unknown_count;
    memcpy(ret, devices->unknown, count * sizeof *ret);
    pthread_mutex_unlock(&devices->lock);
    if (count > 1) qsort(ret, count, sizeof *ret, later_first);
    return count;
}

/* --- known ones ------------------------------------------------------------------------------- */

void bm_devices_take(struct bm_devices *devices, const struct bm_device *device) {
    uint8_t key[16];
    pthread_mutex_lock(&devices->lock);
    struct known *known = bm_table_get(&devices->known, device->id.v);
    if (known) {
        uint64_t owner;
        name_key(known->row.protocol, known->row.identity, key);
        if (bm_map_get(&devices->by_name, key, &owner) && owner == device->id.v) bm_map_remove(&devices->by_name, key);
    } else {
        known = bm_table_add(&devices->known, device->id.v);
        known->heard = (struct bm_heard){BM_AT_NONE, BM_AT_NONE, false};
    }
    known->row = *device;
    name_key(device->protocol, device->identity, key);
    bm_map_put(&devices->by_name, key, device->id.v);
    struct bm_unknown_device *unknown = unknown_of(devices, device->protocol, device->identity);
    if (unknown) *unknown = devices->unknown[--devices->unknown_count];
    pthread_mutex_unlock(&devices->lock);
}

bool bm_devices_find(struct bm_devices *devices, enum bm_device_protocol protocol, const char *identity, const char *note,
                     int64_t now_ms, struct bm_device *ret_device) {
    uint8_t key[16];
    uint64_t id;
    name_key(protocol, identity, key);
    pthread_mutex_lock(&devices->lock);
    const struct known *known = bm_map_get(&devices->by_name, key, &id) ? bm_table_get(&devices->known, id) : NULL;
    bool found = known && known->row.active;
    if (found) *ret_device = known->row;
    if (!known && note && identity[0]) note_unknown(devices, protocol, identity, note, now_ms);
    pthread_mutex_unlock(&devices->lock);
    return found;
}

bool bm_devices_get(struct bm_devices *devices, uint64_t id, struct bm_device *ret_device) {
    pthread_mutex_lock(&devices->lock);
    const struct known *known = bm_table_get(&devices->known, id);
    if (known) *ret_device = known->row;
    pthread_mutex_unlock(&devices->lock);
    return known != NULL;
}

void bm_devices_heard(struct bm_devices *devices, uint64_t id, int64_t now_ms, int64_t device_at_ms, bool clock_off) {
    pthread_mutex_lock(&devices->lock);
    struct known *known = bm_table_get(&devices->known, id);
    if (known) {
        known->heard.at_ms = now_ms;
        if (device_at_ms != BM_AT_NONE) {
            known->heard.device_at_ms = device_at_ms;
            known->heard.clock_off = clock_off;
        }
    }
    pthread_mutex_unlock(&devices->lock);
}

enum bm_device_call bm_devices_asks(struct bm_devices *devices, uint64_t id, bool alarm) {
    enum bm_device_call call = BM_DEVICE_FINE;
    pthread_mutex_lock(&devices->lock);
    struct known *known = bm_table_get(&devices->known, id);
    if (known && alarm) call = known->call == BM_DEVICE_FINE ? BM_DEVICE_CALLS : known->call;
    if (known) known->call = call == BM_DEVICE_CALLS ? BM_DEVICE_IS_CALLING : call;
    pthread_mutex_unlock(&devices->lock);
    return call;
}

void bm_devices_asked(struct bm_devices *devices, uint64_t id, bool in_record) {
    pthread_mutex_lock(&devices->lock);
    struct known *known = bm_table_get(&devices->known, id);
    if (known && known->call != BM_DEVICE_FINE) known->call = in_record ? BM_DEVICE_HAS_CALLED : BM_DEVICE_FINE;
    pthread_mutex_unlock(&devices->lock);
}

struct bm_heard bm_devices_heard_of(struct bm_devices *devices, uint64_t id) {
    struct bm_heard heard = {BM_AT_NONE, BM_AT_NONE, false};
    pthread_mutex_lock(&devices->lock);
    const struct known *known = bm_table_get(&devices->known, id);
    if (known) heard = known->heard;
    pthread_mutex_unlock(&devices->lock);
    return heard;
}
