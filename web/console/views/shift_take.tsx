/* Taking over what the operator before has open: all of it, or what is chosen. */
import { useSignal } from "@preact/signals";
import { t } from "../../shared/i18n";
import type { Id } from "../../shared/types";
import { takeOver, type TakeArgs } from "../actions/take_over";
import { fetchHandover, heldByOthers } from "../shift_model";
import { operatorName, say } from "../state";
import { sayRefusal } from "../ui/button";

export function ShiftTake() {
  const from = useSignal<Id>("");
  const chosen = useSignal<ReadonlySet<string>>(new Set());
  const busy = useSignal(false);
  const all = heldByOthers.value;
  const held = all.get(from.value);
  const picked = (kind: "case" | "contact", ids: readonly Id[]): Id[] => ids.filter((id) => chosen.value.has(`${kind}/${id}`));
  const flip = (name: string): void => {
    const next = new Set(chosen.value);
    if (!next.delete(name)) next.add(name);
    chosen.value = next;
  };
  const take = async (args: TakeArgs, n: number): Promise<void> => {
    if (busy.value || !n) return;
    busy.value = true;
    try {
      await takeOver.perform(from.value, args);
      say(t("shift.taken", { who: operatorName(from.value), n }));
      chosen.value = new Set();
      await fetchHandover();
    } catch (error) {
      sayRefusal(error);
    } finally {
      busy.value = false;
    }
  };
  const lines = held
    ? [...held.cases.map((id) => ["case", id, t("shift.case_n", { id })] as const),
       ...held.contacts.map((id) => ["contact", id, t("shift.contact_n", { id })] as const)]
    : [];
  const cases = picked("case", held?.cases ?? []), contacts = picked("contact", held?.contacts ?? []);
  const n = cases.length + contacts.length;
  return (
    <section aria-labelledby="take-title" data-take>
      <h3 id="take-title">{t("shift.take_title")}</h3>
      {all.size === 0 && <p class="empty">{t("shift.take_nothing")}</p>}
      {all.size > 0 && (
        <label>
          {t("shift.take_from")}{" "}
          <select name="take_from" value={from.value} onChange={(event) => { from.value = event.currentTarget.value; chosen.value = new Set(); }}>
            <option value="">–</option>
            {[...all].map(([who, each]) => (
              <option key={who} value={who}>{operatorName(who)} ({each.cases.length + each.contacts.length})</option>
            ))}
          </select>
        </label>
      )}
      {held && (
        <>
          <ul class="plain">
            {lines.map(([kind, id, text]) => (
              <li key={`${kind}/${id}`}>
                <label><input type="checkbox" checked={chosen.value.has(`${kind}/${id}`)} onChange={() => flip(`${kind}/${id}`)} /> {text}</label>
              </li>
            ))}
          </ul>
          <p class="steps-row">
            <button type="button" class="main" aria-disabled={busy.value} onClick={() => void take({}, lines.length)}>
              {t("shift.take_all", { n: lines.length })}
            </button>
            <button type="button" aria-disabled={busy.value || n === 0} onClick={() => void take({ cases, contacts }, n)}>
              {t("shift.take_chosen", { n })}
            </button>
          </p>
        </>
      )}
    </section>
  );
}
