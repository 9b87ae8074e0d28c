/* What the exchange said of a call, and what is noted of its caller: one line below the contact's own. */
import { t, word } from "../../shared/i18n";
import { instant, now, span } from "../../shared/time";
import type { ContactRow } from "../../shared/types";
import { operatorName } from "../state";

export function CallFacts({ contact }: { contact: ContactRow }) {
  const rings = contact.state === "ringing";
  const facts: [string, string][] = [];
  if (contact.position) facts.push(["position", t(rings ? "phone.rings_at" : "phone.at", { position: contact.position })]);
  if (contact.roll_count) facts.push(["rolled", t("phone.rolled", { n: contact.roll_count })]);
  if (rings && contact.roll_at_ms) facts.push(["rolls", t("phone.rolls_in", { time: span(Math.max(0, contact.roll_at_ms - now.value)) })]);
  if (contact.transfer_count) facts.push(["transferred", t("phone.transferred", { n: contact.transfer_count })]);
  if (contact.state === "answered" && contact.hung_up_at_ms) facts.push(["hung-up", t("phone.hung_up", { time: instant(contact.hung_up_at_ms) })]);
  if (contact.taken_at_ms) {
    facts.push(["taken", t("phone.taken_over", { who: operatorName(contact.taken_from), time: instant(contact.taken_at_ms) })]);
  }
  if (contact.language) facts.push(["language", t("phone.speaks", { language: contact.language })]);
  if (contact.interpreter) facts.push(["interpreter", `${t("phone.interpreter")}: ${word("interpreter", contact.interpreter)}`]);
  if (contact.trunk) facts.push(["trunk", t("phone.trunk", { trunk: contact.trunk })]);
  if (contact.recording) facts.push(["recording", t("phone.recording", { id: contact.recording })]);
  if (facts.length === 0) return null;
  return <p class="call-facts quiet-text">{facts.map(([name, text]) => <span key={name} data-call={name}>{text}</span>)}</p>;
}
