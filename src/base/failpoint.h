/* Steps of what must survive a power cut, by name: a test can have the program die at the nth time that one is reached, or have
 * an operation report a fault.
 *
 * They are there in a build with -Dfailpoints=true alone (make dev), and nothing at all in any other.  There
 *
 *   BELLMAN_DIES_AT=append_committed:3   kill -9 from within, at the third time; unknown names end the program with a message
 *   BELLMAN_STEPS=FILE                   counts how often each was reached, over all runs with that file: 8 bytes each, in order
 *   BELLMAN_FAILS_AT=append_full:3       the third of them fails; 3+ : that and all after it; 3+5 : five, and then it is well again
 *   BELLMAN_FAULTS=FILE                  counts how often each could have failed, and how often it did: 2 times 8 bytes each
 *
 * A step's name says what has just been done; the next thing has not begun.  A fault's name says what goes wrong, and it goes
 * the way that the real one would.  Any thread. */
#ifndef BM_BASE_FAILPOINT_H
#define BM_BASE_FAILPOINT_H

#include <stdbool.h>

#define BM_FAILPOINTS(F)                                                                                                       \
    /* journal: opened, and one batch appended */                                                                              \
    F(journal_created) F(journal_checked) F(epoch_raised)                                                                      \
    F(append_begun) F(append_fence_checked) F(append_row_inserted) F(append_rows_inserted)                                     \
    F(append_change_written) F(append_changes_written) F(append_committed) F(journal_closed)                                   \
    /* desk: one step */                                                                                                       \
    F(desk_replayed) F(step_begun) F(timer_decided) F(timer_fired) F(command_guarded) F(command_decided)                    \
    F(command_applied) F(command_unguarded) F(batch_closed) F(batch_appended) F(frame_handed_out) F(reply_handed_out)                             \
    F(replies_handed_out)                                                                                                      \
    /* between desk and io thread, and out to people */                                                                        \
    F(command_queued) F(commands_taken) F(step_handed_over) F(step_fetched) F(frame_kept) F(frame_published)                   \
    F(answer_written)                                                                                                          \
    /* snapshots */                                                                                                            \
    F(snapshot_loaded) F(snapshot_packed) F(snapshot_opened) F(snapshot_written) F(snapshot_synced)                            \
    F(snapshot_renamed) F(snapshot_folder_synced) F(snapshot_old_removed)                                                      \
    /* files of the vault, the signed head among them */                                                                       \
    F(file_opened) F(file_written) F(file_synced) F(file_renamed) F(file_folder_synced)                                        \
    F(checkpoint_signed) F(checkpoint_written)                                                                                 \
    /* people in the vault */                                                                                                  \
    F(account_written) F(session_written) F(session_ended)                                                                     \
    /* keys: made, destroyed */                                                                                                \
    F(keys_begun) F(keys_inserted) F(keys_committed) F(erase_forgotten) F(erase_blanked) F(erase_committed)                    \
    F(erase_blocks_dropped) F(erase_finished_at_start)                                                                         \
    /* tables made anew from the record */                                                                                     \
    F(rebuild_scratch_made) F(rebuild_replayed) F(rebuild_compared) F(rebuild_committed)                                       \
    /* backup and restore */                                                                                                   \
    F(copy_begun) F(copy_format_written) F(copy_checkpoint_written) F(copy_tables_written) F(copy_outbox_written)              \
    F(copy_journal_written) F(copy_vault_written) F(copy_verified) F(copy_outbox_held)                                         \
    /* back to a backup */                                                                                                     \
    F(back_copied) F(back_since_written) F(back_erased_kept) F(back_exchanged)                                                  \
    /* outbox */                                                                                                               \
    F(outbox_begun) F(outbox_written) F(outbox_committed) F(outbox_event_guarded) F(outbox_event_met)                          \
    F(outbox_flight_kept) F(outbox_flight_composed)

/* What can be told to fail, and as what. */
#define BM_FAULTPOINTS(F)                                                                                                      \
    /* journal: no lock, no room or no answer for rows and tables, none for the commit, and a commit whose answer is lost */   \
    F(append_begin_io) F(append_full) F(append_io) F(change_full) F(commit_full) F(commit_io) F(commit_lost)                    \
    F(reader_open_io) F(reader_begin_io) F(reader_rows_io)                                                                      \
    /* vault */                                                                                                                \
    F(keys_full) F(erase_io) F(account_full) F(session_full) F(session_end_io)                                                  \
    F(file_open_io) F(file_write_full) F(file_sync_io) F(file_rename_io) F(file_folder_sync_io)                                 \
    /* snapshots */                                                                                                            \
    F(snapshot_open_io) F(snapshot_write_full) F(snapshot_sync_io) F(snapshot_rename_io) F(snapshot_folder_sync_io)             \
    F(snapshot_read_io)                                                                                                        \
    /* places that are bounded */                                                                                              \
    F(desk_queue_full) F(workers_full)                                                                                         \
    /* outbox */                                                                                                               \
    F(outbox_open_io) F(outbox_begin_io) F(outbox_commit_full)                                                                 \
    /* backup, restore, tables made anew */                                                                                    \
    F(copy_journal_full) F(copy_vault_full) F(copy_outbox_full) F(rebuild_full)

#define BM_FAILPOINT_ENUM(name) BM_FAILPOINT_##name,
enum bm_failpoint { BM_FAILPOINTS(BM_FAILPOINT_ENUM) BM_FAILPOINT_COUNT };

#define BM_FAULTPOINT_ENUM(name) BM_FAULTPOINT_##name,
enum bm_faultpoint { BM_FAULTPOINTS(BM_FAULTPOINT_ENUM) BM_FAULTPOINT_COUNT };

#ifdef BM_FAILPOINTS_BUILT
void bm_failpoint(enum bm_failpoint point);
/* Whether it is to fail now; errno is ENOSPC or EIO then, as the name's end says. */
bool bm_faultpoint(enum bm_faultpoint point);
#define BM_STEP_DONE(name) bm_failpoint(BM_FAILPOINT_##name)
#define BM_FAILS(name) bm_faultpoint(BM_FAULTPOINT_##name)
#else
#define BM_STEP_DONE(name) ((void)0)
#define BM_FAILS(name) false
#endif

#endif
