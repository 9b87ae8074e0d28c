/* Lines for people outside, in the channel's language. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/alerts.h"
#include "base/json.h"
#include "base/time.h"
#include "procedure/procedure.h"

struct words3 {
    const char *en, *hans, *hant;
};

static const char *in(const struct words3 *words, unsigned language) {
    return language == BM_EN ? words->en : language == BM_ZH_HANT ? words->hant : words->hans;
}

static const struct {
    enum bm_event_kind kind;
    struct words3 words;
} kinds[] = {
    {BM_EV_CONTACT_RECEIVED, {"A contact came in", "来件", "來件"}},
    {BM_EV_CONTACT_MOVED, {"A contact's state changed", "来件状态变更", "來件狀態變更"}},
    {BM_EV_CASE_OPENED, {"Opened", "新建", "新建"}},
    {BM_EV_CASE_CHANGED, {"Changed", "变更", "變更"}},
    {BM_EV_CASE_MOVED, {"State changed", "状态变更", "狀態變更"}},
    {BM_EV_CASE_MERGED, {"Merged", "合并", "合併"}},
    {BM_EV_CASE_LINKED, {"Linked", "关联", "關聯"}},
    {BM_EV_CASE_LED, {"Another agency leads", "主办机构变更", "主辦機構變更"}},
    {BM_EV_ASSIGNMENT_MADE, {"A unit is committed", "派出力量", "派出力量"}},
    {BM_EV_ASSIGNMENT_MOVED, {"A unit's status changed", "力量状态变更", "力量狀態變更"}},
    {BM_EV_CLOCK_RUNG, {"A time limit has passed", "时限已到", "時限已到"}},
    {BM_EV_MATTER_SET, {"A step was taken", "办理进展", "辦理進展"}},
    {BM_EV_PROMISE_SET, {"A promise changed", "时限变更", "時限變更"}},
    {BM_EV_PROMISE_RUNG, {"Reminder of a time limit", "时限提醒", "時限提醒"}},
    {BM_EV_NOTICE, {"A notice was given", "已发通知", "已發通知"}},
    {BM_EV_ENTRY_ADDED, {"An entry was written", "新增记录", "新增記錄"}},
    {BM_EV_ERASED, {"Personal data was erased: erase your copy", "个人信息已清除，请同步清除", "個人資料已清除，請同步清除"}},
    {BM_EV_UNIT_DUTY, {"A unit's duty changed", "力量勤务变更", "力量勤務變更"}},
    {BM_EV_ROAD_CLOSED, {"A road is closed", "道路封闭", "道路封閉"}},
    {BM_EV_ROAD_CHANGED, {"A road closure changed", "道路封闭变更", "道路封閉變更"}},
    {BM_EV_ROAD_OPENED, {"A road is open again", "道路恢复通行", "道路恢復通行"}},
};

static const struct words3 incident = {"incident", "警情", "警情"}, matter = {"matter", "事项", "事項"},
                           priority = {"priority", "优先级", "優先級"}, slip_title = {"DISPATCH", "派警单", "派警單"},
                           unit_word = {"Unit", "力量", "力量"}, class_word = {"Class", "类别", "類別"},
                           at_word = {"Sent", "派出时间", "派出時間"}, address_word = {"Address", "地址", "地址"},
                           what_word = {"What", "情况", "情況"}, where_word = {"Position", "坐标", "座標"};

static const char *kind_words(enum bm_event_kind kind, unsigned language) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].kind == kind) return in(&kinds[i].words, language);
    }
    return bm_event_word(kind);
}

/* --- names --------------------------------------------------------------------------------------- */

struct naming {
    const char *code;
    unsigned language;
    char name[BM_NAME_TEXT];
};

static bool take_class(void *context, const void *record) {
    struct naming *naming = context;
    const struct bm_class *row = record;
    if (strcmp(row->code, naming->code) != 0) return true;
    const struct words3 names = {row->name_en, row->name_hans, row->name_hant};
    snprintf(naming->name, sizeof naming->name, "%s", in(&names, naming->language));
    return false;
}

/* The class of an incident, the procedure of a matter; its code when there is no name. */
static struct naming name_of(struct bm_reader *reader, const struct bm_case *row, unsigned language) {
    struct naming naming = {.code = row->class_code[0] ? row->class_code : row->procedure, .language = language};
    struct bm_query query = {.table = BM_T_CLASS};
    struct bm_fault fault;
    if (bm_reader_records(reader, &query, take_class, &naming, &fault) || !naming.name[0])
        snprintf(naming.name, sizeof naming.name, "%s", naming.code);
    return naming;
}

static uint64_t unit_of(struct bm_reader *reader, const struct bm_event *event) {
    struct bm_assignment row;
    struct bm_fault fault;
    if (event->kind == BM_EV_ASSIGNMENT_MADE) return event->assignment_made.unit.v;
    if (event->kind == BM_EV_UNIT_DUTY) return event->unit_duty.unit.v;
    if (event->kind != BM_EV_ASSIGNMENT_MOVED ||
        bm_reader_get(reader, BM_T_ASSIGNMENT, event->assignment_moved.assignment.v, &row, &fault))
        return 0;
    uint64_t unit = row.unit.v;
    bm_shape_release(bm_table_shape(BM_T_ASSIGNMENT), &row);
    return unit;
}

static void call_sign(struct bm_reader *reader, uint64_t unit, char ret_text[BM_CODE_TEXT]) {
    struct bm_unit row;
    struct bm_fault fault;
    ret_text[0] = 0;
    if (!unit || bm_reader_get(reader, BM_T_UNIT, unit, &row, &fault)) return;
    memcpy(ret_text, row.call_sign, BM_CODE_TEXT);
    bm_shape_release(bm_table_shape(BM_T_UNIT), &row);
}

static const char *text_of(const json_t *personal, const char *name) {
    const char *text = json_string_value(json_object_get(personal, name));
    return text ? text : "";
}

/* --- mail and short messages ---------------------------------------------------------------------- */

void bm_alert_line(struct bm_reader *reader, const struct bm_alert_channel *channel, const struct bm_event *event,
                   const struct bm_case *row, const json_t *personal, struct bm_buf *out) {
    unsigned language = channel->language;
    char unit[BM_CODE_TEXT];
    bm_buf_printf(out, "[Bellman] %s", kind_words(event->kind, language));
    if (event->kind == BM_EV_PROMISE_RUNG) bm_buf_printf(out, " (%s)", event->promise_rung.clock);
    call_sign(reader, unit_of(reader, event), unit);
    if (unit[0]) bm_buf_printf(out, " (%s)", unit);
    if (!row) return;
    struct naming naming = name_of(reader, row, language);
    bm_buf_printf(out, ": %s %" PRIu64 ", %s", in(bm_case_is_incident(row) ? &incident : &matter, language), row->id.v, naming.name);
    if (bm_case_is_incident(row)) bm_buf_printf(out, ", %s %u", in(&priority, language), row->priority);
    if (text_of(personal, "address")[0]) bm_buf_printf(out, "\n%s", text_of(personal, "address"));
}

/* --- the slip ------------------------------------------------------------------------------------- */

static void slip_row(struct bm_buf *out, const struct words3 *label, unsigned language, const char *text) {
    if (text[0]) bm_buf_printf(out, "%s: %s\n", in(label, language), text);
}

static void slip_text(const struct bm_alert_channel *channel, const char *unit, const char *name, const char *time,
                      const struct bm_case *row, const json_t *personal, struct bm_buf *out) {
    unsigned language = channel->language;
    bm_buf_printf(out, "*** %s ***\n", in(&slip_title, language));
    slip_row(out, &unit_word, language, unit);
    bm_buf_printf(out, "%s: %" PRIu64 "\n", in(&incident, language), row->id.v);
    slip_row(out, &class_word, language, name);
    bm_buf_printf(out, "%s: %u\n", in(&priority, language), row->priority);
    slip_row(out, &at_word, language, time);
    slip_row(out, &address_word, language, text_of(personal, "address"));
    slip_row(out, &what_word, language, text_of(personal, "description"));
    if (!channel->personal || row->lat_e7 == BM_E7_NONE) return;
    bm_buf_printf(out, "%s: ", in(&where_word, language));
    bm_json_e7(out, row->lat_e7);
    bm_buf_text(out, ", ");
    bm_json_e7(out, row->lon_e7);
    bm_buf_byte(out, '\n');
}

static void slip_json(const struct bm_alert_channel *channel, const char *unit, const char *name, int64_t at_ms,
                      const struct bm_case *row, const json_t *personal, struct bm_buf *out) {
    const struct {
        const char *member, *text;
    } texts[] = {{"unit", unit}, {"class", row->class_code}, {"class_name", name}, {"address", text_of(personal, "address")},
                 {"description", text_of(personal, "description")}};
    bm_buf_printf(out, "{\"case\":\"%" PRIu64 "\",\"priority\":%u,\"at_ms\":%" PRId64, row->id.v, row->priority, at_ms);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        bm_buf_printf(out, ",\"%s\":", texts[i].member);
        if (texts[i].text[0])
            bm_json_text(out, texts[i].text);
        else
            bm_buf_text(out, "null");
    }
    bool placed = channel->personal && row->lat_e7 != BM_E7_NONE;
    bm_buf_text(out, ",\"lat\":");
    if (placed) bm_json_e7(out, row->lat_e7);
    bm_buf_text(out, placed ? ",\"lon\":" : "null,\"lon\":null}");
    if (!placed) return;
    bm_json_e7(out, row->lon_e7);
    bm_buf_byte(out, '}');
}

void bm_alert_slip(struct bm_reader *reader, const struct bm_alert_channel *channel, const struct bm_event *event,
                   const struct bm_case *row, const json_t *personal, struct bm_buf *out) {
    char unit[BM_CODE_TEXT], time[BM_TIME_TEXT_BYTES];
    if (!row) return; /* a unit is always sent to a case */
    struct naming naming = name_of(reader, row, channel->language);
    call_sign(reader, unit_of(reader, event), unit);
    bm_time_text(event->at_ms, time);
    if (channel->form == BM_ALERT_JSON)
        slip_json(channel, unit, naming.name, event->at_ms, row, personal, out);
    else
        slip_text(channel, unit, naming.name, time, row, personal, out);
}
