#include "import/way.h"

/* Tenths of km/h: on steps, and on a mountain path. */
enum { WALK_STEPS_DKMH = 25, WALK_MOUNTAIN_DKMH = 25 };

/* --- classes ---------------------------------------------------------------------------------- */

enum {
    FOLLOWS_LIMIT =
        1,      /* a signed limit is the better guess of its speed, also above the class's own */
    ONEWAY = 2, /* unless it is said that it is not */
    NEVER_AGAINST = 4, /* no emergency vehicle drives against it */
    ASK = 8,           /* ordinary cars only where a tag lets them */
    ASK_FOOT = 16      /* so do those who walk */
};

/* Average speeds, km/h: of an ordinary car, of an emergency one where it alone may drive, and, in
 * tenths, of somebody who walks briskly. */
static const struct road_class {
    const char *word;
    uint8_t ordinary, emergency, flags, foot_dkmh;
} classes[] = {
    {"motorway", 110, 0, FOLLOWS_LIMIT | ONEWAY | NEVER_AGAINST, 0},
    {"motorway_link", 60, 0, NEVER_AGAINST, 0},
    {"trunk", 85, 0, FOLLOWS_LIMIT | NEVER_AGAINST | ASK_FOOT, BM_WALK_DKMH},
    {"trunk_link", 50, 0, NEVER_AGAINST | ASK_FOOT, BM_WALK_DKMH},
    {"primary", 60, 0, FOLLOWS_LIMIT, BM_WALK_DKMH},
    {"primary_link", 45, 0, 0, BM_WALK_DKMH},
    {"secondary", 50, 0, FOLLOWS_LIMIT, BM_WALK_DKMH},
    {"secondary_link", 40, 0, 0, BM_WALK_DKMH},
    {"tertiary", 45, 0, FOLLOWS_LIMIT, BM_WALK_DKMH},
    {"tertiary_link", 35, 0, 0, BM_WALK_DKMH},
    {"unclassified", 40, 0, FOLLOWS_LIMIT, BM_WALK_DKMH},
    {"residential", 30, 0, 0, BM_WALK_DKMH},
    {"road", 30, 0, 0, BM_WALK_DKMH},
    {"living_street", 10, 15, 0, BM_WALK_DKMH},
    {"service", 15, 0, 0, BM_WALK_DKMH},
    {"track", 15, 15, ASK, BM_WALK_DKMH},
    {"busway", 0, 40, ASK | ASK_FOOT, BM_WALK_DKMH},
    {"bus_guideway", 0, 0, ASK, 0},
    {"pedestrian", 10, 10, ASK, BM_WALK_DKMH},
    {"footway", 0, 0, ASK, BM_WALK_DKMH},
    {"path", 0, 0, ASK, BM_WALK_DKMH},
    {"steps", 0, 0, ASK, WALK_STEPS_DKMH},
    {"cycleway", 0, 0, ASK | ASK_FOOT, BM_WALK_DKMH},
    {"bridleway", 0, 0, ASK | ASK_FOOT, BM_WALK_DKMH},
};

enum {
    EMERGENCY_MORE_PERCENT = 25,
    EMERGENCY_MORE_MOST = 200, /* tenths of km/h, as all below */
    EMERGENCY_MOST = 1400,
    ORDINARY_MOST = 1300,
    AGAINST = 150,
    FORBIDDEN_TO_CARS = 200, /* motor_vehicle=no: a street for others */
    UNPAVED_MOST = 300,
    WALK = 70
};

static bool is_one_of(const char *value, const char *const *words) {
    for (; *words; words++) {
        if (strcmp(value, *words) == 0) return true;
    }
    return false;
}
#define ONE_OF(value, ...) is_one_of((value), (const char *const[]){__VA_ARGS__, NULL})

static const struct road_class *class_of(const char *highway) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].word, highway) == 0) return &classes[i];
    }
    return NULL;
}

bool bm_way_is_class(const char *highway) {
    return class_of(highway) != NULL;
}

void bm_way_filter(struct bm_buf *out) {
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        bm_buf_printf(out, "%s%s", i ? "," : "w/highway=", classes[i].word);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* Limits that follow from where the road lies, km/h; the country's own first, then what most
 * countries have. Source: the wiki's table of default speed limits; a sign on the road says more
 * and is a number. */
static const struct {
    const char *zone;
    uint8_t kmh;
} zones[] = {
    {"CN:urban", 50},         {"CN:rural", 70},       {"CN:motorway", 120},
    {"GB:nsl_single", 97},    {"GB:nsl_dual", 113},   {"GB:motorway", 113},
    {"GB:urban", 48},         {"US:urban", 40},       {"JP:urban", 60},
    {"JP:national", 60},      {"FR:rural", 80},       {"IT:rural", 90},
    {"ES:rural", 90},         {"AD:urban", 50},       {"AD:rural", 90},
    {"AT:rural", 100},        {"DE:rural", 100},      {"*:urban", 50},
    {"*:rural", 90},          {"*:trunk", 100},       {"*:living_street", 10},
    {"*:pedestrian_zone", 7}, {"*:bicycle_road", 30}, {"*:walk", 7},
};

static bool is_country(const char *value) {
    return value[0] >= 'A' && value[0] <= 'Z' && value[1] >= 'A' && value[1] <= 'Z' &&
           value[2] == ':';
}

static uint16_t zone_limit(const char *value, size_t len) {
    if (len < 4 || !is_country(value)) return 0;
    const char *zone = value + 3;
    size_t zone_len = len - 3;
    if (zone_len >= 4 && memcmp(zone, "zone", 4) == 0) { /* DE:zone:30, DE:zone30 */
        unsigned kmh = 0;
        for (size_t i = zone_len > 4 && zone[4] == ':' ? 5 : 4; i < zone_len; i++) {
            if (zone[i] < '0' || zone[i] > '9' || kmh > 20) return 0;
            kmh = kmh * 10 + (unsigned)(zone[i] - '0');
        }
        return (uint16_t)(kmh * 10);
    }
    if (zone_len == 8 && memcmp(value, "DE:motorway", 11) == 0) return UINT16_MAX;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        const char *known = zones[i].zone;
        bool same = known[0] == '*'
                        ? strlen(known) == zone_len + 2 && memcmp(known + 2, zone, zone_len) == 0
                        : strlen(known) == len && memcmp(known, value, len) == 0;
        if (same) return (uint16_t)(zones[i].kmh * 10);
    }
    return 0;
}

static bool is_text(const char *value, size_t len, const char *text) {
    return strlen(text) == len && memcmp(value, text, len) == 0;
}

/* One value without spaces around it. */
static uint16_t one_limit(const char *value, size_t len) {
    if (is_text(value, len, "none")) return UINT16_MAX;
    if (is_text(value, len, "walk")) return WALK;
    size_t at = 0;
    unsigned tenths = 0;
    for (; at < len && value[at] >= '0' && value[at] <= '9' && tenths < 10000; at++)
        tenths = tenths * 10 + (unsigned)(value[at] - '0');
    if (!at) return zone_limit(value, len);
    tenths *= 10;
    if (at < len && value[at] == '.') {
        at++;
        if (at < len && value[at] >= '0' && value[at] <= '9') tenths += (unsigned)(value[at] - '0');
        while (at < len && value[at] >= '0' && value[at] <= '9') at++;
    }
    while (at < len && value[at] == ' ') at++;
    const char *unit = value + at;
    size_t unit_len = len - at;
    bool metric = unit_len == 0 || is_text(unit, unit_len, "km/h") ||
                  is_text(unit, unit_len, "kmh") || is_text(unit, unit_len, "kph");
    if (is_text(unit, unit_len, "mph"))
        tenths = (tenths * 1609 + 500) / 1000;
    else if (!metric)
        return 0;
    return tenths > 3000 ? 0 : (uint16_t)tenths; /* nobody signs 300 km/h: a slip of the pen */
}

uint16_t bm_way_limit(const char *value) {
    uint16_t least = 0;
    while (*value) {
        size_t len = strcspn(value, ";|,");
        const char *next = value + len + (value[len] != 0);
        while (len && *value == ' ') {
            value++;
            len--;
        }
        while (len && value[len - 1] == ' ') len--;
        uint16_t limit = len ? one_limit(value, len) : 0;
        if (limit && (!least || limit < least)) least = limit;
        value = next;
    }
    return least;
}

/* The signed limit in a direction; 0: none known. */
static uint16_t limit_of(const struct bm_opl *way, int direction) {
    static const char *const keys[2][5] = {
        {"maxspeed:forward", "maxspeed", "maxspeed:type", "zone:maxspeed", "source:maxspeed"},
        {"maxspeed:backward", "maxspeed", "maxspeed:type", "zone:maxspeed", "source:maxspeed"}};
    for (int i = 0; i < 5; i++) {
        const char *value = bm_opl_tag(way, keys[direction][i]);
        if (!value) continue;
        /* The last three name a zone, not a number: a source may well begin with a year. */
        uint16_t limit = i < 2 || is_country(value) ? bm_way_limit(value) : 0;
        if (limit) return limit;
    }
    return 0;
}

/* --- access ----------------------------------------------------------------------------------- */

enum access {
    FREE,
    SAID_FREE,  /* a tag says so */
    RESTRICTED, /* residents, farmers, buses: emergency vehicles may */
    NO_CARS,    /* motor vehicles may not: emergency vehicles slowly */
    CLOSED      /* to all */
};

static enum access meaning(const char *value, bool of_motors) {
    if (ONE_OF(value, "yes", "permissive", "designated", "official", "public", "destination",
               "customers", "delivery"))
        return SAID_FREE;
    if (ONE_OF(value, "private", "agricultural", "forestry", "agricultural;forestry",
               "forestry;agricultural", "permit", "residents", "emergency", "bus", "psv", "taxi",
               "restricted", "employees", "no;permit", "variable"))
        return RESTRICTED;
    if (strcmp(value, "no") == 0) return of_motors ? NO_CARS : CLOSED;
    if (strcmp(value, "military") == 0) return CLOSED;
    return FREE; /* a word that nobody agreed on */
}

static bool is_said(const struct bm_opl *way, const char *key) {
    const char *value = bm_opl_tag(way, key);
    return value && ONE_OF(value, "yes", "designated", "official", "permissive");
}

/* The tag nearest to a motorcar counts. */
static enum access access_of(const struct bm_opl *way) {
    static const char *const keys[] = {"motorcar", "motor_vehicle", "vehicle", "access"};
    for (int i = 0; i < 4; i++) {
        const char *value = bm_opl_tag(way, keys[i]);
        if (!value) continue;
        enum access access = meaning(value, i < 3);
        /* A bus lane of its own is no closed road. */
        bool buses = is_said(way, "psv") || is_said(way, "bus");
        return access == CLOSED && buses ? RESTRICTED : access;
    }
    const char *service = bm_opl_tag(way, "service");
    if (service && strcmp(service, "emergency_access") == 0) return RESTRICTED;
    return FREE;
}

/* --- directions ------------------------------------------------------------------------------- */

enum oneway { BOTH_WAYS, FORWARD, BACKWARD, CHANGING };

static bool is_round(const struct bm_opl *way) {
    const char *junction = bm_opl_tag(way, "junction");
    return junction && ONE_OF(junction, "roundabout", "circular");
}

static enum oneway oneway_of(const struct bm_opl *way, const struct road_class *class) {
    const char *value = bm_opl_tag(way, "oneway:motor_vehicle");
    if (!value) value = bm_opl_tag(way, "oneway");
    if (value) {
        if (ONE_OF(value, "yes", "true", "1")) return FORWARD;
        if (ONE_OF(value, "-1", "reverse")) return BACKWARD;
        if (ONE_OF(value, "no", "false", "0", "alternating")) return BOTH_WAYS;
        if (strcmp(value, "reversible") == 0) return CHANGING;
    }
    return is_round(way) || class->flags & ONEWAY ? FORWARD : BOTH_WAYS;
}

/* --- speeds ----------------------------------------------------------------------------------- */

static unsigned least(unsigned a, unsigned b) {
    return a < b ? a : b;
}

static bool is_unpaved(const struct bm_opl *way) {
    const char *surface = bm_opl_tag(way, "surface");
    return surface && ONE_OF(surface, "unpaved", "gravel", "dirt", "earth", "ground", "grass",
                             "mud", "sand", "pebblestone", "rock", "fine_gravel");
}

/* What one drives on average where one may. */
static unsigned average(const struct bm_opl *way, const struct road_class *class, int direction) {
    unsigned speed = class->ordinary * 10u;
    unsigned limit = limit_of(way, direction);
    if (limit == UINT16_MAX) limit = ORDINARY_MOST;
    if (limit && class->flags & FOLLOWS_LIMIT) speed = limit * 9 / 10;
    if (limit) speed = least(speed, limit);
    if (is_unpaved(way)) speed = least(speed, UNPAVED_MOST);
    return least(speed, ORDINARY_MOST);
}

unsigned bm_way_hurried(unsigned ordinary_dkmh) {
    unsigned speed = least(ordinary_dkmh + ordinary_dkmh * EMERGENCY_MORE_PERCENT / 100,
                           ordinary_dkmh + EMERGENCY_MORE_MOST);
    return least(speed, EMERGENCY_MOST);
}

static unsigned hurried(const struct bm_opl *way, const struct road_class *class, int direction,
                        enum access access) {
    unsigned speed = bm_way_hurried(average(way, class, direction));
    if (class->emergency) speed = class->emergency * 10u;
    return access == NO_CARS ? least(speed, FORBIDDEN_TO_CARS) : speed;
}

static bool is_square(const struct bm_opl *way) {
    const char *area = bm_opl_tag(way, "area");
    return area && strcmp(area, "yes") == 0;
}

/* Which of the vehicles may drive here at all. */
static void allowed(const struct bm_opl *way, const struct road_class *class, enum access access,
                    bool ret[BM_profile_COUNT]) {
    const char *emergency = bm_opl_tag(way, "emergency");
    /* The edge of a square leads on; the edge of a car park does not. */
    bool square = is_square(way), pedestrian = strcmp(class->word, "pedestrian") == 0;
    if (square && !pedestrian) return;
    bool has_speed = class->ordinary > 0;
    ret[BM_PROFILE_ORDINARY] = has_speed && !square &&
                               (access == SAID_FREE || (access == FREE && !(class->flags & ASK)));
    ret[BM_PROFILE_EMERGENCY] = (has_speed || class->emergency) && access != CLOSED;
    if (is_said(way, "emergency")) ret[BM_PROFILE_EMERGENCY] = has_speed || class->emergency;
    if (emergency && strcmp(emergency, "no") == 0) ret[BM_PROFILE_EMERGENCY] = false;
}

/* --- on foot ---------------------------------------------------------------------------------- */

/* What is said for those who walk; of crews on duty, so that private ground is open to them. */
static enum access access_on_foot(const struct bm_opl *object) {
    const char *value = bm_opl_tag(object, "foot");
    if (!value) value = bm_opl_tag(object, "access");
    if (!value) return FREE;
    if (ONE_OF(value, "no", "use_sidepath")) return CLOSED;
    return meaning(value, false);
}

/* Neither mountaineers' routes nor anything that needs hands. */
static unsigned walking(const struct bm_opl *way, const struct road_class *class) {
    enum access access = access_on_foot(way);
    bool said = bm_opl_tag(way, "foot") && access == SAID_FREE;
    if (access == CLOSED || (class->flags & ASK_FOOT && !said)) return 0;
    if (is_square(way) && !ONE_OF(class->word, "pedestrian", "footway")) return 0;
    const char *mountain = bm_opl_tag(way, "sac_scale");
    if (!mountain || ONE_OF(mountain, "hiking", "strolling")) return class->foot_dkmh;
    bool path = ONE_OF(mountain, "mountain_hiking", "demanding_mountain_hiking", "T2", "T3");
    return path ? least(class->foot_dkmh, WALK_MOUNTAIN_DKMH) : 0;
}

/* One walks both ways, whatever vehicles do, but for moving stairs and what is said of walking. */
static enum oneway oneway_on_foot(const struct bm_opl *way) {
    const char *value = bm_opl_tag(way, "conveying");
    if (!value) value = bm_opl_tag(way, "oneway:foot");
    if (!value) value = bm_opl_tag(way, "foot:oneway");
    if (!value) return BOTH_WAYS;
    if (ONE_OF(value, "forward", "yes", "true", "1")) return FORWARD;
    return ONE_OF(value, "backward", "-1") ? BACKWARD : BOTH_WAYS;
}

static bool leads_along(enum oneway oneway, int direction) {
    return oneway == BOTH_WAYS || oneway == (direction ? BACKWARD : FORWARD);
}

bool bm_way_judge(const struct bm_opl *way, struct bm_way *ret_way) {
    const char *highway = bm_opl_tag(way, "highway");
    const struct road_class *class = highway ? class_of(highway) : NULL;
    if (!class) return false;
    enum access access = access_of(way);
    bool may[BM_profile_COUNT] = {false};
    allowed(way, class, access, may);
    enum oneway oneway = oneway_of(way, class), on_foot = oneway_on_foot(way);
    unsigned walk = walking(way, class);
    bool never_against = class->flags & NEVER_AGAINST || is_round(way);
    struct bm_way judged = {{{0}}};
    bool any = false;
    for (int direction = 0; direction < 2; direction++) {
        bool along = leads_along(oneway, direction);
        unsigned ordinary = may[BM_PROFILE_ORDINARY] && along ? average(way, class, direction) : 0;
        unsigned emergency = 0;
        if (may[BM_PROFILE_EMERGENCY]) {
            emergency = hurried(way, class, direction, access);
            if (!along) emergency = never_against ? 0 : least(emergency, AGAINST);
        }
        judged.speed_dkmh[BM_PROFILE_ORDINARY][direction] = (uint16_t)ordinary;
        judged.speed_dkmh[BM_PROFILE_EMERGENCY][direction] = (uint16_t)emergency;
        unsigned foot = leads_along(on_foot, direction) ? walk : 0;
        judged.speed_dkmh[BM_PROFILE_FOOT][direction] = (uint16_t)foot;
        any = any || ordinary || emergency || foot;
    }
    if (any) *ret_way = judged;
    return any;
}

/* --- barriers --------------------------------------------------------------------------------- */

bool bm_way_signal(const struct bm_opl *node) {
    const char *highway = bm_opl_tag(node, "highway");
    return highway && strcmp(highway, "traffic_signals") == 0;
}

enum bm_barrier bm_way_barrier(const struct bm_opl *node) {
    const char *barrier = bm_opl_tag(node, "barrier");
    if (!barrier) return BM_BARRIER_NONE;
    static const char *const gates[] = {"gate",         "lift_gate",      "swing_gate",
                                        "sliding_gate", "bump_gate",      "chain",
                                        "bollard",      "rising_bollard", NULL};
    static const char *const walls[] = {"block",
                                        "jersey_barrier",
                                        "debris",
                                        "log",
                                        "wall",
                                        "fence",
                                        "planter",
                                        "guard_rail",
                                        "hedge",
                                        "ditch",
                                        "stile",
                                        "kissing_gate",
                                        "turnstile",
                                        "full-height_turnstile",
                                        "hampshire_gate",
                                        "cycle_barrier",
                                        "motorcycle_barrier",
                                        "city_wall",
                                        "retaining_wall",
                                        NULL};
    bool wall = is_one_of(barrier, walls);
    if (!wall && !is_one_of(barrier, gates)) return BM_BARRIER_NONE; /* toll booths, kerbs, grids */
    enum access access = access_of(node);
    if (access == SAID_FREE) return BM_BARRIER_NONE;
    if (is_said(node, "emergency")) return BM_BARRIER_EMERGENCY;
    if (wall) return BM_BARRIER_ALL;
    const char *kind = bm_opl_tag(node, "bollard");
    bool bollard = strcmp(barrier, "bollard") == 0;
    if (bollard && !(kind && ONE_OF(kind, "removable", "rising", "foldable", "flexible")))
        return BM_BARRIER_ALL;
    /* A gate of which nothing is said usually stands open. */
    bool shut = bollard || access != FREE || ONE_OF(barrier, "chain", "rising_bollard");
    return shut ? BM_BARRIER_EMERGENCY : BM_BARRIER_NONE;
}

/* Whoever walks gets over and around most of what stops cars; a gate that is said to be private or
 * locked is opened as it is for vehicles. */
enum bm_barrier bm_way_barrier_on_foot(const struct bm_opl *node) {
    static const char *const walls[] = {"wall",  "fence",     "guard_rail",     "hedge",
                                        "ditch", "city_wall", "retaining_wall", NULL};
    const char *barrier = bm_opl_tag(node, "barrier"), *locked = bm_opl_tag(node, "locked");
    if (!barrier) return BM_BARRIER_NONE;
    enum access access = access_on_foot(node);
    if (access == SAID_FREE) return BM_BARRIER_NONE;
    if (access == CLOSED || is_one_of(barrier, walls))
        return is_said(node, "emergency") ? BM_BARRIER_EMERGENCY : BM_BARRIER_ALL;
    bool gate = ONE_OF(barrier, "gate", "sliding_gate", "full-height_turnstile");
    bool shut = access == RESTRICTED || (locked && strcmp(locked, "yes") == 0);
    return gate && shut ? BM_BARRIER_EMERGENCY : BM_BARRIER_NONE;
}
