/* Who works in the city: agencies, stations, crews and people, drawn up from its places.  Pure; the
 * same city gives the same roster, so that an interrupted set-up can be completed by name. */
#ifndef BM_SIM_ROSTER_H
#define BM_SIM_ROSTER_H

#include "sim/city.h"

enum {
    BM_ROSTER_AGENCIES_MAX = 24,
    BM_ROSTER_UNITS_MAX = 80,
    BM_ROSTER_PEOPLE_MAX = 120,
    BM_ROSTER_NONE = -1
};

/* How a crew gets about. */
enum bm_crew_way { BM_CREW_ROAD, BM_CREW_WALK, BM_CREW_WATER, BM_CREW_AIR };

struct bm_roster_agency {
    char code[32], name[BM_CITY_NAME_TEXT];
    const char *level;
    int parent; /* index; BM_ROSTER_NONE: the city itself, which the set-up link makes */
};
struct bm_roster_unit {
    char call_sign[32];
    const char *kind, *capabilities;
    int agency;
    int place; /* its station: index of the city's places */
    enum bm_crew_way way;
    bool patrols;
};
struct bm_roster_person {
    char login[32], password[64], number[16], name[64];
    const char *roles[4]; /* NULL-terminated */
    const char *posts;    /* in procedures; NULL: none */
    int agency;           /* BM_ROSTER_NONE: the city, or that of the unit */
    int unit;             /* BM_ROSTER_NONE */
    bool shown;           /* a ready account of the demo's first screen */
    bool automatic;       /* works by itself */
};
struct bm_roster {
    struct bm_roster_agency agencies[BM_ROSTER_AGENCIES_MAX];
    struct bm_roster_unit units[BM_ROSTER_UNITS_MAX];
    struct bm_roster_person people[BM_ROSTER_PEOPLE_MAX];
    int agency_count, unit_count, person_count;
    int first_crew; /* people[first_crew + u] is the crew of units[u] */
};

/* At most `units_max` units (a multiple of nothing in particular: tests take few). */
void bm_roster_make(const struct bm_city *city, int units_max, struct bm_roster *ret_roster);
/* The agency whose area a district is. */
int bm_roster_district(unsigned district);
/* What GET /v1/demo shows: the ready accounts. */
void bm_roster_write_demo(const struct bm_roster *roster, const struct bm_city *city, double pace,
                          struct bm_buf *out);

#endif
