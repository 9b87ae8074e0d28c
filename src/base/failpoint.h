/* Steps of what must survive a power cut, by name: a test can have the program die at the nth time that one is reached.
 *
 * They are there in a build with -Dfailpoints=true alone (make dev), and nothing at all in any other.  There
 *
 *   BELLMAN_DIES_AT=append_committed:3   kill -9 from within, at the third time; unknown names end the program with a message
 *   BELLMAN_STEPS=FILE                   counts how often each was reached, over all runs with that file: 8 bytes each, in order
 *
 * A name says what has just been done; the next thing has not begun.  Any thread. */
#ifndef BM_BASE_FAILPOINT_H
#define BM_BASE_FAILPOINT_H

#define BM_FAILPOINTS(F)                                                                                                       \
    /* journal: opened, and one batch appended */                                                                              \
    F(journal_created) F(journal_checked) F(epoch_raised)                                                                      \
    F(append_begun) F(append_fence_checked) F(append_row_inserted) F(append_rows_inserted)                                     \
    F(append_change_written) F(append_changes_written) F(append_committed)                                                     \
    /* desk: one step */                                                                                                       \
    F(desk_replayed) F(step_begun) F(timer_fired) F(command_guarded) F(command_decided) F(command_applied)                     \
    F(command_unguarded) F(batch_closed) F(batch_appended) F(frame_handed_out) F(reply_handed_out)                             \
    F(replies_handed_out)                                                                                                      \
    /* snapshots */                                                                                                            \
    F(snapshot_loaded) F(snapshot_packed) F(snapshot_opened) F(snapshot_written) F(snapshot_synced)       \
    F(snapshot_renamed) F(snapshot_folder_synced) F(snapshot_old_removed)                                                      \
    /* files of the vault, the signed head among them */                                                                       \
    F(file_opened) F(file_written) F(file_synced) F(file_renamed) F(file_folder_synced)                                        \
    /* keys: made, destroyed */                                                                                                \
    F(keys_begun) F(keys_inserted) F(keys_committed) F(erase_forgotten) F(erase_blanked) F(erase_committed)                    \
    F(erase_blocks_dropped)                                                                                                    \
    /* tables made anew from the record */                                                                                     \
    F(rebuild_scratch_made) F(rebuild_replayed) F(rebuild_compared) F(rebuild_committed)                                       \
    /* backup and restore */                                                                                                   \
    F(copy_begun) F(copy_format_written) F(copy_checkpoint_written) F(copy_tables_written) F(copy_outbox_written)              \
    F(copy_journal_written) F(copy_vault_written) F(copy_verified) F(copy_outbox_held)                                         \
    /* outbox */                                                                                                               \
    F(outbox_begun) F(outbox_written) F(outbox_committed) F(outbox_event_guarded) F(outbox_event_met)                          \
    F(outbox_flight_kept) F(outbox_flight_composed)

#define BM_FAILPOINT_ENUM(name) BM_FAILPOINT_##name,
enum bm_failpoint { BM_FAILPOINTS(BM_FAILPOINT_ENUM) BM_FAILPOINT_COUNT };

#ifdef BM_FAILPOINTS_BUILT
void bm_failpoint(enum bm_failpoint point);
#define BM_STEP_DONE(name) bm_failpoint(BM_FAILPOINT_##name)
#else
#define BM_STEP_DONE(name) ((void)0)
#endif

#endif
