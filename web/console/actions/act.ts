/* The events of a matter.  "M 17 register kind=request subject=Dark lamp" does it, or opens the form where something
 * is missing; "M 17" shows the matter, "M" alone the map, as it always did. */
import { ask } from "../../shared/api";
import { classByCode, matterCase, row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import type { Content } from "../../shared/procedure";
import type { Id, MatterChoice, MatterSheet } from "../../shared/types";
import { loadContent, namesOf } from "../editions";
import { eventArgs, inputsOf, objectionsOf, readPairs, type EventArgs, type Input } from "../event_form";
import { matterSheet, openEventOf } from "../matter_model";
import { changeOwn } from "../own_changes";
import { go, shownMatter } from "../state";
import { focusIn } from "../ui/focus";
import { Wrong, type Action } from "./action";
import { claim } from "./claim";
import { findWord, split } from "./lookup";
import { migrate, ratingCheck, separate } from "./mend_matter";
import { showMap } from "./show_map";

export interface ActSubject { id: Id; version: number }

export const act: Action<ActSubject, EventArgs> = {
  name: "act",
  label: "matter.events",
  predicate: () => true, /* the desk says what is possible */
  perform: (subject, args, key) =>
    changeOwn(subject.id, {
      path: `/v1/cases/${subject.id}/events`, body: args, ifMatch: subject.version,
      label: t("action.act", { id: subject.id }), ...(key ? { key } : {}),
    }),
  keys: { key: "e", text: "key.events", press: () => void (shownMatter.value && focusIn("[data-events] button")) },
  command: {
    verb: "M",
    aliases: ["matter"],
    args: ["matter", "event", "pair"],
    usage: "usage.matter",
    async run(rest) {
      const [id, after] = split(rest);
      if (!id) {
        await showMap.perform();
        return t("map.title");
      }
      if (!/^\d+$/.test(id)) throw new Wrong(t("command.usage", { usage: t("usage.matter") }));
      const [event, pairs] = split(after);
      if (!event) {
        go(`/matter/${id}`);
        return t("matter.one", { id });
      }
      return actByLine(id, event, pairs);
    },
  },
};

/* As it stands: what is on the sheet, or asked for. */
const standing = async (id: Id): Promise<MatterSheet> => {
  const shown = matterSheet.peek();
  return shown?.case.id === id ? shown : ask<MatterSheet>(`/v1/matters/${id}`);
};

async function actByLine(id: Id, event: string, rest: string): Promise<string> {
  const now = await standing(id);
  /* The procedure's own events come first, whatever they are called. */
  const own = now.choices.some((each) => each.event === event.toLowerCase());
  const mended = own ? "" : await mend(now, event, rest);
  if (mended) return mended;
  const content = await loadContent(now.matter.edition);
  const names = namesOf(now.matter.edition);
  const found = findWord(now.choices.map((each) => each.event), event, names.event);
  const choice = now.choices.find((each) => each.event === found);
  if (!choice) {
    const known = now.choices.map((each) => `${each.event} (${names.event(each.event)})`).join(t("rec.and"));
    throw new Wrong(known ? t("matter.no_event", { text: event, known }) : t("matter.nothing_possible"));
  }
  const given = readPairs(rest);
  if (!given) throw new Wrong(t("command.usage", { usage: t("usage.matter") }));
  const inputs = inputsOf(choice, content);
  const unknown = Object.keys(given).find((name) => !inputs.some((each) => each.name === name));
  if (unknown) throw new Wrong(t("matter.no_input", { text: unknown, known: inputs.map((each) => each.name).join(t("rec.and")) || "–" }));
  return perform(now, choice, inputs, valuesOf(inputs, given, content, now), names.event(choice.event));
}

async function perform(
  now: MatterSheet, choice: MatterChoice, inputs: readonly Input[], values: Record<string, string>, name: string,
): Promise<string> {
  const id = now.case.id;
  if (Object.keys(objectionsOf(inputs, values)).length) {
    openEventOf(id, choice.event, values);
    go(`/matter/${id}`);
    focusIn("#event-form input, #event-form select, #event-form textarea");
    return t("matter.fill_in", { event: name });
  }
  const version = matterCase(id)?.version ?? now.case.version;
  await act.perform({ id, version }, eventArgs(choice, inputs, values, row("matter", id)?.offer_hash ?? now.matter.offer_hash));
  return t("matter.done", { id, event: name });
}

/* Words may be given as they are read, agencies and classes by code or name. */
function valuesOf(
  inputs: readonly Input[], given: Record<string, string>, content: Content | undefined, now: MatterSheet,
): Record<string, string> {
  const names = namesOf(now.matter.edition);
  const values: Record<string, string> = {};
  for (const input of inputs) {
    const text = given[input.name];
    if (text === undefined) continue;
    values[input.name] = text;
    if (input.take === "agency") values.agency = agencyNamed(text);
    else if (input.take === "class") values.class = classByCode.value.get(text)?.code ?? text;
    else if (input.field?.type === "choice") {
      const words = Object.keys(content?.fields?.[input.name]?.words ?? {});
      values[input.name] = findWord(words, text, (word) => names.word(input.name, word)) ?? text;
    } else if (input.field?.type === "yes_no") {
      values[input.name] = findWord(["yes", "no"], text, (word) => t(word === "yes" ? "answer.yes" : "answer.no")) ?? text;
    }
  }
  return values;
}

function agencyNamed(text: string): Id {
  const lower = text.toLowerCase();
  const found = [...rows("agency").values()].find((each) => each.code.toLowerCase() === lower || each.name.toLowerCase() === lower);
  if (!found) throw new Wrong(t("matter.no_agency", { text }));
  return found.id;
}

/* What can be done beside the procedure: "M 17 claim", "M 17 separate", "M 17 migrate", "M 17 check 5 what was found". */
async function mend(now: MatterSheet, event: string, rest: string): Promise<string> {
  const name = event.toLowerCase();
  if (name === "claim") await claim.perform(now.case, undefined);
  else if (name === "separate") await separate.perform(now, undefined);
  else if (name === "migrate") await migrate.perform(now, undefined);
  else if (name === "check") {
    const [contact, text] = split(rest);
    if (!/^\d+$/.test(contact) || !text) throw new Wrong(t("command.usage", { usage: t("usage.matter") }));
    await ratingCheck.perform(contact, { text });
  } else return "";
  return t("matter.done", { id: now.case.id, event: name });
}
