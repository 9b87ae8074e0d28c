#include "import/address_entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "import/names.h"

enum {
    STREET_GAP_M = 1500,  /* two streets of one name lie farther apart */
    CROSSING_GAP_M = 120, /* the junctions of two wide roads are one crossing */
    SAME_PLACE_M = 150,   /* one name twice so near is one place: both sides of a bus stop */
    SAME_HOUSE_M = 300,
    QUARTER_MOST_M = 5000,
    NAMES_AT_NODE_MAX = 6 /* streets of one crossing; further ones are not paired */
};

struct making {
    struct bm_book *book;
    struct bm_entries made;
    uint32_t *way_streets;                 /* number of each way's street name */
    const struct bm_book_thing **quarters; /* by cell */
    size_t quarter_count;
};

static void add_entry(struct making *making, struct bm_entry entry) {
    struct bm_entries *made = &making->made;
    if (made->count == made->cap) {
        made->cap = made->cap * 2 + 256;
        made->entries = bm_realloc(made->entries, made->cap * sizeof *made->entries);
    }
    made->entries[made->count++] = entry;
}

static const char *text_of(const struct making *making, uint32_t text) {
    return bm_book_text(making->book, text);
}

/* --- street names ----------------------------------------------------------------------------- */

/* qsort_r hands the book's texts over. */
static int by_name(const void *a, const void *b, void *texts) {
    const struct bm_street_name *x = a, *y = b;
    return strcmp((const char *)texts + x->name, (const char *)texts + y->name);
}

static void find_street_names(struct making *making) {
    const struct bm_book *book = making->book;
    size_t count = 0, kept = 0, most = book->way_count + book->thing_count;
    struct bm_street_name *names = bm_alloc_zero(most + 1, sizeof *names);
    for (size_t i = 0; i < book->way_count; i++)
        names[count++] = (struct bm_street_name){book->ways[i].name, book->ways[i].name_en,
                                                 book->ways[i].others};
    for (size_t i = 0; i < book->thing_count; i++)
        if (book->things[i].street) names[count++].name = book->things[i].street;
    qsort_r(names, count, sizeof *names, by_name, book->texts);
    for (size_t i = 0; i < count; i++) {
        struct bm_street_name *last = kept ? &names[kept - 1] : NULL;
        if (last && strcmp(book->texts + last->name, book->texts + names[i].name) == 0) {
            if (!last->name_en) last->name_en = names[i].name_en;
            if (!last->others) last->others = names[i].others;
            continue;
        }
        names[kept++] = names[i];
    }
    making->made.streets = names;
    making->made.street_count = kept;
}

/* The number of a name that is there. */
static uint32_t street_number(const struct making *making, uint32_t name) {
    struct bm_street_name key = {.name = name};
    size_t from = 0, to = making->made.street_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (by_name(&making->made.streets[middle], &key, making->book->texts) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return (uint32_t)from + 1;
}

/* --- quarters --------------------------------------------------------------------------------- */

/* Cells of about 0.05 degrees; a row of cells is 10,000 numbers wide. */
static int64_t cell_of(struct bm_point point) {
    int64_t row = ((int64_t)point.lat_e7 + 900000000) / 500000;
    int64_t column = ((int64_t)point.lon_e7 + 1800000000) / 500000;
    return row * 10000 + column;
}

static int by_cell(const void *a, const void *b) {
    int64_t x = cell_of((*(const struct bm_book_thing *const *)a)->point);
    int64_t y = cell_of((*(const struct bm_book_thing *const *)b)->point);
    return x < y ? -1 : x > y;
}

static void find_quarters(struct making *making) {
    const struct bm_book *book = making->book;
    making->quarters = bm_alloc_zero(book->thing_count + 1, sizeof *making->quarters);
    for (size_t i = 0; i < book->thing_count; i++)
        if (book->things[i].is_quarter)
            making->quarters[making->quarter_count++] = &book->things[i];
    qsort(making->quarters, making->quarter_count, sizeof *making->quarters, by_cell);
}

/* The name of the nearest quarter; 0 when none is near. */
static uint32_t quarter_of(const struct making *making, struct bm_point point) {
    double least_m = QUARTER_MOST_M;
    uint32_t name = 0;
    for (int64_t row = -1; row <= 1; row++) {
        int64_t first = cell_of(point) + row * 10000 - 1;
        size_t from = 0, to = making->quarter_count;
        while (from < to) {
            size_t middle = from + (to - from) / 2;
            if (cell_of(making->quarters[middle]->point) < first)
                from = middle + 1;
            else
                to = middle;
        }
        for (; from < making->quarter_count; from++) {
            const struct bm_book_thing *quarter = making->quarters[from];
            if (cell_of(quarter->point) > first + 2) break;
            double off_m = bm_distance_m(point, quarter->point);
            if (off_m >= least_m) continue;
            least_m = off_m;
            name = quarter->name;
        }
    }
    return name;
}

/* --- streets ---------------------------------------------------------------------------------- */

struct stretch {
    uint32_t street;
    struct bm_point middle; /* its middle node that is in the file */
};

static bool middle_of(const struct bm_book *book, const struct bm_book_way *way,
                      struct bm_point *ret_point) {
    uint32_t half = way->ref_count / 2;
    for (uint32_t off = 0; off <= half; off++) {
        uint32_t tries[2] = {half - off, half + off};
        for (int i = 0; i < 2; i++) {
            if (tries[i] >= way->ref_count) continue;
            int64_t node = book->refs[way->refs + tries[i]];
            if (node < 0) continue;
            *ret_point = book->points[node];
            return true;
        }
    }
    return false;
}

static int by_street(const void *a, const void *b) {
    const struct stretch *x = a, *y = b;
    if (x->street != y->street) return x->street < y->street ? -1 : 1;
    /* West to east, so that what hangs together stands together. */
    if (x->middle.lon_e7 != y->middle.lon_e7) return x->middle.lon_e7 < y->middle.lon_e7 ? -1 : 1;
    return x->middle.lat_e7 < y->middle.lat_e7 ? -1 : x->middle.lat_e7 > y->middle.lat_e7;
}

/* The stretch nearest to the middle of them all stands for the street. */
static void add_street(struct making *making, const struct stretch *stretches, size_t count) {
    const struct bm_street_name *name = &making->made.streets[stretches[0].street - 1];
    struct bm_box box = bm_box_empty;
    for (size_t i = 0; i < count; i++) bm_box_add(&box, stretches[i].middle);
    struct bm_point middle = bm_point_between(box.least, box.most, 0.5);
    const struct stretch *best = stretches;
    for (size_t i = 1; i < count; i++)
        if (bm_distance_m(stretches[i].middle, middle) < bm_distance_m(best->middle, middle))
            best = &stretches[i];
    add_entry(making, (struct bm_entry){.kind = BM_ADDRESS_STREET,
                                        .name = name->name,
                                        .name_en = name->name_en,
                                        .detail = quarter_of(making, best->middle),
                                        .street = stretches[0].street,
                                        .point = best->middle});
}

/* How far a point lies from a box, roughly: to its nearest corner or side. */
static double off_box_m(const struct bm_box *box, struct bm_point point) {
    struct bm_point near = point;
    if (near.lat_e7 < box->least.lat_e7) near.lat_e7 = box->least.lat_e7;
    if (near.lat_e7 > box->most.lat_e7) near.lat_e7 = box->most.lat_e7;
    if (near.lon_e7 < box->least.lon_e7) near.lon_e7 = box->least.lon_e7;
    if (near.lon_e7 > box->most.lon_e7) near.lon_e7 = box->most.lon_e7;
    return bm_distance_m(point, near);
}

/* Stretches of one name, from the west: those near what was gathered so far are one street; the
 * rest is gathered in further rounds.  At most 64 streets of a name are told apart, the remaining
 * ones are one. */
static void gather_streets(struct making *making, struct stretch *stretches, size_t count) {
    for (int round = 0; count && round < 64; round++) {
        struct bm_box box = bm_box_empty;
        size_t gathered = 0;
        for (size_t i = 0; i < count; i++) {
            bool near = i == 0 || off_box_m(&box, stretches[i].middle) < STREET_GAP_M ||
                        round == 63;
            if (!near) continue;
            bm_box_add(&box, stretches[i].middle);
            struct stretch held = stretches[i];
            memmove(stretches + gathered + 1, stretches + gathered,
                    (i - gathered) * sizeof *stretches);
            stretches[gathered++] = held;
        }
        add_street(making, stretches, gathered);
        stretches += gathered;
        count -= gathered;
    }
}

static void make_streets(struct making *making) {
    const struct bm_book *book = making->book;
    struct stretch *stretches = bm_alloc_zero(book->way_count + 1, sizeof *stretches);
    size_t count = 0;
    for (size_t i = 0; i < book->way_count; i++) {
        struct stretch stretch = {.street = making->way_streets[i]};
        if (middle_of(book, &book->ways[i], &stretch.middle)) stretches[count++] = stretch;
    }
    qsort(stretches, count, sizeof *stretches, by_street);
    for (size_t from = 0, to; from < count; from = to) {
        for (to = from; to < count && stretches[to].street == stretches[from].street;) to++;
        gather_streets(making, stretches + from, to - from);
    }
    bm_free(stretches);
}

/* --- crossings -------------------------------------------------------------------------------- */

struct visit {
    uint32_t node, street;
};
struct meeting {
    uint32_t low, high; /* streets */
    struct bm_point point;
};

static int by_node(const void *a, const void *b) {
    const struct visit *x = a, *y = b;
    if (x->node != y->node) return x->node < y->node ? -1 : 1;
    return x->street < y->street ? -1 : x->street > y->street;
}

static int by_streets(const void *a, const void *b) {
    const struct meeting *x = a, *y = b;
    if (x->low != y->low) return x->low < y->low ? -1 : 1;
    if (x->high != y->high) return x->high < y->high ? -1 : 1;
    if (x->point.lat_e7 != y->point.lat_e7) return x->point.lat_e7 < y->point.lat_e7 ? -1 : 1;
    return x->point.lon_e7 < y->point.lon_e7 ? -1 : x->point.lon_e7 > y->point.lon_e7;
}

static uint32_t join_names(struct making *making, uint32_t first, const char *between,
                           uint32_t second, const char *after) {
    char text[600];
    snprintf(text, sizeof text, "%s%s%s%s", text_of(making, first), between,
             text_of(making, second), after);
    return bm_book_add_text(making->book, text);
}

static void add_crossing(struct making *making, const struct meeting *meeting) {
    struct bm_street_name low = making->made.streets[meeting->low - 1];
    struct bm_street_name high = making->made.streets[meeting->high - 1];
    bool english = low.name_en && high.name_en;
    add_entry(making,
              (struct bm_entry){
                  .kind = BM_ADDRESS_CROSSING,
                  .name = join_names(making, low.name, " / ", high.name, ""),
                  .name_en = english ? join_names(making, low.name_en, " / ", high.name_en, "") : 0,
                  .detail = quarter_of(making, meeting->point),
                  .street = meeting->low,
                  .street2 = meeting->high,
                  .point = meeting->point});
}

static struct visit *find_visits(const struct making *making, size_t *ret_count) {
    const struct bm_book *book = making->book;
    size_t most = 0, count = 0;
    for (size_t i = 0; i < book->way_count; i++) most += book->ways[i].ref_count;
    struct visit *visits = bm_alloc_zero(most + 1, sizeof *visits);
    for (size_t i = 0; i < book->way_count; i++) {
        for (uint32_t r = 0; r < book->ways[i].ref_count; r++) {
            int64_t node = book->refs[book->ways[i].refs + r];
            if (node >= 0) visits[count++] = (struct visit){(uint32_t)node, making->way_streets[i]};
        }
    }
    qsort(visits, count, sizeof *visits, by_node);
    *ret_count = count;
    return visits;
}

static struct meeting *find_meetings(const struct making *making, size_t *ret_count) {
    size_t visit_count, count = 0, cap = 0;
    struct visit *visits = find_visits(making, &visit_count);
    struct meeting *meetings = NULL;
    for (size_t from = 0, to; from < visit_count; from = to) {
        uint32_t streets[NAMES_AT_NODE_MAX];
        size_t street_count = 0;
        for (to = from; to < visit_count && visits[to].node == visits[from].node; to++) {
            bool another = !street_count || streets[street_count - 1] != visits[to].street;
            if (another && street_count < NAMES_AT_NODE_MAX)
                streets[street_count++] = visits[to].street;
        }
        for (size_t a = 0; a < street_count; a++) {
            for (size_t b = a + 1; b < street_count; b++) {
                if (count == cap) {
                    cap = cap * 2 + 256;
                    meetings = bm_realloc(meetings, cap * sizeof *meetings);
                }
                meetings[count++] = (struct meeting){streets[a], streets[b],
                                                     making->book->points[visits[from].node]};
            }
        }
    }
    bm_free(visits);
    *ret_count = count;
    return meetings;
}

static void make_crossings(struct making *making) {
    size_t count;
    struct meeting *meetings = find_meetings(making, &count);
    if (count) qsort(meetings, count, sizeof *meetings, by_streets);
    for (size_t i = 0; i < count; i++) {
        /* One entry a place: nodes near a former one of the same two streets belong to it. */
        bool again = false;
        for (size_t j = i; j > 0 && !again; j--) {
            if (meetings[j - 1].low != meetings[i].low || meetings[j - 1].high != meetings[i].high)
                break;
            if (i - j > 64) break;
            again = bm_distance_m(meetings[j - 1].point, meetings[i].point) < CROSSING_GAP_M;
        }
        if (!again) add_crossing(making, &meetings[i]);
    }
    bm_free(meetings);
}

/* --- houses and places ------------------------------------------------------------------------ */

static bool ends_in_digit(const char *text) {
    size_t len = strlen(text);
    return len && text[len - 1] >= '0' && text[len - 1] <= '9';
}

static bool begins_chinese(const char *text) {
    const char *at = text;
    return bm_is_han(bm_utf8_next(&at, text + strlen(text)));
}

static uint32_t house_name(struct making *making, const struct bm_book_thing *house) {
    bool chinese = begins_chinese(text_of(making, house->street));
    const char *after = chinese && ends_in_digit(text_of(making, house->number)) ? "号" : "";
    return join_names(making, house->street, chinese ? "" : " ", house->number, after);
}

/* Things of one name (place) or street and number (house) stand together, from the west. */
static int by_what(const void *a, const void *b, void *context) {
    const struct bm_book *book = context;
    const struct bm_book_thing *x = &book->things[*(const uint32_t *)a];
    const struct bm_book_thing *y = &book->things[*(const uint32_t *)b];
    int order = strcmp(bm_book_text(book, x->street), bm_book_text(book, y->street));
    if (!order) order = strcmp(bm_book_text(book, x->number), bm_book_text(book, y->number));
    if (!order && x->point.lon_e7 != y->point.lon_e7)
        order = x->point.lon_e7 < y->point.lon_e7 ? -1 : 1;
    return order;
}

static int by_place(const void *a, const void *b, void *context) {
    const struct bm_book *book = context;
    const struct bm_book_thing *x = &book->things[*(const uint32_t *)a];
    const struct bm_book_thing *y = &book->things[*(const uint32_t *)b];
    int order = strcmp(bm_book_text(book, x->name), bm_book_text(book, y->name));
    if (!order) order = strcmp(bm_book_text(book, x->detail), bm_book_text(book, y->detail));
    if (!order && x->point.lon_e7 != y->point.lon_e7)
        order = x->point.lon_e7 < y->point.lon_e7 ? -1 : 1;
    return order;
}

static void make_houses(struct making *making, uint32_t *order) {
    struct bm_book *book = making->book;
    size_t count = 0;
    for (size_t i = 0; i < book->thing_count; i++)
        if (book->things[i].street) order[count++] = (uint32_t)i;
    qsort_r(order, count, sizeof *order, by_what, book);
    for (size_t i = 0; i < count; i++) {
        const struct bm_book_thing *house = &book->things[order[i]];
        const struct bm_book_thing *former = i ? &book->things[order[i - 1]] : NULL;
        bool again = former &&
                     strcmp(text_of(making, former->street), text_of(making, house->street)) == 0 &&
                     strcmp(text_of(making, former->number), text_of(making, house->number)) == 0 &&
                     bm_distance_m(former->point, house->point) < SAME_HOUSE_M;
        if (again) continue;
        add_entry(making, (struct bm_entry){.kind = BM_ADDRESS_HOUSE,
                                            .name = house_name(making, house),
                                            .detail = quarter_of(making, house->point),
                                            .number = house->number,
                                            .street = street_number(making, house->street),
                                            .point = house->point});
    }
}

static void make_places(struct making *making, uint32_t *order) {
    struct bm_book *book = making->book;
    size_t count = 0;
    for (size_t i = 0; i < book->thing_count; i++)
        if (book->things[i].is_place) order[count++] = (uint32_t)i;
    qsort_r(order, count, sizeof *order, by_place, book);
    for (size_t i = 0; i < count; i++) {
        const struct bm_book_thing *place = &book->things[order[i]];
        const struct bm_book_thing *former = i ? &book->things[order[i - 1]] : NULL;
        bool again = former &&
                     strcmp(text_of(making, former->name), text_of(making, place->name)) == 0 &&
                     strcmp(text_of(making, former->detail), text_of(making, place->detail)) == 0 &&
                     bm_distance_m(former->point, place->point) < SAME_PLACE_M;
        if (again) continue;
        add_entry(making, (struct bm_entry){.kind = BM_ADDRESS_PLACE,
                                            .name = place->name,
                                            .name_en = place->name_en,
                                            .others = place->others,
                                            .detail = place->detail,
                                            .point = place->point});
    }
}

/* --- the whole -------------------------------------------------------------------------------- */

void bm_entries_free(struct bm_entries *entries) {
    bm_free(entries->entries);
    bm_free(entries->streets);
    *entries = (struct bm_entries){0};
}

void bm_entries_make(struct bm_book *book, struct bm_entries *ret_entries) {
    struct making making = {.book = book};
    find_street_names(&making);
    find_quarters(&making);
    making.way_streets = bm_alloc_zero(book->way_count + 1, sizeof *making.way_streets);
    for (size_t i = 0; i < book->way_count; i++)
        making.way_streets[i] = street_number(&making, book->ways[i].name);
    uint32_t *order = bm_alloc_zero(book->thing_count + 1, sizeof *order);
    make_streets(&making);
    make_crossings(&making);
    make_houses(&making, order);
    make_places(&making, order);
    bm_free(order);
    bm_free(making.way_streets);
    bm_free(making.quarters);
    *ret_entries = making.made;
}
