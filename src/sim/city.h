/* A believable city from a seed, for demonstrations and tests: Gengcheng (更城市), which does not
 * exist, on the Lingjiang (铃江), which does not exist either.
 *
 *   terrain -> sketch -> net -> names -> places and buildings -> OpenStreetMap XML
 *
 *   terrain   river, lake, railway, the old town's wall, the ring road's course (city_terrain.c)
 *   sketch    streets as somebody would draw them with a pencil, over each other (city_sketch.c,
 * city_oldtown.c) net       the pencil strokes cut at each other, dead stubs rubbed out, one-way
 * streets checked so that everybody gets home (city_net.c, city_graph.c) names     no two streets
 * of one name, Chinese and English (city_name.c) places    police, fire, hospitals, schools; then
 * houses with numbers where there is room (city_place.c, city_house.c)
 *
 * Pure: the same seed gives the same bytes.  About 12 x 10 km; takes a fraction of a second and
 * some 40 MB while it is made.  Coordinates lie in the plain of Hubei, where real fields are;
 * nothing real is shown. */
#ifndef BM_SIM_CITY_H
#define BM_SIM_CITY_H

#include "base/buf.h"
#include "geo/point.h"

enum { BM_CITY_DISTRICTS = 3, BM_CITY_NAME_TEXT = 72, BM_CITY_XML_MAX = 32 * 1024 * 1024 };

enum bm_city_place_kind {
    BM_CITY_POLICE,
    BM_CITY_FIRE,
    BM_CITY_HOSPITAL,
    BM_CITY_PIER, /* water rescue */
    BM_CITY_SCHOOL,
    BM_CITY_MALL,
    BM_CITY_GOVERNMENT,
    BM_CITY_STATION, /* railway, bus */
    BM_CITY_CULTURE, /* museum, library, temple, tower */
    BM_CITY_SPORT,
    BM_CITY_FACTORY,
    BM_CITY_PARK,
    BM_CITY_SQUARE,
    BM_CITY_VILLAGE,
    BM_CITY_PLACE_KIND_COUNT
};

/* Texts are UTF-8 and owned by the city. */
struct bm_city_place {
    enum bm_city_place_kind kind;
    char name[BM_CITY_NAME_TEXT], name_en[BM_CITY_NAME_TEXT];
    struct bm_point point; /* where a vehicle would stop, near its street */
    uint8_t district;
};
struct bm_city_street {
    char name[BM_CITY_NAME_TEXT], name_en[BM_CITY_NAME_TEXT];
};
/* A house with a number. */
struct bm_city_address {
    uint32_t street; /* into streets */
    uint16_t number;
    uint8_t district;
    struct bm_point point;
};
/* Where two named streets meet. */
struct bm_city_crossing {
    uint32_t street, other;
    struct bm_point point;
};
struct bm_city_district {
    char code[16], name[BM_CITY_NAME_TEXT], name_en[BM_CITY_NAME_TEXT];
    struct bm_point point;
};

struct bm_city_work; /* what the writer needs */

struct bm_city {
    uint64_t seed;
    char name[BM_CITY_NAME_TEXT], name_en[BM_CITY_NAME_TEXT];
    struct bm_box box;
    struct bm_city_district districts[BM_CITY_DISTRICTS];
    const struct bm_city_place *places;
    const struct bm_city_street *streets;
    const struct bm_city_address *addresses;
    const struct bm_city_crossing *crossings;
    const struct bm_point *river; /* its middle, from west to east; boats keep to it */
    uint32_t place_count, street_count, address_count, crossing_count, river_count;
    struct bm_city_work *work;
};

/* Never NULL. */
struct bm_city *bm_city_new(uint64_t seed);
void bm_city_free(struct bm_city *city); /* NULL is fine */
/* The district that a point lies in (0 .. BM_CITY_DISTRICTS - 1): the north bank, the south bank,
 * its east. */
unsigned bm_city_district_of(const struct bm_city *city, struct bm_point point);
/* Appends the whole city as OSM XML: about 6 MB; `out` has room for BM_CITY_XML_MAX or overflows.
 */
void bm_city_write(const struct bm_city *city, struct bm_buf *out);

#endif
