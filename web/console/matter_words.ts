/* What the record of a matter says, in the words of its procedure. */
import { lang, t, word } from "../shared/i18n";
import { inWords } from "../shared/procedure";
import { fullInstant, instant } from "../shared/time";
import type { FieldValue, TimelineEvent } from "../shared/types";
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
  const said = t("event.matter_set", {
    act: act ? names.event(act) : t("matter.began"), state: names.state(text(body.state)),
  });
  if (act && act === names.content?.hand_over?.offer && offered) return `${said} → ${agencyName(offered)}`;
  return said;
}

/* null: of a kind that has no words of its own here. */
export function matterSentence(event: TimelineEvent, names: Names): string | null {
  const body = event.body;
  switch (event.kind) {
    case "matter_set": return setSentence(body, names);
    case "promise_set": return promiseSentence(body, names);
    case "promise_rung":
      return t("event.promise_rung", {
        clock: names.clock(text(body.clock)), effect: word("rung", text(body.effect)), to: rolesOf(body.to, names),
      });
    case "notice":
      return t("event.notice", {
        to: rolesOf(body.to, names),
        text: inWords(names.content?.templates?.[text(body.text)], lang.value, text(body.text)),
      });
    case "fields_set":
      return t("event.fields_set", {
        names: text(body.names).split(/[\s,]+/).filter(Boolean).map(names.field).join(t("rec.and")) || "–",
      });
    case "case_joined": return t("event.case_joined", { into: text(body.into) });
    case "case_separated": return t("event.case_separated", { into: text(body.into) });
    case "contact_rated":
      return t("event.contact_rated", {
        level: String(body.level ?? ""), solved: t(body.solved === "yes" ? "matter.solved" : "matter.not_solved"),
      });
    case "rating_checked": return t("event.rating_checked", { contact: text(body.contact) });
    case "case_opened": return t("event.matter_opened");
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

export const dateText = (ms: number | null): string => instant(ms);
