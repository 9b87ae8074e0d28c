#include "sim/scenario.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/words.h"
#include "procedure/yaml.h"

enum { CHECK = 1 };

struct reading {
    struct bm_findings *findings;
    struct bm_scenario *scenario;
};

static const char *const step_names[BM_SCENARIO_STEPS] = {"acknowledge", "depart", "arrive", "clear"};

static void wrong(struct reading *reading, const struct bm_yaml_node *node, const char *where, const char *what) {
    bm_findings_add(reading->findings, CHECK, node->at, where, "%s", what);
}

/* What stands under a key as a text, at most `cap` - 1 bytes; "" when it is not there. */
static const struct bm_yaml_node *take_text(struct reading *reading, const struct bm_yaml_node *map, const char *key, size_t cap,
                                            char *ret_text) {
    const struct bm_yaml_node *node = bm_yaml_get(map, key);
    if (!node) return NULL;
    if (node->kind != BM_YAML_TEXT)
        wrong(reading, node, key, "this must be a text");
    else if (strlen(node->text) >= cap)
        wrong(reading, node, key, "this text is too long");
    else
        snprintf(ret_text, cap, "%s", node->text);
    return node;
}

/* "1m30s"; false when it is none, or longer than an exercise may be. */
static bool read_span(const char *text, int64_t *ret_ms) {
    int64_t total_ms = 0;
    if (!*text) return false;
    while (*text) {
        char *end;
        if (!isdigit((unsigned char)*text)) return false;
        unsigned long n = strtoul(text, &end, 10);
        int64_t unit_ms = *end == 's' ? 1000 : *end == 'm' ? 60000 : *end == 'h' ? 3600000 : 0;
        if (!unit_ms || n > 100000) return false;
        total_ms += (int64_t)n * unit_ms;
        if (total_ms > BM_SCENARIO_LENGTH_MAX_MS) return false;
        text = end + 1;
    }
    *ret_ms = total_ms;
    return true;
}

/* `never_ok`: the word never may stand there, too. */
static void take_span(struct reading *reading, const struct bm_yaml_node *map, const char *key, bool never_ok, int64_t *ret_ms) {
    char text[32] = "";
    const struct bm_yaml_node *node = take_text(reading, map, key, sizeof text, text);
    if (!node || (node->kind != BM_YAML_TEXT)) return;
    if (never_ok && strcmp(text, "never") == 0)
        *ret_ms = BM_SCENARIO_NEVER;
    else if (!read_span(text, ret_ms))
        wrong(reading, node, key, "write a duration of at most twelve hours: 90s, 2m, 1m30s");
}

static void known_keys(struct reading *reading, const struct bm_yaml_node *map, const char *where, const char *keys) {
    for (const struct bm_yaml_node *node = map->first; node; node = node->next) {
        size_t len = strlen(node->key);
        const char *at = keys;
        while ((at = strstr(at, node->key)) && !((at == keys || at[-1] == ' ') && (!at[len] || at[len] == ' '))) at++;
        if (at) continue;
        bm_findings_add(reading->findings, CHECK, node->key_at, where, "\"%.40s\" is not known here; these are: %s", node->key, keys);
    }
}

static bool is_map(struct reading *reading, const struct bm_yaml_node *node, const char *where) {
    if (node->kind == BM_YAML_MAP) return true;
    wrong(reading, node, where, "this must be a mapping");
    return false;
}

static bool is_name(const char *text) {
    return *text && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static void take_steps(struct reading *reading, const struct bm_yaml_node *map, int64_t after_ms[BM_SCENARIO_STEPS]) {
    for (int i = 0; i < BM_SCENARIO_STEPS; i++) take_span(reading, map, step_names[i], true, &after_ms[i]);
}

/* --- one call --------------------------------------------------------------------------------- */

static void take_place(struct reading *reading, const struct bm_yaml_node *map, struct bm_scenario_call *call) {
    char text[64] = "", after;
    const struct bm_yaml_node *node = take_text(reading, map, "place", sizeof text, text);
    if (!node) return;
    call->has_place = sscanf(text, "%lf , %lf %c", &call->lat, &call->lon, &after) == 2 && call->lat >= -90 && call->lat <= 90 &&
                      call->lon >= -180 && call->lon <= 180;
    if (!call->has_place) wrong(reading, node, "place", "write latitude and longitude: 31.2304, 121.4737");
}

/* "fire_engine:2 ambulance:1", as response plans are written (core/plan.h). */
static void take_needs(struct reading *reading, const struct bm_yaml_node *map, struct bm_scenario_call *call) {
    char text[400] = "", *rest = text, *word;
    const struct bm_yaml_node *node = take_text(reading, map, "units", sizeof text, text);
    while (node && (word = strtok_r(rest, " ", &rest))) {
        struct bm_scenario_need need = {.count = 1};
        char after;
        int read = sscanf(word, "%31[a-z0-9_]:%2u%c", need.capability, &need.count, &after);
        if (read != 2 || !need.count) return wrong(reading, node, "units", "write capabilities and counts: fire_engine:2 ambulance:1");
        if (call->need_count == BM_SCENARIO_NEEDS_MAX) return wrong(reading, node, "units", "at most eight kinds of units");
        call->needs[call->need_count++] = need;
    }
}

static void take_expected(struct reading *reading, const struct bm_yaml_node *map, struct bm_scenario_call *call) {
    const struct bm_yaml_node *expect = bm_yaml_get(map, "expect");
    call->answered_ms = call->opened_ms = call->dispatched_ms = BM_SCENARIO_NEVER;
    if (!expect || !is_map(reading, expect, "expect")) return;
    known_keys(reading, expect, "expect", "answered opened dispatched class units");
    take_span(reading, expect, "answered", false, &call->answered_ms);
    take_span(reading, expect, "opened", false, &call->opened_ms);
    take_span(reading, expect, "dispatched", false, &call->dispatched_ms);
    take_text(reading, expect, "class", sizeof call->class_code, call->class_code);
    take_needs(reading, expect, call);
}

static void take_channel(struct reading *reading, const struct bm_yaml_node *map, struct bm_scenario_call *call) {
    const struct bm_yaml_node *node = take_text(reading, map, "channel", sizeof call->channel, call->channel);
    if (!node) snprintf(call->channel, sizeof call->channel, "call");
    for (uint32_t i = 0; i < bm_channel_words.count; i++)
        if (strcmp(call->channel, bm_channel_words.words[i]) == 0) return;
    if (node) wrong(reading, node, "channel", "a channel is one of: call, text, silent_call, alarm, app, web_form, letter, visit, partner");
}

static void take_same_as(struct reading *reading, const struct bm_yaml_node *map, struct bm_scenario_call *call) {
    char text[49] = "";
    const struct bm_yaml_node *node = take_text(reading, map, "same_as", sizeof text, text);
    call->same_as = -1;
    for (unsigned i = 0; i < reading->scenario->call_count && node; i++)
        if (strcmp(reading->scenario->calls[i].name, text) == 0) call->same_as = (int)i;
    if (node && call->same_as < 0) wrong(reading, node, "same_as", "no call before this one has that name");
}

static void take_call(struct reading *reading, const struct bm_yaml_node *map) {
    struct bm_scenario *scenario = reading->scenario;
    struct bm_scenario_call *call = &scenario->calls[scenario->call_count];
    if (!is_map(reading, map, "calls")) return;
    known_keys(reading, map, "calls", "call at channel line caller name place text hangs_up same_as expect");
    const struct bm_yaml_node *name = take_text(reading, map, "call", sizeof call->name, call->name);
    if (!name || !is_name(call->name)) wrong(reading, name ? name : map, "call", "name it with small letters, digits and hyphens");
    for (unsigned i = 0; i < scenario->call_count && name; i++)
        if (strcmp(scenario->calls[i].name, call->name) == 0) wrong(reading, name, "call", "this name is taken");
    call->hangs_up_ms = BM_SCENARIO_NEVER;
    if (!bm_yaml_get(map, "at")) wrong(reading, map, "at", "say when it comes in: at: 30s");
    take_span(reading, map, "at", false, &call->at_ms);
    take_channel(reading, map, call);
    take_text(reading, map, "line", sizeof call->line, call->line);
    take_text(reading, map, "caller", sizeof call->caller, call->caller);
    take_text(reading, map, "name", sizeof call->who, call->who);
    take_text(reading, map, "text", sizeof call->text, call->text);
    take_span(reading, map, "hangs_up", true, &call->hangs_up_ms);
    take_place(reading, map, call);
    take_same_as(reading, map, call);
    take_expected(reading, map, call);
    scenario->call_count++;
}

static void take_unit(struct reading *reading, const struct bm_yaml_node *map) {
    struct bm_scenario *scenario = reading->scenario;
    struct bm_scenario_unit *unit = &scenario->units[scenario->unit_count];
    if (!is_map(reading, map, "units")) return;
    known_keys(reading, map, "units", "unit acknowledge depart arrive clear");
    if (!take_text(reading, map, "unit", sizeof unit->call_sign, unit->call_sign)) wrong(reading, map, "unit", "say which unit: its call sign");
    memcpy(unit->after_ms, scenario->after_ms, sizeof unit->after_ms);
    take_steps(reading, map, unit->after_ms);
    scenario->unit_count++;
}

/* Each entry of a list, up to a written maximum. */
static void take_list(struct reading *reading, const struct bm_yaml_node *root, const char *key, unsigned most,
                      void (*take)(struct reading *, const struct bm_yaml_node *)) {
    const struct bm_yaml_node *list = bm_yaml_get(root, key);
    if (!list) return;
    if (list->kind != BM_YAML_LIST) return wrong(reading, list, key, "this must be a list");
    if (list->count > most) return wrong(reading, list, key, "at most 200 of them");
    for (const struct bm_yaml_node *node = list->first; node; node = node->next) take(reading, node);
}

static void take_scenario(struct reading *reading, const struct bm_yaml_node *root) {
    struct bm_scenario *scenario = reading->scenario;
    known_keys(reading, root, "", "scenario title about length crews units calls");
    take_text(reading, root, "scenario", sizeof scenario->name, scenario->name);
    if (!is_name(scenario->name)) wrong(reading, root, "scenario", "name it with small letters, digits and hyphens");
    take_text(reading, root, "title", sizeof scenario->title, scenario->title);
    take_text(reading, root, "about", sizeof scenario->about, scenario->about);
    if (!bm_yaml_get(root, "length")) wrong(reading, root, "length", "say when it ends at the latest: length: 20m");
    take_span(reading, root, "length", false, &scenario->length_ms);
    for (int i = 0; i < BM_SCENARIO_STEPS; i++) scenario->after_ms[i] = BM_SCENARIO_NEVER;
    const struct bm_yaml_node *crews = bm_yaml_get(root, "crews");
    if (crews && is_map(reading, crews, "crews")) {
        known_keys(reading, crews, "crews", "acknowledge depart arrive clear");
        take_steps(reading, crews, scenario->after_ms);
    }
    take_list(reading, root, "units", BM_SCENARIO_UNITS_MAX, take_unit);
    take_list(reading, root, "calls", BM_SCENARIO_CALLS_MAX, take_call);
    if (!scenario->call_count) wrong(reading, root, "calls", "an exercise needs at least one call");
}

struct bm_scenario *bm_scenario_read(const void *bytes, size_t len, struct bm_findings *findings) {
    struct bm_yaml *yaml;
    if (bm_yaml_read(bytes, len, findings, &yaml)) return NULL;
    struct reading reading = {findings, bm_alloc_zero(1, sizeof(struct bm_scenario))};
    take_scenario(&reading, bm_yaml_root(yaml));
    bm_yaml_free(yaml);
    if (!findings->errors) return reading.scenario;
    bm_free(reading.scenario);
    return NULL;
}
