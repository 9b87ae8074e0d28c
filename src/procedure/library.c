#include "procedure/library.h"

#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/json.h"
#include "base/map.h"
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

static enum bm_code read_calendar(const struct packed *packed, struct shelf *shelf, struct bm_fault *fault) {
    struct bm_findings findings = {.count = 0};
    struct bm_calendar_file *file;
    if (bm_calendar_file_read(packed->file.bytes, packed->file.len, &findings, &file)) return unreadable(&findings, fault);
    enum bm_code code = bm_zone_read(bm_calendar_file_zone(file), packed->zone.bytes, packed->zone.len, &shelf->zone, fault);
    if (!code) code = bm_calendar_make(NULL, bm_calendar_file_plan(file), NULL, 0, shelf->zone, &shelf->calendar, fault);
    bm_calendar_file_free(file);
    return code;
}

enum bm_code bm_library_calendar(struct bm_library *library, const char *hash, const void *bytes, size_t len,
                                 const struct bm_calendar **ret_calendar, struct bm_fault *fault) {
    uint8_t key[16];
    key_of('c', hash, key);
    const struct shelf *known = find(library, key);
    if (known) {
        *ret_calendar = known->calendar;
        return BM_OK;
    }
    json_t *object;
    struct packed packed;
    struct shelf shelf = {.zone = NULL};
    enum bm_code code = bm_json_parse(bytes, len, &object, fault);
    if (code) return code;
    code = bm_shape_read_json(&packed_shape, object, &packed, NULL, fault);
    json_decref(object);
    if (code) return code;
    code = read_calendar(&packed, &shelf, fault);
    bm_shape_release(&packed_shape, &packed);
    if (code) {
        clear(&shelf);
        return code;
    }
    code = put(library, key, shelf, fault);
    if (!code) *ret_calendar = shelf.calendar;
    return code;
}
