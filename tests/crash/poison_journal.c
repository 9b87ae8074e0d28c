/* poison_journal DIR: appends an event to a desk's record that is well formed and sealed into the chain, and that no state can apply:
 * an assignment moves that was never made.  Prints its seq. */
#include <inttypes.h>
#include <stdio.h>

#include "journal/journal.h"

int main(int argc, char **argv) {
    struct bm_journal *journal;
    struct bm_fault fault = {0};
    struct bm_head head;
    if (argc != 2 || bm_journal_open(argv[1], &journal, &fault)) {
        fprintf(stderr, "poison_journal: %s\n", fault.detail);
        return 1;
    }
    struct bm_event event = bm_event_make(BM_EV_ASSIGNMENT_MOVED, (struct bm_subject){BM_SUBJECT_CASE, 1});
    head = bm_journal_head(journal);
    event.seq = head.seq + 1;
    event.at_ms = INT64_C(1800000000000);
    event.assignment_moved.assignment.v = 999999;
    event.assignment_moved.to = BM_AS_CLEARED;
    const struct bm_event *events[] = {&event};
    struct bm_batch batch = {events, 1, NULL, 0};
    enum bm_append answer = bm_journal_append(journal, &batch, &head, &head);
    bm_journal_close(journal);
    printf("%" PRIu64 "\n", event.seq);
    return answer == BM_APPEND_COMMITTED ? 0 : 1;
}
