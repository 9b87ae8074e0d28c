/* What was sent out of the house and what became of it: on the sheet of a case, and all that did not arrive.  Deliveries are
 * no records of the board, so a list that is shown is asked for again every few seconds. */
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { instant } from "../../shared/time";
import type { Deliveries, Delivery, Id } from "../../shared/types";
import { resend } from "../actions/alerts";
import { go } from "../state";
import { ActionButton } from "../ui/button";

const AGAIN_MS = 3000;

/* null until the desk has answered. */
export function useDeliveries(query: string): Signal<readonly Delivery[] | null> {
  const list = useSignal<readonly Delivery[] | null>(null);
  useEffect(() => {
    let over = false;
    const look = async (): Promise<void> => {
      const answer = await tryAsk<Deliveries>(`/v1/deliveries?${query}`);
      if (!over && answer) list.value = answer.rows;
    };
    void look();
    const timer = setInterval(() => void look(), AGAIN_MS);
    return () => { over = true; clearInterval(timer); };
  }, [query]);
  return list;
}

function Row({ row, withCase }: { row: Delivery; withCase: boolean }) {
  return (
    <tr data-delivery={row.id} data-state={row.state}>
      <th scope="row">
        {row.channel ? row.channel_name : t("alerts.aside_event")}{" "}
        <span class="quiet-text">{row.channel ? word("alert_kind", row.channel_kind) : row.event_seq}</span>
      </th>
      <td>{word("alert_event", row.event)}</td>
      {withCase && (
        <td>
          {row.case ? <a href={`/case/${row.case}`} onClick={(event) => { event.preventDefault(); go(`/case/${row.case}`); }}>{row.case}</a> : "–"}
        </td>
      )}
      <td>
        <strong class={`delivery-${row.state}`}>{word("delivery_state", row.state)}</strong>
        {row.state === "failed" && row.next_at_ms !== null && <span class="quiet-text"> {t("alerts.next", { time: instant(row.next_at_ms) })}</span>}
      </td>
      <td class="number">{row.tries}</td>
      <td>{row.last_at_ms !== null && `${instant(row.last_at_ms)} `}<span lang="en">{row.last_answer}</span>{row.state === "set_aside" && <span class="quiet-text"> {t("alerts.aside_why")}</span>}</td>
      <td><ActionButton action={resend} subject={row} args={undefined} label={`${t("alerts.resend")} ${row.id}`} quiet /></td>
    </tr>
  );
}

export function DeliveryTable({ rows, label, withCase = false }: { rows: readonly Delivery[]; label: string; withCase?: boolean }) {
  return (
    <div class="class-list" tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("alerts.channels")}</th>
            <th scope="col">{t("alerts.event")}</th>
            {withCase && <th scope="col">{t("alerts.case")}</th>}
            <th scope="col">{t("alerts.state")}</th>
            <th scope="col" class="number">{t("alerts.tries")}</th>
            <th scope="col">{t("alerts.last")}</th>
            <th scope="col"><span class="sr">{t("alerts.resend")}</span></th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} withCase={withCase} />)}</tbody>
      </table>
    </div>
  );
}

/* On a case's sheet: nothing at all where nothing was sent. */
export function CaseDeliveries({ id }: { id: Id }) {
  const rows = useDeliveries(`case=${id}`).value;
  if (!rows?.length) return null;
  return (
    <section aria-labelledby="deliveries-title" data-deliveries={id}>
      <h3 id="deliveries-title">{t("alerts.deliveries")} <span class="count">{rows.length}</span></h3>
      <DeliveryTable rows={rows} label={t("alerts.deliveries")} />
    </section>
  );
}
