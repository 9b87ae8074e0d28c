/* Inside of the api: one matter as it stands, with its procedure ready; for src/api/matter*.c and public*.c. */
#ifndef BM_API_MATTERS_H
#define BM_API_MATTERS_H

#include "api/api_private.h"
#include "api/shelf.h"

/* Owned by whoever asked for it (bm_viewed_free). */
struct bm_viewed {
    struct bm_case row;
    struct bm_matter matter;
    const struct bm_track *track;
    const struct bm_procedure *procedure;
    struct bm_course course;
    struct bm_calendars_in calendars; /* of its area */
    struct bm_course_world world;
    /* Cases for which an act brings keys (core/spares.h): of the engine, and by event. */
    size_t spares;
    uint8_t spares_of_event[BM_PROCEDURE_EVENTS_MAX];
    struct bm_mirror *mirror;
    struct bm_operator *people; /* who has a post in it; their sealed names are left out */
    size_t people_count, people_cap;
    uint32_t roles;  /* of whoever looks */
    bool by_desk;    /* takes calls for the desk, so reads what the desk reads */
    bool by_citizen;
    json_t *texts;   /* what was filled in, by field: texts opened, words and numbers as they are */
};

/* The matter of a case.  BM_NOT_FOUND for a case that is none; who may see it has been asked before. */
BM_MUST_USE enum bm_code bm_viewed_read(struct bm_api *api, struct bm_reader *reader, uint64_t case_id,
                                        struct bm_viewed *ret_viewed, struct bm_fault *fault);
void bm_viewed_free(struct bm_viewed *viewed);
/* Fills `texts` from the record. */
BM_MUST_USE enum bm_code bm_viewed_open(struct bm_api *api, struct bm_reader *reader, struct bm_viewed *viewed,
                                        struct bm_fault *fault);
/* Whether who looks may read the field. */
bool bm_viewed_may_read(const struct bm_viewed *viewed, uint16_t field);
/* The roles of the call's viewer, and who else has a post in it. */
enum bm_code bm_viewed_roles(struct bm_call *call, struct bm_reader *reader, struct bm_viewed *viewed);
/* What could be done now, as JSON: [{"event","needs","missing","takes","spared"}]; and what is for another hand only:
 * [{"event","why","who"}] (NULL: nobody asks). */
json_t *bm_viewed_choices(const struct bm_viewed *viewed, uint64_t actor, int64_t now_ms, json_t **ret_barred);
/* A label in three languages. */
json_t *bm_label_json(const struct bm_label *label);

/* --- acts (matter_events.c) --- */
/* Fields of an act as they were sent: texts go into `ret_texts` by class of data, the rest, and that there are texts, into
 * `ret_fields`.  Faults name the field. */
BM_MUST_USE enum bm_code bm_act_split(const struct bm_procedure *procedure, const json_t *given, json_t **ret_fields,
                                      json_t *ret_texts[BM_data_class_COUNT], struct bm_fault *fault);
/* Builds the act's command: sealed, with keys for a child where one may be opened. */
BM_MUST_USE enum bm_code bm_act_command(struct bm_call *call, const struct bm_viewed *viewed, const char *event,
                                        const json_t *fields, struct bm_command *command);

/* The command that opens a matter of `body`, sealed, with keys for as many cases as its procedure may open by itself. */
BM_MUST_USE enum bm_code bm_opening_command(struct bm_call *call, const json_t *body, size_t children,
                                            struct bm_command *ret_command);
/* For how many cases an opening under that edition brings keys. */
BM_MUST_USE enum bm_code bm_opening_children(struct bm_api *api, struct bm_reader *reader, uint64_t edition, size_t *ret_count,
                                             struct bm_fault *fault);
/* Reads the act from call->body and submits it. */
/* Two keys for each of `count` cases that an act may open; owned by whoever asked. */
enum bm_code bm_fresh_child_keys(struct bm_call *call, size_t count, struct bm_bytes *ret_keys);
void bm_act_submit(struct bm_call *call, const struct bm_viewed *viewed);

#endif
