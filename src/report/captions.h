/* What stands over the columns of an export: its name in the API, and in three languages. */
#ifndef BM_REPORT_CAPTIONS_H
#define BM_REPORT_CAPTIONS_H

#include "procedure/procedure.h"
#include "report/workbook.h"

/* clang-format off */
/*   symbol           in the API            zh-Hans         zh-Hant         en */
#define BM_CAPTIONS(H)                                                                                \
    H(GROUP,          "group",              "分组",          "分組",          "Group")                 \
    H(ALL,            "all",                "全部",          "全部",          "All")                   \
    H(OFFERED,        "offered",            "呼入",          "呼入",          "Offered")               \
    H(ANSWERED,       "answered",           "接听",          "接聽",          "Answered")              \
    H(ABANDONED,      "abandoned",          "放弃",          "放棄",          "Abandoned")             \
    H(SHORT,          "abandoned_short",    "短时放弃",      "短時放棄",      "Abandoned at once")     \
    H(RINGING,        "ringing",            "振铃中",        "響鈴中",        "Ringing")               \
    H(ELSEWHERE,      "elsewhere",          "他处接听",      "他處接聽",      "Answered elsewhere")    \
    H(DISORDER,       "out_of_order",       "时序颠倒",      "時序顛倒",      "Out of order")          \
    H(MEDIAN,         "median_s",           "中位数（秒）",  "中位數（秒）",  "Median (s)")            \
    H(P90,            "p90_s",              "90 分位（秒）", "90 分位（秒）", "p90 (s)")               \
    H(P95,            "p95_s",              "95 分位（秒）", "95 分位（秒）", "p95 (s)")               \
    H(LONGEST,        "longest_s",          "最长（秒）",    "最長（秒）",    "Longest (s)")           \
    H(MEASURE,        "measure",            "环节",          "環節",          "Measure")               \
    H(OF,             "of",                 "口径",          "口徑",          "Of")                    \
    H(COUNT,          "count",              "有值",          "有值",          "Measured")              \
    H(MISSING,        "missing",            "缺失",          "缺失",          "Missing")               \
    H(CALLED_OFF,     "called_off",         "其中撤回",      "其中撤回",      "Of these called off")   \
    H(BAND,           "band",               "标准",          "標準",          "Band")                  \
    H(MOST,           "most_s",             "时限（秒）",    "時限（秒）",    "Within (s)")            \
    H(PERCENT,        "percent",            "要求（%）",     "要求（%）",     "Share asked (%)")       \
    H(WITHIN,         "numerator",          "达标数",        "達標數",        "Within the time")       \
    H(OUT_OF,         "denominator",        "基数",          "基數",          "Out of")                \
    H(OUT_OF_OFFERED, "denominator_offered", "基数（含放弃）", "基數（含放棄）", "Out of, with those given up") \
    H(HELD,           "held",               "是否达标",      "是否達標",      "Held")                  \
    H(YES,            "true",               "达标",          "達標",          "yes")                   \
    H(NO,             "false",              "未达标",        "未達標",        "no")                    \
    H(SOURCE,         "source",             "来源",          "來源",          "Source")                \
    H(CERTAINTY,      "certainty",          "可信程度",      "可信程度",      "How sure")              \
    H(CASES,          "cases",              "警情",          "案件",          "Incidents")             \
    H(WITHOUT_UNIT,   "without_unit",       "未派力量",      "未派力量",      "Without a unit")        \
    H(UNITS,          "units",              "派出",          "派出",          "Units sent")            \
    H(TURNED_BACK,    "turned_back",        "途中撤回",      "途中撤回",      "Turned back")           \
    H(AT_WORK,        "at_work",            "仍在处置",      "仍在處置",      "Still at work")         \
    H(DONE,           "done",               "处置完毕",      "處置完畢",      "Done")                  \
    H(NOT_NEEDED,     "not_needed",         "不再需要",      "不再需要",      "Not needed")            \
    H(CANCELLED,      "cancelled",          "取消",          "取消",          "Cancelled")             \
    H(DIVERTED,       "diverted",           "改派",          "改派",          "Diverted")              \
    H(SWAPPED,        "swapped",            "换派",          "換派",          "Swapped")               \
    H(MERGED,         "merged",             "并案",          "併案",          "Merged")                \
    H(UNABLE,         "unable",             "无法到达",      "無法到達",      "Unable")                \
    H(KIND,           "kind",               "类别",          "類別",          "Kind")                  \
    H(RECORDED,       "recorded",           "记录时间",      "記錄時間",      "Recorded at")           \
    H(OCCURRED,       "occurred",           "发生时间",      "發生時間",      "Happened at")           \
    H(WHO,            "who",                "操作人",        "操作人",        "By")                    \
    H(WHAT,           "what",               "内容",          "內容",          "What")                  \
    H(SAID,           "said",               "文字",          "文字",          "Said")                  \
    H(SEQ,            "seq",                "记录序号",      "記錄序號",      "Place in the record")   \
    H(FROM,           "from",               "起",            "起",            "From")                  \
    H(TO,             "to",                 "止",            "止",            "To")                    \
    H(LEFT_OUT,       "left_out",           "未计入",        "未計入",        "Left out")              \
    H(PROCESSING,     "processing",         "接警处理",      "受理",          "Answer to first unit sent") \
    H(DISPATCH,       "dispatch",           "派警",          "派遣",          "First contact to unit sent") \
    H(ACKNOWLEDGE,    "acknowledge",        "签收",          "簽收",          "Sent to acknowledged")  \
    H(TURNOUT,        "turnout",            "出动",          "出動",          "Sent to on its way")    \
    H(TRAVEL,         "travel",             "路途",          "路途",          "On its way to on scene") \
    H(ON_SCENE,       "on_scene",           "现场处置",      "現場處置",      "On scene to cleared")   \
    H(RESPONSE,       "response",           "总响应",        "總反應",        "First contact to on scene") \
    H(REPORT_BACK,    "report_back",        "反馈",          "回報",          "On scene to report back") \
    H(FIRST,          "first",              "首到",          "首到",          "First")                 \
    H(NO_RESULT,      "none",               "无结果",        "無結果",        "No result")             \
    H(CASE,           "case",               "立案",          "立案",          "Case")                  \
    H(ADVICE,         "advice",             "咨询",          "諮詢",          "Advice")                \
    H(REFERRED,       "referred",           "转介",          "轉介",          "Referred")              \
    H(NUISANCE,       "nuisance",           "骚扰",          "騷擾",          "Nuisance")              \
    H(MISDIAL,        "misdial",            "误拨",          "誤撥",          "Misdial")               \
    H(SILENT,         "silent",             "无声",          "無聲",          "Silent")                \
    H(TEST,           "test",               "测试",          "測試",          "Test")                  \
    H(NOT_REACHED,    "not_reached",        "未接通",        "未接通",        "Not reached")           \
    H(CALLED_AGAIN,   "called_again",       "已再次来电",    "已再次來電",    "Called again")          \
    H(CALL,           "call",               "电话",          "電話",          "Call")                  \
    H(SILENT_CALL,    "silent_call",        "无声报警",      "無聲報案",      "Silent call")           \
    H(TEXT_MESSAGE,   "text_message",       "短信",          "簡訊",          "Text message")          \
    H(ALARM,          "alarm",              "报警装置",      "警報裝置",      "Alarm")                 \
    H(APP,            "app",                "应用",          "應用程式",      "App")                   \
    H(WEB_FORM,       "web_form",           "网页",          "網頁",          "Web form")              \
    H(LETTER,         "letter",             "信件",          "信件",          "Letter")                \
    H(VISIT,          "visit",              "来访",          "來訪",          "Visit")                 \
    H(PARTNER,        "partner",            "联动单位",      "聯動單位",      "Partner")               \
    H(RULE_TEXT,      "text",               "原文",          "原文",          "text of the rule")      \
    H(EXCERPT,        "excerpt",            "节录",          "節錄",          "excerpt")               \
    H(SECONDARY,      "secondary",          "转述",          "轉述",          "reported by others")    \
    H(GENERAL,        "general",            "常识",          "常識",          "general knowledge")     \
    H(LOCAL,          "local",              "本地",          "本地",          "our own")               \
    H(MATTERS,        "matters",            "事项",          "事項",          "Matters")               \
    H(NEVER_SENT,     "never_sent",         "未派出",        "未派出",        "Never sent")            \
    H(CLASS,          "class",              "警情类别",      "案件類別",      "Class")                 \
    H(PRIORITY,       "priority",           "等级",          "等級",          "Priority")              \
    H(COUNSEL,        "counsel",            "标准数值供参考，请与贵方法律顾问核对。", "標準數值供參考，請與貴方法律顧問核對。", "Bands are no law here: check with your counsel.")
/* clang-format on */

#define BM_CAPTION_SYMBOL(symbol, ...) BM_CAPTION_##symbol,
enum bm_caption { BM_CAPTIONS(BM_CAPTION_SYMBOL) BM_caption_COUNT };

/* `language`: enum bm_language, or BM_language_COUNT for the names of the API. */
const char *bm_caption(enum bm_caption head, unsigned language);
/* A word of the API (of a measure, a result ..), as it is said in a language; the word itself where none is known. */
const char *bm_caption_of_word(const char *word, unsigned language);
/* The same as a cell. */
void bm_workbook_caption(struct bm_workbook *book, enum bm_caption head, unsigned language);

#endif
