/* Erasing notes that have a key of their own and hang on no contact: what was found about a crew in danger, and what a shift left
 * for the next.  (A case and its contacts: decide_case.c, decide_contact.c.)
 *
 * No member says that a note was erased: one that has a key always had words, so a key without words says it. */
#include <string.h>

#include "core/deciding.h"

static struct bm_event *emit(struct bm_deciding *deciding, struct bm_subject on, const char *basis, struct bm_key_id key) {
    struct bm_event *event = bm_emit(deciding, BM_EV_NOTE_ERASED, on.kind, on.id);
    uint64_t keys[1] = {key.v};
    memcpy(event->note_erased.basis, basis, sizeof event->note_erased.basis);
    event->note_erased.keys = bm_bytes_copy(keys, sizeof keys);
    return event;
}

void bm_erase_notes_of(struct bm_deciding *deciding, uint64_t case_id, const char *basis) {
    BM_TABLE_EACH(&deciding->core->tables[BM_T_DURESS], id) {
        const struct bm_duress *duress = bm_state_need(deciding->core, BM_T_DURESS, id);
        if (duress->on_case.v != case_id || !duress->narrative.len) continue;
        struct bm_event *event = emit(deciding, (struct bm_subject){BM_SUBJECT_CASE, case_id}, basis, duress->narrative_key);
        event->note_erased.duress = duress->id;
        event->note_erased.on_case.v = case_id;
    }
}

static enum bm_code erase_duress(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_DURESS, deciding->command->target, "id", &record);
    if (code) return code;
    const struct bm_duress *duress = record;
    if (duress->acknowledged_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "id", "Nobody has acknowledged it yet; there is no note to erase.");
    if (!duress->narrative.len) return bm_refuse(deciding, BM_NOT_POSSIBLE, "id", "The note was erased already.");
    struct bm_event *event = emit(deciding, (struct bm_subject){BM_SUBJECT_UNIT, duress->unit.v},
                                  deciding->command->erase_duress.basis, duress->narrative_key);
    event->note_erased.duress = duress->id;
    bm_result(deciding, BM_T_DURESS, duress->id.v);
    return BM_OK;
}

static enum bm_code erase_handover(struct bm_deciding *deciding) {
    const void *record;
    enum bm_code code = bm_visible(deciding, BM_T_HANDOVER, deciding->command->target, "handover", &record);
    if (code) return code;
    const struct bm_handover *note = record;
    if (note->taken_at_ms == BM_AT_NONE)
        return bm_refuse(deciding, BM_NOT_POSSIBLE, "handover", "Nobody has taken the note over yet; the next shift must read it first.");
    if (!note->narrative.len) return bm_refuse(deciding, BM_NOT_POSSIBLE, "handover", "The note was erased already.");
    struct bm_event *event = emit(deciding, (struct bm_subject){BM_SUBJECT_AGENCY, note->jurisdiction.v},
                                  deciding->command->erase_handover.basis, note->narrative_key);
    event->note_erased.handover = note->id;
    bm_result(deciding, BM_T_HANDOVER, note->id.v);
    return BM_OK;
}

enum bm_code bm_decide_erase(struct bm_deciding *deciding) {
    return deciding->command->kind == BM_DO_ERASE_DURESS ? erase_duress(deciding) : erase_handover(deciding);
}
