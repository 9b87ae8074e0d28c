#include "import/address_book.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import/names.h"
#include "import/objects.h"

enum { TEXT_MAX = 250, OTHERS_MAX = 8 };
#define TEXTS_MAX UINT32_C(4000000000)
#define OBJECTS_MAX UINT32_C(400000000)

/* Where a thing is, until all nodes are known. */
struct pending {
    uint32_t thing;
    uint64_t refs; /* of a way: nodes; of a relation: ways, as ids in `members` */
    uint32_t ref_count;
    bool of_ways;
};
struct node {
    int64_t id;
    struct bm_point point;
};
struct outline {
    int64_t id; /* of a way that some relation may need */
    uint64_t refs;
    uint32_t ref_count;
};

struct reading {
    struct bm_book book;
    struct node *nodes;
    size_t node_count, node_cap;
    struct outline *outlines;
    size_t outline_count, outline_cap;
    struct pending *pending;
    size_t pending_count, pending_cap;
    int64_t *members;
    size_t member_count, member_cap;
};

static void *room(void *list, size_t need, size_t *cap, size_t size) {
    if (need <= *cap) return list;
    *cap = need + *cap / 2 + 64;
    return bm_realloc(list, *cap * size);
}

void bm_book_free(struct bm_book *book) {
    bm_free(book->texts);
    bm_free(book->ways);
    bm_free(book->things);
    bm_free(book->refs);
    bm_free(book->points);
    *book = (struct bm_book){0};
}

uint32_t bm_book_add_text(struct bm_book *book, const char *text) {
    if (!text || !text[0]) return 0;
    size_t len = strlen(text);
    if (len > TEXT_MAX) {
        len = TEXT_MAX;
        while (len && ((uint8_t)text[len] & 0xc0) == 0x80) len--;
    }
    book->texts = room(book->texts, book->texts_len + len + 1, &book->texts_cap, 1);
    uint32_t at = (uint32_t)book->texts_len;
    for (size_t i = 0; i < len; i++) /* names are one line each to what reads them */
        book->texts[at + i] = (uint8_t)text[i] < 0x20 ? ' ' : text[i];
    book->texts[at + len] = 0;
    book->texts_len += len + 1;
    return at;
}

/* --- what counts as a place ------------------------------------------------------------------- */

/* The first that fits says what it is; "*" is any value but "no". */
static const struct {
    const char *key, *value;
} place_tags[] = {
    {"amenity", "*"},
    {"healthcare", "*"},
    {"emergency", "*"},
    {"railway", "station"},
    {"railway", "halt"},
    {"railway", "tram_stop"},
    {"railway", "subway_entrance"},
    {"public_transport", "station"},
    {"highway", "bus_stop"},
    {"highway", "motorway_junction"},
    {"aeroway", "aerodrome"},
    {"aeroway", "terminal"},
    {"aeroway", "helipad"},
    {"tourism", "*"},
    {"shop", "*"},
    {"office", "*"},
    {"leisure", "*"},
    {"historic", "*"},
    {"man_made", "bridge"},
    {"man_made", "tower"},
    {"man_made", "pier"},
    {"man_made", "works"},
    {"power", "plant"},
    {"natural", "peak"},
    {"place", "*"},
    {"landuse", "residential"},
    {"landuse", "industrial"},
    {"landuse", "commercial"},
    {"landuse", "retail"},
    {"landuse", "cemetery"},
    {"public_transport", "stop_area"},
    {"building", "*"},
};
static const char *const quarters[] = {"city",    "borough", "town",   "suburb",
                                       "village", "quarter", "hamlet", "neighbourhood"};

static const char *place_detail(const struct bm_opl *opl) {
    for (size_t i = 0; i < sizeof place_tags / sizeof place_tags[0]; i++) {
        const char *value = bm_opl_tag(opl, place_tags[i].key);
        if (!value || strcmp(value, "no") == 0) continue;
        if (place_tags[i].value[0] != '*' && strcmp(value, place_tags[i].value) != 0) continue;
        return strcmp(value, "yes") == 0 ? place_tags[i].key : value;
    }
    return NULL;
}

/* --- taking objects --------------------------------------------------------------------------- */

/* Other names, one a line. */
static uint32_t take_others(struct bm_book *book, const struct bm_opl *opl) {
    static const char *const keys[] = {"name:zh",    "name:zh-Hans",  "name:zh-Hant", "alt_name",
                                       "short_name", "official_name", "old_name",     "loc_name"};
    const char *name = bm_opl_tag(opl, "name");
    size_t from = book->texts_len;
    int taken = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && taken < OTHERS_MAX; i++) {
        const char *value = bm_opl_tag(opl, keys[i]);
        if (!value || !value[0] || (name && strcmp(name, value) == 0)) continue;
        if (taken) book->texts[book->texts_len - 1] = '\n'; /* joins the former */
        bm_book_add_text(book, value);
        taken++;
    }
    return taken ? (uint32_t)from : 0;
}

/* The detail is for people: "fire station", not "fire_station". */
static uint32_t take_detail(struct bm_book *book, const char *detail) {
    uint32_t at = bm_book_add_text(book, detail);
    for (char *c = book->texts + at; at && *c; c++) {
        if (*c == '_') *c = ' ';
    }
    return at;
}

/* Adds what the object is of a house or a place; BM_BOOK_NONE when it is neither. */
static uint32_t take_thing(struct reading *reading, const struct bm_opl *opl) {
    struct bm_book *book = &reading->book;
    struct bm_book_thing thing = {0};
    const char *number = bm_opl_tag(opl, "addr:housenumber"), *name = bm_opl_tag(opl, "name");
    const char *street = bm_opl_tag(opl, "addr:street"), *detail = NULL;
    if (!street) street = bm_opl_tag(opl, "addr:place");
    if (number && !street) book->houses_without_street++;
    if (name && name[0]) detail = place_detail(opl);
    bool is_house = number && number[0] && street && street[0];
    if (!is_house && !detail) return BM_BOOK_NONE;
    if (is_house) {
        thing.street = bm_book_add_text(book, street);
        thing.number = bm_book_add_text(book, number);
    }
    if (detail) {
        const char *place = bm_opl_tag(opl, "place");
        thing.is_place = true;
        for (size_t i = 0; place && i < sizeof quarters / sizeof quarters[0]; i++)
            thing.is_quarter = thing.is_quarter || strcmp(place, quarters[i]) == 0;
        thing.name = bm_book_add_text(book, name);
        thing.name_en = bm_book_add_text(book, bm_opl_tag(opl, "name:en"));
        thing.others = take_others(book, opl);
        thing.detail = take_detail(book, detail);
    }
    thing.point = opl->point;
    book->things = room(book->things, book->thing_count + 1, &book->thing_cap,
                        sizeof *book->things);
    book->things[book->thing_count++] = thing;
    return (uint32_t)(book->thing_count - 1);
}

static void take_node(struct reading *reading, const struct bm_opl *opl) {
    if (!opl->has_point) return;
    reading->nodes = room(reading->nodes, reading->node_count + 1, &reading->node_cap,
                          sizeof *reading->nodes);
    reading->nodes[reading->node_count++] = (struct node){opl->id, opl->point};
    if (opl->tag_count) take_thing(reading, opl);
}

static void wait_for_nodes(struct reading *reading, uint32_t thing, uint64_t refs, size_t count,
                           bool of_ways) {
    reading->pending = room(reading->pending, reading->pending_count + 1, &reading->pending_cap,
                            sizeof *reading->pending);
    reading->pending[reading->pending_count++] = (struct pending){thing, refs, (uint32_t)count,
                                                                  of_ways};
}

static void take_way(struct reading *reading, const struct bm_opl *opl) {
    struct bm_book *book = &reading->book;
    if (!opl->node_count) return;
    uint64_t first = book->ref_count;
    book->refs = room(book->refs, book->ref_count + opl->node_count, &book->ref_cap,
                      sizeof *book->refs);
    memcpy(book->refs + first, opl->nodes, opl->node_count * sizeof *opl->nodes);
    book->ref_count += opl->node_count;
    reading->outlines = room(reading->outlines, reading->outline_count + 1, &reading->outline_cap,
                             sizeof *reading->outlines);
    reading->outlines[reading->outline_count++] = (struct outline){opl->id, first,
                                                                   (uint32_t)opl->node_count};
    const char *name = bm_opl_tag(opl, "name");
    if (bm_opl_tag(opl, "highway") && name && name[0]) {
        struct bm_book_way way = {.name = bm_book_add_text(book, name),
                                  .name_en = bm_book_add_text(book, bm_opl_tag(opl, "name:en")),
                                  .refs = first,
                                  .ref_count = (uint32_t)opl->node_count};
        way.others = take_others(book, opl);
        book->ways = room(book->ways, book->way_count + 1, &book->way_cap, sizeof *book->ways);
        book->ways[book->way_count++] = way;
        return;
    }
    uint32_t thing = take_thing(reading, opl);
    if (thing != BM_BOOK_NONE) wait_for_nodes(reading, thing, first, opl->node_count, false);
}

static void take_relation(struct reading *reading, const struct bm_opl *opl) {
    const char *type = bm_opl_tag(opl, "type");
    if (!type || (strcmp(type, "multipolygon") != 0 && strcmp(type, "site") != 0)) return;
    uint32_t thing = take_thing(reading, opl);
    if (thing == BM_BOOK_NONE) return;
    uint64_t first = reading->member_count;
    for (size_t i = 0; i < opl->member_count; i++) {
        if (opl->members[i].kind != 'w') continue;
        reading->members = room(reading->members, reading->member_count + 1, &reading->member_cap,
                                sizeof *reading->members);
        reading->members[reading->member_count++] = opl->members[i].id;
    }
    wait_for_nodes(reading, thing, first, reading->member_count - first, true);
}

static enum bm_code take_object(void *context, const struct bm_opl *opl, struct bm_fault *fault) {
    struct reading *reading = context;
    if (opl->kind == 'n') take_node(reading, opl);
    if (opl->kind == 'w') take_way(reading, opl);
    if (opl->kind == 'r') take_relation(reading, opl);
    if (reading->book.texts_len <= TEXTS_MAX && reading->node_count <= OBJECTS_MAX &&
        reading->book.thing_count <= OBJECTS_MAX)
        return BM_OK;
    return bm_fault_set(fault, BM_OUT_OF_RANGE, NULL,
                        "The file holds more names than one index takes: take a smaller extract.");
}

/* --- places of ways and relations ------------------------------------------------------------- */

static int by_node_id(const void *a, const void *b) {
    const struct node *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_outline_id(const void *a, const void *b) {
    const struct outline *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void resolve_nodes(struct reading *reading) {
    struct bm_book *book = &reading->book;
    if (reading->node_count)
        qsort(reading->nodes, reading->node_count, sizeof *reading->nodes, by_node_id);
    for (size_t i = 0; i < book->ref_count; i++) {
        struct node key = {.id = book->refs[i]};
        const struct node *found = reading->node_count
                                       ? bsearch(&key, reading->nodes, reading->node_count,
                                                 sizeof key, by_node_id)
                                       : NULL;
        book->refs[i] = found ? found - reading->nodes : -1;
    }
    book->points = bm_alloc_zero(reading->node_count + 1, sizeof *book->points);
    book->point_count = reading->node_count;
    for (size_t i = 0; i < reading->node_count; i++) book->points[i] = reading->nodes[i].point;
}

static void add_refs(const struct bm_book *book, uint64_t refs, uint32_t count,
                     struct bm_box *box) {
    for (uint32_t i = 0; i < count; i++) {
        int64_t node = book->refs[refs + i];
        if (node >= 0) bm_box_add(box, book->points[node]);
    }
}

/* The middle of the box around it; false when none of its nodes is in the file. */
static bool locate(const struct reading *reading, const struct pending *pending,
                   struct bm_point *ret_point) {
    struct bm_box box = bm_box_empty;
    if (!pending->of_ways) add_refs(&reading->book, pending->refs, pending->ref_count, &box);
    for (uint32_t i = 0; pending->of_ways && i < pending->ref_count; i++) {
        struct outline key = {.id = reading->members[pending->refs + i]};
        const struct outline *way = reading->outline_count
                                        ? bsearch(&key, reading->outlines, reading->outline_count,
                                                  sizeof key, by_outline_id)
                                        : NULL;
        if (way) add_refs(&reading->book, way->refs, way->ref_count, &box);
    }
    if (box.least.lat_e7 > box.most.lat_e7) return false;
    *ret_point = bm_point_between(box.least, box.most, 0.5);
    return true;
}

static void locate_all(struct reading *reading) {
    struct bm_book *book = &reading->book;
    if (reading->outline_count)
        qsort(reading->outlines, reading->outline_count, sizeof *reading->outlines, by_outline_id);
    for (size_t i = 0; i < reading->pending_count; i++) {
        struct bm_book_thing *thing = &book->things[reading->pending[i].thing];
        if (locate(reading, &reading->pending[i], &thing->point)) continue;
        thing->is_place = thing->is_quarter = false; /* nowhere: nothing to find */
        thing->street = thing->number = 0;
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum bm_code read_file(struct reading *reading, const char *path, struct bm_fault *fault) {
    char input[1200];
    int len = snprintf(input, sizeof input, "%s%s", path[0] == '-' ? "./" : "", path);
    if (len < 0 || (size_t)len >= sizeof input)
        return bm_fault_set(fault, BM_TOO_LONG, NULL, "The file's name is too long.");
    /* Relations only of kinds that are places: routes would bring whole networks along. */
    const char *argv[] = {"osmium",
                          "tags-filter",
                          "--no-progress",
                          "-f",
                          "opl,add_metadata=false",
                          "-o",
                          "-",
                          input,
                          "nw/name",
                          "nw/addr:housenumber",
                          "r/amenity",
                          "r/healthcare",
                          "r/tourism",
                          "r/leisure",
                          "r/shop",
                          "r/office",
                          "r/historic",
                          "r/railway=station",
                          "r/aeroway",
                          "r/building",
                          "r/addr:housenumber",
                          "r/landuse=residential,industrial,commercial,retail,cemetery",
                          "r/man_made=bridge,works",
                          NULL};
    struct bm_lines *lines;
    enum bm_code code = bm_lines_run(argv, "osmium-tool", -1, path, &lines, fault);
    if (code) return code;
    code = bm_objects_read(lines, take_object, reading, fault);
    enum bm_code ended = bm_lines_close(lines, code ? NULL : fault);
    return code ? code : ended;
}

enum bm_code bm_book_read(const char *path, const struct bm_tell *tell, struct bm_book *ret_book,
                          struct bm_fault *fault) {
    struct reading reading = {.nodes = NULL};
    bm_tell(tell, "addresses: reading %s", path);
    reading.book.texts = room(NULL, 1, &reading.book.texts_cap, 1);
    reading.book.texts[0] = 0;
    reading.book.texts_len = 1;
    enum bm_code code = read_file(&reading, path, fault);
    if (!code) {
        resolve_nodes(&reading);
        locate_all(&reading);
        bm_tell(tell, "addresses: %zu named ways, %zu houses and places", reading.book.way_count,
                reading.book.thing_count);
        *ret_book = reading.book;
    } else {
        bm_book_free(&reading.book);
    }
    bm_free(reading.nodes);
    bm_free(reading.outlines);
    bm_free(reading.pending);
    bm_free(reading.members);
    return code;
}
