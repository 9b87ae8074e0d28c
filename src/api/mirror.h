/* What the api must know at once to say who may see what: the tree of agencies, the operators, and which
 * unit is on which case.  Fed by committed frames on the io thread, asked from any thread. */
#ifndef BM_API_MIRROR_H
#define BM_API_MIRROR_H

#include "core/audience.h"
#include "core/calendars.h"
#include "core/posts.h"
#include "desk/desk.h"
#include "journal/journal.h"

struct bm_mirror;

/* Fills itself from the projections. */
BM_MUST_USE enum bm_code bm_mirror_new(struct bm_reader *reader, struct bm_mirror **ret_mirror,
                                       struct bm_fault *fault);
void bm_mirror_free(struct bm_mirror *mirror); /* NULL is fine */
/* What a frame did to rights: nothing; to operators of it; to the tree of agencies, and so to everyone. */
enum bm_rights { BM_RIGHTS_SAME, BM_RIGHTS_OPERATOR, BM_RIGHTS_TREE };
/* Takes one frame in. */
enum bm_rights bm_mirror_take(struct bm_mirror *mirror, const struct bm_frame *frame);

/* Where a case was as of the frames taken so far: its area, the agency that has it, the one it is offered to, the incident that it is
 * a part of; zeros when unknown. */
struct bm_case_areas {
    uint64_t area, with_agency, offered_to, part_of;
    bool open;
};
struct bm_case_areas bm_mirror_case_areas(struct bm_mirror *mirror, uint64_t case_id);

/* The area of a unit or an operator as of the frames taken so far; 0 when unknown. */
uint64_t bm_mirror_area(struct bm_mirror *mirror, enum bm_table_kind table, uint64_t id);

/* Whether the viewer sees an incident by this part of it alone, with such areas. */
bool bm_mirror_by_part(struct bm_mirror *mirror, const struct bm_viewer *viewer, const struct bm_case_areas *part);
/* The case that a unit's open assignment was on as of the frames taken so far; 0 when it was not open. */
uint64_t bm_mirror_assignment_case(struct bm_mirror *mirror, uint64_t unit, uint64_t assignment);

/* The operator as a viewer; false when unknown or dismissed. */
bool bm_mirror_viewer(struct bm_mirror *mirror, uint64_t operator_id, struct bm_viewer *ret_viewer);
/* The place in the record that it has come to. */
uint64_t bm_mirror_seq(struct bm_mirror *mirror);
/* Whether nothing can come into the viewer's view or leave it: an area above which there is none, and no role that sees less. */
bool bm_mirror_sees_all(struct bm_mirror *mirror, const struct bm_viewer *viewer);
/* bm_may_see and bm_may_open over the mirror. */
bool bm_mirror_may_see(struct bm_mirror *mirror, const struct bm_viewer *viewer,
                       enum bm_table_kind table, const void *record);
bool bm_mirror_may_open(struct bm_mirror *mirror, const struct bm_viewer *viewer,
                        enum bm_table_kind table, const void *record);

/* bm_above_of over the mirror. */
struct bm_above bm_mirror_above(struct bm_mirror *mirror, uint64_t area);

/* bm_posts_roles and bm_posts_could over the mirror. */
uint32_t bm_mirror_posts(struct bm_mirror *mirror, const struct bm_procedure *procedure, const char *posts,
                         const struct bm_viewer *viewer, const struct bm_matter *matter);
bool bm_mirror_could(struct bm_mirror *mirror, const struct bm_procedure *procedure, const struct bm_operator *person,
                     const struct bm_case *row, const struct bm_matter *matter, const struct bm_course *course,
                     const struct bm_row_def *step);

#endif
