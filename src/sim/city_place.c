/* Places that people look for: somebody wished them about here, and they stand at the nearest
 * street with room. */
#include <stdio.h>
#include <string.h>

#include "sim/city_private.h"

struct wish {
    enum bm_city_place_kind kind;
    double x, y;                       /* metres from the middle of the city */
    double width, depth;               /* of the building */
    const char *name, *name_en, *tags; /* tags: "key=value key=value" */
};

/* clang-format off */
static const struct wish wishes[] = {
    {BM_CITY_HOSPITAL, -1250, 1500, 80, 56, "更城市人民医院", "Gengcheng People's Hospital", "amenity=hospital emergency=yes healthcare=hospital"},
    {BM_CITY_HOSPITAL, 650, -1350, 86, 60, "更城市中心医院", "Gengcheng Central Hospital", "amenity=hospital emergency=yes healthcare=hospital"},
    {BM_CITY_HOSPITAL, 2500, -2300, 70, 50, "高新区医院", "Gaoxin District Hospital", "amenity=hospital emergency=yes healthcare=hospital"},
    {BM_CITY_HOSPITAL, 2650, 1500, 70, 50, "东郊医院", "Eastern Suburb Hospital", "amenity=hospital emergency=yes healthcare=hospital"},
    {BM_CITY_POLICE, -950, -1300, 56, 34, "更城市公安局", "Gengcheng Public Security Bureau", "amenity=police police=headquarters"},
    {BM_CITY_POLICE, 250, 350, 26, 18, "鼓楼派出所", "Gulou Police Station", "amenity=police"},
    {BM_CITY_POLICE, -2300, 1000, 30, 18, "望江派出所", "Wangjiang Police Station", "amenity=police"},
    {BM_CITY_POLICE, 350, 2500, 30, 18, "站前派出所", "Zhanqian Police Station", "amenity=police"},
    {BM_CITY_POLICE, 2100, 900, 30, 18, "东港派出所", "Donggang Police Station", "amenity=police"},
    {BM_CITY_POLICE, 350, -1900, 30, 18, "江南派出所", "Jiangnan Police Station", "amenity=police"},
    {BM_CITY_POLICE, -3300, -1500, 30, 18, "望月湖派出所", "Wangyue Lake Police Station", "amenity=police"},
    {BM_CITY_POLICE, 1700, -2900, 30, 18, "高新派出所", "Gaoxin Police Station", "amenity=police"},
    {BM_CITY_POLICE, 3300, -800, 30, 18, "东堤派出所", "Dongdi Police Station", "amenity=police"},
    {BM_CITY_POLICE, -1200, -3000, 30, 18, "南郊派出所", "Nanjiao Police Station", "amenity=police"},
    {BM_CITY_FIRE, -900, 1900, 44, 28, "鼓楼消防救援站", "Gulou Fire Station", "amenity=fire_station"},
    {BM_CITY_FIRE, -700, -1900, 44, 28, "江南消防救援站", "Jiangnan Fire Station", "amenity=fire_station"},
    {BM_CITY_FIRE, 2100, -1900, 44, 28, "高新消防救援站", "Gaoxin Fire Station", "amenity=fire_station"},
    {BM_CITY_FIRE, 1500, 1900, 44, 28, "东港消防救援站", "Donggang Fire Station", "amenity=fire_station"},
    {BM_CITY_GOVERNMENT, 250, -1500, 84, 44, "更城市人民政府", "Gengcheng Municipal Government", "amenity=townhall"},
    {BM_CITY_GOVERNMENT, -500, 1750, 50, 30, "鼓楼区人民政府", "Gulou District Government", "amenity=townhall"},
    {BM_CITY_GOVERNMENT, 1500, -2400, 50, 30, "高新区管理委员会", "Gaoxin Zone Administration", "amenity=townhall"},
    {BM_CITY_MALL, 500, 1650, 80, 60, "鼓楼百货大楼", "Gulou Department Store", "shop=mall"},
    {BM_CITY_MALL, -300, -1150, 90, 64, "铃江天地", "Lingjiang Place", "shop=mall"},
    {BM_CITY_MALL, -2500, 1700, 70, 50, "望江购物中心", "Wangjiang Shopping Centre", "shop=mall"},
    {BM_CITY_MALL, 2700, -1500, 80, 56, "晨钟广场", "Chenzhong Plaza", "shop=mall"},
    {BM_CITY_MALL, 1700, 1200, 64, 44, "东港农贸市场", "Donggang Farmers' Market", "amenity=marketplace"},
    {BM_CITY_STATION, 900, 2550, 60, 40, "更城长途汽车站", "Gengcheng Coach Station", "amenity=bus_station"},
    {BM_CITY_CULTURE, 1100, -1100, 60, 44, "更城博物馆", "Gengcheng Museum", "tourism=museum"},
    {BM_CITY_CULTURE, 800, -1750, 56, 36, "更城图书馆", "Gengcheng Library", "amenity=library"},
    {BM_CITY_CULTURE, -650, 650, 24, 18, "晨钟寺", "Chenzhong Temple", "amenity=place_of_worship religion=buddhist"},
    {BM_CITY_CULTURE, -1600, -1500, 56, 40, "铃江大剧院", "Lingjiang Theatre", "amenity=theatre"},
    {BM_CITY_SPORT, -1900, -2300, 110, 80, "更城体育中心", "Gengcheng Sports Centre", "leisure=sports_centre"},
    {BM_CITY_SPORT, 2900, 500, 60, 40, "东港体育馆", "Donggang Gymnasium", "leisure=sports_centre"},
    {BM_CITY_SCHOOL, -450, 1200, 44, 28, "鼓楼小学", "Gulou Primary School", "amenity=school"},
    {BM_CITY_SCHOOL, 900, 1900, 60, 36, "更城第一中学", "Gengcheng No. 1 Middle School", "amenity=school"},
    {BM_CITY_SCHOOL, -2700, 600, 56, 32, "望江小学", "Wangjiang Primary School", "amenity=school"},
    {BM_CITY_SCHOOL, -1900, 2100, 60, 36, "更城第三中学", "Gengcheng No. 3 Middle School", "amenity=school"},
    {BM_CITY_SCHOOL, 2300, 2000, 56, 32, "东港小学", "Donggang Primary School", "amenity=school"},
    {BM_CITY_SCHOOL, -800, -2300, 60, 36, "江南中学", "Jiangnan Middle School", "amenity=school"},
    {BM_CITY_SCHOOL, 100, -2700, 56, 32, "江南实验小学", "Jiangnan Experimental Primary School", "amenity=school"},
    {BM_CITY_SCHOOL, -3500, -2200, 56, 32, "望月湖小学", "Wangyue Lake Primary School", "amenity=school"},
    {BM_CITY_SCHOOL, 1600, -1600, 60, 36, "高新外国语学校", "Gaoxin Foreign Language School", "amenity=school"},
    {BM_CITY_SCHOOL, 3500, -1700, 60, 36, "晨钟中学", "Chenzhong Middle School", "amenity=school"},
    {BM_CITY_SCHOOL, -300, 2400, 70, 44, "更城职业技术学院", "Gengcheng Vocational College", "amenity=college"},
    {BM_CITY_FACTORY, -1500, 3500, 110, 60, "更城纺织厂", "Gengcheng Textile Mill", "building=industrial man_made=works"},
    {BM_CITY_FACTORY, 600, 3500, 110, 60, "铃江机械厂", "Lingjiang Machine Works", "building=industrial man_made=works"},
    {BM_CITY_FACTORY, 2200, 3500, 100, 60, "楚钟食品厂", "Chuzhong Foods", "building=industrial man_made=works"},
};
static const char *const park_names[][2] = {{"望月湖公园", "Wangyue Lake Park"}, {"解放公园", "Jiefang Park"},
    {"儿童公园", "Children's Park"}, {"植物园", "Botanical Garden"}, {"烈士陵园", "Martyrs' Memorial Park"}, {"桃花园", "Peach Blossom Garden"},
    {"滨江公园", "Riverside Park"}, {"劳动公园", "Workers' Park"}, {"青年公园", "Youth Park"}, {"梅园", "Plum Garden"}};
static const char *const village_names[][2] = {{"李家湾", "Lijiawan"}, {"王畈", "Wangfan"}, {"陈台", "Chentai"}, {"杨林垸", "Yanglinyuan"},
    {"周家嘴", "Zhoujiazui"}, {"刘岭", "Liuling"}, {"赵家铺", "Zhaojiapu"}, {"黄土坡", "Huangtupo"}};
static const char *const campus_names[][2] = {{"更城大学", "Gengcheng University"}, {"铃江师范学院", "Lingjiang Normal College"},
    {"楚天理工学院", "Chutian Institute of Technology"}, {"更城医学院", "Gengcheng Medical College"}, {"更城农学院", "Gengcheng Agricultural College"}};
/* clang-format on */

uint32_t bm_place_add(struct bm_city_work *work, enum bm_city_place_kind kind, struct bm_spot spot,
                      const char *name, const char *name_en) {
    struct bm_city_place place = {.kind = kind, .point = bm_terrain_point(spot)};
    uint32_t nth = 0;
    for (uint32_t i = 0; i < work->places_count; i++) nth += work->places[i].kind == kind;
    if (kind == BM_CITY_VILLAGE) {
        name = village_names[nth % 8][0];
        name_en = village_names[nth % 8][1];
    }
    snprintf(place.name, sizeof place.name, "%s", name);
    snprintf(place.name_en, sizeof place.name_en, "%s", name_en);
    CITY_PUSH(work, places, place);
    CITY_PUSH(work, place_spots, spot);
    return work->places_count - 1;
}

void bm_city_write_tags(const struct bm_city_work *work, const struct bm_city_place *place,
                        struct bm_buf *out) {
    (void)work;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
        if (strcmp(wishes[i].name, place->name) != 0) continue;
        const char *tag = wishes[i].tags;
        while (*tag) {
            size_t len = strcspn(tag, " "), key = strcspn(tag, "=");
            bm_buf_printf(out, "<tag k=\"%.*s\" v=\"%.*s\"/>", (int)key, tag, (int)(len - key - 1),
                          tag + key + 1);
            tag += len + (tag[len] == ' ');
        }
    }
}

/* The nearest stretch of street to the wish, on either side, where the building fits. */
static void fulfil(struct bm_city_work *work, struct bm_room *room, const struct wish *wish) {
    uint8_t *tried = bm_alloc_zero(work->edges_count, 1);
    struct bm_spot target = {wish->x, wish->y};
    for (int attempt = 0; attempt < 60; attempt++) {
        uint32_t best = NO_NAME;
        double nearest = 1200;
        for (uint32_t e = 0; e < work->edges_count; e++) {
            const struct bm_edge *edge = &work->edges[e];
            enum bm_street_class street_class = work->sketch[edge->street].street_class;
            if (edge->gone || edge->bridge || edge->name == NO_NAME || tried[e] ||
                street_class == STREET_TRUNK || street_class >= STREET_LANE)
                continue;
            struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
            double far = bm_city_far((struct bm_spot){(a.x + b.x) / 2, (a.y + b.y) / 2}, target);
            if (far < nearest && bm_city_far(a, b) > 30) {
                nearest = far;
                best = e;
            }
        }
        if (best == NO_NAME) break;
        tried[best] = 1;
        for (int side = -1; side <= 1; side += 2) {
            struct bm_house house = {.use = HOUSE_OFFICE, .storeys = 3};
            const struct bm_edge *edge = &work->edges[best];
            bm_house_beside(work, edge, 0.5, side, wish->width, wish->depth, 10, house.corners);
            if (!bm_room_take(room, house.corners, 6)) continue;
            house.name = edge->name;
            house.number = bm_house_number(work, best, 0.5, side);
            struct bm_spot a = work->nodes[edge->a], b = work->nodes[edge->b];
            struct bm_spot kerb = {(a.x + b.x) / 2, (a.y + b.y) / 2};
            house.place = bm_place_add(work, wish->kind, kerb, wish->name, wish->name_en);
            CITY_PUSH(work, houses, house);
            bm_free(tried);
            return;
        }
    }
    bm_free(tried);
}

void bm_places_make(struct bm_city_work *work, struct bm_room *room) {
    const struct bm_terrain *terrain = &work->terrain;
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) fulfil(work, room, &wishes[i]);
    double x = terrain->columns[AXIS_COLUMN] + 260;
    bm_place_add(work, BM_CITY_STATION, (struct bm_spot){x, bm_terrain_rail_y(terrain, x) - 40},
                 "更城站", "Gengcheng Railway Station");
    bm_place_add(work, BM_CITY_PIER, bm_terrain_on_bank(terrain, -700, 8), "铃江水上救援站",
                 "Lingjiang Water Rescue Station");
    bm_place_add(work, BM_CITY_PIER, bm_terrain_on_bank(terrain, 2400, -8), "东堤水上救援站",
                 "Dongdi Water Rescue Station");
    bm_place_add(work, BM_CITY_CULTURE, terrain->old_town, "更鼓楼", "Drum Tower");
}

/* --- areas ------------------------------------------------------------------------------------ */

static void add_area(struct bm_city_work *work, enum bm_area_kind kind, const struct bm_spot *spots,
                     uint32_t count, uint32_t place) {
    struct bm_area area = {kind, work->spots_count, count, place};
    for (uint32_t i = 0; i < count; i++) {
        struct bm_spot spot = {fmax(-CITY_HALF_WIDTH_M, fmin(CITY_HALF_WIDTH_M, spots[i].x)),
                               fmax(-CITY_HALF_HEIGHT_M, fmin(CITY_HALF_HEIGHT_M, spots[i].y))};
        CITY_PUSH(work, spots, spot);
    }
    CITY_PUSH(work, areas, area);
}

/* A part of a superblock, with so many points a side as bends need. */
static void add_block(struct bm_city_work *work, enum bm_area_kind kind, int column, int row,
                      const double box[4], uint32_t place) {
    const struct bm_terrain *terrain = &work->terrain;
    double u = column < 0 ? terrain->columns[0] - 900 : terrain->columns[column],
           v = row < 0 ? terrain->rows[0] - 900 : terrain->rows[row];
    double w = column < 0 || column == COLUMNS ? 900 : terrain->columns[column + 1] - u;
    double h = row < 0 || row == ROWS ? 900 : terrain->rows[row + 1] - v;
    struct bm_spot spots[16];
    for (int i = 0; i < 16; i++) {
        double share = (i % 4) / 4.0, p = i < 4 ? share : i < 8 ? 1 : i < 12 ? 1 - share : 0;
        double q = i < 4 ? 0 : i < 8 ? share : i < 12 ? 1 : 1 - share;
        spots[i] = bm_terrain_bend(terrain, u + w * (box[0] + (box[2] - box[0]) * p),
                                   v + h * (box[1] + (box[3] - box[1]) * q));
        spots[i].x = fmax(-CITY_HALF_WIDTH_M, fmin(CITY_HALF_WIDTH_M, spots[i].x));
        spots[i].y = fmax(-CITY_HALF_HEIGHT_M, fmin(CITY_HALF_HEIGHT_M, spots[i].y));
    }
    bool flat = spots[0].x == spots[8].x || spots[0].y == spots[8].y || spots[4].x == spots[12].x ||
                spots[4].y == spots[12].y;
    if (flat) return; /* beyond the edge of the map */
    add_area(work, kind, spots, 16, place);
}

static void add_fields(struct bm_city_work *work, int column, int row) {
    for (int part = 0; part < 4; part++) {
        double x = (part & 1) * 0.5, y = (part >> 1) * 0.5;
        double box[4] = {x, y, x + 0.5, y + 0.5};
        uint64_t dice = bm_rng_below(&work->rng, 10);
        add_block(work,
                  dice < 6   ? AREA_FIELD
                  : dice < 8 ? AREA_WOOD
                             : AREA_ORCHARD,
                  column, row, box, NO_NAME);
    }
}

static void add_water(struct bm_city_work *work) {
    enum { PARTS = 120, SHORE = 72 };
    struct bm_spot spots[2 * PARTS + 2];
    for (int i = 0; i <= PARTS; i++) {
        double x = -CITY_HALF_WIDTH_M + 2.0 * CITY_HALF_WIDTH_M * i / PARTS;
        spots[i] = bm_terrain_on_bank(&work->terrain, x, -0.001);
        spots[2 * PARTS + 1 - i] = bm_terrain_on_bank(&work->terrain, x, 0.001);
        struct bm_spot middle = {x, bm_terrain_river_y(&work->terrain, x)};
        CITY_PUSH(work, river, bm_terrain_point(middle));
    }
    add_area(work, AREA_RIVER, spots, 2 * PARTS + 2, NO_NAME);
    for (int i = 0; i < SHORE; i++)
        spots[i] = bm_terrain_on_shore(&work->terrain, 2 * M_PI * i / SHORE, 0);
    add_area(work, AREA_LAKE, spots, SHORE, NO_NAME);
}

void bm_sketch_areas(struct bm_city_work *work) {
    static const double whole[4] = {0, 0, 1, 1};
    static const enum bm_area_kind kinds[] = {
        [BLOCK_CORE] = AREA_TRADE,      [BLOCK_HOMES] = AREA_HOMES,
        [BLOCK_NEW_HOMES] = AREA_HOMES, [BLOCK_INDUSTRY] = AREA_INDUSTRY,
        [BLOCK_TECH] = AREA_TRADE,      [BLOCK_PARK] = AREA_PARK,
        [BLOCK_CAMPUS] = AREA_CAMPUS};
    const struct bm_terrain *terrain = &work->terrain;
    uint32_t parks = 0, campuses = 0, lake_park = NO_NAME;
    for (int column = -1; column <= COLUMNS; column++) {
        for (int row = -1; row <= ROWS; row++) {
            enum bm_block_kind kind = bm_terrain_block(terrain, column, row);
            if (kind == BLOCK_COUNTRY) {
                add_fields(work, column, row);
                continue;
            }
            struct bm_spot middle = bm_terrain_bend(
                terrain, (terrain->columns[column] + terrain->columns[column + 1]) / 2,
                (terrain->rows[row] + terrain->rows[row + 1]) / 2);
            bool by_lake = kind == BLOCK_PARK && bm_terrain_shore(terrain, middle) < 120;
            uint32_t place = NO_NAME;
            if (by_lake) {
                if (lake_park == NO_NAME)
                    lake_park = bm_place_add(work, BM_CITY_PARK,
                                             bm_terrain_on_shore(terrain, 0.5, 45),
                                             park_names[0][0], park_names[0][1]);
            } else if (kind == BLOCK_PARK && parks + 1 < sizeof park_names / sizeof park_names[0]) {
                parks++;
                place = bm_place_add(work, BM_CITY_PARK, middle, park_names[parks][0],
                                     park_names[parks][1]);
            } else if (kind == BLOCK_CAMPUS &&
                       campuses < sizeof campus_names / sizeof campus_names[0]) {
                place = bm_place_add(work, BM_CITY_SCHOOL, middle, campus_names[campuses][0],
                                     campus_names[campuses][1]);
                campuses++;
            }
            add_block(work, kinds[kind], column, row, whole, place);
        }
    }
    add_water(work);
}
