/* Guards: when an event is possible.  A small total language - no loops, no calls, no text - so
 * that each guard ends, and so that what it looks at is known before it runs.
 *
 *   guard   := and { "or" and }
 *   and     := not { "and" not }
 *   not     := "not" not | "(" guard ")" | value compare value | yes-or-no field
 *            | "breached(" clock ")" | "in(" state ")" | "role(" role ")" | "has(" field ")"
 *   value   := integer | date as 2026-01-31 | field | word of the choice on the other side
 *            | "returns" | "reopens" | "extensions"
 *            | "remaining(" clock ")"   in the clock's own unit, below 0 when overdue
 *   compare := "=" | "!=" | "<" | "<=" | ">" | ">="   words and yes-or-no fields: = and != only
 *
 * Three values: a field that nobody filled in makes a comparison neither true nor false, and `not`
 * of it as well; `and` with something false stays false, `or` with something true stays true.
 * Whoever asks refuses an event whose guard is MISSING, and tells which field to fill in; it is
 * never taken for false.  Pure; parsing is O(text), asking O(nodes). */
#ifndef BM_PROCEDURE_GUARD_H
#define BM_PROCEDURE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/code.h"
#include "procedure/arena.h"

enum { BM_GUARD_BYTES_MAX = 512, BM_GUARD_NODES_MAX = 64, BM_GUARD_DEPTH_MAX = 16 };

enum bm_guard_op {
    BM_GUARD_OR,    /* a, b */
    BM_GUARD_AND,   /* a, b */
    BM_GUARD_NOT,   /* a */
    BM_GUARD_EQUAL, /* a, b: two values; likewise the five that follow */
    BM_GUARD_UNEQUAL,
    BM_GUARD_BELOW,
    BM_GUARD_AT_MOST,
    BM_GUARD_ABOVE,
    BM_GUARD_AT_LEAST,
    BM_GUARD_BREACHED, /* a: clock */
    BM_GUARD_IN,       /* a: state */
    BM_GUARD_ROLE,     /* a: role */
    BM_GUARD_HAS,      /* a: field */
    BM_GUARD_FLAG,     /* a: field of yes or no */
    BM_GUARD_NUMBER,   /* value; days since 1970-01-01 for a date, place in the list for a word of a
                          choice */
    BM_GUARD_FIELD,    /* a: field */
    BM_GUARD_COUNTER,  /* a: enum bm_counter */
    BM_GUARD_REMAINING /* a: clock */
};

enum bm_counter { BM_COUNTER_RETURNS, BM_COUNTER_REOPENS, BM_COUNTER_EXTENSIONS, BM_COUNTER_COUNT };

struct bm_guard_node {
    uint8_t op;
    uint16_t a, b; /* nodes before this one, or indexes as said at the op */
    int64_t value;
};

/* Immutable; the last node is the whole.  count 0: always true. */
struct bm_guard {
    const char *text;
    const struct bm_guard_node *nodes;
    uint32_t count;
};

/* What a name stands for.  Each returns its index, or -1 for a name that there is not. */
enum bm_guard_type {
    BM_GUARD_TEXT,
    BM_GUARD_INTEGER,
    BM_GUARD_DATE,
    BM_GUARD_WORD,
    BM_GUARD_YES_NO
};
struct bm_guard_names {
    const void *context;
    int (*field)(const void *context, const char *name, enum bm_guard_type *ret_type);
    int (*word)(const void *context, int field, const char *word);
    int (*clock)(const void *context, const char *name);
    int (*state)(const void *context, const char *name);
    int (*role)(const void *context, const char *name);
};

/* Reads `text`; the nodes come from `arena`.  Refused with BM_BAD_FORMAT (a sentence with the
 * character at which it does not go on, counted from 1), or BM_TOO_LONG past a maximum. */
BM_MUST_USE enum bm_code bm_guard_parse(struct bm_arena *arena, const char *text,
                                        const struct bm_guard_names *names,
                                        struct bm_guard *ret_guard, struct bm_fault *fault);

/* What a guard looks at; each returns false when there is no such value (yet). */
struct bm_guard_facts {
    const void *context;
    bool (*field)(const void *context, uint32_t field, int64_t *ret_value); /* yes-or-no: 1, 0 */
    bool (*has)(const void *context, uint32_t field); /* of any type; true when it is filled in */
    bool (*counter)(const void *context, enum bm_counter counter, int64_t *ret_value);
    bool (*remaining)(const void *context, uint32_t clock, int64_t *ret_amount);
    bool (*breached)(const void *context, uint32_t clock, bool *ret_breached);
    bool (*in)(const void *context, uint32_t state);
    bool (*role)(const void *context, uint32_t role); /* of who acts */
};

enum bm_guard_answer { BM_GUARD_NO, BM_GUARD_YES, BM_GUARD_MISSING };

/* `ret_missing` (may be NULL) gets the node whose value was missing first, when the answer is
 * MISSING. */
enum bm_guard_answer bm_guard_ask(const struct bm_guard *guard, const struct bm_guard_facts *facts,
                                  uint32_t *ret_missing);

/* Whether one says exactly the opposite of the other, by its form: `x` and `not x`, `a < b` and `a
 * >= b`.  Never true for two that could both hold; may be false for two that cannot. */
bool bm_guard_opposite(const struct bm_guard *one, const struct bm_guard *other);
/* The largest number of times for which a guard can still hold that asks for `counter` to be below
 * something; -1 when it asks for no such thing. */
int64_t bm_guard_counter_bound(const struct bm_guard *guard, enum bm_counter counter);

#endif
