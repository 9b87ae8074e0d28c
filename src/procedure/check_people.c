/* Checks 9 to 12: who, and in which language. */
#include <stdio.h>
#include <string.h>

#include "procedure/checking.h"

static bool is_staff(enum bm_body body) {
    return body != BM_BODY_ENGINE && body != BM_BODY_CITIZEN;
}

/* Whether somebody answers for this role at every unit: itself, or along its deputies. */
static bool resolves(const struct bm_procedure *procedure, uint16_t role) {
    for (uint32_t steps = 0; role != BM_NO_INDEX && steps <= procedure->role_count; steps++) {
        const struct bm_role_def *one = &procedure->roles[role];
        if (one->everywhere && is_staff(one->body)) return true;
        role = one->deputy;
    }
    return false;
}

void bm_check_owner(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t s = 0; s < procedure->state_count; s++) {
        const struct bm_state_def *state = &procedure->states[s];
        if (state->category == BM_CATEGORY_FINAL || state->initial != BM_NO_INDEX) continue;
        const struct bm_check_name_text where = bm_check_state(procedure, (uint16_t)s);
        if (state->owner == BM_NO_INDEX)
            bm_findings_add(checking->findings, 9, state->at, where.text,
                            "Nobody owns this state. Add \"owner: ROLE\" here or around it.");
        else if (!is_staff(procedure->roles[state->owner].body))
            bm_findings_add(checking->findings, 9, state->at, where.text,
                            "The owner, %s, is of the body %s and answers for nothing. Name a role "
                            "of those who work the case.",
                            procedure->roles[state->owner].name,
                            bm_body_words[procedure->roles[state->owner].body]);
        else if (!resolves(procedure, state->owner))
            bm_findings_add(checking->findings, 9, state->at, where.text,
                            "The owner, %s, is not posted everywhere, nor is a deputy of it. Give "
                            "the role \"everywhere: yes\" or a deputy who is.",
                            procedure->roles[state->owner].name);
    }
}

void bm_check_two_people(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        uint32_t people = 0;
        bool staff = false, outsider = false;
        for (uint32_t r = 0; r < procedure->role_count; r++) {
            if (!(row->by >> r & 1)) continue;
            const struct bm_role_def *role = &procedure->roles[r];
            outsider = outsider || !is_staff(role->body);
            staff = staff || is_staff(role->body);
            if (is_staff(role->body)) people += role->people;
            if (role->deputy != BM_NO_INDEX) people += 1;
        }
        if (!row->by)
            bm_findings_add(checking->findings, 10, row->at, bm_check_row(procedure, row).text,
                            "Nobody may do this. Add roles to \"by\".");
        else if (staff && !outsider && people < 2)
            bm_findings_add(checking->findings, 10, row->at, bm_check_row(procedure, row).text,
                            "Only one person can do this; when they are away it waits. Add a role, "
                            "\"people: 2\" or a deputy.");
    }
}

void bm_check_approver(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    for (uint32_t i = 0; i < procedure->row_count; i++) {
        const struct bm_row_def *row = &procedure->rows[i];
        if (procedure->events[row->event].approval && !row->four_eyes)
            bm_findings_add(checking->findings, 11, row->at, bm_check_row(procedure, row).text,
                            "Who did the work could approve it. Add \"not: performer\".");
    }
}

/* --- languages
 * ------------------------------------------------------------------------------------ */

static void whole(struct bm_checking *checking, const struct bm_label *label, const char *where) {
    for (int i = 0; i < BM_language_COUNT; i++)
        if (label->at.line && !label->in[i])
            bm_findings_add(checking->findings, 12, label->at, where,
                            "The text in %s is missing. Add \"%s: ...\".", bm_language_words[i],
                            bm_language_words[i]);
}

enum { PLACEHOLDERS_MAX = 16, PLACEHOLDER_BYTES = 64 };

/* The placeholders of a text in the order of their names; false when one does not read. */
static bool placeholders(const char *text, char ret_names[PLACEHOLDERS_MAX][PLACEHOLDER_BYTES],
                         uint32_t *ret_count) {
    uint32_t count = 0;
    while ((text = strchr(text, '{'))) {
        const char *end = strchr(text, '}');
        size_t len = end ? (size_t)(end - text) - 1 : 0;
        if (!end || len == 0 || len >= PLACEHOLDER_BYTES || count == PLACEHOLDERS_MAX) return false;
        uint32_t at = count++;
        char name[PLACEHOLDER_BYTES] = "";
        memcpy(name, text + 1, len);
        while (at > 0 && strcmp(ret_names[at - 1], name) > 0) {
            memcpy(ret_names[at], ret_names[at - 1], PLACEHOLDER_BYTES);
            at--;
        }
        memcpy(ret_names[at], name, sizeof name);
        text = end;
    }
    *ret_count = count;
    return true;
}

static bool is_placeholder(const struct bm_procedure *procedure, const char *name) {
    if (strcmp(name, "receipt") == 0 || strcmp(name, "reference") == 0) return true;
    if (strncmp(name, "due:", 4) == 0)
        return bm_procedure_clock(procedure, name + 4) != BM_NO_INDEX;
    return bm_procedure_field(procedure, name) != BM_NO_INDEX;
}

static void check_template(struct bm_checking *checking, const struct bm_template_def *template) {
    char names[BM_language_COUNT][PLACEHOLDERS_MAX][PLACEHOLDER_BYTES];
    uint32_t counts[BM_language_COUNT] = {0};
    char where[BM_FINDING_WHERE_MAX];
    snprintf(where, sizeof where, "template %s", template->name);
    whole(checking, &template->text, where);
    for (int i = 0; i < BM_language_COUNT; i++) {
        if (!template->text.in[i]) return;
        if (!placeholders(template->text.in[i], names[i], &counts[i])) {
            bm_findings_add(checking->findings, 12, template->at, where,
                            "A placeholder in %s does not read. Write {name}, at most %d of them.",
                            bm_language_words[i], PLACEHOLDERS_MAX);
            return;
        }
        for (uint32_t p = 0; p < counts[i]; p++)
            if (!is_placeholder(checking->procedure, names[i][p]))
                bm_findings_add(checking->findings, 12, template->at, where,
                                "{%s} in %s stands for nothing. Known are fields, {due:CLOCK}, "
                                "{receipt} and {reference}.",
                                names[i][p], bm_language_words[i]);
    }
    for (int i = 1; i < BM_language_COUNT; i++) {
        bool same = counts[i] == counts[0];
        for (uint32_t p = 0; same && p < counts[i]; p++)
            same = strcmp(names[i][p], names[0][p]) == 0;
        if (!same)
            bm_findings_add(checking->findings, 12, template->at, where,
                            "The text in %s has other placeholders than the one in %s. Say the "
                            "same in each language.",
                            bm_language_words[i], bm_language_words[0]);
    }
}

void bm_check_languages(struct bm_checking *checking) {
    const struct bm_procedure *procedure = checking->procedure;
    whole(checking, &procedure->title, "title");
    whole(checking, &procedure->jurisdiction, "jurisdiction");
    whole(checking, &procedure->survey.none, "survey");
    whole(checking, &procedure->reopen.none, "reopen");
    whole(checking, &procedure->reopen.same_hand, "reopen");
    for (uint32_t i = 0; i < procedure->role_count; i++)
        whole(checking, &procedure->roles[i].label, procedure->roles[i].name);
    for (uint32_t i = 0; i < procedure->field_count; i++) {
        const struct bm_field_def *field = &procedure->fields[i];
        whole(checking, &field->label, field->name);
        for (uint32_t w = 0; w < field->word_count; w++)
            whole(checking, &field->word_labels[w], field->words[w]);
    }
    for (uint32_t i = 0; i < procedure->event_count; i++)
        whole(checking, &procedure->events[i].label, procedure->events[i].name);
    for (uint32_t i = 0; i < procedure->clock_count; i++)
        whole(checking, &procedure->clocks[i].label, procedure->clocks[i].name);
    for (uint32_t i = 0; i < procedure->state_count; i++) {
        const struct bm_state_def *state = &procedure->states[i];
        whole(checking, &state->label, state->name);
        whole(checking, &state->next, state->name);
        whole(checking, &state->reply, state->name);
        whole(checking, &state->remedies, state->name);
    }
    for (uint32_t i = 0; i < procedure->template_count; i++)
        check_template(checking, &procedure->templates[i]);
}
