#include "core/plan.h"

#include <string.h>

struct reading {
    const char *text, *at;
    struct bm_fault *fault;
};

static enum bm_code wrong(const struct reading *reading, const char *mend) {
    return bm_fault_set(
        reading->fault, BM_OUT_OF_RANGE, "plan",
        "\"plan\" is not right at character %d: %s (like: ambulance:1 police:2; ambulance:3).",
        (int)(reading->at - reading->text) + 1, mend);
}

static bool in_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static enum bm_code read_need(struct reading *reading, struct bm_need *ret_need) {
    struct bm_need need = {0};
    size_t len = 0;
    while (in_word(reading->at[len])) len++;
    if (len == 0 || len >= BM_CAPABILITY_TEXT)
        return wrong(reading, "a capability has 1 to 23 characters of a-z, 0-9 and _");
    memcpy(need.capability, reading->at, len);
    reading->at += len;
    if (*reading->at != ':') return wrong(reading, "a colon and a count follow the capability");
    reading->at++;
    int digits = 0;
    while (*reading->at >= '0' && *reading->at <= '9' && digits++ < 3)
        need.count = need.count * 10 + (uint32_t)(*reading->at++ - '0');
    if (need.count < 1 || need.count > 99) return wrong(reading, "a count is 1 to 99");
    *ret_need = need;
    return BM_OK;
}

static void skip_spaces(struct reading *reading) {
    while (*reading->at == ' ') reading->at++;
}

static enum bm_code read_alarm(struct reading *reading, struct bm_plan *plan) {
    uint32_t *count = &plan->alarm[plan->alarms].count;
    struct bm_need *needs = plan->alarm[plan->alarms].needs;
    for (skip_spaces(reading); *reading->at && *reading->at != ';'; skip_spaces(reading)) {
        if (*count == BM_PLAN_NEEDS) return wrong(reading, "one level has at most 12 capabilities");
        enum bm_code code = read_need(reading, &needs[*count]);
        if (code) return code;
        if (*reading->at && *reading->at != ' ' && *reading->at != ';')
            return wrong(reading, "a space or a semicolon follows a count");
        for (uint32_t i = 0; i < *count; i++) {
            if (strcmp(needs[i].capability, needs[*count].capability) == 0)
                return wrong(reading, "a capability stands once in a level");
        }
        ++*count;
    }
    if (*count == 0) return wrong(reading, "an alarm level names at least one capability");
    plan->alarms++;
    return BM_OK;
}

enum bm_code bm_plan_read(const char *text, struct bm_plan *ret_plan, struct bm_fault *fault) {
    struct bm_plan plan = {0};
    struct reading reading = {text, text, fault};
    skip_spaces(&reading);
    while (*reading.at) {
        if (plan.alarms == BM_PLAN_ALARMS)
            return wrong(&reading, "there are at most 5 alarm levels");
        enum bm_code code = read_alarm(&reading, &plan);
        if (code) return code;
        if (*reading.at == ';') {
            reading.at++;
            skip_spaces(&reading);
            if (!*reading.at) return wrong(&reading, "a level follows a semicolon");
        }
    }
    *ret_plan = plan;
    return BM_OK;
}

bool bm_capabilities_have(const char *capabilities, const char *capability) {
    size_t len = strlen(capability);
    for (const char *at = capabilities; len && (at = strstr(at, capability)); at += len) {
        bool begins = at == capabilities || at[-1] == ' ';
        if (begins && (at[len] == 0 || at[len] == ' ')) return true;
    }
    return false;
}
