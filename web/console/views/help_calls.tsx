/* Calls for help that somebody acknowledged: who, when, and what they found.  On the shift's page those of the last time; on an
 * incident's sheet the one that it was opened for.  A note is opened by itself, for opening it is a look in the record. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant } from "../../shared/time";
import type { DuressRow, Id } from "../../shared/types";
import { operatorName } from "../state";

const LISTED = 100; /* as many as the desk keeps at hand; on the shift's page the newest of them */
const SHOWN = 10;

function HelpCall({ duress }: { duress: DuressRow }) {
  const note = useSignal<string | null>(null);
  const show = async () => {
    const answer = await tryAsk<{ duress: DuressRow }>(`/v1/duress/${duress.id}`);
    if (answer) note.value = answer.duress.personal?.note ?? t("duress.no_note");
  };
  return (
    <li data-help-call={duress.id}>
      <p>
        {t("duress.raised", { unit: duress.call_sign })} · {instant(duress.raised_at_ms)} ·{" "}
        <span data-help-by>{t("duress.acknowledged", { who: operatorName(duress.acknowledged_by), time: instant(duress.acknowledged_at_ms) })}</span>{" "}
        {note.value === null && (
          <button type="button" class="quiet" data-show-note aria-label={t("duress.show_note_of", { unit: duress.call_sign })} onClick={() => void show()}>
            {t("duress.show_note")}
          </button>
        )}
      </p>
      {note.value !== null && <p class="note-text" role="status" data-help-note>{note.value}</p>}
    </li>
  );
}

export function HelpCalls({ onCase }: { onCase?: Id }) {
  const calls = useSignal<DuressRow[] | null>(null);
  const waiting = rows("duress").size; /* one came, or was acknowledged: they are read again */
  useEffect(() => {
    void tryAsk<{ rows: DuressRow[] }>(`/v1/duress?newest=1&limit=${LISTED}`).then((answer) => { calls.value = answer?.rows ?? []; });
  }, [onCase, waiting]);
  const done = (calls.value ?? []).filter((each) => each.acknowledged_at_ms !== null && (!onCase || each.case === onCase)).slice(0, SHOWN);
  if (!done.length) return null;
  return (
    <section aria-labelledby="help-calls-title">
      <h3 id="help-calls-title">{t("duress.past")}</h3>
      <ul class="plain notes" data-help-calls>{done.map((each) => <HelpCall key={each.id} duress={each} />)}</ul>
    </section>
  );
}
