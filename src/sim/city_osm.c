/* The city as OpenStreetMap XML: nodes, then ways, then relations, each in the order of its ids. */
#include <stdlib.h>
#include <string.h>

#include "sim/city_private.h"

struct osm {
    const struct bm_city *city;
    const struct bm_city_work *work;
    struct bm_buf *out;
    uint64_t node, way;                   /* the last ids given */
    uint64_t areas, houses, rails, river; /* first node ids */
    uint64_t *way_of;                     /* of each edge */
    uint8_t *breaks, *used;               /* of each net node: ways end here; it is on a way */
    double bridge_x[8];                   /* the river's bridges, from west to east */
    unsigned bridge_count;
};

enum { RAIL_PARTS = 100 };

/* --- pieces of XML ---------------------------------------------------------------------------- */

static void tag(struct osm *osm, const char *key, const char *value) {
    bm_buf_printf(osm->out, "<tag k=\"%s\" v=\"%s\"/>", key, value);
}

static void tag_number(struct osm *osm, const char *key, unsigned value) {
    bm_buf_printf(osm->out, "<tag k=\"%s\" v=\"%u\"/>", key, value);
}

static void tag_names(struct osm *osm, const char *name, const char *name_en) {
    tag(osm, "name", name);
    tag(osm, "name:en", name_en);
}

/* Degrees are positive here. */
static void degrees(struct osm *osm, const char *key, int32_t e7) {
    bm_buf_printf(osm->out, " %s=\"%d.%07d\"", key, e7 / 10000000, e7 % 10000000);
}

static uint64_t begin_node(struct osm *osm, struct bm_point point) {
    bm_buf_printf(osm->out, "<node id=\"%llu\" version=\"1\"", (unsigned long long)++osm->node);
    degrees(osm, "lat", point.lat_e7);
    degrees(osm, "lon", point.lon_e7);
    return osm->node;
}

static uint64_t plain_node(struct osm *osm, struct bm_spot spot) {
    uint64_t id = begin_node(osm, bm_terrain_point(spot));
    bm_buf_text(osm->out, "/>\n");
    return id;
}

static void begin_way(struct osm *osm) {
    bm_buf_printf(osm->out, "<way id=\"%llu\" version=\"1\">", (unsigned long long)++osm->way);
}

static void member(struct osm *osm, uint64_t node) {
    bm_buf_printf(osm->out, "<nd ref=\"%llu\"/>", (unsigned long long)node);
}

static void end_way(struct osm *osm) {
    bm_buf_text(osm->out, "</way>\n");
}

/* --- nodes ------------------------------------------------------------------------------------ */

static bool has_signals(const struct bm_city_work *work, uint32_t node) {
    unsigned avenues = 0;
    for (uint32_t i = work->starts[node]; i < work->starts[node + 1]; i++)
        avenues += work->sketch[work->edges[work->around[i]].street].street_class <=
                   STREET_SECONDARY;
    return avenues >= 4 && bm_terrain_urban(&work->terrain, work->nodes[node]) > 0;
}

/* The net's nodes keep their numbers: id = number + 1; those on no street are left out. */
static void write_net_nodes(struct osm *osm) {
    const struct bm_city_work *work = osm->work;
    for (uint32_t n = 0; n < work->nodes_count; n++) {
        osm->node = n;
        if (!osm->used[n]) continue;
        begin_node(osm, bm_terrain_point(work->nodes[n]));
        if (has_signals(work, n)) {
            bm_buf_text(osm->out, ">");
            tag(osm, "highway", "traffic_signals");
            bm_buf_text(osm->out, "</node>\n");
        } else {
            bm_buf_text(osm->out, "/>\n");
        }
    }
    osm->node = work->nodes_count;
}

static void write_place_node(struct osm *osm, const struct bm_city_place *place) {
    begin_node(osm, place->point);
    bm_buf_text(osm->out, ">");
    tag_names(osm, place->name, place->name_en);
    switch (place->kind) {
    case BM_CITY_VILLAGE:
        tag(osm, "place", "village");
        break;
    case BM_CITY_STATION:
        tag(osm, "railway", "station");
        break;
    case BM_CITY_PIER:
        tag(osm, "emergency", "water_rescue");
        tag(osm, "man_made", "pier");
        break;
    case BM_CITY_PARK:
        tag(osm, "leisure", "park");
        break;
    case BM_CITY_CULTURE:
        tag(osm, "tourism", "attraction");
        tag(osm, "historic", "building");
        break;
    case BM_CITY_POLICE:
    case BM_CITY_FIRE:
    case BM_CITY_HOSPITAL:
    case BM_CITY_SCHOOL:
    case BM_CITY_MALL:
    case BM_CITY_GOVERNMENT:
    case BM_CITY_SPORT:
    case BM_CITY_FACTORY:
    case BM_CITY_SQUARE:
    case BM_CITY_PLACE_KIND_COUNT:
        break;
    }
    bm_buf_text(osm->out, "</node>\n");
}

/* Places that are no building and no area. */
static void write_place_nodes(struct osm *osm) {
    const struct bm_city_work *work = osm->work;
    uint8_t *built = bm_alloc_zero(work->places_count + 1, 1);
    for (uint32_t i = 0; i < work->houses_count; i++)
        if (work->houses[i].place != NO_NAME) built[work->houses[i].place] = 1;
    for (uint32_t i = 0; i < work->areas_count; i++)
        if (work->areas[i].place != NO_NAME) built[work->areas[i].place] = 1;
    for (uint32_t i = 0; i < work->places_count; i++)
        if (!built[i]) write_place_node(osm, &work->places[i]);
    for (int i = 0; i < BM_CITY_DISTRICTS; i++) {
        begin_node(osm, osm->city->districts[i].point);
        bm_buf_text(osm->out, ">");
        tag_names(osm, osm->city->districts[i].name, osm->city->districts[i].name_en);
        tag(osm, "place", "suburb");
        bm_buf_text(osm->out, "</node>\n");
    }
    begin_node(osm, bm_terrain_point((struct bm_spot){0, -80}));
    bm_buf_text(osm->out, ">");
    tag_names(osm, osm->city->name, osm->city->name_en);
    tag(osm, "place", "city");
    tag(osm, "population", "1080000");
    bm_buf_text(osm->out, "</node>\n");
    bm_free(built);
}

static void write_nodes(struct osm *osm) {
    const struct bm_city_work *work = osm->work;
    write_net_nodes(osm);
    osm->areas = osm->node + 1;
    for (uint32_t i = 0; i < work->areas_count; i++)
        for (uint32_t s = 0; s < work->areas[i].count; s++)
            plain_node(osm, work->spots[work->areas[i].first + s]);
    osm->houses = osm->node + 1;
    for (uint32_t i = 0; i < work->houses_count; i++)
        for (int c = 0; c < 4; c++) plain_node(osm, work->houses[i].corners[c]);
    osm->rails = osm->node + 1;
    for (int i = 0; i <= RAIL_PARTS; i++) {
        double x = -CITY_HALF_WIDTH_M + 2.0 * CITY_HALF_WIDTH_M * i / RAIL_PARTS;
        for (int track = -1; track <= 1; track += 2)
            plain_node(osm,
                       (struct bm_spot){x, bm_terrain_rail_y(&work->terrain, x) + 3.0 * track});
    }
    osm->river = osm->node + 1;
    for (uint32_t i = 0; i < work->river_count; i++) {
        begin_node(osm, work->river[i]);
        bm_buf_text(osm->out, "/>\n");
    }
    write_place_nodes(osm);
}

/* --- streets ---------------------------------------------------------------------------------- */

static int from_west(const void *a, const void *b) {
    double p = *(const double *)a, q = *(const double *)b;
    return p < q ? -1 : p > q;
}

static bool over_river(const struct bm_city_work *work, const struct bm_edge *edge, double *ret_x) {
    struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
    struct bm_spot middle = {(a.x + b.x) / 2, (a.y + b.y) / 2};
    *ret_x = middle.x;
    return edge->bridge && bm_terrain_bank(&work->terrain, middle) < 8;
}

/* Both carriageways of the ring road cross on one bridge. */
static void find_bridges(struct osm *osm) {
    for (uint32_t e = 0; e < osm->work->edges_count; e++) {
        double x;
        bool known = osm->work->edges[e].gone || !over_river(osm->work, &osm->work->edges[e], &x);
        for (unsigned i = 0; i < osm->bridge_count && !known; i++)
            known = fabs(osm->bridge_x[i] - x) < 500;
        if (!known && osm->bridge_count < 8) osm->bridge_x[osm->bridge_count++] = x;
    }
    qsort(osm->bridge_x, osm->bridge_count, sizeof osm->bridge_x[0], from_west);
}

static void tag_bridge(struct osm *osm, const struct bm_edge *edge) {
    char name[BM_CITY_NAME_TEXT], name_en[BM_CITY_NAME_TEXT];
    double x;
    tag(osm, "bridge", "yes");
    tag(osm, "layer", "1");
    if (!over_river(osm->work, edge, &x)) return;
    for (unsigned i = 0; i < osm->bridge_count; i++) {
        if (fabs(osm->bridge_x[i] - x) >= 500) continue;
        bm_names_bridge(i, name, name_en);
        tag(osm, "bridge:name", name);
        tag(osm, "bridge:name:en", name_en);
        return;
    }
}

static void tag_street(struct osm *osm, const struct bm_edge *edge) {
    static const struct {
        const char *highway;
        unsigned lanes, speed, country_speed;
    } kinds[STREET_CLASS_COUNT] = {
        {"trunk", 3, 80, 80},        {"primary", 6, 60, 80},     {"secondary", 4, 50, 70},
        {"tertiary", 2, 40, 50},     {"residential", 2, 30, 30}, {"living_street", 1, 20, 20},
        {"unclassified", 2, 50, 50}, {"track", 1, 0, 0},         {"footway", 0, 0, 0}};
    const struct bm_sketch_street *street = &osm->work->sketch[edge->street];
    bool country = bm_terrain_urban(&osm->work->terrain, osm->work->nodes[edge->a]) < -0.05;
    unsigned speed = country ? kinds[street->street_class].country_speed
                             : kinds[street->street_class].speed;
    tag(osm, "highway", kinds[street->street_class].highway);
    if (edge->name != NO_NAME)
        tag_names(osm, osm->work->names[edge->name].name, osm->work->names[edge->name].name_en);
    if (street->flags & STREET_ONE_WAY) tag(osm, "oneway", "yes");
    if (kinds[street->street_class].lanes)
        tag_number(osm, "lanes", kinds[street->street_class].lanes);
    if (speed) tag_number(osm, "maxspeed", speed);
    if (street->street_class == STREET_TRACK) tag(osm, "tracktype", "grade2");
    if (edge->bridge) tag_bridge(osm, edge);
}

static bool goes_on(const struct osm *osm, const struct bm_edge *edge, const struct bm_edge *next) {
    return !next->gone && next->stroke == edge->stroke && next->a == edge->b &&
           next->name == edge->name && next->bridge == edge->bridge && !osm->breaks[edge->b];
}

static void write_streets(struct osm *osm) {
    const struct bm_city_work *work = osm->work;
    for (uint32_t e = 0; e < work->edges_count;) {
        uint32_t first = e;
        if (work->edges[e].gone) {
            e++;
            continue;
        }
        begin_way(osm);
        member(osm, work->edges[e].a + 1u);
        do {
            member(osm, work->edges[e].b + 1u);
            osm->way_of[e] = osm->way;
            e++;
        } while (e < work->edges_count && e - first < 500 &&
                 goes_on(osm, &work->edges[e - 1], &work->edges[e]));
        tag_street(osm, &work->edges[first]);
        end_way(osm);
    }
}

/* --- areas, houses, courses ------------------------------------------------------------------- */

static void write_areas(struct osm *osm) {
    static const char *const tags[][2] = {
        [AREA_RIVER] = {"natural", "water"},       [AREA_LAKE] = {"natural", "water"},
        [AREA_PARK] = {"leisure", "park"},         [AREA_HOMES] = {"landuse", "residential"},
        [AREA_TRADE] = {"landuse", "commercial"},  [AREA_INDUSTRY] = {"landuse", "industrial"},
        [AREA_CAMPUS] = {"amenity", "university"}, [AREA_FIELD] = {"landuse", "farmland"},
        [AREA_WOOD] = {"landuse", "forest"},       [AREA_ORCHARD] = {"landuse", "orchard"},
        [AREA_SQUARE] = {"place", "square"}};
    const struct bm_city_work *work = osm->work;
    uint64_t node = osm->areas;
    for (uint32_t i = 0; i < work->areas_count; i++) {
        const struct bm_area *area = &work->areas[i];
        begin_way(osm);
        for (uint32_t s = 0; s < area->count; s++) member(osm, node + s);
        member(osm, node);
        node += area->count;
        tag(osm, tags[area->kind][0], tags[area->kind][1]);
        if (area->kind == AREA_RIVER) tag(osm, "water", "river");
        if (area->kind == AREA_LAKE) {
            tag(osm, "water", "lake");
            tag_names(osm, "望月湖", "Wangyue Lake");
        }
        if (area->place != NO_NAME)
            tag_names(osm, work->places[area->place].name, work->places[area->place].name_en);
        end_way(osm);
    }
}

static void write_houses(struct osm *osm) {
    static const char *const uses[] = {"yes",    "apartments", "retail",
                                       "office", "industrial", "house"};
    const struct bm_city_work *work = osm->work;
    for (uint32_t i = 0; i < work->houses_count; i++) {
        const struct bm_house *house = &work->houses[i];
        uint64_t node = osm->houses + 4 * (uint64_t)i;
        begin_way(osm);
        for (unsigned c = 0; c < 5; c++) member(osm, node + c % 4);
        if (house->place == NO_NAME) {
            tag(osm, "building", uses[house->use]);
        } else {
            const struct bm_city_place *place = &work->places[house->place];
            if (place->kind != BM_CITY_FACTORY) tag(osm, "building", "public");
            bm_city_write_tags(work, place, osm->out);
            tag_names(osm, place->name, place->name_en);
        }
        if (house->storeys) tag_number(osm, "building:levels", house->storeys);
        if (house->name != NO_NAME) {
            tag(osm, "addr:street", work->names[house->name].name);
            tag_number(osm, "addr:housenumber", house->number);
        }
        end_way(osm);
    }
}

static void write_courses(struct osm *osm) {
    for (unsigned track = 0; track < 2; track++) {
        begin_way(osm);
        for (unsigned i = 0; i <= RAIL_PARTS; i++) member(osm, osm->rails + 2 * i + track);
        tag(osm, "railway", "rail");
        tag_names(osm, "汉更铁路", "Hangeng Railway");
        end_way(osm);
    }
    begin_way(osm);
    for (uint32_t i = 0; i < osm->work->river_count; i++) member(osm, osm->river + i);
    tag(osm, "waterway", "river");
    tag_names(osm, "铃江", "Lingjiang River");
    end_way(osm);
}

static void write_restrictions(struct osm *osm) {
    const struct bm_city_work *work = osm->work;
    for (uint32_t i = 0; i < work->restrictions_count; i++) {
        const struct bm_restriction *restriction = &work->restrictions[i];
        bm_buf_printf(
            osm->out,
            "<relation id=\"%u\" version=\"1\"><member type=\"way\" ref=\"%llu\" role=\"from\"/>"
            "<member type=\"node\" ref=\"%u\" role=\"via\"/><member type=\"way\" ref=\"%llu\" "
            "role=\"to\"/>",
            i + 1, (unsigned long long)osm->way_of[restriction->from], restriction->via + 1,
            (unsigned long long)osm->way_of[restriction->to]);
        tag(osm, "type", "restriction");
        tag(osm, "restriction", restriction->kind);
        bm_buf_text(osm->out, "</relation>\n");
    }
}

void bm_city_write(const struct bm_city *city, struct bm_buf *out) {
    const struct bm_city_work *work = city->work;
    struct osm osm = {.city = city, .work = work, .out = out};
    osm.way_of = bm_alloc_zero(work->edges_count + 1, sizeof *osm.way_of);
    osm.breaks = bm_alloc_zero(work->nodes_count + 1, 1);
    osm.used = bm_alloc_zero(work->nodes_count + 1, 1);
    for (uint32_t i = 0; i < work->restrictions_count; i++)
        osm.breaks[work->restrictions[i].via] = 1;
    for (uint32_t e = 0; e < work->edges_count; e++) {
        if (work->edges[e].gone) continue;
        osm.used[work->edges[e].a] = osm.used[work->edges[e].b] = 1;
    }
    find_bridges(&osm);
    bm_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\" "
                     "generator=\"bellman demo\">\n<bounds");
    degrees(&osm, "minlat", city->box.least.lat_e7);
    degrees(&osm, "minlon", city->box.least.lon_e7);
    degrees(&osm, "maxlat", city->box.most.lat_e7);
    degrees(&osm, "maxlon", city->box.most.lon_e7);
    bm_buf_text(out, "/>\n");
    write_nodes(&osm);
    write_streets(&osm);
    write_areas(&osm);
    write_houses(&osm);
    write_courses(&osm);
    write_restrictions(&osm);
    bm_buf_text(out, "</osm>\n");
    bm_free(osm.way_of);
    bm_free(osm.breaks);
    bm_free(osm.used);
}
