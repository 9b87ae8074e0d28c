#include "procedure/library.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/map.h"
#include "procedure/additions.h"
#include "procedure/builtin.h"

struct shelf {
    struct bm_procedure *procedure; /* of a track */
    struct bm_track *track;
    struct bm_zone *zone; /* of a calendar */
    struct bm_calendar *calendar;
};
struct bm_library {
    struct bm_map by_hash; /* index and 1 */
    struct shelf *shelves;
    size_t count, cap;
};

struct bm_library *bm_library_new(void) {
    return bm_alloc_zero(1, sizeof(struct bm_library));
}

static void clear(struct shelf *shelf) {
    bm_track_free(shelf->track);
    bm_procedure_free(shelf->procedure);
    bm_calendar_free(shelf->calendar);
    bm_zone_free(shelf->zone);
}

void bm_library_free(struct bm_library *library) {
    if (!library) return;
    for (size_t i = 0; i < library->count; i++) clear(&library->shelves[i]);
    bm_free(library->shelves);
    bm_map_free(&library->by_hash);
    bm_free(library);
}

/* A procedure and a calendar of one hash would be two things of the same bytes; the kind keeps them apart all the same. */
static void key_of(char kind, const char *hash, uint8_t ret_key[16]) {
    struct bm_hasher hasher;
    bm_hash_start(&hasher, 16);
    bm_hash_add(&hasher, &kind, 1);
    bm_hash_add(&hasher, hash, strlen(hash));
    bm_hash_end(&hasher, ret_key, 16);
}

static const struct shelf *find(const struct bm_library *library, const uint8_t key[16]) {
    uint64_t place;
    return bm_map_get(&library->by_hash, key, &place) ? &library->shelves[place - 1] : NULL;
}

static enum bm_code put(struct bm_library *library, const uint8_t key[16], struct shelf shelf, struct bm_fault *fault) {
    if (library->count == 2 * BM_LIBRARY_MAX) {
        clear(&shelf);
        return bm_fault_set(fault, BM_OUT_OF_RANGE, NULL, "More than %d editions are in use.", 2 * BM_LIBRARY_MAX);
    }
    if (library->count == library->cap) {
        library->cap = library->cap ? library->cap * 2 : 16;
        library->shelves = bm_realloc(library->shelves, library->cap * sizeof *library->shelves);
    }
    library->shelves[library->count++] = shelf;
    bm_map_put(&library->by_hash, key, library->count);
    return BM_OK;
}

/* The first finding as a fault. */
static enum bm_code unreadable(const struct bm_findings *findings, struct bm_fault *fault) {
    const struct bm_file_finding *first = &findings->items[0];
    return bm_fault_set(fault, BM_BAD_FORMAT, first->where[0] ? first->where : "content", "Line %u, column %u: %s",
                        first->at.line, first->at.column, first->detail);
}

enum bm_code bm_library_track(struct bm_library *library, const char *hash, const void *bytes, size_t len,
                              const struct bm_track **ret_track, struct bm_fault *fault) {
    uint8_t key[16];
    key_of('p', hash, key);
    const struct shelf *known = find(library, key);
    if (known) {
        *ret_track = known->track;
        return BM_OK;
    }
    struct bm_findings findings = {.count = 0};
    struct shelf shelf = {.track = NULL};
    if (bm_procedure_read(bytes, len, &findings, &shelf.procedure)) return unreadable(&findings, fault);
    enum bm_code code = bm_track_make(shelf.procedure, &shelf.track, fault);
    if (code) {
        bm_procedure_free(shelf.procedure);
        return code;
    }
    code = put(library, key, shelf, fault);
    if (!code) *ret_track = shelf.track;
    return code;
}

const struct bm_track *bm_library_builtin(struct bm_library *library, const char *name) {
    const struct bm_builtin *file = bm_builtin_find("procedure", name);
    const struct bm_track *track;
    struct bm_fault fault;
    BM_CHECK(file);
    /* No hash is such a text; that the files can be read is tested where they are built. */
    enum bm_code code = bm_library_track(library, name, file->file, strlen(file->file), &track, &fault);
    BM_CHECK(code == BM_OK);
    return track;
}

/* --- calendars -------------------------------------------------------------------------------- */

struct packed {
    struct bm_bytes file, zone;
};
static const struct bm_field packed_fields[] = {
    BM_FIELD_BYTES(struct packed, file, "file"),
    BM_FIELD_BYTES(struct packed, zone, "zone"),
};
static const struct bm_shape packed_shape = BM_SHAPE("calendar", struct packed, packed_fields);

void bm_calendar_packed(const void *file, size_t file_len, const void *zone, size_t zone_len, struct bm_buf *buf) {
    struct packed packed = {bm_bytes_copy(file, file_len), bm_bytes_copy(zone, zone_len)};
    bm_buf_byte(buf, '{');
    bm_shape_write_json(&packed_shape, &packed, buf);
    bm_buf_byte(buf, '}');
    bm_shape_release(&packed_shape, &packed);
}

/* What one part says, while a calendar is made of it. */
struct unpacked {
    struct packed packed;
    struct bm_calendar_file *file;
};

static void free_unpacked(struct unpacked *unpacked) {
    bm_calendar_file_free(unpacked->file);
    bm_shape_release(&packed_shape, &unpacked->packed);
}

static enum bm_code unpack(const void *bytes, size_t len, struct unpacked *ret_unpacked, struct bm_fault *fault) {
    struct bm_findings findings = {.count = 0};
    struct unpacked unpacked = {.file = NULL};
    json_t *object;
    enum bm_code code = bm_json_parse(bytes, len, &object, fault);
    if (code) return code;
    code = bm_shape_read_json(&packed_shape, object, &unpacked.packed, NULL, fault);
    json_decref(object);
    if (code) return code;
    if (bm_calendar_file_read(unpacked.packed.file.bytes, unpacked.packed.file.len, &findings, &unpacked.file)) {
        code = unreadable(&findings, fault);
        bm_shape_release(&packed_shape, &unpacked.packed);
        return code;
    }
    *ret_unpacked = unpacked;
    return BM_OK;
}

enum bm_code bm_calendar_unpacked(const void *bytes, size_t len, struct bm_calendar_file **ret_file, struct bm_fault *fault) {
    struct unpacked unpacked;
    enum bm_code code = unpack(bytes, len, &unpacked, fault);
    if (code) return code;
    *ret_file = unpacked.file;
    bm_shape_release(&packed_shape, &unpacked.packed);
    return BM_OK;
}

static enum bm_code make_calendar(const struct unpacked *parts, size_t count, struct shelf *shelf, struct bm_fault *fault) {
    struct bm_calendar_layer layers[BM_CALENDAR_LAYERS_MAX];
    for (size_t i = 0; i < count; i++) {
        if (bm_calendar_file_adds(parts[i].file) != (i > 0))
            return bm_fault_set(fault, BM_BAD_FORMAT, "content", i ? "This is a calendar of its own, and no additions to one."
                                                                   : "These are additions to a calendar, and no calendar.");
        if (i > 0) layers[i - 1] = bm_additions_layer(parts[i].file, bm_calendar_file_title(parts[i].file));
    }
    const struct packed *base = &parts[0].packed;
    enum bm_code code = bm_zone_read(bm_calendar_file_zone(parts[0].file), base->zone.bytes, base->zone.len, &shelf->zone, fault);
    return code ? code
                : bm_calendar_make(NULL, bm_calendar_file_plan(parts[0].file), layers, count - 1, shelf->zone, &shelf->calendar, fault);
}

static void key_of_parts(const struct bm_library_part *parts, size_t count, uint8_t ret_key[16]) {
    if (count == 1) {
        key_of('c', parts[0].hash, ret_key);
        return;
    }
    struct bm_hasher hasher;
    bm_hash_start(&hasher, 16);
    bm_hash_add(&hasher, "layered", 7);
    for (size_t i = 0; i < count; i++) bm_hash_add(&hasher, parts[i].hash, strlen(parts[i].hash) + 1);
    bm_hash_end(&hasher, ret_key, 16);
}

enum bm_code bm_library_layered(struct bm_library *library, const struct bm_library_part *parts, size_t count,
                                const struct bm_calendar **ret_calendar, struct bm_fault *fault) {
    uint8_t key[16];
    struct unpacked unpacked[1 + BM_CALENDAR_LAYERS_MAX];
    struct shelf shelf = {.zone = NULL};
    size_t read = 0;
    enum bm_code code = BM_OK;
    if (count > 1 + BM_CALENDAR_LAYERS_MAX)
        return bm_fault_set(fault, BM_OUT_OF_RANGE, "jurisdiction", "At most %d additions lie over one calendar in an area.",
                            BM_CALENDAR_LAYERS_MAX);
    key_of_parts(parts, count, key);
    const struct shelf *known = find(library, key);
    if (known) {
        *ret_calendar = known->calendar;
        return BM_OK;
    }
    while (read < count && !(code = unpack(parts[read].bytes, parts[read].len, &unpacked[read], fault))) read++;
    if (!code) code = make_calendar(unpacked, count, &shelf, fault);
    for (size_t i = 0; i < read; i++) free_unpacked(&unpacked[i]);
    if (code) {
        clear(&shelf);
        return code;
    }
    code = put(library, key, shelf, fault);
    if (!code) *ret_calendar = shelf.calendar;
    return code;
}

enum bm_code bm_library_calendar(struct bm_library *library, const char *hash, const void *bytes, size_t len,
                                 const struct bm_calendar **ret_calendar, struct bm_fault *fault) {
    struct bm_library_part part = {hash, bytes, len};
    return bm_library_layered(library, &part, 1, ret_calendar, fault);
}
