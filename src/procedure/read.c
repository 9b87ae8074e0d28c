/* The head of a file and its lists of names: roles, laws, fields, events, templates; states and
 * clocks have their own readers.  Names come first, so that whatever refers to them may stand
 * anywhere. */
#include <string.h>

#include "base/alloc.h"
#include "procedure/reading.h"

#define FIND(kind, list, count)                                                                    \
    uint16_t bm_procedure_##kind(const struct bm_procedure *procedure, const char *name) {         \
        for (uint32_t i = 0; i < procedure->count; i++)                                            \
            if (strcmp(procedure->list[i].name, name) == 0) return (uint16_t)i;                    \
        return BM_NO_INDEX;                                                                        \
    }
FIND(state, states, state_count)
FIND(event, events, event_count)
FIND(clock, clocks, clock_count)
FIND(role, roles, role_count)
FIND(field, fields, field_count)
FIND(template, templates, template_count)
FIND(law, laws, law_count)

/* The entries of a mapping from names; NULL when there is none, or too many (told). */
static const struct bm_yaml_node *entries(struct bm_reading *reading,
                                          const struct bm_yaml_node *root, const char *key,
                                          uint32_t most, bool required) {
    const struct bm_yaml_node *map = required ? bm_read_need(reading, root, key, "")
                                              : bm_yaml_get(root, key);
    if (!map || !bm_read_map(reading, map, key, NULL)) return NULL;
    if (map->count > most) {
        bm_findings_add(reading->findings, 1, map->key_at, key,
                        "There are %u entries here, at most %u are allowed. Split the procedure.",
                        map->count, most);
        return NULL;
    }
    for (const struct bm_yaml_node *one = map->first; one; one = one->next)
        bm_read_name(reading, one->key, one->key_at, key);
    return map;
}

/* Takes a zeroed array for the entries of `map` and sets names and places. */
#define TAKE(list, counter, map)                                                                   \
    do {                                                                                           \
        uint32_t taken = 0;                                                                        \
        reading->procedure->list = bm_arena_take(reading->arena, (map)->count + 1u,                \
                                                 sizeof *reading->procedure->list);                \
        for (const struct bm_yaml_node *one = (map)->first; one; one = one->next, taken++) {       \
            reading->procedure->list[taken].name = bm_arena_text(reading->arena, one->key,         \
                                                                 strlen(one->key));                \
            reading->procedure->list[taken].at = one->key_at;                                      \
        }                                                                                          \
        reading->procedure->counter = taken;                                                       \
    } while (0)

/* --- roles ------------------------------------------------------------------------------------ */

static void take_role_names(struct bm_reading *reading, const struct bm_yaml_node *map) {
    struct bm_procedure *procedure = reading->procedure;
    procedure->roles = bm_arena_take(reading->arena, (map ? map->count : 0) + 1u,
                                     sizeof *procedure->roles);
    procedure->roles[0] = (struct bm_role_def){.name = "engine",
                                               .body = BM_BODY_ENGINE,
                                               .people = 1,
                                               .everywhere = true,
                                               .deputy = BM_NO_INDEX};
    procedure->role_count = 1;
    for (const struct bm_yaml_node *one = map ? map->first : NULL; one; one = one->next) {
        if (strcmp(one->key, "engine") == 0)
            bm_findings_add(reading->findings, 2, one->key_at, "roles",
                            "The engine is always there. Take it out of the roles.");
        procedure->roles[procedure->role_count++] = (struct bm_role_def){
            .name = bm_arena_text(reading->arena, one->key, strlen(one->key)),
            .people = 1,
            .deputy = BM_NO_INDEX,
            .at = one->key_at};
    }
}

static void read_roles(struct bm_reading *reading, const struct bm_yaml_node *map) {
    uint32_t at = 1;
    for (const struct bm_yaml_node *one = map ? map->first : NULL; one; one = one->next, at++) {
        struct bm_role_def *role = &reading->procedure->roles[at];
        struct bm_where where = bm_where_of("roles.%s", one->key);
        const struct bm_yaml_node *value;
        int body;
        if (!bm_read_map(reading, one, where.text, "body label people everywhere deputy held_by")) continue;
        if (bm_read_word(reading, bm_read_need(reading, one, "body", where.text), where.text,
                         bm_body_words, &body))
            role->body = (enum bm_body)body;
        if (role->body == BM_BODY_ENGINE && bm_yaml_get(one, "body"))
            bm_findings_add(reading->findings, 1, one->key_at, where.text,
                            "Only the engine itself has the body engine. Name whose role it is.");
        bm_read_label(reading, bm_read_need(reading, one, "label", where.text), where.text,
                      &role->label);
        if ((value = bm_yaml_get(one, "people")))
            bm_read_number(reading, value, where.text, 1, 100000, &role->people);
        if ((value = bm_yaml_get(one, "everywhere")))
            bm_read_yes(reading, value, where.text, &role->everywhere);
        if ((value = bm_yaml_get(one, "deputy")))
            bm_read_ref(reading, value, where.text, "role", bm_procedure_role, &role->deputy);
        value = bm_yaml_get(one, "held_by");
        if (!value || !bm_read_list(reading, value, where.text, BM_house_COUNT)) continue;
        for (const struct bm_yaml_node *house = value->first; house; house = house->next) {
            int word;
            if (bm_read_word(reading, house, where.text, bm_house_words, &word)) role->held_by |= 1u << word;
        }
    }
}

/* --- laws, fields, events, templates ------------------------------------------------------------
 */

static void read_laws(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (!map) return;
    TAKE(laws, law_count, map);
    struct bm_law_def *law = reading->procedure->laws;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next, law++) {
        struct bm_where where = bm_where_of("law.%s", one->key);
        int certainty;
        if (!bm_read_map(reading, one, where.text, "source certainty")) continue;
        bm_read_text(reading, bm_read_need(reading, one, "source", where.text), where.text,
                     &law->cite);
        if (bm_read_word(reading, bm_read_need(reading, one, "certainty", where.text), where.text,
                         bm_certainty_words, &certainty))
            law->certainty = (enum bm_certainty)certainty;
    }
}

static void read_choice(struct bm_reading *reading, const struct bm_yaml_node *one,
                        const char *where, struct bm_field_def *field) {
    const struct bm_yaml_node *words = bm_yaml_get(one, "words");
    if ((field->type == BM_FIELD_CHOICE) != (words != NULL)) {
        bm_findings_add(reading->findings, 1, one->key_at, where,
                        "A field of type choice has words, and no other field has. %s",
                        words ? "Take them out." : "Add them.");
        return;
    }
    if (!words || !bm_read_map(reading, words, where, NULL)) return;
    if (words->count < 1 || words->count > BM_PROCEDURE_WORDS_MAX) {
        bm_findings_add(reading->findings, 1, words->key_at, where,
                        "A choice has 1 to %d words; here are %u.", BM_PROCEDURE_WORDS_MAX,
                        words->count);
        return;
    }
    const char **names = bm_arena_take(reading->arena, words->count, sizeof *names);
    struct bm_label *labels = bm_arena_take(reading->arena, words->count, sizeof *labels);
    uint32_t at = 0;
    for (const struct bm_yaml_node *word = words->first; word; word = word->next, at++) {
        bm_read_name(reading, word->key, word->key_at, where);
        names[at] = bm_arena_text(reading->arena, word->key, strlen(word->key));
        bm_read_label(reading, word, where, &labels[at]);
    }
    field->words = names;
    field->word_labels = labels;
    field->word_count = at;
}

static void read_fields(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (!map) return;
    TAKE(fields, field_count, map);
    struct bm_field_def *field = reading->procedure->fields;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next, field++) {
        struct bm_where where = bm_where_of("fields.%s", one->key);
        const struct bm_yaml_node *value;
        int index;
        if (!bm_read_map(reading, one, where.text, "type privacy label words secret_from"))
            continue;
        if (bm_read_word(reading, bm_read_need(reading, one, "type", where.text), where.text,
                         bm_field_type_words, &index))
            field->type = (enum bm_field_type)index;
        if (bm_read_word(reading, bm_read_need(reading, one, "privacy", where.text), where.text,
                         bm_privacy_words, &index))
            field->privacy = (enum bm_privacy)index;
        bm_read_label(reading, bm_read_need(reading, one, "label", where.text), where.text,
                      &field->label);
        if ((value = bm_yaml_get(one, "secret_from")))
            bm_read_roles(reading, value, where.text, &field->secret_from);
        read_choice(reading, one, where.text, field);
    }
}

static void read_events(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (!map) return;
    TAKE(events, event_count, map);
    struct bm_event_def *event = reading->procedure->events;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next, event++) {
        struct bm_where where = bm_where_of("events.%s", one->key);
        const struct bm_yaml_node *value;
        if (!bm_read_map(reading, one, where.text, "label approval")) continue;
        bm_read_label(reading, bm_read_need(reading, one, "label", where.text), where.text,
                      &event->label);
        if ((value = bm_yaml_get(one, "approval")))
            bm_read_yes(reading, value, where.text, &event->approval);
    }
}

static void read_templates(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (!map) return;
    TAKE(templates, template_count, map);
    struct bm_template_def *template = reading->procedure->templates;
    for (const struct bm_yaml_node *one = map->first; one; one = one->next, template ++) {
        struct bm_where where = bm_where_of("templates.%s", one->key);
        bm_read_label(reading, one, where.text, &template->text);
    }
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static void read_head(struct bm_reading *reading, const struct bm_yaml_node *root) {
    struct bm_procedure *procedure = reading->procedure;
    const struct bm_yaml_node *value = bm_read_need(reading, root, "procedure", "");
    int index;
    if (bm_read_text(reading, value, "procedure", &procedure->name))
        bm_read_name(reading, procedure->name, value->at, "procedure");
    bm_read_number(reading, bm_read_need(reading, root, "version", ""), "version", 1, 999999,
                   &procedure->version);
    bm_read_label(reading, bm_read_need(reading, root, "title", ""), "title", &procedure->title);
    bm_read_label(reading, bm_read_need(reading, root, "jurisdiction", ""), "jurisdiction",
                  &procedure->jurisdiction);
    if ((value = bm_yaml_get(root, "example")))
        bm_read_yes(reading, value, "example", &procedure->example);
    if ((value = bm_yaml_get(root, "merges")))
        bm_read_yes(reading, value, "merges", &procedure->merges);
    if ((value = bm_yaml_get(root, "children")) &&
        bm_read_word(reading, value, "children", bm_join_words, &index))
        procedure->children_join = (enum bm_join)index;
}

static void take_clock_names(struct bm_reading *reading, const struct bm_yaml_node *map) {
    if (map) TAKE(clocks, clock_count, map);
}

static void read_all(struct bm_reading *reading, const struct bm_yaml_node *root) {
    bm_read_map(reading, root, "",
                "procedure version example title jurisdiction law roles fields events templates "
                "clocks regions survey reopen hand_over children merges migrate examples");
    read_head(reading, root);
    const struct bm_yaml_node *roles = entries(reading, root, "roles", BM_PROCEDURE_ROLES_MAX,
                                               true);
    take_role_names(reading, roles);
    read_roles(reading, roles);
    read_laws(reading, entries(reading, root, "law", BM_PROCEDURE_LAWS_MAX, false));
    read_fields(reading, entries(reading, root, "fields", BM_PROCEDURE_FIELDS_MAX, false));
    read_events(reading, entries(reading, root, "events", BM_PROCEDURE_EVENTS_MAX, true));
    read_templates(reading, entries(reading, root, "templates", BM_PROCEDURE_TEMPLATES_MAX, false));
    const struct bm_yaml_node *clocks = entries(reading, root, "clocks", BM_PROCEDURE_CLOCKS_MAX,
                                                true);
    take_clock_names(reading, clocks);
    const struct bm_yaml_node *regions = bm_read_need(reading, root, "regions", "");
    if (regions &&
        bm_read_map(reading, regions, "regions", "handling responsibility supervision")) {
        bm_read_state_names(reading, regions);
        bm_read_states(reading, regions);
    }
    if (clocks) bm_read_clocks(reading, clocks);
    bm_read_rest(reading, root);
}

enum bm_code bm_procedure_of(const struct bm_yaml_node *root, struct bm_findings *findings,
                             struct bm_procedure **ret_procedure) {
    struct bm_procedure *procedure = bm_alloc_zero(1, sizeof *procedure);
    struct bm_reading reading = {procedure, &procedure->arena, findings};
    for (int i = 0; i < BM_region_COUNT; i++) procedure->initial[i] = BM_NO_INDEX;
    size_t before = findings->errors;
    findings->errors = 0;
    read_all(&reading, root);
    size_t errors = findings->errors;
    findings->errors += before;
    if (errors) {
        bm_procedure_free(procedure);
        return BM_BAD_FORMAT;
    }
    *ret_procedure = procedure;
    return BM_OK;
}

enum bm_code bm_procedure_read(const void *bytes, size_t len, struct bm_findings *findings,
                               struct bm_procedure **ret_procedure) {
    struct bm_yaml *yaml;
    enum bm_code code = bm_yaml_read(bytes, len, findings, &yaml);
    if (code) return code;
    code = bm_procedure_of(bm_yaml_root(yaml), findings, ret_procedure);
    bm_yaml_free(yaml);
    return code;
}

void bm_procedure_free(struct bm_procedure *procedure) {
    if (!procedure) return;
    bm_arena_free(&procedure->arena);
    bm_free(procedure);
}

uint16_t bm_procedure_descend(const struct bm_procedure *procedure, uint16_t state) {
    while (procedure->states[state].initial != BM_NO_INDEX)
        state = procedure->states[state].initial;
    return state;
}

bool bm_procedure_within(const struct bm_procedure *procedure, uint16_t state, uint16_t around) {
    for (; state != BM_NO_INDEX; state = procedure->states[state].parent)
        if (state == around) return true;
    return false;
}
