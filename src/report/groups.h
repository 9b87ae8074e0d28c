/* Groups of a report, kept in the order of their keys. */
#ifndef BM_REPORT_GROUPS_H
#define BM_REPORT_GROUPS_H

#include <stdbool.h>
#include <stddef.h>

/* Below 0 when `a` stands before `b`, 0 for one group. */
typedef int bm_group_order_fn(const void *a, const void *b);

/* The group of `key` among `*count` records of `size` bytes at `*groups`, which are in order and have room for `*cap`; a new
 * one is a copy of the key.  NULL: it would be one more than BM_REPORT_GROUPS_MAX.  It stays where it is until the next call.
 * O(log n), and O(n) where it is new. */
void *bm_group_of(void **groups, size_t *count, size_t *cap, size_t size, const void *key, bm_group_order_fn *order,
                  bool *ret_new);

#endif
