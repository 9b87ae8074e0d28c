#include "report/groups.h"

#include <string.h>

#include "base/alloc.h"
#include "report/sample.h"

void *bm_group_of(void **groups, size_t *count, size_t *cap, size_t size, const void *key, bm_group_order_fn *order,
                  bool *ret_new) {
    size_t low = 0, high = *count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        void *at = (char *)*groups + middle * size;
        int where = order(at, key);
        if (where == 0) {
            *ret_new = false;
            return at;
        }
        if (where < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (*count == BM_REPORT_GROUPS_MAX) return NULL;
    if (*count == *cap) {
        *cap = *cap ? *cap * 2 : 32;
        *groups = bm_realloc(*groups, *cap * size);
    }
    char *place = (char *)*groups + low * size;
    memmove(place + size, place, (*count - low) * size);
    memcpy(place, key, size);
    ++*count;
    *ret_new = true;
    return place;
}
