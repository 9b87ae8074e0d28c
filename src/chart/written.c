/* Configurations as text. */
#include "chart/model.h"

/* --- writing ---------------------------------------------------------------------------------- */

static void write_id(const struct bm_chart *chart, uint32_t state, bool *first,
                     struct bm_buf *buf) {
    if (!*first) bm_buf_byte(buf, ' ');
    *first = false;
    bm_buf_text(buf, chart->nodes[state].id);
}

void bm_chart_write(const struct bm_chart *chart, const struct bm_configuration *configuration,
                    struct bm_buf *buf) {
    bool first = true;
    BM_CHART_SET_EACH(&configuration->active, s) {
        if (chart->nodes[s].leaf) write_id(chart, s, &first, buf);
    }
    for (uint32_t h = 0; h < chart->history_count; h++) {
        uint32_t history = chart->histories[h], parent = chart->nodes[history].parent;
        if (!bm_chart_remembers(chart, configuration, history)) continue;
        bm_buf_byte(buf, ';');
        bm_buf_text(buf, chart->nodes[history].id);
        bm_buf_byte(buf, '=');
        first = true;
        for (uint32_t s = parent + 1; s < chart->nodes[parent].end; s++)
            if (bm_chart_set_has(&configuration->memory, bm_chart_memory_bit(chart, history, s)))
                write_id(chart, s, &first, buf);
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    const struct bm_chart *chart;
    const char *text;
    size_t len, at;
    struct bm_fault *fault;
};

/* The state whose id stands at the place, which is moved behind it. */
static enum bm_code read_id(struct reading *reading, uint32_t *ret_state) {
    char id[BM_CHART_NAME_MAX + 1];
    size_t from = reading->at, end = from;
    while (end < reading->len && !strchr(" ;=", reading->text[end]) &&
           end - from < BM_CHART_NAME_MAX)
        end++;
    memcpy(id, reading->text + from, end - from);
    id[end - from] = 0;
    uint32_t state = bm_chart_find(reading->chart, id);
    if (state == BM_CHART_NONE)
        return bm_fault_set(
            reading->fault, BM_CORRUPT, id,
            "Byte %zu: this version of the chart has no state of that name; read it with "
            "the version it was written by.",
            from + 1);
    reading->at = end;
    *ret_state = state;
    return BM_OK;
}

static bool next_is(struct reading *reading, char byte) {
    if (reading->at >= reading->len || reading->text[reading->at] != byte) return false;
    reading->at++;
    return true;
}

/* States with one space between. */
static enum bm_code read_ids(struct reading *reading, struct bm_chart_set *states) {
    do {
        uint32_t state;
        enum bm_code code = read_id(reading, &state);
        if (code != BM_OK) return code;
        bm_chart_set_add(states, state);
    } while (next_is(reading, ' '));
    return BM_OK;
}

/* Whether `states`, completed upwards, are all that is active below `top` while it is active. */
static enum bm_code check_legal(const struct reading *reading, struct bm_chart_set states,
                                uint32_t top) {
    const struct bm_chart *chart = reading->chart;
    struct bm_chart_set named = states;
    BM_CHART_SET_EACH(&named, s) {
        if (bm_chart_is_pseudo(chart->nodes[s].kind) || !bm_chart_is_below(chart, s, top))
            return bm_fault_set(reading->fault, BM_CORRUPT, chart->nodes[s].id,
                                "It cannot be active below %s; take it away.",
                                chart->nodes[top].id);
        for (uint32_t above = chart->nodes[s].parent; above != top;
             above = chart->nodes[above].parent)
            bm_chart_set_add(&states, above);
    }
    bm_chart_set_add(&states, top);
    BM_CHART_SET_EACH(&states, s) {
        uint32_t children = 0, active = 0;
        BM_CHART_CHILD_EACH(chart, s, child) {
            children++;
            active += bm_chart_set_has(&states, child);
        }
        uint32_t right = chart->nodes[s].kind == BM_CHART_PARALLEL || !children ? children : 1;
        if (active != right)
            return bm_fault_set(reading->fault, BM_CORRUPT, chart->nodes[s].id,
                                "%u of its %u children are active and %u must be; name the states "
                                "that have none below them.",
                                active, children, right);
    }
    return BM_OK;
}

static enum bm_code read_active(struct reading *reading, struct bm_configuration *configuration) {
    const struct bm_chart *chart = reading->chart;
    struct bm_chart_set leaves = {0};
    enum bm_code code = read_ids(reading, &leaves);
    if (code == BM_OK) code = check_legal(reading, leaves, 0);
    if (code != BM_OK) return code;
    BM_CHART_SET_EACH(&leaves, s) {
        for (uint32_t above = s; above != 0; above = chart->nodes[above].parent)
            bm_chart_set_add(&configuration->active, above);
    }
    return BM_OK;
}

/* Of a shallow history the children of its parent, of a deep one what has none below it. */
static enum bm_code check_memory(const struct reading *reading, const struct bm_chart_set *states,
                                 uint32_t history) {
    const struct bm_chart *chart = reading->chart;
    uint32_t parent = chart->nodes[history].parent, children = 0, noted = 0;
    if (chart->nodes[history].kind == BM_CHART_DEEP) return check_legal(reading, *states, parent);
    BM_CHART_SET_EACH(states, s) {
        noted++;
        if (bm_chart_is_pseudo(chart->nodes[s].kind) || chart->nodes[s].parent != parent)
            return bm_fault_set(reading->fault, BM_CORRUPT, chart->nodes[s].id,
                                "%s remembers children of %s; take it away.",
                                chart->nodes[history].id, chart->nodes[parent].id);
    }
    BM_CHART_CHILD_EACH(chart, parent, child) {
        children++;
    }
    uint32_t right = chart->nodes[parent].kind == BM_CHART_PARALLEL ? children : 1;
    if (noted != right)
        return bm_fault_set(reading->fault, BM_CORRUPT, chart->nodes[history].id,
                            "It remembers %u children of %s and %u were active "
                            "together; name those.",
                            noted, chart->nodes[parent].id, right);
    return BM_OK;
}

static enum bm_code read_memory(struct reading *reading, struct bm_configuration *configuration) {
    const struct bm_chart *chart = reading->chart;
    uint32_t history;
    struct bm_chart_set states = {0};
    enum bm_code code = read_id(reading, &history);
    if (code != BM_OK) return code;
    if (!bm_chart_is_history(chart->nodes[history].kind) || !next_is(reading, '='))
        return bm_fault_set(reading->fault, BM_CORRUPT, chart->nodes[history].id,
                            "Byte %zu: behind a ; stands a history, = and what it "
                            "remembers.",
                            reading->at + 1);
    code = read_ids(reading, &states);
    if (code == BM_OK) code = check_memory(reading, &states, history);
    if (code != BM_OK) return code;
    BM_CHART_SET_EACH(&states, s) {
        bm_chart_set_add(&configuration->memory, bm_chart_memory_bit(chart, history, s));
    }
    return BM_OK;
}

/* One configuration has one spelling; what else means the same was not written here. */
static enum bm_code check_spelling(const struct reading *reading,
                                   const struct bm_configuration *configuration) {
    struct bm_buf again = bm_buf_make(BM_CHART_WRITTEN_MAX);
    bm_chart_write(reading->chart, configuration, &again);
    bool same = again.len == reading->len && memcmp(again.bytes, reading->text, again.len) == 0;
    bm_buf_free(&again);
    if (same) return BM_OK;
    return bm_fault_set(reading->fault, BM_CORRUPT, "configuration",
                        "It is not spelled as it is written here: each state once, in "
                        "document order, only such as have none below them.");
}

enum bm_code bm_chart_read(const struct bm_chart *chart, const char *text, size_t len,
                           struct bm_configuration *ret_configuration, struct bm_fault *fault) {
    struct bm_configuration configuration = {0};
    struct reading reading = {chart, text, len, 0, fault};
    if (len > BM_CHART_WRITTEN_MAX)
        return bm_fault_set(fault, BM_CORRUPT, "configuration",
                            "It has %zu bytes; at most %d can be right.", len,
                            BM_CHART_WRITTEN_MAX);
    enum bm_code code = read_active(&reading, &configuration);
    while (code == BM_OK && next_is(&reading, ';')) code = read_memory(&reading, &configuration);
    if (code == BM_OK && reading.at < len)
        code = bm_fault_set(fault, BM_CORRUPT, "configuration",
                            "Byte %zu: a space, a ; or the end was expected.", reading.at + 1);
    if (code == BM_OK) code = check_spelling(&reading, &configuration);
    if (code == BM_OK) *ret_configuration = configuration;
    return code;
}
