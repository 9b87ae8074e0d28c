#include "procedure/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct bm_where bm_where_of(const char *format, ...) {
    struct bm_where where;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(where.text, sizeof where.text, format, arguments);
    va_end(arguments);
    return where;
}

static const char *kind_name(const struct bm_yaml_node *node) {
    return node->kind == BM_YAML_TEXT   ? "a text"
           : node->kind == BM_YAML_LIST ? "a list"
                                        : "a mapping";
}

static bool is_kind(struct bm_reading *reading, const struct bm_yaml_node *node,
                    enum bm_yaml_kind kind, const char *where, const char *wanted) {
    if (!node) return false;
    if (node->kind == kind) return true;
    bm_findings_add(reading->findings, 1, node->at, where, "%s should stand here, not %s.", wanted,
                    kind_name(node));
    return false;
}

/* Whether `word` is one of `words`, which have a space between. */
static bool among(const char *words, const char *word) {
    size_t len = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += len)
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len])) return true;
    return false;
}

bool bm_read_map(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 const char *keys) {
    if (!is_kind(reading, node, BM_YAML_MAP, where, "A mapping (key: value)")) return false;
    for (const struct bm_yaml_node *one = keys ? node->first : NULL; one; one = one->next)
        if (!one->key[0] || strchr(one->key, ' ') || !among(keys, one->key))
            bm_findings_add(reading->findings, 1, one->key_at, where,
                            "The key \"%s\" is not known here. Known are: %s.", one->key, keys);
    return true;
}

bool bm_read_list(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  uint32_t most) {
    if (!is_kind(reading, node, BM_YAML_LIST, where, "A list ([a, b], or lines with -)"))
        return false;
    if (node->count <= most) return true;
    bm_findings_add(reading->findings, 1, node->at, where,
                    "There are %u entries here, at most %u are allowed. Take some out.",
                    node->count, most);
    return false;
}

const struct bm_yaml_node *bm_read_need(struct bm_reading *reading, const struct bm_yaml_node *map,
                                        const char *key, const char *where) {
    const struct bm_yaml_node *node = bm_yaml_get(map, key);
    if (!node)
        bm_findings_add(reading->findings, 1, map->key ? map->key_at : map->at, where,
                        "\"%s\" is missing here. Add it.", key);
    return node;
}

bool bm_read_text(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char **ret_text) {
    if (!is_kind(reading, node, BM_YAML_TEXT, where, "A text")) return false;
    size_t len = strlen(node->text);
    if (len == 0 || len > BM_PROCEDURE_LABEL_MAX) {
        bm_findings_add(reading->findings, 1, node->at, where,
                        "A text of 1 to %d bytes should stand here; this one has %zu.",
                        BM_PROCEDURE_LABEL_MAX, len);
        return false;
    }
    *ret_text = bm_arena_text(reading->arena, node->text, len);
    return true;
}

bool bm_read_name(struct bm_reading *reading, const char *name, struct bm_mark at,
                  const char *where) {
    size_t len = strlen(name);
    bool good = len >= 1 && len <= BM_PROCEDURE_NAME_MAX && name[0] >= 'a' && name[0] <= 'z';
    for (size_t i = 0; good && i < len; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
               name[i] == '_' || name[i] == '-';
    if (!good)
        bm_findings_add(reading->findings, 1, at, where,
                        "\"%.60s\" is no name. Use 1 to %d small letters, digits, _ and -, with a "
                        "letter first; what people read belongs into the label.",
                        name, BM_PROCEDURE_NAME_MAX);
    return good;
}

bool bm_read_number(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                    uint32_t least, uint32_t most, uint32_t *ret_number) {
    if (!is_kind(reading, node, BM_YAML_TEXT, where, "A number")) return false;
    const char *text = node->text;
    size_t len = strlen(text);
    uint64_t number = 0;
    bool good = len >= 1 && len <= 9 && (text[0] != '0' || len == 1);
    for (size_t i = 0; good && i < len; i++) {
        good = text[i] >= '0' && text[i] <= '9';
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (!good || number < least || number > most) {
        bm_findings_add(reading->findings, 1, node->at, where,
                        "A whole number from %u to %u should stand here, not \"%.40s\".", least,
                        most, text);
        return false;
    }
    *ret_number = (uint32_t)number;
    return true;
}

bool bm_read_yes(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 bool *ret_yes) {
    static const char *const words[] = {"no", "yes", NULL};
    int index;
    if (!bm_read_word(reading, node, where, words, &index)) return false;
    *ret_yes = index == 1;
    return true;
}

bool bm_read_word(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char *const *words, int *ret_index) {
    if (!is_kind(reading, node, BM_YAML_TEXT, where, "A word")) return false;
    char known[BM_FINDING_DETAIL_MAX / 2] = "";
    size_t len = 0;
    for (int i = 0; words[i]; i++) {
        if (strcmp(node->text, words[i]) == 0) {
            *ret_index = i;
            return true;
        }
        int more = snprintf(known + len, sizeof known - len, "%s%s", i ? ", " : "", words[i]);
        if (more > 0 && (size_t)more < sizeof known - len) len += (size_t)more;
    }
    bm_findings_add(reading->findings, 1, node->at, where,
                    "\"%.40s\" is not known here. It should be one of: %s.", node->text, known);
    return false;
}

bool bm_read_label(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                   struct bm_label *ret_label) {
    if (!bm_read_map(reading, node, where, "zh-Hans zh-Hant en")) return false;
    struct bm_label label = {.at = node->key ? node->key_at : node->at};
    bool good = true;
    for (int i = 0; i < BM_language_COUNT; i++) {
        const struct bm_yaml_node *text = bm_yaml_get(node, bm_language_words[i]);
        if (text && !bm_read_text(reading, text, where, &label.in[i])) good = false;
    }
    if (good) *ret_label = label;
    return good;
}

bool bm_read_span(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  struct bm_span *ret_span) {
    if (!bm_read_map(reading, node, where, "amount unit")) return false;
    uint32_t amount = 0;
    int unit = 0;
    if (!bm_read_word(reading, bm_read_need(reading, node, "unit", where), where, bm_measure_words,
                      &unit))
        return false;
    bool days = unit == BM_MEASURE_CALENDAR_DAYS || unit == BM_MEASURE_WORKING_DAYS;
    if (!bm_read_number(reading, bm_read_need(reading, node, "amount", where), where, 1,
                        days ? 3650 : 5256000, &amount))
        return false;
    *ret_span = (struct bm_span){amount, (enum bm_measure)unit};
    return true;
}

bool bm_read_ref(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 const char *kind, bm_find_fn *find, uint16_t *ret_index) {
    if (!is_kind(reading, node, BM_YAML_TEXT, where, "A name")) return false;
    uint16_t index = find(reading->procedure, node->text);
    if (index == BM_NO_INDEX) {
        bm_findings_add(reading->findings, 1, node->at, where,
                        "There is no %s \"%.60s\" in this file. Add it, or correct the name.", kind,
                        node->text);
        return false;
    }
    *ret_index = index;
    return true;
}

bool bm_read_refs(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char *kind, bm_find_fn *find, uint64_t *ret_bits) {
    uint64_t bits = 0;
    uint16_t index;
    bool good = true;
    if (!node) return false;
    if (node->kind == BM_YAML_TEXT) {
        if (!bm_read_ref(reading, node, where, kind, find, &index)) return false;
        *ret_bits = UINT64_C(1) << index;
        return true;
    }
    if (!bm_read_list(reading, node, where, 64)) return false;
    for (const struct bm_yaml_node *one = node->first; one; one = one->next) {
        if (bm_read_ref(reading, one, where, kind, find, &index))
            bits |= UINT64_C(1) << index;
        else
            good = false;
    }
    if (good) *ret_bits = bits;
    return good;
}

bool bm_read_roles(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                   uint32_t *ret_bits) {
    uint64_t bits;
    if (!bm_read_refs(reading, node, where, "role", bm_procedure_role, &bits)) return false;
    *ret_bits = (uint32_t)bits;
    return true;
}
