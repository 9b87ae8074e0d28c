/* The page of a procedure, for people: sources with their certainty, how long it takes, who acts,
 * states, acts by role, clocks, how it ends, what can be done afterwards; as Markdown (tables as
 * GitHub and most others know them) in one language.
 *
 * The words of the file are its own labels; all the words around them stand in one table in three
 * languages (describe_words.h).  What the file says is shown as text, not as Markdown: marks in it
 * are escaped.  The same procedure gives the same bytes; no clock is read. */
#ifndef BM_PROCEDURE_DESCRIBE_H
#define BM_PROCEDURE_DESCRIBE_H

#include "base/buf.h"
#include "procedure/check.h"

enum { BM_DESCRIBE_BYTES_MAX = 4 * 1024 * 1024 };

/* Appends the page; buf->overflow as said in base/buf.h.  `procedure` has passed the checks (so
 * that each label is there in each language) and `result` is what they gave.  O(roles * rows +
 * states + clocks). */
void bm_procedure_describe(const struct bm_procedure *procedure,
                           const struct bm_check_result *result, enum bm_language language,
                           struct bm_buf *buf);

#endif
