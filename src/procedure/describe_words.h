/* The words of a procedure's page around the file's own labels: one table, three languages.
 *
 * {1} and {2} stand for what is filled in.  Words of a closed vocabulary (procedure.h) stand in its
 * order, from the entry that is named after its first word; describe.c checks their number. */
#ifndef BM_PROCEDURE_DESCRIBE_WORDS_H
#define BM_PROCEDURE_DESCRIBE_WORDS_H

#include "procedure/procedure.h"

/* clang-format off */
#define BM_SAYINGS(S) \
    S(LIST_COMMA, "、", "、", ", ") \
    S(COLON, "：", "：", ": ") \
    S(SEMICOLON, "；", "；", "; ") \
    S(CODE, "`{1}`", "`{1}`", "`{1}`") \
    S(WITHIN, " / ", " / ", " / ") \
    S(FIRST_ROW, "同一操作有几行时，从上到下取条件成立的第一行。", "同一操作有幾行時，從上到下取條件成立的第一行。", \
      "Where an act has several rows in one state, the first whose condition holds is taken.") \
    S(SIDE_BY_SIDE, "事项同时处于以下每一区域的一个状态。", "事項同時處於以下每一區域的一個狀態。", \
      "A matter is in one state of each part at the same time.") \
    S(NONE, "无", "無", "none") \
    S(MADE, "本页由 `bellman procedure describe` 根据流程文件生成；请修改文件，不要修改本页。", \
      "本頁由 `bellman procedure describe` 根據流程檔案產生；請修改檔案，不要修改本頁。", \
      "Made from the procedure's file by `bellman procedure describe`: change the file, not this page.") \
    S(COUNSEL, "以下为来源与可信程度，请与贵方法律顾问核对。", "以下為來源與可信程度，請與貴方法律顧問核對。", \
      "Source and certainty; check with your counsel.") \
    S(EXAMPLE, "**示例**：仅作示范，不用于实际工作。", "**示例**：僅作示範，不用於實際工作。", \
      "**Example**: it shows how, and is not for work.") \
    S(VERSION, "`{1}`，第 {2} 版", "`{1}`，第 {2} 版", "`{1}`, version {2}") \
    S(FOR, "适用范围", "適用範圍", "For") \
    S(SOURCES, "来源与可信程度", "來源與可信程度", "Sources and certainty") \
    S(NO_SOURCE, "本流程未引用来源；全部数字由当地设定。", "本流程未引用來源；全部數字由當地設定。", \
      "It cites no source; all its figures are settings of the place.") \
    S(SOURCE, "来源", "來源", "Source") \
    S(CERTAINTY, "可信程度", "可信程度", "Certainty") \
    S(CLOCKS_OF_SOURCE, "据此的时限", "據此的時限", "Clocks by it") \
    S(HOW_LONG, "最长需时", "最長需時", "How long it takes at most") \
    S(KEPT, "前提是每个时限都守住；超期会按阶梯提醒、亮牌并留下记录。", "前提是每個時限都守住；逾期會按階梯提醒、亮牌並留下記錄。", \
      "As long as every clock is kept; one that is not reminds, shows cards and stays in the record.") \
    S(FIRST, "从首次接触到办结", "從首次接觸到辦結", "From first contact to closed") \
    S(AGAIN, "全部重办合计（含申请期）", "全部重辦合計（含申請期）", "All reopenings together, with their windows") \
    S(AT_MOST_DAYS, "{1}（最多 {2} 个日历日）", "{1}（最多 {2} 個日曆日）", "{1} (at most {2} calendar days)") \
    S(UNBOUNDED, "没有上限", "沒有上限", "without a bound") \
    S(WHO, "谁参与", "誰參與", "Who takes part") \
    S(ROLE, "角色", "角色", "Role") \
    S(OF, "所属", "所屬", "Of") \
    S(PEOPLE, "至少人数", "至少人數", "People, at least") \
    S(DEPUTY, "代理人", "代理人", "Deputy") \
    S(STATES, "状态", "狀態", "States") \
    S(STATE, "状态", "狀態", "State") \
    S(KIND, "类型", "類型", "Kind") \
    S(OWNER, "责任人", "責任人", "Owner") \
    S(CITIZEN_READS, "群众看到", "民眾看到", "The citizen reads") \
    S(NEXT, "下一步", "下一步", "What is next") \
    S(WAITS, "等待{1}，因{2}", "等待{1}，因{2}", "waiting for the {1}: {2}") \
    S(ENDS, "如何结束", "如何結束", "How it ends") \
    S(OUTCOME, "结果", "結果", "Outcome") \
    S(REPLY, "给群众的话", "給民眾的話", "What the citizen is told") \
    S(REMEDIES, "其他途径", "其他途徑", "Remedies") \
    S(ACTS, "谁能做什么", "誰能做什麼", "Who may do what") \
    S(ACT, "操作", "操作", "Act") \
    S(WHERE, "在何状态", "在何狀態", "In") \
    S(NEEDS, "必填", "必填", "Needs") \
    S(ONLY_IF, "条件", "條件", "Only if") \
    S(LEADS_TO, "进入", "進入", "Leads to") \
    S(AND_THEN, "随后", "隨後", "And then") \
    S(ANYWHERE, "“{1}”中任何未结状态", "「{1}」中任何未結狀態", "anywhere in {1}, until it is closed") \
    S(STAYS, "不变", "不變", "stays") \
    S(BACK_TO, "回到 {1} 中原来的状态", "回到 {1} 中原來的狀態", "back to where it was in {1}") \
    S(FOUR_EYES, "不得由经办人", "不得由經辦人", "not by whoever worked on it") \
    S(LIMIT, "至多 {1} 次", "至多 {1} 次", "at most {1} time(s)") \
    S(BY_ITSELF, "系统（时限到期）", "系統（時限到期）", "By itself, when a clock runs out") \
    S(CLOCKS, "时限", "時限", "Clocks") \
    S(MEASURES, "衡量对象", "衡量對象", "Whose delay it measures") \
    S(FORCE, "效力", "效力", "Force") \
    S(STARTS, "起算", "起算", "Starts") \
    S(BUDGET, "期限", "期限", "Budget") \
    S(PAUSES, "暂停", "暫停", "Stands still") \
    S(NEVER_PAUSES, "从不暂停", "從不暫停", "never") \
    S(PAUSE, "{1} 期间，因{2}", "{1} 期間，因{2}", "in {1}, for: {2}") \
    S(AT_MOST, "至多 {1}", "至多 {1}", "at most {1}") \
    S(EXTENSION, "延期", "延期", "Extension") \
    S(NEVER, "不可", "不可", "never") \
    S(TIMES_BY, "至多 {1} 次，每次 {2}", "至多 {1} 次，每次 {2}", "at most {1} time(s), by {2} each") \
    S(GRANTED_BY, "由{1}批准", "由{1}批准", "granted by {1}") \
    S(LADDER, "提醒阶梯", "提醒階梯", "Ladder") \
    S(EXPIRY, "到期", "到期", "When it runs out") \
    S(EXPIRY_RECORD, "超期留下记录，事项不自动变动", "逾期留下記錄，事項不自動變動", \
      "the breach stays in the record; the matter does not move by itself") \
    S(COUNTED_IN, "日历 `{1}`", "日曆 `{1}`", "calendar `{1}`") \
    S(BEFORE, "到期前 {1}", "到期前 {1}", "{1} before the end") \
    S(PERCENT, "用去 {1} % 时", "用去 {1} % 時", "when {1} % is used up") \
    S(AT_END, "到期时", "到期時", "when it runs out") \
    S(AFTER, "超期 {1}", "逾期 {1}", "{1} after the end") \
    S(RUNG, "{1}：{2}", "{1}：{2}", "{1}: {2}") \
    S(TOLD_TO, "{1} → {2}", "{1} → {2}", "{1} to {2}") \
    S(HAND_OVER, "移交", "移交", "Hand-over") \
    S(DUTY, "接收方用“{1}”并附移交单摘要签收之前，责任仍在移交方。", "接收方用「{1}」並附移交單摘要簽收之前，責任仍在移交方。", \
      "Until the receiver takes it with \"{1}\", which carries the hash of the offer, the duty stays with the sender.") \
    S(OFFERED_WITHIN, "签收时限：{1}；到期则{2}。", "簽收時限：{1}；到期則{2}。", "To be answered within {1}; else: {2}.") \
    S(RETURNS, "最多退回 {1} 次，其后由 {2} 裁定。", "最多退回 {1} 次，其後由 {2} 裁定。", \
      "Returned at most {1} time(s); then it is decided in {2}.") \
    S(SURVEY, "满意度调查", "滿意度調查", "Survey") \
    S(SURVEYED, "由系统询问{1}；从不由被衡量的一方询问。", "由系統詢問{1}；從不由被衡量的一方詢問。", \
      "Asked by the desk's program, never by those who are measured: {1}.") \
    S(BAD_RATING, "实名差评由{1}在 {2} 内核查。", "實名差評由{1}在 {2} 內核查。", \
      "A bad rating under a name is looked into by {1} within {2}.") \
    S(REOPENING, "重办", "重辦", "Reopening") \
    S(REOPEN_BY, "可由{1}在办结后 {2}内提出", "可由{1}在辦結後 {2}內提出", "By {1}, within {2} after closing") \
    S(REOPEN_TO, "进入 {1}", "進入 {1}", "it goes to {1}") \
    S(REOPEN_STAYS, "其他区域停留在原状态，该状态的时限重新起算", "其他區域停留在原狀態，該狀態的時限重新起算", \
      "the other parts stay where they were, and the clocks of those states begin anew") \
    S(OTHER_HAND, "由另一人办理", "由另一人辦理", "somebody else handles it") \
    S(NOTICE, "向{2}发送通知 `{1}`", "向{2}發送通知 `{1}`", "notice `{1}` to {2}") \
    S(OPENS, "另开 `{1}`", "另開 `{1}`", "opens `{1}` beside it") \
    S(HANDS_OVER, "移交{1}，附{2}", "移交{1}，附{2}", "offered to {1} with: {2}") \
    S(UNDER, "按 `{1}` 办理", "按 `{1}` 辦理", "under `{1}`") \
    S(ASKS, "请{1}评价", "請{1}評價", "asks {1} how it went") \
    S(PUBLISHES, "公开“{1}”", "公開「{1}」", "publishes \"{1}\"") \
    S(WITHHOLDS, "不公开“{1}”", "不公開「{1}」", "withholds \"{1}\"") \
    S(REQUIRES, "办结前须填“{1}”", "辦結前須填「{1}」", "\"{1}\" must be filled in before the end") \
    S(SETS, "“{1}”记为“{2}”", "「{1}」記為「{2}」", "\"{1}\" becomes \"{2}\"") \
    S(CLOCK_START, "“{1}”起算", "「{1}」起算", "starts \"{1}\"") \
    S(CLOCK_STOP, "“{1}”停止", "「{1}」停止", "stops \"{1}\"") \
    S(CLOCK_PAUSE, "“{1}”暂停", "「{1}」暫停", "pauses \"{1}\"") \
    S(CLOCK_RESUME, "“{1}”继续", "「{1}」繼續", "resumes \"{1}\"") \
    S(CLOCK_EXTEND, "“{1}”延期", "「{1}」延期", "extends \"{1}\"") \
    S(TIE_DUPLICATE, "记为重复事项", "記為重複事項", "linked as a duplicate") \
    S(TIE_RELATED, "记为相关事项", "記為相關事項", "linked as related") \
    S(TIE_PARENT, "记为下级事项", "記為下級事項", "linked to its parent") \
    S(ANCHOR_FIRST_CONTACT, "首次接触；此后不再重新起算", "首次接觸；此後不再重新起算", "at first contact, and never again") \
    S(ANCHOR_EFFECT, "由操作启动", "由操作啟動", "where an act starts it") \
    S(ANCHOR_EVENT, "“{1}”时", "「{1}」時", "whenever this happens: {1}") \
    S(ANCHOR_STATE, "进入 {1} 时；离开即止", "進入 {1} 時；離開即止", "on entering {1}; it ends on leaving it") \
    S(ANCHOR_REOPEN, "重办时", "重辦時", "when the matter is opened again") \
    S(COUNTING_SAME, "当日起算", "當日起算", "from the same day") \
    S(COUNTING_NEXT, "次日起算", "次日起算", "from the next day") \
    S(DAY_END_MIDNIGHT, "至当日 24 时", "至當日 24 時", "until midnight") \
    S(DAY_END_BUSINESS, "至当日下班", "至當日下班", "until the close of business") \
    S(ROLLS_NONE, "逢休息日不顺延", "逢休息日不順延", "not moved from a day off") \
    S(ROLLS_NEXT, "逢休息日顺延至下一工作日", "逢休息日順延至下一工作日", "moved from a day off to the next working day") \
    S(ROLLS_PREVIOUS, "逢休息日提前至上一工作日", "逢休息日提前至上一工作日", "moved from a day off to the working day before") \
    S(REGION_HANDLING, "办理", "辦理", "handling") \
    S(REGION_RESPONSIBILITY, "责任归属", "責任歸屬", "responsibility") \
    S(REGION_SUPERVISION, "督办", "督辦", "supervision") \
    S(BODY_ENGINE, "系统", "系統", "desk's program") \
    S(BODY_CITIZEN, "群众", "民眾", "citizen") \
    S(BODY_DESK, "值班台", "值班臺", "desk") \
    S(BODY_UNIT, "承办单位", "承辦單位", "unit") \
    S(BODY_SUPERIOR, "上级", "上級", "superior") \
    S(BODY_PARTNER, "外部机构", "外部機構", "partner") \
    S(BODY_MEDIATOR, "调解组织", "調解組織", "mediator") \
    S(CATEGORY_INITIAL, "起始", "起始", "initial") \
    S(CATEGORY_WORKING, "办理中", "辦理中", "working") \
    S(CATEGORY_WAITING, "等待", "等待", "waiting") \
    S(CATEGORY_FINAL, "结束", "結束", "final") \
    S(ENDING_SOLVED, "已解决", "已解決", "solved") \
    S(ENDING_EXPLAINED, "已说明", "已說明", "explained") \
    S(ENDING_REFUSED, "不予办理", "不予辦理", "refused") \
    S(ENDING_TRANSFERRED, "已移送", "已移送", "transferred") \
    S(ENDING_WITHDRAWN, "已撤回", "已撤回", "withdrawn") \
    S(ENDING_INVALID, "无效", "無效", "invalid") \
    S(ENDING_DUPLICATE, "重复", "重複", "duplicate") \
    S(ENDING_AGREEMENT, "达成协议", "達成協議", "agreement") \
    S(ENDING_NO_AGREEMENT, "未达成协议", "未達成協議", "no agreement") \
    S(ENDING_DEEMED, "依法视为", "依法視為", "deemed by law") \
    S(CAUSE_HEARING, "听证", "聽證", "a hearing") \
    S(CAUSE_INSPECTION, "检验", "檢驗", "an inspection") \
    S(CAUSE_TESTING, "检测", "檢測", "testing") \
    S(CAUSE_APPRAISAL, "鉴定", "鑑定", "an appraisal") \
    S(CAUSE_EXPERTS, "专家评审", "專家評審", "a review by experts") \
    S(CAUSE_PARTY, "等当事人", "等當事人", "the citizen's answer") \
    S(CAUSE_PROCEEDINGS, "其他程序", "其他程序", "other proceedings") \
    S(CAUSE_FORCE_MAJEURE, "不可抗力", "不可抗力", "force majeure") \
    S(CAUSE_OTHERS, "等其他单位", "等其他單位", "others who have not answered") \
    S(FORCE_INTERNAL, "内部", "內部", "internal") \
    S(FORCE_PROMISED, "承诺", "承諾", "promised") \
    S(FORCE_STATUTORY, "法定", "法定", "statutory") \
    S(ONE_MINUTE, "分钟", "分鐘", "minute") \
    S(ONE_CALENDAR_DAY, "个日历日", "個日曆日", "calendar day") \
    S(ONE_WORKING_DAY, "个工作日", "個工作日", "working day") \
    S(ONE_WORKING_MINUTE, "个工作分钟", "個工作分鐘", "working minute") \
    S(ONE_HOUR, "小时", "小時", "hour") \
    S(MANY_HOURS, "小时", "小時", "hours") \
    S(MANY_MINUTES, "分钟", "分鐘", "minutes") \
    S(MANY_CALENDAR_DAYS, "个日历日", "個日曆日", "calendar days") \
    S(MANY_WORKING_DAYS, "个工作日", "個工作日", "working days") \
    S(MANY_WORKING_MINUTES, "个工作分钟", "個工作分鐘", "working minutes") \
    S(RUNG_REMIND, "提醒", "提醒", "reminder") \
    S(RUNG_YELLOW, "黄牌", "黃牌", "yellow card") \
    S(RUNG_RED, "红牌", "紅牌", "red card") \
    S(RUNG_REASSIGN, "提级改派", "提級改派", "reassigned to the superior") \
    S(RUNG_SUPERVISE, "督办", "督辦", "supervision") \
    S(CERTAIN_TEXT, "已读原文", "已讀原文", "the text was read") \
    S(CERTAIN_EXCERPT, "仅见摘录", "僅見摘錄", "excerpts were read") \
    S(CERTAIN_SECONDARY, "二手资料", "二手資料", "second-hand") \
    S(CERTAIN_GENERAL, "一般常识，未读原文", "一般常識，未讀原文", "general knowledge, not read") \
    S(CERTAIN_LOCAL, "当地设定", "當地設定", "set by the place")
/* clang-format on */

#define BM_SAYING_SYMBOL(symbol, hans, hant, english) BM_SAY_##symbol,
enum bm_saying { BM_SAYINGS(BM_SAYING_SYMBOL) BM_SAY_COUNT };

extern const char *const bm_sayings[BM_SAY_COUNT][BM_language_COUNT];

#endif
