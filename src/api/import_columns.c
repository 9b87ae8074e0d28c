#include <ctype.h>
#include <string.h>

#include "api/imports.h"

/* clang-format off */
static const struct bm_import_column agencies[] = {
    {"code",         "代码",     "代碼",     "code",         BM_CELL_VALUE,  true,  "POLICE-1"},
    {"name",         "名称",     "名稱",     "name",         BM_CELL_VALUE,  true,  "解放路派出所"},
    {"parent",       "上级代码", "上級代碼", "parent",       BM_CELL_PARENT, false, "COUNTY"},
    {"level",        "级别",     "級別",     "level",        BM_CELL_VALUE,  true,  "station"},
    {"division",     "行政区划代码", "行政區劃代碼", "division", BM_CELL_VALUE, false, "440106"},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE, false, "yes"},
};
static const struct bm_import_column places[] = {
    {"code",         "代码",     "代碼",     "code",         BM_CELL_VALUE,  false, "ST-1"},
    {"name",         "名称",     "名稱",     "name",         BM_CELL_VALUE,  true,  "解放路消防站"},
    {"kind",         "类型",     "類型",     "kind",         BM_CELL_VALUE,  true,  "station"},
    {"agency",       "机构代码", "機構代碼", "jurisdiction", BM_CELL_AGENCY, true,  "FIRE-1"},
    {"lat",          "纬度",     "緯度",     "lat",          BM_CELL_VALUE,  false, "23.1291"},
    {"lon",          "经度",     "經度",     "lon",          BM_CELL_VALUE,  false, "113.2644"},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE, false, "yes"},
};
static const struct bm_import_column areas[] = {
    {"code",         "代码",     "代碼",     "code",         BM_CELL_VALUE,  true,  "J-1"},
    {"name",         "名称",     "名稱",     "name",         BM_CELL_VALUE,  true,  "解放路派出所辖区"},
    {"kind",         "类型",     "類型",     "kind",         BM_CELL_VALUE,  true,  "jurisdiction"},
    {"agency",       "机构代码", "機構代碼", "jurisdiction", BM_CELL_AGENCY, true,  "POLICE-1"},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE, false, "yes"},
    {"geometry",     "边界",     "邊界",     "shape",        BM_CELL_BORDER, true,  ""},
};
static const struct bm_import_column units[] = {
    {"call_sign",    "呼号",     "呼號",     "call_sign",    BM_CELL_VALUE,   true,  "消防-01"},
    {"kind",         "类型",     "類型",     "kind",         BM_CELL_VALUE,   true,  "fire_engine"},
    {"agency",       "机构代码", "機構代碼", "jurisdiction", BM_CELL_AGENCY,  true,  "FIRE-1"},
    {"station",      "驻地代码", "駐地代碼", "station",      BM_CELL_STATION, false, "ST-1"},
    {"capabilities", "能力",     "能力",     "capabilities", BM_CELL_VALUE,   false, "engine rescue"},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE,  false, "yes"},
};
static const struct bm_import_column accounts[] = {
    {"number",       "警号",     "警號",     "number",       BM_CELL_VALUE,  true,  "012345"},
    {"name",         "姓名",     "姓名",     "name",         BM_CELL_PERSON, false, "李雷"},
    {"roles",        "角色",     "角色",     "roles",        BM_CELL_VALUE,  true,  "call_taker dispatcher"},
    {"agency",       "机构代码", "機構代碼", "jurisdiction", BM_CELL_AGENCY, true,  "COUNTY"},
    {"unit",         "呼号",     "呼號",     "unit",         BM_CELL_UNIT,   false, ""},
    {"posts",        "岗位",     "崗位",     "posts",        BM_CELL_VALUE,  false, ""},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE, false, "yes"},
};
static const struct bm_import_column devices[] = {
    {"identity",     "终端名称", "終端名稱", "identity",     BM_CELL_VALUE,  true,  "ann/phone"},
    {"protocol",     "协议",     "協定",     "protocol",     BM_CELL_VALUE,  true,  "owntracks"},
    {"unit",         "呼号",     "呼號",     "unit",         BM_CELL_UNIT,   true,  "消防-01"},
    {"active",       "在用",     "在用",     "inactive",     BM_CELL_ACTIVE, false, "yes"},
};
static const struct bm_import_column addresses[] = {
    {"name",         "名称",     "名稱",     "name",         BM_CELL_TEXT,   true,  "东门菜市场"},
    {"name_en",      "英文名",   "英文名",   "name_en",      BM_CELL_TEXT,   false, "East Gate Market"},
    {"detail",       "说明",     "說明",     "detail",       BM_CELL_TEXT,   false, "菜市场"},
    {"lat",          "纬度",     "緯度",     "lat",          BM_CELL_TEXT,   true,  "23.1291"},
    {"lon",          "经度",     "經度",     "lon",          BM_CELL_TEXT,   true,  "113.2644"},
};
static const struct bm_import_column divisions[] = {
    {"code",         "代码",     "代碼",     "code",         BM_CELL_TEXT,   true,  "440106"},
    {"name",         "名称",     "名稱",     "name",         BM_CELL_TEXT,   true,  "天河区"},
};
/* clang-format on */
#define SHEET(kind, columns, points, borders) {kind, columns, sizeof(columns) / sizeof((columns)[0]), points, borders}
static const struct bm_import_sheet sheets[BM_import_kind_COUNT] = {
    [BM_IMPORT_AGENCIES] = SHEET(BM_IMPORT_AGENCIES, agencies, false, false),
    [BM_IMPORT_PLACES] = SHEET(BM_IMPORT_PLACES, places, true, false),
    [BM_IMPORT_AREAS] = SHEET(BM_IMPORT_AREAS, areas, false, true),
    [BM_IMPORT_UNITS] = SHEET(BM_IMPORT_UNITS, units, false, false),
    [BM_IMPORT_ACCOUNTS] = SHEET(BM_IMPORT_ACCOUNTS, accounts, false, false),
    [BM_IMPORT_ADDRESSES] = SHEET(BM_IMPORT_ADDRESSES, addresses, true, false),
    [BM_IMPORT_DEVICES] = SHEET(BM_IMPORT_DEVICES, devices, false, false),
    [BM_IMPORT_DIVISIONS] = SHEET(BM_IMPORT_DIVISIONS, divisions, false, false),
};

const struct bm_import_sheet *bm_import_sheet_of(const char *kind) {
    int at = bm_words_find(&bm_import_kind_words, kind);
    return at < 0 ? NULL : &sheets[at];
}

/* --- words as people write them --------------------------------------------------------------- */

static const struct {
    const struct bm_words *words;
    const char *word, *hans, *hant;
} said[] = {
    /* As the page calls them. */
    {&bm_role_words, "officer", "承办人员", "承辦人員"},
    {&bm_role_words, "gateway", "网关（设备）", "閘道（設備）"},
    {&bm_agency_level_words, "province", "省级", "省級"},
    {&bm_agency_level_words, "city", "市级", "市級"},
    {&bm_agency_level_words, "county", "县（区）级", "縣（區）級"},
    {&bm_agency_level_words, "station", "派出所（站）", "派出所（站）"},
    {&bm_agency_level_words, "hospital", "医院", "醫院"},
    {&bm_agency_level_words, "partner", "协作机构", "協作機關"},
    {&bm_agency_level_words, "other", "其他", "其他"},
    {&bm_unit_kind_words, "car", "警车", "警車"},
    {&bm_unit_kind_words, "motorcycle", "摩托车", "機車"},
    {&bm_unit_kind_words, "foot", "步巡", "步巡"},
    {&bm_unit_kind_words, "boat", "船艇", "船艇"},
    {&bm_unit_kind_words, "drone_crew", "无人机组", "無人機組"},
    {&bm_unit_kind_words, "fire_engine", "消防车", "消防車"},
    {&bm_unit_kind_words, "ladder", "云梯车", "雲梯車"},
    {&bm_unit_kind_words, "ambulance", "救护车", "救護車"},
    {&bm_unit_kind_words, "mediator", "调解员", "調解員"},
    {&bm_unit_kind_words, "volunteer_team", "志愿者队", "志工隊"},
    {&bm_unit_kind_words, "other", "其他", "其他"},
    {&bm_role_words, "call_taker", "接警员", "受理員"},
    {&bm_role_words, "dispatcher", "派警员", "派遣員"},
    {&bm_role_words, "supervisor", "值班长", "值班主管"},
    {&bm_role_words, "unit", "处置人员", "處置人員"},
    {&bm_role_words, "admin", "管理员", "管理員"},
    /* As rosters write them. */
    {&bm_agency_level_words, "province", "省", "省"},
    {&bm_agency_level_words, "city", "市", "市"},
    {&bm_agency_level_words, "county", "区县", "區縣"},
    {&bm_agency_level_words, "station", "所队站", "所隊站"},
    {&bm_agency_level_words, "partner", "联动单位", "聯動單位"},
    {&bm_place_kind_words, "station", "驻地", "駐地"},
    {&bm_place_kind_words, "post", "执勤点", "執勤點"},
    {&bm_place_kind_words, "grid_cell", "网格", "網格"},
    {&bm_place_kind_words, "beat", "巡区", "巡區"},
    {&bm_place_kind_words, "zone", "片区", "片區"},
    {&bm_place_kind_words, "facility", "设施", "設施"},
    {&bm_area_kind_words, "jurisdiction", "辖区", "轄區"},
    {&bm_area_kind_words, "zone", "片区", "片區"},
    {&bm_area_kind_words, "beat", "巡区", "巡區"},
    {&bm_area_kind_words, "grid_cell", "网格", "網格"},
    {&bm_unit_kind_words, "car", "巡逻车", "巡邏車"},
    {&bm_unit_kind_words, "motorcycle", "摩托车", "摩托車"},
    {&bm_unit_kind_words, "volunteer_team", "志愿队", "志願隊"},
    {&bm_role_words, "call_taker", "接警员", "接警員"},
    {&bm_role_words, "dispatcher", "调度员", "調度員"},
    {&bm_role_words, "supervisor", "值班长", "值班長"},
    {&bm_role_words, "unit", "车组", "車組"},
    {&bm_role_words, "gateway", "接口", "介面"},
    {&bm_role_words, "officer", "经办人", "經辦人"},
};

int bm_import_word(const struct bm_words *words, const char *text) {
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].words != words) continue;
        if (strcmp(said[i].hans, text) == 0 || strcmp(said[i].hant, text) == 0) return bm_words_find(words, said[i].word);
    }
    char lower[64];
    size_t len = strlen(text);
    if (len >= sizeof lower) return -1;
    for (size_t i = 0; i <= len; i++) lower[i] = text[i] == ' ' || text[i] == '-' ? '_' : (char)tolower((unsigned char)text[i]);
    return bm_words_find(words, lower);
}

/* "Call sign " is call_sign. */
static bool header_is(const char *header, const char *name) {
    while (*header == ' ') header++;
    for (; *name; name++, header++) {
        char sign = (char)tolower((unsigned char)*header);
        if (sign == ' ' || sign == '-') sign = '_';
        if (sign != *name) return false;
    }
    return header[strspn(header, " ")] == 0;
}

int bm_import_column_find(const struct bm_import_sheet *sheet, const char *header) {
    for (size_t c = 0; c < sheet->count; c++) {
        const struct bm_import_column *column = &sheet->columns[c];
        if (header_is(header, column->key) || header_is(header, column->hans) || header_is(header, column->hant)) return (int)c;
    }
    return -1;
}
