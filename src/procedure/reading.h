/* Private to the readers of procedure files: a tree's values with their types, each refusal with
 * place and mend. */
#ifndef BM_PROCEDURE_READING_H
#define BM_PROCEDURE_READING_H

#include "procedure/procedure.h"

struct bm_reading {
    struct bm_procedure *procedure;
    struct bm_arena *arena;
    struct bm_findings *findings;
};

/* `where` of findings: "states.offered"; each is cut at BM_FINDING_WHERE_MAX. */
struct bm_where {
    char text[BM_FINDING_WHERE_MAX];
};
struct bm_where bm_where_of(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Each returns false, with a finding added, when the value is not there or not of its kind;
 * `ret_...` stays as it was. */

/* A mapping whose keys are all among `keys` (words with a space between); NULL keys: any. */
bool bm_read_map(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 const char *keys);
bool bm_read_list(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  uint32_t most);
/* The value of a required key; NULL, told, when it is missing. */
const struct bm_yaml_node *bm_read_need(struct bm_reading *reading, const struct bm_yaml_node *map,
                                        const char *key, const char *where);
bool bm_read_text(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char **ret_text);
/* A name: small letters, digits, _ and -, beginning with a letter. */
bool bm_read_name(struct bm_reading *reading, const char *name, struct bm_mark at,
                  const char *where);
bool bm_read_number(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                    uint32_t least, uint32_t most, uint32_t *ret_number);
/* yes or no. */
bool bm_read_yes(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 bool *ret_yes);
/* One of a vocabulary; its index. */
bool bm_read_word(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char *const *words, int *ret_index);
/* { zh-Hans: ..., zh-Hant: ..., en: ... }; a language that is left out stays NULL (check 12). */
bool bm_read_label(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                   struct bm_label *ret_label);
/* { amount: 5, unit: working_days } */
bool bm_read_span(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  struct bm_span *ret_span);

/* Names that stand for something: role, clock, ...; `kind` names it in the refusal. */
typedef uint16_t bm_find_fn(const struct bm_procedure *procedure, const char *name);
bool bm_read_ref(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                 const char *kind, bm_find_fn *find, uint16_t *ret_index);
/* A list of them, or one alone, as bits. */
bool bm_read_refs(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                  const char *kind, bm_find_fn *find, uint64_t *ret_bits);
bool bm_read_roles(struct bm_reading *reading, const struct bm_yaml_node *node, const char *where,
                   uint32_t *ret_bits);

/* --- parts, one file each -----------------------------------------------------------------------
 */
uint16_t bm_procedure_template(const struct bm_procedure *procedure, const char *name);
uint16_t bm_procedure_law(const struct bm_procedure *procedure, const char *name);
/* read_states.c: first the names of all states, then what is in them. */
void bm_read_state_names(struct bm_reading *reading, const struct bm_yaml_node *regions);
void bm_read_states(struct bm_reading *reading, const struct bm_yaml_node *regions);
/* read_clocks.c */
void bm_read_clocks(struct bm_reading *reading, const struct bm_yaml_node *clocks);
/* read_rest.c: survey, reopen, hand_over, migrate, examples. */
void bm_read_rest(struct bm_reading *reading, const struct bm_yaml_node *root);

#endif
