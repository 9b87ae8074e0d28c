/* The consoles: they draw commands against what they see, send some late, some twice, some under a
 * used key, and ask again what was not answered when the desk died. */
#include "desk_sim.h"

#include "base/alloc.h"
#include "base/check.h"
#include "sim/demand.h"

enum { UNITS = 8, HOUSE_MAX = 64, ADMIN = 1 };

static struct bm_command copy_command(struct bm_command *from) {
    struct bm_command copy = *from;
    bm_shape_copy(bm_command_shape(from->kind), bm_command_args(from), bm_command_args(&copy));
    for (int d = 0; d < BM_data_class_COUNT; d++) {
        copy.sealed[d].value = bm_bytes_copy(from->sealed[d].value.bytes,
                                             from->sealed[d].value.len);
    }
    return copy;
}

static size_t remember(struct bm_sim *sim, struct bm_command command) {
    BM_SIM_GROW(sim->asked, sim->asked_count, sim->asked_cap);
    size_t at = sim->asked_count++;
    sim->asked[at] = (struct bm_sim_asked){.command = command};
    if (command.has_request) bm_map_put(&sim->asked_by_key, command.request, at);
    return at;
}

static void send_at(struct bm_sim *sim, size_t asked, uint64_t step, bool other_body) {
    BM_SIM_GROW(sim->queue, sim->queue_count, sim->queue_cap);
    sim->queue[sim->queue_count++] = (struct bm_sim_sent){asked, step, other_body, false};
}

size_t bm_sim_ask(struct bm_sim *sim, struct bm_command command) {
    size_t asked = remember(sim, command);
    send_at(sim, asked, sim->step, false);
    return asked;
}

static void draw_key(struct bm_sim *sim, struct bm_command *command) {
    command->has_request = true;
    for (int i = 0; i < BM_REQUEST_BYTES; i++) command->request[i] = (uint8_t)bm_rng_u64(&sim->rng);
}

/* The same key may come again with another body: here the one is told from the other by its digest.
 */
struct bm_command bm_sim_ask_copy(struct bm_sim *sim, const struct bm_sim_sent *sent) {
    struct bm_sim_asked *asked = &sim->asked[sent->asked];
    struct bm_command copy = copy_command(&asked->command);
    if (sent->other_body) {
        copy.request[16] ^= 0xff;
        copy.target++;
    }
    /* As if the desk had lost what it remembers: it does not know the key. */
    if (sim->lie == BM_SIM_KEY_FORGOTTEN && asked->known && !sent->other_body) {
        copy.request[15] ^= 0xff;
        sim->tally->lies++;
    }
    return copy;
}

/* --- drawing
 * --------------------------------------------------------------------------------------------------
 */

struct found {
    struct bm_bytes content;
    uint64_t seq;
};

static bool archived_row(void *context, const struct bm_row *row) {
    struct found *found = context;
    struct bm_event event;
    struct bm_fault fault;
    if (row->seq == found->seq && bm_row_event(row, &event, &fault) == BM_OK) {
        if (event.kind == BM_EV_CASE_ARCHIVED) {
            found->content = bm_bytes_copy(event.case_archived.content.bytes,
                                           event.case_archived.content.len);
        }
        bm_event_release(&event);
    }
    return false;
}

/* Brings an archived case back, with what the journal holds of it. */
static bool draw_revival(struct bm_sim *sim, struct bm_command *command) {
    const struct bm_core *core = bm_desk_core(sim->desk);
    size_t count = bm_core_count(core, BM_T_STUB);
    if (count == 0) return false;
    uint64_t id = bm_core_next_id(core, BM_T_STUB, 0);
    for (uint64_t skip = bm_sim_below(sim, count); skip > 0; skip--)
        id = bm_core_next_id(core, BM_T_STUB, id);
    const struct bm_stub *stub = bm_core_get(core, BM_T_STUB, id);
    struct found found = {.seq = stub->archived_seq.v};
    struct bm_fault fault;
    enum bm_code code = bm_journal_follow(bm_sim_store_journal(sim), found.seq - 1, archived_row,
                                          &found, &fault);
    if (code || !found.content.len) {
        bm_sim_wrong(sim, "row %llu does not hold archived case %llu",
                     (unsigned long long)found.seq, (unsigned long long)id);
        return false;
    }
    *command = bm_command_make(BM_DO_CASE_REVIVE);
    command->target = id;
    command->case_revive.content = found.content;
    command->actor.v = 4;
    draw_key(sim, command);
    return true;
}

static struct bm_command draw_place(struct bm_sim *sim) {
    struct bm_command command = bm_command_make(BM_DO_PLACE_SET);
    snprintf(command.place_set.name, sizeof command.place_set.name, "Post %u",
             (unsigned)bm_sim_below(sim, 1000));
    command.place_set.kind = BM_PLACE_POST;
    command.place_set.jurisdiction.v = 1 + bm_sim_below(sim, 4);
    command.actor.v = ADMIN;
    draw_key(sim, &command);
    return command;
}

static struct bm_command draw_one(struct bm_sim *sim) {
    struct bm_command command;
    const struct bm_core *core = bm_desk_core(sim->desk);
    int64_t now_ms = bm_core_at_ms(core);
    uint64_t pick = bm_sim_below(sim, 200);
    if (pick < 4 && draw_revival(sim, &command)) return command;
    if (pick == 4) return draw_place(sim);
    if (pick < 20 && bm_desk_time_held(sim->desk)) {
        command = bm_command_make(BM_DO_TIME_CONFIRM);
        command.actor.v = pick < 18 ? ADMIN : 3;
        draw_key(sim, &command);
        return command;
    }
    if (pick == 20) {
        command = bm_command_make(BM_DO_ACCOUNT_SET);
        command.target = 1 + bm_sim_below(sim, 8);
        command.actor.v = ADMIN;
        draw_key(sim, &command);
        return command;
    }
    return bm_demand_draw(&sim->rng, core, now_ms);
}

static void draw_fresh(struct bm_sim *sim) {
    size_t asked = remember(sim, draw_one(sim));
    uint64_t when = sim->step;
    if (bm_sim_chance(sim, sim->weather.delay)) {
        when += 1 + bm_sim_below(sim, 6);
        sim->tally->faults[BM_SIM_DELAYED]++;
    }
    send_at(sim, asked, when, false);
    if (!sim->asked[asked].command.has_request || !bm_sim_chance(sim, sim->weather.repeat)) return;
    send_at(sim, asked, when + bm_sim_below(sim, 3), false);
    sim->tally->faults[BM_SIM_REPEATED]++;
}

/* An old command again, or its key with another body. */
static void draw_repeat(struct bm_sim *sim) {
    if (sim->asked_count == 0) return;
    uint64_t back = bm_sim_below(
        sim, bm_sim_chance(sim, 70) && sim->asked_count > 40 ? 40 : sim->asked_count);
    size_t asked = sim->asked_count - 1 - (size_t)back;
    if (!sim->asked[asked].command.has_request) return;
    bool other = bm_sim_chance(sim, sim->weather.other_body);
    send_at(sim, asked, sim->step + bm_sim_below(sim, 2), other);
    sim->tally->faults[other ? BM_SIM_OTHER_BODY : BM_SIM_REPEATED]++;
}

/* Takes from the queue what may go now, in drawn order: what came later may go first. */
void bm_sim_ask_pick(struct bm_sim *sim, bool all) {
    sim->batch_count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < sim->queue_count; i++) {
        bool goes = sim->batch_count < 64 && (all || sim->queue[i].step <= sim->step);
        if (goes)
            sim->batch[sim->batch_count++] = sim->queue[i];
        else
            sim->queue[kept++] = sim->queue[i];
    }
    sim->queue_count = kept;
    for (size_t i = sim->batch_count; i > 1 && !sim->calm; i--) {
        size_t j = (size_t)bm_sim_below(sim, i);
        struct bm_sim_sent swapped = sim->batch[i - 1];
        sim->batch[i - 1] = sim->batch[j];
        sim->batch[j] = swapped;
    }
}

void bm_sim_ask_draw(struct bm_sim *sim) {
    uint64_t most = bm_sim_chance(sim, sim->weather.busy) ? 64 : 12;
    uint64_t count = bm_sim_chance(sim, 10) ? 0 : 1 + bm_sim_below(sim, most);
    for (uint64_t i = 0; i < count; i++) {
        if (bm_sim_chance(sim, 6))
            draw_repeat(sim);
        else
            draw_fresh(sim);
    }
    bm_sim_ask_pick(sim, false);
}

void bm_sim_ask_house(struct bm_sim *sim) {
    struct bm_command house[HOUSE_MAX];
    size_t count = bm_demand_house(house, UNITS);
    BM_CHECK(count <= HOUSE_MAX);
    for (size_t i = 0; i < count; i++) {
        draw_key(sim, &house[i]);
        bm_sim_ask(sim, house[i]);
    }
    bm_sim_ask_pick(sim, true);
}

/* --- when the desk dies ----------------------------------------------------------------------- */

void bm_sim_ask_doubt(struct bm_sim *sim) {
    for (size_t i = 0; i < sim->batch_count; i++) {
        const struct bm_sim_sent *sent = &sim->batch[i];
        struct bm_sim_asked *asked = &sim->asked[sent->asked];
        if (sent->answered) continue;
        asked->in_doubt = true;
        if (!asked->command.has_request || !bm_sim_chance(sim, 90)) continue;
        send_at(sim, sent->asked, sim->step + 1 + bm_sim_below(sim, 3), sent->other_body);
        sim->tally->faults[BM_SIM_ASKED_AGAIN]++;
    }
    sim->batch_count = 0;
}

void bm_sim_ask_free(struct bm_sim *sim) {
    for (size_t i = 0; i < sim->asked_count; i++) bm_command_release(&sim->asked[i].command);
    bm_free(sim->asked);
    bm_free(sim->queue);
    bm_map_free(&sim->asked_by_key);
}
