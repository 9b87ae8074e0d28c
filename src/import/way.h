/* What the tags of an OpenStreetMap way say of driving on it: which way, and how fast, under each
 * profile.  Pure.
 *
 * Ordinary obeys everything: one-ways, access, class speeds and signed limits.  Its speed is what
 * one drives on average, not the limit: the class's own, or nine tenths of a signed limit.
 *
 * Emergency is a vehicle with lights and sirens:
 *   - a quarter faster than ordinary, by at most 20 km/h, never above 140 km/h;
 *   - also on roads for buses, emergency services, residents, agriculture, and in pedestrian zones
 * (these at 10 km/h), and where motor vehicles are forbidden by a sign (at most 20 km/h); not where
 * all access is forbidden, and not on military ground;
 *   - against a one-way street at 15 km/h, but never on motorways, trunk roads, their links, or
 * roundabouts. These factors are ours: no standard states them, and a desk that knows its own may
 * change this one table.
 *
 * Foot is a crew that walks briskly, 5 km/h, half of that on steps and mountain paths:
 *   - on everything but motorways, buses' own tracks and mountaineers' routes (sac_scale from
 * alpine_hiking on); on trunk roads, busways, cycleways and bridleways only where a tag says so;
 *   - also on private ground (ours: they come to help), not where foot=no or access=no, nor on
 * military ground, nor where a sidewalk of its own is drawn (foot=use_sidepath).  Sidewalks that are
 * only hinted at (sidewalk=...) say nothing;
 *   - both ways on any one-way street, but on moving stairs, and where oneway:foot says otherwise.
 *
 * Ferries are no roads here, for anybody: they sail when they sail.  What lies beyond one is an island
 * of the network, and what is on one is off the roads (dispatch.h says what becomes of such units). */
#ifndef BM_IMPORT_WAY_H
#define BM_IMPORT_WAY_H

#include "base/buf.h"
#include "import/opl.h"
#include "road/road.h"

/* Speeds in tenths of km/h, [profile][0] in the order of the way's nodes, [1] against it; 0: not to
 * be driven. */
struct bm_way {
    uint16_t speed_dkmh[BM_profile_COUNT][2];
};

/* Tenths of km/h of somebody who walks. */
enum { BM_WALK_DKMH = 50 };

/* False when nobody may drive or walk on it in any direction (it is no road, or closed to all). */
bool bm_way_judge(const struct bm_opl *way, struct bm_way *ret_way);

/* What a vehicle with lights and sirens makes of an ordinary one's speed, in tenths of km/h. */
unsigned bm_way_hurried(unsigned ordinary_dkmh);

/* Whether there is such a class of road. */
bool bm_way_is_class(const char *highway);

/* Appends what osmium's tags-filter needs to give these ways alone: "w/highway=motorway,...". */
void bm_way_filter(struct bm_buf *out);

/* A `maxspeed` value in tenths of km/h: "50", "50 km/h", "30 mph", "walk", "DE:urban", "CN:urban",
 * "DE:zone:30"; of several ("50;30") the least.  UINT16_MAX for "none"; 0 when it says nothing that
 * is known. */
uint16_t bm_way_limit(const char *value);

/* What stands at a node of a way. */
enum bm_barrier {
    BM_BARRIER_NONE,      /* nothing, or what lets one through */
    BM_BARRIER_EMERGENCY, /* a gate that is shut, or a bollard that can be lowered: opened for
                             emergencies, ten seconds */
    BM_BARRIER_ALL        /* nobody passes */
};
enum { BM_BARRIER_OPEN_MS = 10000 };
/* What passing a traffic signal costs on average, whichever way it stands.  Ours, like the speeds:
 * without it a city of signals is driven as if it had none (Manhattan with lights and sirens at 76
 * km/h, where an ambulance service's own model has 46). */
enum { BM_SIGNAL_EMERGENCY_MS = 4000, BM_SIGNAL_ORDINARY_MS = 12000, BM_SIGNAL_FOOT_MS = 15000 };
/* What it costs an emergency vehicle to turn where a sign forbids it: it may, when it does so slowly.  Ours. */
enum { BM_TURN_EMERGENCY_MS = 10000 };
bool bm_way_signal(const struct bm_opl *node);
/* For cars, and for those who walk: stiles, kissing gates, bollards and blocks are none to them. */
enum bm_barrier bm_way_barrier(const struct bm_opl *node);
enum bm_barrier bm_way_barrier_on_foot(const struct bm_opl *node);

#endif
