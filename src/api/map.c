/* The base map: what there is of it, and its tiles.  Open to all: it shows streets, and nothing of
 * the desk. Without a usable file the desk works on; /map/info says why there is no map. */
#include <stdio.h>
#include <string.h>

#include "api/api_private.h"
#include "api/mbtiles.h"
#include "base/json.h"
#include "base/log.h"

static const char *reason_of(enum bm_code code) {
    if (code == BM_NOT_FOUND) return "missing";
    if (code == BM_BAD_FORMAT) return "foreign";
    if (code == BM_CORRUPT) return "damaged";
    return "unreadable";
}

void bm_map_open(struct bm_api *api) {
    api->tiles_reason = "not_given";
    if (!api->config.tiles) return;
    struct bm_fault fault;
    enum bm_code code = bm_mbtiles_open(api->config.tiles, &api->tiles, &fault);
    api->tiles_reason = code ? reason_of(code) : NULL;
    if (code)
        bm_log(BM_LOG_WARNING, "no_map", "reason=\"%s\"", fault.detail);
    else
        bm_log(BM_LOG_INFO, "map_opened", "tiles=\"%s\" zooms=%u-%u", api->config.tiles,
               bm_mbtiles_info(api->tiles)->minzoom, bm_mbtiles_info(api->tiles)->maxzoom);
}

static void write_about(const struct bm_mbtiles_info *info, struct bm_buf *out) {
    bm_buf_printf(
        out,
        "{\"tiles\":true,\"reason\":null,\"bounds\":[%.7f,%.7f,%.7f,%.7f],"
        "\"center\":[%.7f,%.7f],\"minzoom\":%u,\"maxzoom\":%u,\"version\":\"%s\",\"name\":",
        info->west, info->south, info->east, info->north, (info->west + info->east) / 2,
        (info->south + info->north) / 2, info->minzoom, info->maxzoom, info->version);
    bm_json_text(out, info->name);
    bm_buf_text(out, ",\"attribution\":");
    bm_json_text(out, info->attribution);
    bm_buf_byte(out, '}');
}

void bm_handle_map_info(struct bm_call *call) {
    const struct bm_api *api = call->api;
    if (api->tiles)
        write_about(bm_mbtiles_info(api->tiles), &call->out);
    else
        bm_buf_printf(&call->out,
                      "{\"tiles\":false,\"reason\":\"%s\",\"bounds\":null,\"center\":null,"
                      "\"minzoom\":null,\"maxzoom\":null,\"version\":null,\"name\":null,"
                      "\"attribution\":null}",
                      api->tiles_reason);
    bm_call_finish(call);
}

/* A sea or a field without anything is no error, and is asked for all the time. */
static void answer_tile(struct bm_call *call) {
    if (call->code && call->code != BM_NOT_FOUND) {
        if (call->api->tiles_faults++ == 0) /* the next hundred say nothing new */
            bm_log(BM_LOG_WARNING, "map_unreadable", "reason=\"%s\"", call->fault.detail);
        bm_call_finish(call);
        return;
    }
    char version[48];
    bool exact = bm_http_query(call->request, "v", version, sizeof version) == BM_OK &&
                 strcmp(version, bm_mbtiles_info(call->api->tiles)->version) == 0;
    const uint8_t *bytes = call->out.bytes;
    bool gzip = call->out.len > 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    const char *headers[] = {exact ? "Cache-Control: public, max-age=31536000, immutable"
                                   : "Cache-Control: public, max-age=600",
                             "Content-Encoding: gzip"};
    struct bm_http_answer answer = {.status = 204, .headers = headers, .header_count = 1};
    if (!call->code) {
        answer.status = 200;
        answer.content_type = BM_TILE_TYPE;
        answer.header_count = gzip ? 2 : 1;
        answer.body = bytes;
        answer.body_len = call->out.len;
    }
    bm_http_answer(call->exchange, &answer);
    bm_call_free(call);
}

static void find_tile(struct bm_call *call) {
    call->code = bm_mbtiles_tile(call->api->tiles, (unsigned)call->ids[0], (uint32_t)call->ids[1],
                                 (uint32_t)call->ids[2], &call->out, &call->fault);
}

void bm_handle_tile(struct bm_call *call) {
    if (!call->api->tiles) {
        bm_call_refuse(call, BM_NOT_FOUND, "tiles", "This desk has no base map; see /map/info.");
        return;
    }
    if (call->ids[0] > BM_MBTILES_ZOOM_MAX) {
        bm_call_refuse(call, BM_OUT_OF_RANGE, "z", "z is from 0 to %d.", BM_MBTILES_ZOOM_MAX);
        return;
    }
    uint64_t most = ((uint64_t)1 << call->ids[0]) - 1;
    for (int i = 1; i < 3; i++) {
        if (call->ids[i] <= most) continue;
        const char *name = i == 1 ? "x" : "y";
        bm_call_refuse(call, BM_OUT_OF_RANGE, name, "%s is from 0 to %llu at z %llu.", name,
                       (unsigned long long)most, (unsigned long long)call->ids[0]);
        return;
    }
    call->work = find_tile;
    call->after = answer_tile;
    bm_call_work(call);
}
