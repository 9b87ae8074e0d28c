#include "core/spares.h"

#include <string.h>

#include "core/entity.h"

static size_t of(const struct bm_procedures *procedures, const struct bm_procedure *procedure, int depth);

static size_t at_most(size_t count, size_t most) {
    return count < most ? count : most;
}

/* The cases of one row, and what is put by for each: for an incident nothing, it has no engine. */
static size_t of_row(const struct bm_procedures *procedures, const struct bm_procedure *procedure, const struct bm_row_def *row, int depth) {
    size_t count = 0;
    for (uint32_t e = 0; e < row->effect_count; e++) {
        const struct bm_effect_def *effect = &row->effects[e];
        if (effect->effect != BM_EFFECT_OPEN_CHILD) continue;
        const struct bm_procedure *child = strcmp(effect->text, BM_EMERGENCY) == 0      ? NULL
                                           : strcmp(effect->text, procedure->name) == 0 ? procedure
                                                                                        : procedures->find(procedures->context, effect->text);
        count += 1 + (child ? of(procedures, child, depth - 1) : 0);
    }
    return count;
}

/* Of the rows of an event one is taken. */
static size_t of_event(const struct bm_procedures *procedures, const struct bm_procedure *procedure, uint16_t event, bool by_engine, int depth) {
    size_t most = 0;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (row->event != event || (by_engine && !(row->by & 1))) continue;
        size_t count = of_row(procedures, procedure, row, depth);
        most = count > most ? count : most;
    }
    return most;
}

static size_t of(const struct bm_procedures *procedures, const struct bm_procedure *procedure, int depth) {
    size_t count = 0;
    if (depth == 0) return 0;
    for (uint16_t event = 0; event < procedure->event_count; event++) count += of_event(procedures, procedure, event, true, depth);
    return at_most(count, BM_SPARES_MAX);
}

size_t bm_spares_of(const struct bm_procedures *procedures, const struct bm_procedure *procedure) {
    return of(procedures, procedure, BM_SPARES_DEPTH);
}

size_t bm_spares_of_child(const struct bm_procedures *procedures, const struct bm_procedure *procedure) {
    return of(procedures, procedure, BM_SPARES_DEPTH - 1);
}

size_t bm_spares_of_event(const struct bm_procedures *procedures, const struct bm_procedure *procedure, uint16_t event) {
    return at_most(of_event(procedures, procedure, event, false, BM_SPARES_DEPTH), BM_SPARES_MAX);
}
