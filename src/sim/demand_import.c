/* An administrator takes a file in: a few rows of one kind, new and changed, sometimes with something wrong. */
#include <stdio.h>
#include <string.h>

#include "core/area.h"
#include "core/import.h"
#include "sim/demand_private.h"

enum { ADMIN = 1, ROWS_MOST = 6 };

/* A square about somewhere in the demand's city. */
static void border(struct bm_rng *rng, struct bm_bytes *ret_shape) {
    struct bm_buf shape = bm_buf_make(1024);
    int32_t lat = 398000000 + (int32_t)bm_rng_below(rng, 2000000), lon = 1163000000 + (int32_t)bm_rng_below(rng, 2000000);
    int32_t size = 100000 + (int32_t)bm_rng_below(rng, 1000000);
    struct bm_point corners[4] = {{lat, lon}, {lat, lon + size}, {lat + size, lon + size}, {lat + size, lon}};
    bm_area_ring(&shape, corners, bm_rng_chance(rng, 92) ? 4 : 2);
    bm_area_seal(&shape);
    *ret_shape = bm_bytes_copy(shape.bytes, shape.len);
    bm_buf_free(&shape);
}

static uint64_t version_of(const struct bm_core *core, enum bm_table_kind table, uint64_t id) {
    const void *record = bm_core_get(core, table, id);
    const struct bm_field *field = bm_shape_find(bm_table_shape(table), "version");
    return record ? *(const uint32_t *)bm_field_of(field, record) : 1;
}

/* Codes of a small range, so that they meet; agencies below what is there, or below a row before. */
static void fill(struct bm_rng *rng, const struct bm_core *core, enum bm_import_kind kind, unsigned made, struct bm_command *row) {
    unsigned number = (unsigned)bm_rng_below(rng, 200);
    uint64_t agency = 1 + bm_rng_below(rng, 4);
    if (kind == BM_IMPORT_AGENCIES) {
        snprintf(row->agency_set.code, sizeof row->agency_set.code, "i-%u", number);
        bm_demand_text(row->agency_set.name, sizeof row->agency_set.name, "imported");
        row->agency_set.level = BM_LEVEL_STATION;
        row->agency_set.parent.v = made && bm_rng_chance(rng, 40) ? BM_IMPORT_NEW | bm_rng_below(rng, made) : agency;
        bm_demand_text(row->agency_set.division, sizeof row->agency_set.division, bm_rng_chance(rng, 95) ? "440106" : "44");
    } else if (kind == BM_IMPORT_PLACES) {
        if (bm_rng_chance(rng, 80)) snprintf(row->place_set.code, sizeof row->place_set.code, "p-%u", number);
        bm_demand_text(row->place_set.name, sizeof row->place_set.name, "imported");
        row->place_set.kind = BM_PLACE_STATION;
        row->place_set.jurisdiction.v = agency;
    } else if (kind == BM_IMPORT_AREAS) {
        snprintf(row->area_set.code, sizeof row->area_set.code, "j-%u", number);
        bm_demand_text(row->area_set.name, sizeof row->area_set.name, "imported");
        row->area_set.kind = bm_rng_chance(rng, 70) ? BM_AREA_JURISDICTION : BM_AREA_BEAT;
        row->area_set.jurisdiction.v = agency;
        border(rng, &row->area_set.shape);
    } else if (kind == BM_IMPORT_DEVICES) {
        const struct bm_device *device = row->target ? bm_core_get(core, BM_T_DEVICE, row->target) : NULL;
        row->device_set.protocol = device ? device->protocol : bm_rng_chance(rng, 50) ? BM_DEVICE_OSMAND : BM_DEVICE_JT808;
        snprintf(row->device_set.identity, sizeof row->device_set.identity, "%u", 1 + number);
        if (device) memcpy(row->device_set.identity, device->identity, sizeof device->identity);
        row->device_set.unit.v = bm_demand_some(rng, core, BM_T_UNIT);
    } else {
        const struct bm_unit *unit = row->target ? bm_core_get(core, BM_T_UNIT, row->target) : NULL;
        snprintf(row->unit_set.call_sign, sizeof row->unit_set.call_sign, "i-%u", number);
        if (unit) memcpy(row->unit_set.call_sign, unit->call_sign, sizeof unit->call_sign);
        row->unit_set.jurisdiction.v = agency;
        row->unit_set.inactive = !unit && bm_rng_chance(rng, 5);
    }
}

/* One area by itself: its rules are the same. */
static struct bm_command one_area(struct bm_rng *rng, const struct bm_core *core) {
    struct bm_command area = bm_command_make(BM_DO_AREA_SET);
    area.actor.v = ADMIN;
    if (bm_core_count(core, BM_T_AREA) && bm_rng_chance(rng, 30)) area.target = bm_demand_some(rng, core, BM_T_AREA);
    area.has_if_match = bm_rng_chance(rng, 80);
    area.if_match = (uint32_t)version_of(core, BM_T_AREA, area.target);
    fill(rng, core, BM_IMPORT_AREAS, 0, &area);
    return area;
}

struct bm_command bm_demand_import(struct bm_rng *rng, const struct bm_core *core) {
    if (bm_rng_chance(rng, 20)) return one_area(rng, core);
    static const enum bm_import_kind kinds[] = {BM_IMPORT_AGENCIES, BM_IMPORT_PLACES, BM_IMPORT_AREAS, BM_IMPORT_UNITS, BM_IMPORT_DEVICES};
    struct bm_command command = bm_command_make(BM_DO_IMPORT);
    struct bm_buf rows = bm_buf_make(1u << 20);
    enum bm_import_kind kind = kinds[bm_rng_below(rng, 5)];
    enum bm_table_kind table = bm_import_table(kind);
    size_t count = bm_rng_below(rng, ROWS_MOST + 1);
    unsigned made = 0;
    command.actor.v = ADMIN;
    command.import.kind = (uint8_t)kind;
    command.import.dry = bm_rng_chance(rng, 10);
    bm_demand_text(command.import.digest, sizeof command.import.digest, "0123456789abcdef");
    for (size_t i = 0; i < count; i++) {
        struct bm_command row = bm_command_make(bm_import_command(kind));
        bool known = kind != BM_IMPORT_AGENCIES && bm_core_count(core, table) && bm_rng_chance(rng, 40);
        if (known) row.target = bm_demand_some(rng, core, table);
        row.if_match = (uint32_t)version_of(core, table, row.target);
        fill(rng, core, kind, made, &row);
        made += !known;
        bm_import_put(&rows, &row, i + 2);
        bm_command_release(&row);
    }
    command.import.rows = bm_bytes_copy(rows.bytes, rows.len);
    bm_buf_free(&rows);
    return command;
}
