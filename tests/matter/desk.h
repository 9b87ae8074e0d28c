/* A core with a house, the calendar cn and procedures published, and people posted: what tests of matters begin with.
 *
 * Agencies: 1 the city (the desk), 2 north and 3 south below it.  Posts: see the enum. */
#ifndef BM_TESTS_MATTER_DESK_H
#define BM_TESTS_MATTER_DESK_H

#include "../course/stage.h"
#include "../property/small_world.h"

enum { CITY = 1, NORTH = 2, SOUTH = 3 };
enum { ADMIN = 1, TAKER = 2, FIRST_POSTED = 11, CLERK = 11, OFFICER, HEAD_NORTH, HANDLER_NORTH, HEAD_SOUTH, SUPERIOR };

/* With `letter` (and `mediation`) published, at 2026-09-22 08:00 in Shanghai. */
struct world desk_make(void);
/* Publishes a text as a procedure; the fault stays in the world's decision. */
enum bm_code desk_publish(struct world *world, const char *text, size_t len);
/* Publishes calendars/cn.yaml, as so many editions later, with one text replaced by another when `what` is not NULL. */
enum bm_code desk_calendar(struct world *world, unsigned later, const char *what, const char *with);
/* Gives a command, keeps what came of it, checks the state; releases the command. */
enum bm_code desk_give(struct world *world, struct bm_command *command);
/* What an agency adds to a calendar (a file that begins with additions_to); the fault stays in the world's decision. */
enum bm_code desk_additions(struct world *world, uint64_t actor, uint64_t agency, const char *text);
/* Another agency below one. */
uint64_t desk_agency(struct world *world, const char *code, uint64_t parent);
/* Puts an agency below another. */
void desk_move_agency(struct world *world, uint64_t agency, uint64_t parent);
/* One more officer with posts; and one fewer. */
uint64_t desk_post(struct world *world, const char *number, uint64_t agency, const char *posts);
void desk_dismiss(struct world *world, uint64_t person);
/* "2026-09-22 09:00" in Shanghai; timers fire on the way, each at its instant. */
void desk_at(struct world *world, const char *when);
/* The same for a desk that was down all the while: what came due fires when it is up again. */
void desk_down_until(struct world *world, const char *when);
/* A new matter from a letter that came with the post at this moment; its case. */
uint64_t desk_open(struct world *world, const char *procedure, uint64_t *ret_contact);
/* The same in another area. */
uint64_t desk_open_in(struct world *world, uint64_t area, const char *procedure, uint64_t *ret_contact);
/* `fields` as JSON; 0 for agency or other: not given. */
struct bm_command desk_act(const struct world *world, uint64_t actor, uint64_t case_id, const char *event, const char *fields);
enum bm_code desk_do(struct world *world, uint64_t actor, uint64_t case_id, const char *event, const char *fields);
/* Offers the matter to an agency, and that agency's `handler` acknowledges. */
void desk_hand_over(struct world *world, uint64_t case_id, uint64_t agency, uint64_t handler);
const struct bm_matter *desk_matter(const struct world *world, uint64_t case_id);
const struct bm_case *desk_case(const struct world *world, uint64_t case_id);
/* The last promise of that clock; NULL: none. */
const struct bm_promise *desk_promise(const struct world *world, uint64_t case_id, const char *clock);
/* "2026-09-30 23:59:59.999" */
const char *desk_shown(int64_t at_ms);
/* Events since the world was made: how many of that kind about a promise's clock (NULL: any). */
size_t desk_count(enum bm_event_kind kind, const char *clock);
const struct bm_event *desk_event(size_t index);
size_t desk_events(void);
/* The test fails when what was recorded since the world was made does not lead to its state again; for worlds to which only the
 * functions of this file gave commands. */
void desk_replays(const struct world *world);
void desk_free(struct world *world);

/* A letter that is registered, and one that is closed as solved by the north. */
uint64_t desk_in_hand(struct world *world, uint64_t *ret_contact);
uint64_t desk_close(struct world *world, uint64_t *ret_contact);
/* By whoever wrote it. */
void desk_reopen(struct world *world, uint64_t id, uint64_t contact);
/* Publishes a text of letter.yaml (which is changed) as a later version with one text replaced, every live state where it was. */
void desk_publish_letter(struct world *world, char *text, size_t len, char version, const char *what, const char *with);
/* What a citizen says of a closed one, from 1 to 5. */
struct bm_command desk_rating(uint64_t contact, uint32_t level, enum bm_solved solved, bool named);

#endif
