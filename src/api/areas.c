/* Borders of the areas in use, for whoever draws them on a map; what an administrator takes along is exports.c's. */
#include "api/imports.h"
#include "core/area.h"

/* Beyond that a map says nothing any more, and an answer would be of tens of megabytes. */
enum { BORDERS_BYTES_MAX = 16 << 20 };

struct drawing {
    struct bm_call *call;
    bool first, cut;
};

static bool draw(void *context, const void *record) {
    struct drawing *drawing = context;
    struct bm_call *call = drawing->call;
    const struct bm_area_row *area = record;
    if (!area->active || !bm_mirror_may_see(call->api->mirror, &call->viewer, BM_T_AREA, record)) return true;
    if (call->out.len > BORDERS_BYTES_MAX) {
        drawing->cut = true;
        return false;
    }
    bm_buf_text(&call->out, drawing->first ? "\n{\"area\":" : ",\n{\"area\":");
    drawing->first = false;
    bm_row_write(call->api, &call->viewer, BM_OPEN_NOTHING, BM_T_AREA, record, &call->out);
    bm_buf_text(&call->out, ",\"border\":");
    bm_border_write(&area->shape, &call->out);
    bm_buf_byte(&call->out, '}');
    return true;
}

static enum bm_code write_borders(struct bm_call *call, struct bm_reader *reader) {
    struct drawing drawing = {call, true, false};
    struct bm_query query = {.table = BM_T_AREA};
    bm_buf_text(&call->out, ",\"borders\":[");
    enum bm_code code = bm_reader_records(reader, &query, draw, &drawing, &call->fault);
    bm_buf_printf(&call->out, "],\"cut\":%s", drawing.cut ? "true" : "false");
    return code;
}

static void read_borders(struct bm_call *call) {
    bm_with_reader(call, write_borders);
}

void bm_handle_borders(struct bm_call *call) {
    call->work = read_borders;
    bm_call_work(call);
}
