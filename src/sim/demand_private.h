/* Inside of the demand: what both halves draw from. */
#ifndef BM_SIM_DEMAND_PRIVATE_H
#define BM_SIM_DEMAND_PRIVATE_H

#include "sim/demand.h"

void bm_demand_text(char *to, size_t cap, const char *from);
/* A random present id of a table, now and then a wrong one; 1 when there is none. */
uint64_t bm_demand_some(struct bm_rng *rng, const struct bm_core *core, enum bm_table_kind table);
/* Random bytes under that key. */
void bm_demand_seal(struct bm_rng *rng, struct bm_command *command, enum bm_data_class data_class,
                    uint64_t key_id);
/* Fresh keys for something new, and mostly something sealed under them. */
void bm_demand_fresh_keys(struct bm_rng *rng, struct bm_command *command);

/* Publishes the house's procedure as that version: those with an even number differ in budget and
 * ladder. */
struct bm_command bm_demand_edition(unsigned version);
/* Publishes the procedure of other agencies' parts. */
struct bm_command bm_demand_joint(void);
/* A case opened out of some incident. */
struct bm_command bm_demand_part(struct bm_rng *rng, const struct bm_core *core);
/* About channels out of the house: with its actor. */
struct bm_command bm_demand_alert(struct bm_rng *rng, const struct bm_core *core);
/* A file taken in: with its actor. */
struct bm_command bm_demand_import(struct bm_rng *rng, const struct bm_core *core);
/* About matters: with its actor. */
struct bm_command bm_demand_matter(struct bm_rng *rng, const struct bm_core *core);

/* Around shifts: with its actor. */
struct bm_command bm_demand_shift(struct bm_rng *rng, const struct bm_core *core, int64_t now_ms);

#endif
