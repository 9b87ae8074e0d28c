/* Devices by the name that they go by, and what is known of them beside the record: when they were last heard of, how their
 * clock goes, whether they ask for help; and names that nobody knows, so that an administrator can add them.  Nothing of
 * it is kept over a restart.  Any thread may call everything. */
#ifndef BM_INTAKE_DEVICE_H
#define BM_INTAKE_DEVICE_H

#include "base/code.h"
#include "core/entity.h"

enum {
    BM_UNKNOWN_DEVICES_MAX = 256, /* past it the one that was silent longest is forgotten */
    BM_DEVICE_NOTE_TEXT = 64
};

struct bm_devices;
struct bm_devices *bm_devices_new(void);
void bm_devices_free(struct bm_devices *devices); /* NULL is fine */

/* A device as the record has it now. */
void bm_devices_take(struct bm_devices *devices, const struct bm_device *device);
/* The device in service under that name; false when there is none.  Then `note` (what it says of itself; NULL: nothing is noted) stands in the list of unknown ones. */
bool bm_devices_find(struct bm_devices *devices, enum bm_device_protocol protocol, const char *identity, const char *note,
                     int64_t now_ms, struct bm_device *ret_device);
bool bm_devices_get(struct bm_devices *devices, uint64_t id, struct bm_device *ret_device);

/* It was heard of; `device_at_ms` is what its clock said (BM_AT_NONE: nothing). */
void bm_devices_heard(struct bm_devices *devices, uint64_t id, int64_t now_ms, int64_t device_at_ms, bool clock_off);
/* Devices say "help" with every message until one is acknowledged or somebody resets them, which is one call.  What a message
 * is in that: nothing, where the call begins, said again while the call is on its way to the record (no message with it may be
 * acknowledged yet), or said again of a call that is there.  bm_devices_asked says how it ended. */
enum bm_device_call { BM_DEVICE_FINE, BM_DEVICE_CALLS, BM_DEVICE_IS_CALLING, BM_DEVICE_HAS_CALLED };
enum bm_device_call bm_devices_asks(struct bm_devices *devices, uint64_t id, bool alarm);
void bm_devices_asked(struct bm_devices *devices, uint64_t id, bool in_record);

struct bm_heard {
    int64_t at_ms, device_at_ms; /* BM_AT_NONE: never since the start; not said */
    bool clock_off;
};
struct bm_heard bm_devices_heard_of(struct bm_devices *devices, uint64_t id);

struct bm_unknown_device {
    enum bm_device_protocol protocol;
    char identity[BM_IDENTITY_TEXT], note[BM_DEVICE_NOTE_TEXT];
    int64_t first_at_ms, last_at_ms;
    uint64_t count;
};
/* Those that are not in the record, the latest first; at most BM_UNKNOWN_DEVICES_MAX into `ret`. */
size_t bm_devices_unknown(struct bm_devices *devices, struct bm_unknown_device *ret);

#endif
