/* POST /v1/paper-cases: an incident that was worked on paper.  Its contact is made with it, and gets keys of its own. */
#include "api/api_private.h"
#include "api/matters.h"

void bm_handle_paper(struct bm_call *call) {
    struct bm_command command;
    call->code = bm_command_read(call, BM_DO_CASE_PAPER, call->body, &command);
    if (!call->code) {
        call->code = bm_fresh_child_keys(call, 1, &command.case_paper.contact_keys);
        if (!call->code) call->code = bm_command_seal_fresh(call, &command, call->body);
        if (call->code) bm_command_release(&command);
    }
    if (call->code)
        bm_call_finish(call);
    else
        bm_command_submit(call, &command);
}
