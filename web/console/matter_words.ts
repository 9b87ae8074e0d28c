/* What the record of a matter says, in the words of its procedure. */
import { lang, t, word } from "../shared/i18n";
import { inWords } from "../shared/procedure";
import { fullInstant } from "../shared/time";
import type { FieldValue, MatterSheet, TimelineEvent } from "../shared/types";
import type { Names } from "./editions";
import { agencyName } from "./state";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/* Roles in a list of words, "handler unit_head" or "citizen". */
const rolesOf = (list: unknown, names: Names): string =>
  text(list).split(/[\s,]+/).filter(Boolean).map(names.role).join(t("rec.and")) || "–";

/* A promise with its date, which only a running one has. */
function promiseSentence(body: Record<string, unknown>, names: Names): string {
  const due = typeof body.due_at_ms === "number" ? fullInstant(body.due_at_ms) : "";
  const sentence = t("event.promise_set", { clock: names.clock(text(body.clock)), why: word("promise_change", text(body.why)) });
  return due && body.stopped_at_ms == null ? `${sentence} · ${t("matter.due_at", { time: due })}` : sentence;
}

function setSentence(body: Record<string, unknown>, names: Names): string {
  const act = text(body.act), offered = typeof body.offered_to === "string" ? body.offered_to : "";
  const set = t("event.matter_set", {
    act: act ? names.event(act) : t("matter.began"), state: names.state(text(body.state)),
  });
  const spared = text(body.spared);
  const said = spared === "four_eyes" || spared === "other_hand" ? `${set} · ${t(`matter.spared_${spared}`)}` : set;
  if (act && act === names.content?.hand_over?.offer && offered) return `${said} → ${agencyName(offered)}`;
  return said;
}

/* The text as it went out, as far as it can be told: the desk keeps the template's name, and the fields and promises
 * of that moment. */
function noticeText(event: TimelineEvent, names: Names, events: readonly TimelineEvent[], sheet: MatterSheet): string {
  const template = inWords(names.content?.templates?.[text(event.body.text)], lang.value, text(event.body.text));
  return template.replace(/\{([a-z_]+)(?::([a-z_]+))?\}/g, (whole, name: string, of: string | undefined) => {
    if (name === "reference") return sheet.case.id;
    if (name === "due" && of) return dueAt(of, event, events) ?? whole;
    const said = [...events].reverse().find((each) => each.kind === "fields_set" && each.at_ms <= event.at_ms && each.personal?.[name]);
    const value = said?.personal?.[name] ?? sheet.fields[name];
    return value === undefined ? whole : valueText(name, value, names);
  });
}

/* What a clock's promise said when the act of `event` was done: its events share one instant. */
function dueAt(clock: string, event: TimelineEvent, events: readonly TimelineEvent[]): string | null {
  const last = [...events].reverse().find((each) =>
    each.kind === "promise_set" && each.body.clock === clock && each.at_ms <= event.at_ms && typeof each.body.due_at_ms === "number");
  return last ? fullInstant(last.body.due_at_ms as number) : null;
}

/* null: of a kind that has no words of its own here. */
export function matterSentence(
  event: TimelineEvent, names: Names, events: readonly TimelineEvent[], sheet: MatterSheet,
): string | null {
  const body = event.body;
  switch (event.kind) {
    case "matter_set": return setSentence(body, names);
    case "promise_set": return promiseSentence(body, names);
    case "promise_rung":
      return t("event.promise_rung", {
        clock: names.clock(text(body.clock)), effect: word("rung", text(body.effect)), to: rolesOf(body.to, names),
      });
    case "notice":
      return t("event.notice", { to: rolesOf(body.to, names), text: noticeText(event, names, events, sheet) });
    case "fields_set":
      return t("event.fields_set", {
        names: text(body.names).split(/[\s,]+/).filter((name) => name && name !== "offer_hash").map(names.field).join(t("rec.and")) || "–",
      });
    case "case_joined": return t("event.case_joined", { into: text(body.into) });
    case "case_separated": return t("event.case_separated", { into: text(body.into) });
    case "contact_rated":
      return t("event.contact_rated", {
        level: String(body.level ?? ""), solved: t(body.solved === "yes" ? "matter.solved" : "matter.not_solved"),
      });
    case "rating_checked": return t("event.rating_checked", { contact: text(body.contact) });
    case "case_opened": return t("event.matter_opened");
    case "case_linked": return t("event.matter_linked", { other: text(body.other) });
    case "sealed_set": return t("event.reporter_noted");
    default: return null;
  }
}

export function valueText(name: string, value: FieldValue, names: Names): string {
  if (typeof value === "boolean") return t(value ? "answer.yes" : "answer.no");
  if (typeof value === "number") return String(value);
  return names.content?.fields?.[name]?.type === "choice" ? names.word(name, value) : value;
}

/* What happened to one promise: each change of its date, with what was said when it was made. */
export interface Moved { at_ms: number; why: string; due_at_ms: number | null; reason: string }

export function movesOfPromise(id: string, events: readonly TimelineEvent[]): Moved[] {
  const quiet = new Set(["started", "stopped"]);
  return events.filter((each) => each.kind === "promise_set" && each.body.promise === id && !quiet.has(text(each.body.why)))
    .map((each) => {
      const said = events.find((other) => other.kind === "fields_set" && other.at_ms === each.at_ms && other.personal);
      const due = each.body.due_at_ms;
      return {
        at_ms: each.at_ms, why: text(each.body.why), due_at_ms: typeof due === "number" ? due : null,
        reason: said?.personal?.reason ?? said?.personal?.question ?? "",
      };
    });
}
