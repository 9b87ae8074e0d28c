/* Any text as a guard: it reads within its bounds and then has an answer, or is refused with a
 * sentence. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/check.h"
#include "procedure/guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static int find_field(const void *context, const char *name, enum bm_guard_type *ret_type) {
    (void)context;
    if (strlen(name) != 2 || name[0] != 'f' || name[1] < '0' || name[1] > '4') return -1;
    *ret_type = (enum bm_guard_type)(name[1] - '0');
    return name[1] - '0';
}
static int find_word(const void *context, int field, const char *word) {
    (void)context;
    return field == BM_GUARD_WORD && strcmp(word, "w") == 0 ? 0 : -1;
}
static int find_name(const void *context, const char *name) {
    (void)context;
    return strcmp(name, "n") == 0 ? 1 : -1;
}
static bool value(const void *context, uint32_t field, int64_t *ret_value) {
    *ret_value = 1;
    return field < 5 && *(const uint8_t *)context % 3 != 0;
}
static bool has(const void *context, uint32_t field) {
    return (*(const uint8_t *)context + field) % 2 != 0;
}
static bool counter(const void *context, enum bm_counter which, int64_t *ret_value) {
    *ret_value = *(const uint8_t *)context % 4;
    return which < BM_COUNTER_COUNT;
}
static bool remaining(const void *context, uint32_t clock, int64_t *ret_amount) {
    *ret_amount = -1;
    return clock == 1 && *(const uint8_t *)context % 5 != 0;
}
static bool breached(const void *context, uint32_t clock, bool *ret_breached) {
    *ret_breached = true;
    return clock == 1 && *(const uint8_t *)context % 7 != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static const struct bm_guard_names names = {NULL,      find_field, find_word,
                                                find_name, find_name,  find_name};
    if (len < 1) return 0;
    const struct bm_guard_facts facts = {bytes, value, has, counter, remaining, breached, has, has};
    struct bm_arena arena = {.blocks = NULL};
    struct bm_guard guard;
    struct bm_fault fault = {.code = BM_OK};
    char *text = bm_alloc(len);
    memcpy(text, bytes + 1, len - 1);
    text[len - 1] = 0;
    if (bm_guard_parse(&arena, text, &names, &guard, &fault)) {
        BM_CHECK(fault.detail[0]);
    } else {
        uint32_t missing = UINT32_MAX;
        BM_CHECK(guard.count >= 1 && guard.count <= BM_GUARD_NODES_MAX);
        enum bm_guard_answer answer = bm_guard_ask(&guard, &facts, &missing);
        BM_CHECK((answer == BM_GUARD_MISSING) == (missing < guard.count));
        BM_CHECK(!bm_guard_opposite(&guard, &guard));
    }
    bm_arena_free(&arena);
    bm_free(text);
    return 0;
}
