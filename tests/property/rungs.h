/* The ladders of the demand's procedures (sim/demand.yaml, joint-response), and who told what of them: every rung of
 * a promise at most once, whatever editions it went by, and in the order of its edition's ladder.
 * What an edition does not have, it does not remember: a rung that it lacks is told when the matter
 * comes to one that has it, also when those above it were told before, and again when it was told
 * before that. */
#ifndef BM_TESTS_RUNGS_H
#define BM_TESTS_RUNGS_H

#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "core/event.h"

struct rungs {
    struct bm_table told;     /* struct rung_told by promise */
    struct bm_table matters;  /* struct rungs_matter by case */
    struct bm_table editions; /* uint32_t, its version, by edition */
    uint64_t count;
};

struct rungs_matter {
    uint64_t edition;
    uint32_t
        lacking; /* how often it came to an edition that lacks a rung: those with an even version */
};

struct rung_told {
    uint32_t mask;  /* bit of each place in the list below */
    uint32_t least; /* the least rung that may follow in the present edition */
    uint64_t edition;
    uint32_t lacking;
};

static inline struct rungs rungs_make(void) {
    return (struct rungs){bm_table_make(sizeof(struct rung_told)),
                          bm_table_make(sizeof(struct rungs_matter)),
                          bm_table_make(sizeof(uint32_t)), 0};
}

static inline void rungs_free(struct rungs *rungs) {
    bm_table_free(&rungs->told);
    bm_table_free(&rungs->matters);
    bm_table_free(&rungs->editions);
}

static inline void rungs_stand(struct rungs *rungs, const struct bm_ev_matter_set *ev) {
    struct rungs_matter *matter = bm_table_get(&rungs->matters, ev->on_case.v);
    const uint32_t *version = bm_table_get(&rungs->editions, ev->edition.v);
    if (!matter) matter = bm_table_add(&rungs->matters, ev->on_case.v);
    if (matter->edition != ev->edition.v && version && *version % 2 == 0) matter->lacking++;
    matter->edition = ev->edition.v;
}

/* Which rung it is about; good until the next one. */
static inline const char *rungs_say(const char *what, const struct bm_ev_promise_rung *ev) {
    static char said[640];
    snprintf(said, sizeof said, "%s: case %llu, promise %llu, %s, %s to %s", what, (unsigned long long)ev->on_case.v,
             (unsigned long long)ev->promise.v, ev->clock, ev->effect, ev->to);
    return said;
}

/* NULL, or what is wrong with a row of the record. */
static inline const char *rungs_see(struct rungs *rungs, const struct bm_event *event) {
    enum { LACKED = 1 << 1 };
    static const struct {
        const char *clock, *effect, *to;
    } ladders[] = {
        {"reply", "remind", "runner"},
        {"reply", "yellow_card", "head runner"}, /* LACKED by even versions */
        {"reply", "red_card", "judge"},
        {"reply", "supervise", "judge"},
        {"second_reply", "remind", "runner"},
        {"second_reply", "red_card", "judge"},
        {"registering", "remind", "clerk head"},
        {"registering", "yellow_card", "judge"},
        {"signing", "remind", "runner"},
        {"signing", "yellow_card", "head"},
        {"answering", "remind", "asker"},
        {"answering", "remind", "asker clerk"},
        {"supervising", "remind", "runner"},
        {"supervising", "red_card", "judge"},
        /* of joint-response */
        {"joining", "remind", "agency"},
        {"joining", "yellow_card", "dispatcher supervisor"},
        {"calling", "yellow_card", "supervisor"},
        {"ruling", "red_card", "superior supervisor"},
        {"sending", "remind", "agency"},
        {"sending", "yellow_card", "agency dispatcher"},
        {"arriving", "yellow_card", "agency dispatcher"},
        {"arriving", "red_card", "supervisor"},
        {"reporting", "yellow_card", "agency supervisor"},
        {"whole", "yellow_card", "supervisor"},
        {"whole", "red_card", "superior"},
    };
    const struct bm_ev_promise_rung *ev = &event->promise_rung;
    if (event->kind == BM_EV_PUBLISHED && event->published.edition.v)
        *(uint32_t *)bm_table_add(&rungs->editions,
                                  event->published.edition.v) = event->published.version;
    if (event->kind == BM_EV_MATTER_SET) rungs_stand(rungs, &event->matter_set);
    if (event->kind != BM_EV_PROMISE_RUNG) return NULL;
    uint32_t bit = 0;
    for (size_t i = 0; i < sizeof ladders / sizeof ladders[0]; i++) {
        bool same = strcmp(ladders[i].clock, ev->clock) == 0 &&
                    strcmp(ladders[i].effect, ev->effect) == 0 &&
                    strcmp(ladders[i].to, ev->to) == 0;
        if (same) bit = UINT32_C(1) << i;
    }
    if (!bit) return rungs_say("a rung that stands on no ladder", ev);
    if (ev->was_due_at_ms > event->at_ms) return "a rung is told before its time";
    const struct rungs_matter *matter = bm_table_get(&rungs->matters, ev->on_case.v);
    if (!matter) return "a rung of a matter that is not there";
    struct rung_told *told = bm_table_get(&rungs->told, ev->promise.v);
    if (!told) told = bm_table_add(&rungs->told, ev->promise.v);
    if (told->edition != matter->edition) told->least = 0;
    if (told->lacking != matter->lacking) told->mask &= ~(uint32_t)LACKED;
    if (told->mask & bit) return rungs_say("a rung is told twice", ev);
    if (ev->rung < told->least) return rungs_say("a rung is told after one that stands above it", ev);
    told->mask |= bit;
    told->least = ev->rung + 1;
    told->edition = matter->edition;
    told->lacking = matter->lacking;
    rungs->count++;
    return NULL;
}

#endif
