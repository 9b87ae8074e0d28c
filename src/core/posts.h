/* Who is what in a matter: the roles of its procedure that an operator has there.
 *
 *   posts  := post (" " post)*        as an operator has them (entity.h)
 *   post   := role | procedure ":" role
 *
 * A post holds for the operator's agency and what lies below it.  Whether a matter lies there is asked of whoever the role
 * works for: roles of the desk and of a superior are asked for the matter's own area; those of a unit, a partner or a
 * mediator for the agencies that have the matter or that it was offered to, and for its own area while it was handed to
 * nobody.  A role that the procedure gives to roles of the house (`held_by`) needs no post.  Nobody has the engine's role or a citizen's by a post. */
#ifndef BM_CORE_POSTS_H
#define BM_CORE_POSTS_H

#include "core/audience.h"
#include "procedure/course.h"

/* Bit of each role. `posts` is the operator's text. */
uint32_t bm_posts_roles(const struct bm_procedure *procedure, const char *posts, const struct bm_viewer *viewer,
                        const struct bm_scope *scope, const struct bm_matter *matter);
/* The same for a matter that is not there yet, in that area. */
uint32_t bm_posts_roles_in(const struct bm_procedure *procedure, const char *posts, const struct bm_viewer *viewer,
                           const struct bm_scope *scope, uint64_t area);
/* Bit of each role of a citizen. */
uint32_t bm_posts_citizen(const struct bm_procedure *procedure);
/* Whether that operator could take the row in this matter: active, sees its case, has a post for it, and nothing bars them
 * (bm_course_bar). */
bool bm_posts_could(const struct bm_procedure *procedure, const struct bm_operator *person, const struct bm_scope *scope,
                    const struct bm_case *row, const struct bm_matter *matter, const struct bm_course *course,
                    const struct bm_row_def *step);
/* Adds an operator's number to a list for people to read: "31, 34"; those who do not fit in are "...". */
void bm_posts_name(char who[BM_COURSE_WHO_TEXT], const char *number);
/* Whether a text is a list of posts: BM_BAD_REQUEST names the post and the mend. */
BM_MUST_USE enum bm_code bm_posts_check(const char *posts, struct bm_fault *fault);

#endif
