/* What the store tests share: a world with a journal in it, and records and events full of values. */
#ifndef STORE_SUPPORT_H
#define STORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "journal/journal.h"

struct world {
    bool sqlite;
    char dir[64];
    struct bm_journal *journal;
};

/* A fresh journal, in memory or in a folder of its own under /tmp. */
struct world *bm_world_make(bool sqlite);
void bm_world_free(struct world *world);
/* Closes the journal and opens it again. */
void bm_world_reopen(struct world *world);
/* A second writer beside the first. */
struct bm_journal *bm_world_second(struct world *world);
/* "DIR/name". */
const char *bm_world_path(const struct world *world, const char *name, char ret_path[128]);

/* Fills every field of a record with a value that its shape allows, given by `seed`. */
void bm_fill_record(const struct bm_shape *shape, void *ret_record, uint64_t seed);
/* An event with a full body; some carry a request, some a sealed part. */
struct bm_event bm_fill_event(enum bm_event_kind kind, uint64_t seq, uint64_t seed);
/* A short event about one case. */
struct bm_event bm_case_event(uint64_t case_id, uint64_t seq);
void bm_assert_same_event(const struct bm_event *a, const struct bm_event *b);

/* Appends and asserts that it was committed. */
void bm_append_all(struct bm_journal *journal, const struct bm_event *events, size_t count,
            const struct bm_change *changes, size_t change_count);
enum bm_append bm_try_append(struct bm_journal *journal, const struct bm_event *events, size_t count,
                          const struct bm_change *changes, size_t change_count,
                          const struct bm_head *expected);
/* Appends `count` case events about cases 1..7 in turn, `batch` at a time. */
void bm_append_many(struct bm_journal *journal, size_t count, size_t batch);

/* Rows that a walk saw. */
struct seen {
    size_t count;
    uint64_t first, last;
    size_t stop_after; /* 0: never */
};
bool bm_see(void *context, const struct bm_row *row);
uint64_t bm_random_next(uint64_t *state);

/* Where assert_ok's calls say what went wrong. */
extern struct bm_fault bm_test_fault;
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        if ((call) != BM_OK) fail_msg("%s: %s", bm_code_word(bm_test_fault.code), bm_test_fault.detail); \
    } while (0)

#endif
