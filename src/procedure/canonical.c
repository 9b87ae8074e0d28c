#include "procedure/canonical.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"

/* Sorted by bytes, which for UTF-8 is the order of code points. */
static int by_key(const void *a, const void *b) {
    const struct bm_yaml_node *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

/* Only what would be written again in the same way: no sign, no zero in front, within nine digits.
 */
static bool is_number(const struct bm_yaml_node *node) {
    static const char *const counting[] = {"version", "amount", "max",    "limit",
                                           "times",   "people", "returns"};
    size_t len = strlen(node->text), at = 0;
    while (at < sizeof counting / sizeof counting[0] && strcmp(node->key, counting[at]) != 0) at++;
    if (at == sizeof counting / sizeof counting[0]) return false;
    if (len < 1 || len > 9 || (node->text[0] == '0' && len > 1)) return false;
    return strspn(node->text, "0123456789") == len;
}

static void write_map(const struct bm_yaml_node *map, struct bm_buf *buf) {
    const struct bm_yaml_node **sorted = bm_alloc_zero(map->count + 1u, sizeof *sorted);
    uint32_t count = 0;
    bool first = true;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next) sorted[count++] = one;
    qsort(sorted, count, sizeof *sorted, by_key);
    bm_buf_byte(buf, '{');
    for (uint32_t i = 0; i < count; i++) {
        if (!first) bm_buf_byte(buf, ',');
        first = false;
        bm_json_text(buf, sorted[i]->key);
        bm_buf_byte(buf, ':');
        if (sorted[i]->kind == BM_YAML_TEXT && is_number(sorted[i]))
            bm_buf_text(buf, sorted[i]->text);
        else
            bm_canonical_write(sorted[i], buf);
    }
    bm_buf_byte(buf, '}');
    bm_free(sorted);
}

/* As deep as a tree may be: BM_YAML_DEPTH_MAX. */
void bm_canonical_write(const struct bm_yaml_node *node, struct bm_buf *buf) {
    if (node->kind == BM_YAML_TEXT) {
        bm_json_text(buf, node->text);
    } else if (node->kind == BM_YAML_MAP) {
        write_map(node, buf);
    } else {
        bm_buf_byte(buf, '[');
        for (const struct bm_yaml_node *one = node->first; one; one = one->next) {
            if (one != node->first) bm_buf_byte(buf, ',');
            bm_canonical_write(one, buf);
        }
        bm_buf_byte(buf, ']');
    }
}

enum bm_code bm_canonical_hash(const struct bm_yaml_node *root, struct bm_hash *ret_hash,
                               struct bm_fault *fault) {
    struct bm_buf buf = bm_buf_make(BM_YAML_BYTES_MAX);
    bm_canonical_write(root, &buf);
    bool overflow = buf.overflow;
    if (!overflow) bm_hash_of(buf.bytes, buf.len, ret_hash->bytes, BM_HASH_BYTES);
    bm_buf_free(&buf);
    return overflow ? bm_fault_set(fault, BM_TOO_LONG, NULL,
                                   "The canonical form would have more than %d bytes. Split the "
                                   "procedure.",
                                   BM_YAML_BYTES_MAX)
                    : BM_OK;
}
