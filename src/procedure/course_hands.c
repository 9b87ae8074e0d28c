/* Whose hands a matter went through, and what that bars them from. */
#include "procedure/course_private.h"

const char *const bm_bar_words[BM_bar_COUNT + 1] = {"none", "four_eyes", "other_hand", NULL};

static bool opens_an_incident(const struct bm_row_def *row) {
    for (uint32_t i = 0; i < row->effect_count; i++) {
        if (row->effects[i].effect == BM_EFFECT_OPEN_CHILD && strcmp(row->effects[i].text, "emergency") == 0) return true;
    }
    return false;
}

/* Whether taking the row is handling the matter: it moves handling on.  What stays where it is (a note, a term prolonged) and
 * the way back into the emergency are open to everybody who has the post. */
static bool handles(const struct bm_row_def *row) {
    return row->region == BM_REGION_HANDLING && row->target != BM_NO_INDEX && !opens_an_incident(row);
}

/* Whether one of the roles acts for the desk or whoever handles it for the desk: no citizen, no engine, no superior. */
static bool acts_for_the_desk(const struct bm_procedure *procedure, uint32_t roles) {
    for (uint32_t i = 1; i < procedure->role_count; i++) {
        enum bm_body body = procedure->roles[i].body;
        if ((roles >> i & 1) && body != BM_BODY_CITIZEN && body != BM_BODY_ENGINE && body != BM_BODY_SUPERIOR) return true;
    }
    return false;
}

/* The place of somebody's hand; hand_count: they have none in it. */
static uint32_t place_of(const struct bm_course *course, uint64_t who) {
    uint32_t place = 0;
    while (place < course->hand_count && course->hands[place].who != who) place++;
    return place;
}

enum bm_bar bm_course_bar(const struct bm_procedure *procedure, const struct bm_course *course, const struct bm_row_def *row,
                          uint64_t actor) {
    if (!actor) return BM_BAR_NONE; /* the engine */
    uint32_t place = place_of(course, actor);
    uint8_t did = place < course->hand_count ? course->hands[place].did : 0;
    if (procedure->reopen.other_hand && (did & BM_HAND_BEFORE) && handles(row)) return BM_BAR_OTHER_HAND;
    bool performed = actor == course->last_actor || (did & BM_HAND_WORKED);
    return row->four_eyes && performed ? BM_BAR_FOUR_EYES : BM_BAR_NONE;
}

/* To judge the work of another is to handle the matter, and not to work on it; nor is taking it in. */
static uint8_t done_by(struct bm_going *going, const struct bm_row_def *row) {
    if (!handles(row) || !acts_for_the_desk(going->procedure, row->by & going->act->roles)) return 0;
    uint16_t state = bm_course_state(going->track, going->course, BM_REGION_HANDLING);
    enum bm_category category = going->procedure->states[state].category;
    bool works = category != BM_CATEGORY_INITIAL && !going->procedure->events[row->event].approval;
    return works ? BM_HAND_HANDLED | BM_HAND_WORKED : BM_HAND_HANDLED;
}

void bm_going_keep_hands(struct bm_going *going) {
    struct bm_course *course = going->course;
    uint64_t who = going->act->actor;
    uint8_t did = 0;
    for (uint32_t i = 0; i < going->chosen_count; i++) did |= done_by(going, &going->procedure->rows[going->chosen[i]]);
    if (going->code || !who || !did) return;
    uint32_t place = place_of(course, who);
    if (place == BM_COURSE_HANDS_MAX) {
        going->code = bm_fault_set(going->fault, BM_OUT_OF_RANGE, "event",
                                   "%d people have handled this matter already; leave it to one of them.", BM_COURSE_HANDS_MAX);
        return;
    }
    if (place == course->hand_count) course->hands[course->hand_count++] = (struct bm_course_hand){.who = who};
    course->hands[place].did |= did;
}

void bm_course_begin_again(struct bm_course *course) {
    for (uint32_t i = 0; i < course->hand_count; i++) course->hands[i].did = BM_HAND_BEFORE;
}
