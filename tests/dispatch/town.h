/* Small towns on a small road file, units in them, and the questions that the tests ask. */
#ifndef BM_TESTS_TOWN_H
#define BM_TESTS_TOWN_H

#include <jansson.h>

#include "base/buf.h"
#include "dispatch/dispatch.h"
#include "road/build.h"

#define TOWN_NOW INT64_C(1790000000000)

struct town {
    struct bm_buf file;
    struct bm_road *road; /* NULL: none */
    struct bm_dispatch *dispatch;
};

/* Two banks of a river, y = 0 and y = 1, with a street of TOWN_COLUMNS crossings on each, x = 0, 1, ... 222 m apart and 22 s
 * by car (44 s in ordinary traffic, 220 s on foot).  The banks are 445 m and 44 s apart, and one bridge joins them, at the last x. */
enum { TOWN_COLUMNS = 11, TOWN_STEP_MS = 22000, TOWN_BRIDGE_MS = 44000 };
struct bm_point town_at(double x, double y);
struct bm_road_build *town_build(void);

struct town town_make(void);
struct town town_without_roads(void);
void town_free(struct town *town);
/* The roads file in `buf`, opened. */
struct bm_road *town_open(struct bm_road_build *build, struct bm_buf *buf);

/* An ambulance on duty, free, of area 1; change it, then town_put. */
struct bm_unit town_unit(uint64_t id, const char *capabilities);
void town_put(struct town *town, const struct bm_unit *unit);
/* Where it is now. */
void town_place(struct town *town, uint64_t unit, struct bm_point point);
void town_place_at(struct town *town, uint64_t unit, struct bm_point point, int64_t at_ms);
void town_station(struct town *town, uint64_t id, struct bm_point point);
/* Class "fire". */
void town_plan(struct town *town, const char *plan);
/* Closes the line from a to b; lifted with `active` false. */
/* A line from a to b that closes both directions; and the dispatch told of one. */
struct bm_place town_closure(uint64_t id, struct bm_point a, struct bm_point b);
void town_close(struct town *town, uint64_t id, struct bm_point a, struct bm_point b, bool active);

/* Case 7, class "fire", area 1, alarm 1, emergency. */
struct bm_incident town_incident(struct bm_point point);
bool town_may_all(void *context, const struct bm_unit *unit);
/* The recommendation (json_decref it); fails the test when there is none. */
json_t *town_ask(struct town *town, const struct bm_incident *incident);
json_t *town_ask_as(struct town *town, const struct bm_incident *incident, uint64_t id, int64_t now_ms,
                    bool (*may)(void *context, const struct bm_unit *unit), void *context);

/* Members of the answer. */
json_t *town_get(const json_t *object, const char *name);
json_t *town_unit_row(const json_t *answer, uint64_t unit, const char *capability);
/* Reason for which it was passed over, NULL: it was not. */
const char *town_passed_over(const json_t *answer, uint64_t unit);
bool town_says(const json_t *unit_row, const char *reason);
/* "3 5 9": chosen for that capability, in the order of their ranks. */
const char *town_chosen(const json_t *answer, const char *capability);

#endif
