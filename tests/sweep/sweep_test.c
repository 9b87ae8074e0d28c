/* Every call that SQLite makes to its files and every block of memory it asks for fails once, and from then on, in each of
 * the operations that people's work hangs on. */
#include "../testing.h"
#include "sweep.h"

static void sweep_all(const struct bm_operation *operations) {
    unsigned failed = 0;
    for (; operations->name; operations++) failed += bm_sweep(operations);
    if (failed) fail_msg("%u cases failed", failed);
}

static void journal(void **state) {
    (void)state;
    sweep_all(bm_journal_operations);
}

static void vault(void **state) {
    (void)state;
    sweep_all(bm_vault_operations);
}

static void outbox(void **state) {
    (void)state;
    sweep_all(bm_outbox_operations);
}

int main(void) {
    bm_faults_install();
    const struct CMUnitTest tests[] = {cmocka_unit_test(journal), cmocka_unit_test(vault), cmocka_unit_test(outbox)};
    int failed = cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
    bm_sweep_tell();
    return failed;
}
