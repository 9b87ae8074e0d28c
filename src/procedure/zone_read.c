/* The bytes of a zone file: RFC 8536. */
#include <string.h>

#include "base/alloc.h"
#include "procedure/zone_private.h"

enum {
    HEAD_BYTES = 44,
    TYPE_BYTES = 6,
    TYPES_MAX = 256,
    MAGIC_BYTES = 4,
    VERSION_AT = 4,
    COUNTS_AT = 20
};

/* The six counts of a head, in the file's order. */
struct counts {
    uint32_t is_ut, is_standard, leaps, times, types, chars;
};

static uint32_t u32_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}
static int64_t i64_at(const uint8_t *bytes) {
    return (int64_t)((uint64_t)u32_at(bytes) << 32 | u32_at(bytes + 4));
}

static enum bm_code refuse(struct bm_fault *fault, const char *name, size_t at, const char *what) {
    return bm_fault_set(fault, BM_BAD_FORMAT, "zone",
                        "zone %.63s, byte %zu: %s; take the zone file of tzdata as zic makes it",
                        name, at, what);
}

/* How many bytes follow a head; counts are 32 bits each, so nothing overflows. */
static uint64_t body_bytes(const struct counts *counts, uint64_t time_bytes) {
    return counts->times * (time_bytes + 1) + (uint64_t)counts->types * TYPE_BYTES + counts->chars +
           counts->leaps * (time_bytes + 4) + counts->is_standard + counts->is_ut;
}

/* A head at `at`, with its body inside the file. */
static enum bm_code read_head(const char *name, const uint8_t *bytes, size_t len, size_t at,
                              uint64_t time_bytes, struct counts *ret_counts,
                              struct bm_fault *fault) {
    if (len - at < HEAD_BYTES || memcmp(bytes + at, "TZif", MAGIC_BYTES) != 0) {
        return refuse(fault, name, at, "no head \"TZif\" here");
    }
    if (bytes[at + VERSION_AT] < '2') {
        return refuse(fault, name, at + VERSION_AT,
                      "version 1 ends in 2038; version 2 or later is needed");
    }
    const uint8_t *from = bytes + at + COUNTS_AT;
    struct counts counts = {u32_at(from),      u32_at(from + 4),  u32_at(from + 8),
                            u32_at(from + 12), u32_at(from + 16), u32_at(from + 20)};
    if (body_bytes(&counts, time_bytes) > len - at - HEAD_BYTES) {
        return refuse(fault, name, at + COUNTS_AT, "the file is shorter than its head says");
    }
    *ret_counts = counts;
    return BM_OK;
}

static enum bm_code check_counts(const char *name, const struct counts *counts, size_t at,
                                 struct bm_fault *fault) {
    if (counts->leaps) return refuse(fault, name, at, "it counts leap seconds");
    if (counts->types == 0 || counts->types > TYPES_MAX) {
        return refuse(fault, name, at, "there must be 1 to 256 local time types");
    }
    if (counts->chars == 0) return refuse(fault, name, at, "there are no names");
    if (counts->times > BM_ZONE_TRANSITIONS_MAX) {
        return refuse(fault, name, at, "more than 2000 transitions");
    }
    if ((counts->is_ut && counts->is_ut != counts->types) ||
        (counts->is_standard && counts->is_standard != counts->types)) {
        return refuse(fault, name, at, "the indicators do not match the types");
    }
    return BM_OK;
}

/* Transitions and types of the 64-bit body that begins at `at`. */
static enum bm_code read_body(struct bm_zone *zone, const uint8_t *bytes, size_t at,
                              const struct counts *counts, struct bm_fault *fault) {
    size_t kinds_at = at + counts->times * 8, types_at = kinds_at + counts->times;
    int32_t offsets[TYPES_MAX];
    for (uint32_t i = 0; i < counts->types; i++) {
        size_t type_at = types_at + i * TYPE_BYTES;
        offsets[i] = (int32_t)u32_at(bytes + type_at);
        if (offsets[i] < -BM_ZONE_OFFSET_MAX_S || offsets[i] > BM_ZONE_OFFSET_MAX_S) {
            return refuse(fault, zone->name, type_at, "an offset of more than 26 hours");
        }
        if (bytes[type_at + 4] > 1 || bytes[type_at + 5] >= counts->chars) {
            return refuse(fault, zone->name, type_at + 4, "a type that is not well formed");
        }
    }
    zone->first_offset_s = offsets[0];
    zone->transitions = bm_alloc((counts->times + 1) * sizeof *zone->transitions);
    zone->count = counts->times;
    for (uint32_t i = 0; i < counts->times; i++) {
        int64_t at_s = i64_at(bytes + at + i * 8);
        if (i > 0 && at_s <= zone->transitions[i - 1].at_s) {
            return refuse(fault, zone->name, at + i * 8, "transitions do not rise");
        }
        if (bytes[kinds_at + i] >= counts->types) {
            return refuse(fault, zone->name, kinds_at + i,
                          "a transition to a type that there is not");
        }
        zone->transitions[i] = (struct bm_zone_transition){at_s, offsets[bytes[kinds_at + i]]};
    }
    return BM_OK;
}

/* "\n" rule "\n", and nothing behind it. */
static enum bm_code read_footer(struct bm_zone *zone, const uint8_t *bytes, size_t len, size_t at,
                                struct bm_fault *fault) {
    if (len - at < 2 || bytes[at] != '\n' || bytes[len - 1] != '\n') {
        return refuse(fault, zone->name, at, "the footer does not stand between two line ends");
    }
    size_t rule_len = len - at - 2, wrong_at = 0;
    if (rule_len > BM_ZONE_FOOTER_MAX)
        return refuse(fault, zone->name, at, "the footer is longer than 120 bytes");
    if (rule_len == 0) return BM_OK; /* the last transition's type holds for ever */
    if (!bm_zone_rule_read((const char *)bytes + at + 1, rule_len, &zone->rule, &wrong_at)) {
        return refuse(fault, zone->name, at + 1 + wrong_at, "the footer's rule is not well formed");
    }
    zone->has_rule = true;
    return BM_OK;
}

static enum bm_code read_zone(struct bm_zone *zone, const uint8_t *bytes, size_t len,
                              struct bm_fault *fault) {
    struct counts counts;
    enum bm_code code = read_head(zone->name, bytes, len, 0, 4, &counts, fault);
    if (code) return code;
    size_t at = HEAD_BYTES + (size_t)body_bytes(&counts, 4);
    code = read_head(zone->name, bytes, len, at, 8, &counts, fault);
    if (!code) code = check_counts(zone->name, &counts, at + COUNTS_AT, fault);
    if (!code) code = read_body(zone, bytes, at + HEAD_BYTES, &counts, fault);
    if (!code) {
        code = read_footer(zone, bytes, len, at + HEAD_BYTES + (size_t)body_bytes(&counts, 8),
                           fault);
    }
    return code;
}

enum bm_code bm_zone_read(const char *name, const void *bytes, size_t len,
                          struct bm_zone **ret_zone, struct bm_fault *fault) {
    struct bm_zone *zone = bm_alloc_zero(1, sizeof *zone);
    snprintf(zone->name, sizeof zone->name, "%s", name);
    enum bm_code code = len > BM_ZONE_BYTES_MAX
                            ? refuse(fault, zone->name, BM_ZONE_BYTES_MAX, "more than 64 KiB")
                            : read_zone(zone, bytes, len, fault);
    if (!code && !bm_zone_keeps_gaps(zone)) code = refuse(fault, zone->name, 0, "its clocks go back into a time that a jump has just left out");
    if (code) {
        bm_zone_free(zone);
        return code;
    }
    *ret_zone = zone;
    return BM_OK;
}
