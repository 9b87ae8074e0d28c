#include "sim/roster.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/* --- agencies --------------------------------------------------------------------------------- */

enum {
    CITY,
    FIRST_DISTRICT,
    POLICE = FIRST_DISTRICT + BM_CITY_DISTRICTS,
    FIRE = POLICE + BM_CITY_DISTRICTS,
    AMBULANCES = FIRE + BM_CITY_DISTRICTS,
    WATER_RESCUE,
    UTILITIES
};

int bm_roster_district(unsigned district) {
    return FIRST_DISTRICT + (int)district;
}

static void add_agency(struct bm_roster *roster, const char *code, const char *suffix,
                       const char *name, const char *level, int parent) {
    struct bm_roster_agency *agency = &roster->agencies[roster->agency_count++];
    snprintf(agency->code, sizeof agency->code, "%s%s", code, suffix);
    snprintf(agency->name, sizeof agency->name, "%s", name);
    agency->level = level;
    agency->parent = parent;
}

static void make_agencies(struct bm_roster *roster, const struct bm_city *city) {
    char name[BM_CITY_NAME_TEXT];
    snprintf(name, sizeof name, "%.40s应急指挥中心", city->name);
    add_agency(roster, "GENGCHENG", "", name, "city", BM_ROSTER_NONE);
    for (int i = 0; i < BM_CITY_DISTRICTS; i++)
        add_agency(roster, city->districts[i].code, "", city->districts[i].name, "county", CITY);
    for (int i = 0; i < BM_CITY_DISTRICTS; i++) {
        snprintf(name, sizeof name, "%.40s公安分局", city->districts[i].name);
        add_agency(roster, city->districts[i].code, "-110", name, "station", FIRST_DISTRICT + i);
    }
    for (int i = 0; i < BM_CITY_DISTRICTS; i++) {
        snprintf(name, sizeof name, "%.40s消防救援大队", city->districts[i].name);
        add_agency(roster, city->districts[i].code, "-119", name, "station", FIRST_DISTRICT + i);
    }
    snprintf(name, sizeof name, "%.40s急救中心", city->name);
    add_agency(roster, "GENGCHENG-120", "", name, "hospital", CITY);
    snprintf(name, sizeof name, "%.40s水上救援大队", city->name);
    add_agency(roster, "GENGCHENG-WATER", "", name, "station", CITY);
    snprintf(name, sizeof name, "%.40s公用事业抢险中心", city->name);
    add_agency(roster, "GENGCHENG-UTILITY", "", name, "partner", CITY);
}

/* --- units ------------------------------------------------------------------------------------ */

/* Rounds of building up: the first units of the list are what a small city needs, the later ones
 * what it would like. */
struct fleet {
    const char *sign, *kind, *capabilities;
    enum bm_city_place_kind station;
    int agency; /* with a district's number added for police and fire */
    enum bm_crew_way way;
    bool patrols;
    int count, first_station;
};
/* clang-format off */
static const struct fleet fleets[] = {
    {"巡警", "car", "police", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, true, 6, 1},
    {"急救", "ambulance", "ambulance", BM_CITY_HOSPITAL, AMBULANCES, BM_CREW_ROAD, false, 4, 0},
    {"消防", "fire_engine", "fire_engine", BM_CITY_FIRE, FIRE, BM_CREW_ROAD, false, 4, 0},
    {"交警", "car", "traffic police", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, true, 2, 5},
    {"抢险", "fire_engine", "rescue", BM_CITY_FIRE, FIRE, BM_CREW_ROAD, false, 2, 1},
    {"水救", "boat", "boat", BM_CITY_PIER, WATER_RESCUE, BM_CREW_WATER, false, 2, 0},
    {"巡警", "car", "police", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, true, 8, 7},
    {"急救", "ambulance", "ambulance als", BM_CITY_HOSPITAL, AMBULANCES, BM_CREW_ROAD, false, 4, 0},
    {"铁骑", "motorcycle", "traffic police", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, true, 4, 1},
    {"步巡", "foot", "foot_patrol", BM_CITY_POLICE, POLICE, BM_CREW_WALK, true, 4, 1},
    {"消防", "fire_engine", "fire_engine", BM_CITY_FIRE, FIRE, BM_CREW_ROAD, false, 3, 0},
    {"云梯", "ladder", "ladder", BM_CITY_FIRE, FIRE, BM_CREW_ROAD, false, 1, 1},
    {"化救", "fire_engine", "hazmat", BM_CITY_FIRE, FIRE, BM_CREW_ROAD, false, 1, 2},
    {"无人机", "drone_crew", "drone", BM_CITY_POLICE, POLICE, BM_CREW_AIR, false, 1, 0},
    {"刑侦", "car", "investigation", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, false, 2, 0},
    {"调解", "mediator", "mediation", BM_CITY_POLICE, POLICE, BM_CREW_ROAD, false, 2, 1},
    {"抢修", "other", "utility", BM_CITY_GOVERNMENT, UTILITIES, BM_CREW_ROAD, false, 2, 0},
};
/* clang-format on */

/* The n-th place of a kind, going round; BM_ROSTER_NONE when the city has none. */
static int nth_place(const struct bm_city *city, enum bm_city_place_kind kind, int n) {
    int there = 0;
    for (uint32_t i = 0; i < city->place_count; i++) there += city->places[i].kind == kind;
    if (!there) return BM_ROSTER_NONE;
    n %= there;
    for (uint32_t i = 0; i < city->place_count; i++)
        if (city->places[i].kind == kind && n-- == 0) return (int)i;
    return BM_ROSTER_NONE;
}

static int of_this_sign(const struct bm_roster *roster, const char *sign) {
    int count = 0;
    for (int i = 0; i < roster->unit_count; i++)
        count += strncmp(roster->units[i].call_sign, sign, strlen(sign)) == 0;
    return count;
}

static void make_units(struct bm_roster *roster, const struct bm_city *city, int units_max) {
    for (size_t f = 0; f < sizeof fleets / sizeof fleets[0]; f++) {
        for (int n = 0; n < fleets[f].count && roster->unit_count < units_max; n++) {
            int place = nth_place(city, fleets[f].station, fleets[f].first_station + n);
            if (place == BM_ROSTER_NONE) continue;
            struct bm_roster_unit *unit = &roster->units[roster->unit_count];
            snprintf(unit->call_sign, sizeof unit->call_sign, "%s-%02d", fleets[f].sign,
                     of_this_sign(roster, fleets[f].sign) + 1);
            unit->kind = fleets[f].kind;
            unit->capabilities = fleets[f].capabilities;
            bool of_district = fleets[f].agency == POLICE || fleets[f].agency == FIRE;
            unit->agency = fleets[f].agency + (of_district ? city->places[place].district : 0);
            unit->place = place;
            unit->way = fleets[f].way;
            unit->patrols = fleets[f].patrols;
            roster->unit_count++;
        }
    }
}

/* --- people ----------------------------------------------------------------------------------- */

static struct bm_roster_person *add_person(struct bm_roster *roster, uint64_t seed,
                                           const char *login, const char *number, const char *name,
                                           const char *role) {
    struct bm_roster_person *person = &roster->people[roster->person_count++];
    snprintf(person->login, sizeof person->login, "%s", login);
    snprintf(person->password, sizeof person->password, "gengcheng-%s-%" PRIu64, login, seed);
    snprintf(person->number, sizeof person->number, "%s", number);
    snprintf(person->name, sizeof person->name, "%s", name);
    person->roles[0] = role;
    person->agency = BM_ROSTER_NONE;
    person->unit = BM_ROSTER_NONE;
    return person;
}

/* Those who work on matters that are no emergencies. */
static void add_officers(struct bm_roster *roster, uint64_t seed) {
    static const struct {
        const char *login, *number, *name, *posts;
        int agency;
    } officers[] = {{"letters", "3001", "沈月", "clerk window", CITY},
                    {"duty", "3002", "高远", "duty_officer", CITY},
                    {"superior", "3003", "顾明", "superior", CITY},
                    {"handler", "3101", "许诺", "handler officer examiner", POLICE},
                    {"head", "3102", "韩松", "unit_head", POLICE},
                    {"mediator", "3103", "叶青", "mediator", POLICE},
                    {"committee", "3104", "江枫", "committee_head", POLICE},
                    {"handler2", "3201", "唐宁", "handler officer examiner unit_head mediator committee_head", POLICE + 1},
                    {"partner", "3301", "白露", "receiver receiver_head", UTILITIES}};
    for (size_t i = 0; i < sizeof officers / sizeof officers[0]; i++) {
        struct bm_roster_person *person =
            add_person(roster, seed, officers[i].login, officers[i].number, officers[i].name, "officer");
        person->posts = officers[i].posts;
        person->shown = i == 0; /* the letters clerk: one button for each role */
        person->agency = officers[i].agency;
    }
}

static void make_people(struct bm_roster *roster, uint64_t seed) {
    static const char *const automatic[] = {"何静", "郑凯", "罗兰", "田野"};
    static const struct {
        const char *login, *number, *name, *role;
    } ready[] = {{"admin", "0001", "方正", "admin"},
                 {"dispatcher", "1001", "周敏", "dispatcher"},
                 {"calltaker", "1002", "林晓", "call_taker"},
                 {"supervisor", "1003", "陈志远", "supervisor"},
                 {"dispatcher2", "1004", "吴桐", "dispatcher"}};
    for (size_t i = 0; i < sizeof ready / sizeof ready[0]; i++)
        add_person(roster, seed, ready[i].login, ready[i].number, ready[i].name, ready[i].role)
            ->shown = strcmp(ready[i].login, "dispatcher2") != 0; /* one button for each role */
    for (int i = 0; i < roster->person_count; i++) { /* a small desk: the same people answer letters */
        struct bm_roster_person *person = &roster->people[i];
        if (strcmp(person->roles[0], "supervisor") == 0) person->posts = "duty_officer superior";
        if (strcmp(person->roles[0], "call_taker") == 0) person->posts = "clerk window";
    }
    for (int i = 0; i < 4; i++) {
        char login[32], number[16];
        snprintf(login, sizeof login, "seat%d", i + 1);
        snprintf(number, sizeof number, "12%02d", i + 1);
        struct bm_roster_person *person = add_person(roster, seed, login, number, automatic[i],
                                                     "dispatcher");
        person->roles[1] = "call_taker";
        if (i == 0) person->roles[2] = "supervisor";
        person->automatic = true;
    }
    add_person(roster, seed, "gateway", "9001", "车载定位与话务网关", "gateway");
    add_officers(roster, seed);
    roster->first_crew = roster->person_count;
    for (int u = 0; u < roster->unit_count; u++) {
        char login[32], number[16], name[64];
        snprintf(login, sizeof login, "crew%02d", u + 1);
        snprintf(number, sizeof number, "2%03d", u + 1);
        snprintf(name, sizeof name, "%s 车组", roster->units[u].call_sign);
        add_person(roster, seed, login, number, name, "unit")->unit = u;
    }
}

void bm_roster_make(const struct bm_city *city, int units_max, struct bm_roster *ret_roster) {
    *ret_roster = (struct bm_roster){.agency_count = 0};
    if (units_max > BM_ROSTER_UNITS_MAX) units_max = BM_ROSTER_UNITS_MAX;
    make_agencies(ret_roster, city);
    make_units(ret_roster, city, units_max);
    make_people(ret_roster, city->seed);
}

void bm_roster_write_demo(const struct bm_roster *roster, const struct bm_city *city, double pace,
                          struct bm_buf *out) {
    bm_buf_text(out, "{\"city\":{\"name\":");
    bm_json_text(out, city->name);
    bm_buf_text(out, ",\"name_en\":");
    bm_json_text(out, city->name_en);
    bm_buf_printf(out, ",\"seed\":%" PRIu64 "},\"pace\":%g,\"accounts\":[", city->seed, pace);
    bool first = true;
    for (int i = 1; i <= roster->person_count; i++) { /* the administrator, who is 0, last */
        const struct bm_roster_person *person = &roster->people[i % roster->person_count];
        if (!person->shown) continue;
        bm_buf_text(out, first ? "{\"role\":" : ",{\"role\":");
        first = false;
        bm_json_text(out, person->roles[0]);
        bm_buf_text(out, ",\"login\":");
        bm_json_text(out, person->login);
        bm_buf_text(out, ",\"password\":");
        bm_json_text(out, person->password);
        bm_buf_text(out, ",\"name\":");
        bm_json_text(out, person->name);
        bm_buf_byte(out, '}');
    }
    bm_buf_text(out, "]}\n");
}
