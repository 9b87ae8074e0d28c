/* What calls, seats and crews share; see town.h. */
#ifndef BM_SIM_TOWN_PRIVATE_H
#define BM_SIM_TOWN_PRIVATE_H

#include "base/rng.h"
#include "sim/town.h"

enum {
    CALLS_MAX = 64,  /* contacts that somebody here still has to do with; more calls are not made */
    EVENTS_MAX = 16, /* what happened lately, so that a second caller can tell of it */
    ROUTE_MAX = 4096, /* points of a way; a longer one is thinned */
    HUMANS_MAX = 2,   /* callers that wait for a human at once */
    SEATS_MAX = 8,
    HUMAN_PATIENCE_MS = 100000,     /* then an automatic seat answers */
    HUMAN_LEFT_MS = 20 * 60 * 1000, /* then what a human left is taken over */
    OPEN_CASES_MAX = 40,            /* no new calls past this */
};

struct bm_place_at {
    double lat, lon;
};

/* One kind of call, with what is said. */
struct bm_story {
    const char *class_code;
    const char *mark; /* a word that all its texts hold and no other story's: to know it again by */
    unsigned weight;
    enum { AT_HOUSE, AT_CROSSING, AT_RIVER } where;
    unsigned carries; /* percent of the ambulances that bring somebody to hospital */
    const char *report;
    const char *texts[3]; /* %s: the address */
};
extern const struct bm_story bm_stories[];
extern const unsigned bm_story_count;
const struct bm_story *bm_story_draw(struct bm_rng *rng);
const struct bm_story *bm_story_by_mark(const char *text);
const struct bm_story *bm_story_by_class(const char *class_code);

struct event {
    const struct bm_story *story;
    struct bm_place_at at;
    char address[160];
    char said[512];   /* by the first caller, "" while nothing was */
    char case_id[24]; /* "" until somebody opened it */
    char contact[24]; /* the first caller */
    unsigned district;
    int64_t began_ms;
};

enum call_end { CALL_CASE, CALL_HANGS_UP, CALL_SILENT, CALL_MISDIAL };
struct call {
    bool used, for_human, duplicate, ending;
    char id[24];
    int event; /* -1: none */
    enum call_end end;
    int seat;           /* which automatic seat answers */
    const char *result; /* how it ends, once its case is known */
    int64_t rang_ms, next_ms;
};

struct crew {
    char unit[24]; /* "" while the desk has no such unit */
    struct bm_place_at at, home;
    double speed_mps, heading_deg;
    char assignment[24], state[24]; /* what is being acted on */
    int64_t next_ms;                /* when the next thing is done */
    struct bm_place_at *points;     /* the way, NULL: standing */
    double *at_ms;
    uint32_t count, leg;
    int64_t left_ms;
    double pace;
    bool patrolling, moved;
    int64_t posted_ms;
};

struct bm_town {
    struct bm_client *client;
    const struct bm_city *city;
    const struct bm_roster *roster;
    struct bm_town_options options;
    struct bm_town_figures figures;
    struct bm_rng rng;
    int64_t now_ms, wall_ms, began_ms; /* now: monotonic */
    uint64_t run, call_number;
    /* What the desk says is so: {"case":{"12":{...}}}. */
    json_t *tables;
    bool synced, away;
    int64_t retry_ms;
    char tokens[BM_ROSTER_PEOPLE_MAX][160], operators[BM_ROSTER_PEOPLE_MAX][24];
    int seats[SEATS_MAX], seat_count, gateway; /* people */
    struct call calls[CALLS_MAX];
    struct event events[EVENTS_MAX];
    unsigned event_count; /* ever; the newest stand at count % max */
    int64_t next_call_ms, next_letter_ms;
    uint64_t letter_number;
    json_t *case_due; /* case id -> when a seat looks at it again (ms) */
    struct crew crews[BM_ROSTER_UNITS_MAX];
    int64_t next_positions_ms;
    uint32_t hospitals[16], hospital_count; /* into the city's places */
};

/* --- asking the desk -------------------------------------------------------------------------- */

/* As that person; logs in when needed.  The rows of a good answer are taken in.  Returns the
 * status; 0 when the desk was not reached (`away` is set then).  `ret_body` (may be NULL) is the
 * caller's. */
int bm_town_ask(struct bm_town *town, int person, const char *method, const char *path,
                json_t *body, const char *key, uint32_t if_match, json_t **ret_body);
/* --- rows ------------------------------------------------------------------------------------- */
json_t *bm_town_table(const struct bm_town *town, const char *table); /* id -> row; never NULL */
json_t *bm_town_row(const struct bm_town *town, const char *table, const char *id);
const char *bm_row_text(const json_t *row, const char *name); /* "" when it is null */
int64_t bm_row_int(const json_t *row, const char *name);
bool bm_row_place(const json_t *row, struct bm_place_at *ret_at);
bool bm_row_is(const json_t *row, const char *name, const char *word);
/* The seat that an operator id belongs to, -1: a human's. */
int bm_town_seat_of(const struct bm_town *town, const char *operator_id);
bool bm_town_is_seat(const struct bm_town *town, const char *operator_id);

/* Milliseconds of life, drawn between two bounds and divided by the pace (2 is what bounds are
 * written for). */
int64_t bm_town_span(struct bm_town *town, unsigned least_ms, unsigned most_ms);
struct bm_place_at bm_town_place(struct bm_point point);
double bm_place_far(struct bm_place_at a, struct bm_place_at b);
double bm_place_heading(struct bm_place_at a, struct bm_place_at b);
void bm_town_tell(const struct bm_town *town, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void bm_calls_round(struct bm_town *town);
void bm_calls_adopt(struct bm_town *town); /* after a sync: contacts nobody here knows */
void bm_seats_round(struct bm_town *town); /* send and close */
void bm_letters_round(struct bm_town *town); /* citizens who write */
void bm_crews_round(struct bm_town *town);
void bm_crews_begin(struct bm_town *town); /* after a sync: unit ids, last positions */
void bm_crew_halt(struct crew *crew);

#endif
