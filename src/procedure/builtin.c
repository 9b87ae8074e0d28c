#include "procedure/builtin.h"

#include <string.h>

extern const char bm_builtin_directive[], bm_builtin_emergency[], bm_builtin_hotline_transfer[], bm_builtin_joint_response[], bm_builtin_letter[],
    bm_builtin_mediation[], bm_builtin_oversight[], bm_builtin_review[], bm_builtin_service[], bm_builtin_cn[];

const struct bm_builtin bm_builtins[] = {
    {"calendar", "cn", bm_builtin_cn},
    {"procedure", "hotline-transfer", bm_builtin_hotline_transfer},
    {"procedure", "joint-response", bm_builtin_joint_response},
    {"procedure", "letter", bm_builtin_letter},
    {"procedure", "mediation", bm_builtin_mediation},
    {"procedure", "oversight", bm_builtin_oversight},
    {"procedure", "emergency", bm_builtin_emergency},
    {"procedure", "review", bm_builtin_review},
    {"procedure", "service", bm_builtin_service},
    {"procedure", "directive", bm_builtin_directive},
};
const size_t bm_builtin_count = sizeof bm_builtins / sizeof bm_builtins[0];

const struct bm_builtin *bm_builtin_find(const char *what, const char *name) {
    for (size_t i = 0; i < bm_builtin_count; i++) {
        if (strcmp(bm_builtins[i].what, what) == 0 && strcmp(bm_builtins[i].name, name) == 0) return &bm_builtins[i];
    }
    return NULL;
}
