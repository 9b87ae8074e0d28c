/* The reader: the shipped files read, their canonical form reads back to the same hash, and what is
 * wrong is told with line, column and mend. */
#include "testing.h"

#include <string.h>

#include "files.h"
#include "procedure/canonical.h"
#include "procedure/procedure.h"

static const char *folder;
static const char *const shipped[] = {"letter.yaml", "mediation.yaml", "directive.yaml",
                                      "service.yaml", "hotline-transfer.yaml", "emergency.yaml", "review.yaml", "joint-response.yaml", "oversight.yaml"};

static struct bm_procedure *read_procedure(const struct bm_buf *buf) {
    struct bm_findings findings = {0};
    struct bm_procedure *procedure = NULL;
    if (bm_procedure_read(buf->bytes, buf->len, &findings, &procedure)) {
        struct bm_buf text = bm_buf_make(65536);
        bm_findings_print(&findings, "file", &text);
        print_error("%s", bm_buf_c_text(&text));
        bm_buf_free(&text);
        fail();
    }
    return procedure;
}

static void shipped_files_read(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        struct bm_buf buf = read_file(folder, shipped[i]);
        struct bm_procedure *procedure = read_procedure(&buf);
        assert_int_equal(strncmp(shipped[i], procedure->name, strlen(procedure->name)), 0);
        assert_true(procedure->state_count >= 3 && procedure->row_count > 3);
        assert_true(procedure->clock_count > 0 && procedure->example_count > 0);
        bm_procedure_free(procedure);
        bm_buf_free(&buf);
    }
}

static void letter_says_what_it_says(void **state) {
    (void)state;
    struct bm_buf buf = read_file(folder, "letter.yaml");
    struct bm_procedure *procedure = read_procedure(&buf);
    assert_string_equal(procedure->name, "letter");
    assert_int_equal(procedure->version, 1);
    assert_string_equal(procedure->title.in[BM_ZH_HANS], "群众来信");
    uint16_t asked = bm_procedure_state(procedure, "asked");
    assert_int_not_equal(asked, BM_NO_INDEX);
    assert_int_equal(procedure->states[asked].category, BM_CATEGORY_WAITING);
    assert_int_equal(procedure->states[asked].waits_for, BM_BODY_CITIZEN);
    assert_int_equal(procedure->states[asked].owner, bm_procedure_role(procedure, "duty_officer"));
    const struct bm_clock_def *reply = &procedure->clocks[bm_procedure_clock(procedure, "reply")];
    assert_int_equal(reply->force, BM_FORCE_PROMISED);
    assert_int_equal(reply->anchor, BM_ANCHOR_FIRST_CONTACT);
    assert_int_equal(reply->budget.amount, 7);
    assert_int_equal(reply->budget.unit, BM_MEASURE_WORKING_DAYS);
    assert_int_equal(reply->pause_count, 1);
    assert_int_equal(reply->pauses[0].state, asked);
    assert_int_equal(reply->rung_count, 4);
    assert_int_equal(reply->rungs[3].when, BM_WHEN_AFTER);
    assert_int_equal(reply->rungs[3].span.amount, 3);
    assert_int_equal(procedure->initial[BM_REGION_HANDLING],
                     bm_procedure_state(procedure, "received"));
    assert_int_equal(procedure->hand_over.returns, 1);
    assert_int_equal(procedure->reopen.limit, 1);
    bm_procedure_free(procedure);
    bm_buf_free(&buf);
}

static struct bm_yaml *read_tree(const void *bytes, size_t len) {
    struct bm_findings findings = {0};
    struct bm_yaml *yaml = NULL;
    if (bm_yaml_read(bytes, len, &findings, &yaml)) fail_msg("%s", findings.items[0].detail);
    return yaml;
}

static void canonical_reads_back(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        struct bm_buf buf = read_file(folder, shipped[i]);
        struct bm_buf once = bm_buf_make(BM_YAML_BYTES_MAX), twice = bm_buf_make(BM_YAML_BYTES_MAX);
        struct bm_hash first, second;
        struct bm_yaml *yaml = read_tree(buf.bytes, buf.len);
        bm_canonical_write(bm_yaml_root(yaml), &once);
        assert_false(once.overflow);
        assert_int_equal(bm_canonical_hash(bm_yaml_root(yaml), &first, NULL), BM_OK);
        bm_yaml_free(yaml);
        yaml = read_tree(once.bytes, once.len);
        bm_canonical_write(bm_yaml_root(yaml), &twice);
        assert_int_equal(bm_canonical_hash(bm_yaml_root(yaml), &second, NULL), BM_OK);
        bm_yaml_free(yaml);
        assert_string_equal(bm_buf_c_text(&once), bm_buf_c_text(&twice));
        assert_memory_equal(first.bytes, second.bytes, BM_HASH_BYTES);
        struct bm_procedure *procedure = read_procedure(&once);
        bm_procedure_free(procedure);
        bm_buf_free(&buf);
        bm_buf_free(&once);
        bm_buf_free(&twice);
    }
}

static void canonical_form(void **state) {
    (void)state;
    static const char file[] =
        "b: { amount: 5, other: 5, max: 05 }\na: ['x', \"y\\n\", 转]\nversion: 3\n";
    struct bm_yaml *yaml = read_tree(file, sizeof file - 1);
    struct bm_buf buf = bm_buf_make(4096);
    bm_canonical_write(bm_yaml_root(yaml), &buf);
    assert_string_equal(bm_buf_c_text(&buf),
                        "{\"a\":[\"x\",\"y\\n\",\"转\"],\"b\":{\"amount\":5,\"max\":\"05\","
                        "\"other\":\"5\"},\"version\":3}");
    bm_yaml_free(yaml);
    bm_buf_free(&buf);
}

/* A file with one text put in the place of another. */
static struct bm_buf edited(const char *file, const char *from, const char *to) {
    struct bm_buf buf = read_file(folder, file), out = bm_buf_make(1024 * 1024);
    const char *text = bm_buf_c_text(&buf);
    const char *at = strstr(text, from);
    if (!at) fail_msg("%s has no \"%s\"", file, from);
    bm_buf_add(&out, text, (size_t)(at - text));
    bm_buf_text(&out, to);
    bm_buf_text(&out, at + strlen(from));
    bm_buf_free(&buf);
    return out;
}

static void refuses_in(const char *file, const char *from, const char *to, const char *what, const char *mend) {
    struct bm_buf buf = edited(file, from, to);
    struct bm_findings findings = {0};
    struct bm_procedure *procedure = NULL;
    assert_int_not_equal(bm_procedure_read(buf.bytes, buf.len, &findings, &procedure), BM_OK);
    assert_null(procedure);
    assert_true(findings.errors >= 1);
    bool found = false;
    for (size_t i = 0; i < findings.count; i++) {
        assert_true(findings.items[i].at.line >= 1 && findings.items[i].at.column >= 1);
        found = found ||
                (strstr(findings.items[i].detail, what) && strstr(findings.items[i].detail, mend));
    }
    if (!found) {
        struct bm_buf text = bm_buf_make(65536);
        bm_findings_print(&findings, file, &text);
        print_error("expected: %s ... %s\n%s", what, mend, bm_buf_c_text(&text));
        bm_buf_free(&text);
        fail();
    }
    bm_buf_free(&buf);
}

static void refuses(const char *from, const char *to, const char *what, const char *mend) {
    refuses_in("letter.yaml", from, to, what, mend);
}

static void what_does_not_read(void **state) {
    (void)state;
    refuses("merges: yes", "merges: yes\nsurprise: 1", "\"surprise\" is not known", "Known are");
    refuses("merges: yes", "merges: true", "\"true\"", "no, yes");
    refuses("version: 1", "version: 014", "\"014\"", "whole number");
    refuses("version: 1", "version: -1", "\"-1\"", "whole number");
    refuses("version: 1\n", "", "\"version\" is missing", "Add it");
    refuses("to: in_hand\n", "to: nowhere\n", "\"nowhere\"", "Add it, or correct");
    refuses("to: in_hand\n", "to: offered\n", "another region", "its own");
    refuses("event: register", "event: registre", "\"registre\"", "correct the name");
    refuses("by: [clerk, duty_officer]", "by: [clerk, mayor]", "\"mayor\"", "correct the name");
    refuses("kind = thanks", "kind = praise", "no such word", "kind = praise");
    refuses("in(with_unit)", "in(with_uni)", "no such state", "with_uni");
    refuses("at: at 80 %", "at: at 180 %", "A rung is", "at 180 %");
    refuses("anchor: first_contact", "anchor: whenever", "The anchor is", "state NAME");
    refuses("anchor: state offered", "anchor: state offred", "\"offred\"", "correct the name");
    refuses("unit: working_days", "unit: business_days", "\"business_days\"", "working_days");
    refuses("calendar: cn\n", "\n", "needs a calendar", "calendar: cn");
    refuses("category: waiting", "category: working", "category waiting only", "Take it out");
    refuses("- stop: registering", "- halt: registering", "\"halt\"", "start, stop");
    refuses("2026-03-02T09:00+08:00", "2026-02-30T09:00+08:00", "An instant", "2026-02-30");
    refuses("2026-03-02T10:05+08:00", "2026-03-01T10:05+08:00", "before the one above", "order");
    refuses("kind: request }, then", "kind: wish }, then", "no value of the field", "choice");
    refuses("      asked:\n", "      drafted:\n", "second time", "rename");
    refuses("  responsibility:\n    initial: held", "  responsibility:\n    initial: in_hand",
            "does not stand directly", "its own states");
    refuses("      held:\n", "      in_hand:\n", "already in line", "Rename");
    refuses("  citizen:\n    body: citizen", "  engine:\n    body: citizen", "always there",
            "Take");
    refuses_in("emergency.yaml", "window: { amount: 525600, unit: minutes }", "window: { amount: 7, unit: calendar_days }",
               "calendar_days needs a calendar", "in minutes");
}

static void many_errors_are_gathered(void **state) {
    (void)state;
    struct bm_buf buf = bm_buf_make(1024 * 1024);
    struct bm_findings findings = {0};
    struct bm_procedure *procedure = NULL;
    for (int i = 0; i < 50; i++) bm_buf_printf(&buf, "odd%d: x\n", i);
    assert_int_equal(bm_procedure_read(buf.bytes, buf.len, &findings, &procedure), BM_BAD_FORMAT);
    assert_int_equal(findings.count, BM_FINDINGS_MAX);
    assert_true(findings.left_out >= 30);
    assert_int_equal(findings.errors, findings.count + findings.left_out);
    bm_buf_free(&buf);
}

int main(int count, char **arguments) {
    if (count != 2) return 2;
    folder = arguments[1];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shipped_files_read),   cmocka_unit_test(letter_says_what_it_says),
        cmocka_unit_test(canonical_reads_back), cmocka_unit_test(canonical_form),
        cmocka_unit_test(what_does_not_read),   cmocka_unit_test(many_errors_are_gathered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
