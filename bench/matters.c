/* Matters in the core, in process and on one thread, without a journal: opening, acting, and what time makes due.
 *
 *   bench-matters [--letters=N]     100,000 letters; 500,000 have a million running promises (some 3 GB) */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "core/core.h"
#include "procedure/library.h"

#define AT_MS INT64_C(1790121600000) /* 2026-09-23 08:00 in Shanghai, a Wednesday */
enum { ADMIN = 1, TAKER = 2, CLERK = 3, HOUR_MS = 3600000 };

struct desk {
    struct bm_core *core;
    struct bm_decision decision;
    int64_t now_ms;
    uint64_t events;
};

static void give(struct desk *desk, struct bm_command *command) {
    if (bm_core_decide(desk->core, command, desk->now_ms, &desk->decision))
        bench_die("%s: %s: %s", bm_command_word(command->kind), desk->decision.fault.field, desk->decision.fault.detail);
    for (size_t i = 0; i < desk->decision.event_count; i++) {
        struct bm_event *event = &desk->decision.events[i];
        event->seq = bm_core_seq(desk->core) + 1;
        bm_core_apply(desk->core, event);
    }
    desk->events += desk->decision.event_count;
    bm_core_take_changes(desk->core, NULL, NULL);
    bm_command_release(command);
}

/* --- the house -------------------------------------------------------------------------------------- */

static size_t slurp(const char *path, void *bytes, size_t cap) {
    FILE *file = fopen(path, "rb");
    if (!file) bench_die("%s cannot be read; run this from the project's folder, with tzdata installed", path);
    size_t len = fread(bytes, 1, cap, file);
    fclose(file);
    return len;
}

static void publish(struct desk *desk, const char *what, const void *bytes, size_t len) {
    struct bm_command command = bm_command_make(BM_DO_PUBLISH);
    command.actor.v = ADMIN;
    snprintf(command.publish.what, sizeof command.publish.what, "%s", what);
    command.publish.content = bm_bytes_copy(bytes, len);
    give(desk, &command);
}

static void person(struct desk *desk, const char *number, uint32_t roles, const char *posts) {
    struct bm_command command = bm_command_make(BM_DO_OPERATOR_SET);
    snprintf(command.operator_set.number, sizeof command.operator_set.number, "%s", number);
    snprintf(command.operator_set.posts, sizeof command.operator_set.posts, "%s", posts);
    command.operator_set.roles = roles;
    command.operator_set.jurisdiction.v = 1;
    give(desk, &command);
}

static void open_house(struct desk *desk) {
    static char file[1 << 18], zone[1 << 16];
    struct bm_buf packed = bm_buf_make(1 << 22);
    struct bm_command agency = bm_command_make(BM_DO_AGENCY_SET);
    snprintf(agency.agency_set.code, sizeof agency.agency_set.code, "CITY");
    snprintf(agency.agency_set.name, sizeof agency.agency_set.name, "City");
    agency.agency_set.level = BM_LEVEL_CITY;
    give(desk, &agency);
    person(desk, "1", BM_ADMINS, "");
    person(desk, "2", BM_TAKERS, "");
    person(desk, "3", BM_BIT(BM_ROLE_OFFICER), "clerk");
    size_t len = slurp("calendars/cn.yaml", file, sizeof file);
    size_t zone_len = slurp("/usr/share/zoneinfo/Asia/Shanghai", zone, sizeof zone);
    bm_calendar_packed(file, len, zone, zone_len, &packed);
    publish(desk, "calendar", packed.bytes, packed.len);
    len = slurp("procedures/letter.yaml", file, sizeof file);
    publish(desk, "procedure", file, len);
    bm_buf_free(&packed);
}

/* --- what is measured -------------------------------------------------------------------------------- */

static void open_letter(struct desk *desk, uint64_t number) {
    struct bm_command command = bm_command_make(BM_DO_MATTER_OPEN);
    command.actor.v = TAKER;
    snprintf(command.matter_open.procedure, sizeof command.matter_open.procedure, "letter");
    command.sealed[BM_DATA_NARRATIVE].key_id = 2 * number + 1;
    command.sealed[BM_DATA_IDENTITY].key_id = 2 * number + 2;
    give(desk, &command);
}

static void register_letter(struct desk *desk, uint64_t id) {
    static const char fields[] = "{\"kind\":\"request\",\"subject\":true}";
    struct bm_command command = bm_command_make(BM_DO_MATTER_ACT);
    command.actor.v = CLERK;
    command.target = id;
    command.has_if_match = true;
    command.if_match = ((const struct bm_case *)bm_core_get(desk->core, BM_T_CASE, id))->version;
    snprintf(command.matter_act.event, sizeof command.matter_act.event, "register");
    command.matter_act.fields = bm_bytes_copy(fields, sizeof fields - 1);
    give(desk, &command);
}

static double rss_mb(void) {
    return (double)bench_status_kb(getpid(), "VmRSS") / 1024;
}

static uint64_t running(const struct desk *desk) {
    uint64_t count = 0;
    for (uint64_t id = 0; (id = bm_core_next_id(desk->core, BM_T_PROMISE, id));)
        count += ((const struct bm_promise *)bm_core_get(desk->core, BM_T_PROMISE, id))->stopped_at_ms == BM_AT_NONE;
    return count;
}

/* Fires what is due by `until_ms`; how many timers that were. */
static uint64_t sweep(struct desk *desk, int64_t until_ms) {
    int64_t due_at_ms;
    struct bm_command command;
    uint64_t fired = 0;
    desk->now_ms = until_ms;
    while (bm_core_next_due(desk->core, &due_at_ms, &command) && due_at_ms <= until_ms) {
        give(desk, &command);
        fired++;
    }
    return fired;
}

static void line(const char *what, uint64_t count, double seconds) {
    printf("%-44s %9" PRIu64 " %10.3f s %9.0f/s %8.2f us each\n", what, count, seconds, (double)count / seconds,
           seconds * 1e6 / (double)count);
}

int main(int argc, char **argv) {
    uint64_t letters = (uint64_t)bench_option(argc, argv, "letters", 100000);
    struct desk desk = {.core = bm_core_new(), .decision = bm_decision_make(), .now_ms = AT_MS};
    open_house(&desk);
    double before_mb = rss_mb(), began = bench_now();
    for (uint64_t i = 0; i < letters; i++) open_letter(&desk, i);
    line("letters opened", letters, bench_now() - began);
    printf("%-44s %9.0f MB, %.0f bytes a letter, %" PRIu64 " running promises\n", "memory", rss_mb() - before_mb,
           (rss_mb() - before_mb) * 1048576 / (double)letters, running(&desk));
    began = bench_now();
    for (uint64_t i = 1; i <= letters / 2; i++) register_letter(&desk, i);
    line("half of them registered", letters / 2, bench_now() - began);
    enum { LOOKS = 1000000 };
    int64_t due_at_ms;
    struct bm_command command;
    began = bench_now();
    for (int i = 0; i < LOOKS; i++) {
        if (bm_core_next_due(desk.core, &due_at_ms, &command)) bm_command_release(&command);
    }
    line("looks at what is due next", LOOKS, bench_now() - began);
    began = bench_now();
    uint64_t fired = sweep(&desk, AT_MS + 25 * (int64_t)HOUR_MS);
    line("a day later: rungs and breaches", fired, bench_now() - began);
    printf("%-44s %9" PRIu64 "\n", "events in all", desk.events);
    bm_decision_free(&desk.decision);
    bm_core_free(desk.core);
    return 0;
}
