/* Says to whoever lost a call to another by whom and when. */
import { effect } from "@preact/signals";
import { rows } from "../shared/board";
import { t } from "../shared/i18n";
import { instant } from "../shared/time";
import type { Id } from "../shared/types";
import { takenFrom } from "./call_lists";
import { me, operatorName, say } from "./state";

let had: ReadonlyMap<Id, Id | null> = new Map();

export function startTelling(): void {
  effect(() => {
    const all = [...rows("contact").values()], mine = me.value?.operator;
    const lost = mine ? takenFrom(had, all, mine) : [];
    had = new Map(all.map((each) => [each.id, each.operator]));
    for (const each of lost) {
      say(t("phone.lost", { who: operatorName(each.operator), id: each.id, time: instant(each.taken_at_ms ?? 0) }), true);
    }
  });
}
