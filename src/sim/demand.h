/* What people ask of a desk, drawn from a seed: mostly sensible, sometimes wrong, sometimes
 * repeated.  Used by property tests, the simulator and benchmarks. */
#ifndef BM_SIM_DEMAND_H
#define BM_SIM_DEMAND_H

#include "base/rng.h"
#include "core/core.h"

/* A small house: 4 agencies in a tree, 3 classes, `units` units on duty, 9 operators of all roles, and a procedure of its
 * own, "errand" (demand.yaml), in which most of them have posts.  Returns the number of commands written to `ret_commands`
 * (room for 32 + 2 * units), all by the desk itself; to be given in order on an empty desk. */
size_t bm_demand_house(struct bm_command *ret_commands, unsigned units);

/* Draws the next command against the state: a fifth of them are about errands.  `sealed` content is random bytes under rising key ids.
 * The caller owns the command. */
struct bm_command bm_demand_draw(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms);

/* The command of a head whom nothing bars that ends a matter under way, whatever its state. */
struct bm_command bm_demand_drop(const struct bm_core *core, uint64_t case_id);

#endif
