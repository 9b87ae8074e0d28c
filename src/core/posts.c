#include "core/posts.h"

#include <stdio.h>
#include <string.h>

#include "core/command.h"

/* Whether the list has the role, for every procedure or for this one. */
static bool listed(const char *posts, const char *procedure, const char *role) {
    size_t procedure_len = strlen(procedure), role_len = strlen(role);
    for (const char *at = posts; *at;) {
        size_t len = strcspn(at, " ");
        const char *name = at;
        size_t name_len = len;
        const char *colon = memchr(at, ':', len);
        bool meant = true;
        if (colon) {
            size_t head = (size_t)(colon - at);
            meant = head == procedure_len && memcmp(at, procedure, head) == 0;
            name = colon + 1;
            name_len = len - head - 1;
        }
        if (meant && name_len == role_len && memcmp(name, role, role_len) == 0) return true;
        at += len;
        at += strspn(at, " ");
    }
    return false;
}

static bool of_the_desk(enum bm_body body) {
    return body == BM_BODY_DESK || body == BM_BODY_SUPERIOR;
}

/* Whether the viewer has one of the house's roles that hold it. */
static bool held(const struct bm_role_def *role, const struct bm_viewer *viewer) {
    for (unsigned house = 0; house < BM_house_COUNT; house++) {
        int word = role->held_by >> house & 1 ? bm_words_find(&bm_role_words, bm_house_words[house]) : -1;
        if (word >= 0 && (viewer->roles & BM_BIT(word))) return true;
    }
    return false;
}

static uint32_t roles_in(const struct bm_procedure *procedure, const char *posts, const struct bm_viewer *viewer, bool desk,
                         bool handed) {
    uint32_t roles = 0;
    for (uint32_t i = 1; i < procedure->role_count; i++) {
        const struct bm_role_def *role = &procedure->roles[i];
        if (role->body == BM_BODY_ENGINE || role->body == BM_BODY_CITIZEN) continue;
        bool there = of_the_desk(role->body) ? desk : handed;
        if (there && (held(role, viewer) || listed(posts, procedure->name, role->name))) roles |= UINT32_C(1) << i;
    }
    return roles;
}

uint32_t bm_posts_roles_in(const struct bm_procedure *procedure, const char *posts, const struct bm_viewer *viewer,
                           const struct bm_scope *scope, uint64_t area) {
    bool there = bm_scope_covers(scope, viewer->jurisdiction, area);
    return roles_in(procedure, posts, viewer, there, there);
}

uint32_t bm_posts_roles(const struct bm_procedure *procedure, const char *posts, const struct bm_viewer *viewer,
                        const struct bm_scope *scope, const struct bm_matter *matter) {
    bool desk = bm_scope_covers(scope, viewer->jurisdiction, matter->jurisdiction.v);
    bool handed = !matter->with_agency.v && !matter->offered_to.v
                      ? desk
                      : (matter->with_agency.v && bm_scope_covers(scope, viewer->jurisdiction, matter->with_agency.v)) ||
                            (matter->offered_to.v && bm_scope_covers(scope, viewer->jurisdiction, matter->offered_to.v));
    return roles_in(procedure, posts, viewer, desk, handed);
}

bool bm_posts_could(const struct bm_procedure *procedure, const struct bm_operator *person, const struct bm_scope *scope,
                    const struct bm_case *row, const struct bm_matter *matter, const struct bm_course *course,
                    const struct bm_row_def *step) {
    struct bm_viewer viewer = {person->id.v, person->roles, person->jurisdiction.v, person->unit.v};
    return person->active && (person->roles & BM_POSTED) && bm_may_see(&viewer, scope, BM_T_CASE, row) &&
           (bm_posts_roles(procedure, person->posts, &viewer, scope, matter) & step->by) &&
           bm_course_bar(procedure, course, step, person->id.v) == BM_BAR_NONE;
}

void bm_posts_name(char who[BM_COURSE_WHO_TEXT], const char *number) {
    static const char more[] = ", ...";
    size_t used = strlen(who), need = strlen(number) + 2;
    bool full = used >= sizeof more && strcmp(who + used - (sizeof more - 1), more) == 0;
    if (full) return;
    bool fits = used + need + sizeof more <= BM_COURSE_WHO_TEXT;
    snprintf(who + used, BM_COURSE_WHO_TEXT - used, "%s%s", used && fits ? ", " : "", fits ? number : more);
}

uint32_t bm_posts_citizen(const struct bm_procedure *procedure) {
    uint32_t roles = 0;
    for (uint32_t i = 1; i < procedure->role_count; i++) {
        if (procedure->roles[i].body == BM_BODY_CITIZEN) roles |= UINT32_C(1) << i;
    }
    return roles;
}

static bool is_name(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        bool fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') || text[i] == '_' || text[i] == '-';
        if (!fine) return false;
    }
    return len >= 1 && len <= BM_PROCEDURE_NAME_MAX;
}

enum bm_code bm_posts_check(const char *posts, struct bm_fault *fault) {
    for (const char *at = posts; *at;) {
        size_t len = strcspn(at, " ");
        const char *colon = memchr(at, ':', len);
        size_t head = colon ? (size_t)(colon - at) : 0;
        bool fine = colon ? is_name(at, head) && is_name(colon + 1, len - head - 1) : is_name(at, len);
        if (!fine)
            return bm_fault_set(fault, BM_BAD_REQUEST, "posts",
                                "\"%.*s\" is no post: write roles as \"clerk\" or \"letter:clerk\", with a blank between them.",
                                (int)(len > 60 ? 60 : len), at);
        at += len;
        at += strspn(at, " ");
    }
    return BM_OK;
}
