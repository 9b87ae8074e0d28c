/* Inside of the api: what leaves the house (outbox/outbox.h).  The outbox knows whom to tell and when; what is said is made
 * here, where what is sealed may be opened. */
#ifndef BM_API_ALERTS_H
#define BM_API_ALERTS_H

#include "api/api_private.h"
#include "outbox/outbox.h"

/* For bm_outbox_calls; the context is the api.  On the outbox's thread. */
enum bm_code bm_alert_compose(void *context, struct bm_reader *reader, const struct bm_alert_channel *channel,
                              const struct bm_delivery *delivery, struct bm_alert_message *message, struct bm_fault *fault);
enum bm_code bm_alert_citizens(void *context, struct bm_reader *reader, enum bm_alert_kind kind, uint64_t case_id, const char *roles,
                               bm_citizen_fn *each, void *each_context, struct bm_fault *fault);

/* ,"deliveries":[..]|null,"deliveries_more":false - of a case, as they were made; null: the outbox does not work, so nobody knows. */
BM_MUST_USE enum bm_code bm_deliveries_write(struct bm_call *call, uint64_t case_id);

/* --- alert_words.c: lines for people, in the channel's language ------------------------------------ */
/* "[Bellman] Unit sent: incident 12, Fire, priority 1". `row` NULL: of no case. */
void bm_alert_line(struct bm_reader *reader, const struct bm_alert_channel *channel, const struct bm_event *event,
                   const struct bm_case *row, const json_t *personal, struct bm_buf *out);
/* The dispatch slip, as text or JSON. */
void bm_alert_slip(struct bm_reader *reader, const struct bm_alert_channel *channel, const struct bm_event *event,
                   const struct bm_case *row, const json_t *personal, struct bm_buf *out);

#endif
