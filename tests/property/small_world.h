/* A core with the house of sim/demand.h in it, to which a test gives one command after the other.
 */
#ifndef BM_TESTS_SMALL_WORLD_H
#define BM_TESTS_SMALL_WORLD_H

#include <stdio.h>

#include "sim/demand.h"
#include "testing.h"

#define TEXT(to, from) snprintf((to), sizeof(to), "%s", (from))
#define NOW INT64_C(1790000000000)

struct world {
    struct bm_core *core;
    struct bm_decision decision;
    int64_t now_ms;
};

/* Decides, and applies what came of it; releases the command. */
static inline enum bm_code give(struct world *world, struct bm_command *command) {
    enum bm_code code = bm_core_decide(world->core, command, world->now_ms, &world->decision);
    for (size_t i = 0; i < world->decision.event_count; i++) {
        struct bm_event *event = &world->decision.events[i];
        event->seq = bm_core_seq(world->core) + 1;
        bm_core_apply(world->core, event);
    }
    bm_core_take_changes(world->core, NULL, NULL);
    assert_null(bm_core_check(world->core));
    bm_command_release(command);
    return code;
}

/* The same for a command that must be taken: the id of what it made. */
static inline uint64_t made(struct world *world, struct bm_command *command) {
    enum bm_code code = give(world, command);
    if (code) fail_msg("%s: %s", bm_command_word(command->kind), world->decision.fault.detail);
    return world->decision.made_id;
}

static inline struct world world_make(void) {
    struct world world = {bm_core_new(), bm_decision_make(), NOW};
    struct bm_command house[64];
    size_t count = bm_demand_house(house, 8);
    for (size_t i = 0; i < count; i++) assert_int_equal(give(&world, &house[i]), BM_OK);
    return world;
}

static inline void world_free(struct world *world) {
    bm_decision_free(&world->decision);
    bm_core_free(world->core);
}

static inline struct bm_command ask(enum bm_command_kind kind, uint64_t actor, uint64_t target) {
    struct bm_command command = bm_command_make(kind);
    command.actor.v = actor;
    command.target = target;
    return command;
}

#endif
