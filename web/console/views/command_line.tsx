/* One line for everything: `/` comes here, Enter runs it, Tab completes, Alt with arrows brings back earlier lines.
 * The next line can be typed while one is on its way; entered, it waits its turn.
 * Under it, while something is typed: how the command is written and what may stand next. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Refusal } from "../../shared/api";
import { row, rows } from "../../shared/board";
import { t, word, type Key } from "../../shared/i18n";
import { isAssignmentOpen, isCaseOpen, outcomes } from "../../shared/words";
import { Wrong } from "../actions/action";
import { className, classText } from "../actions/lookup";
import { commands, runLine } from "../actions/registry";
import { boards } from "../actions/show_matters";
import { movesOf } from "../actions/status";
import { complete, type ArgKind, type Sources, type Word } from "../completion";
import { editionTitle, namesOf, openable, procedureTitle } from "../editions";
import { inputsOf } from "../event_form";
import { matterSheet } from "../matter_model";
import { callSign, go, say } from "../state";
import { sayRefusal } from "../ui/button";
import { ChoiceList, useChoices } from "../ui/choices";

const HISTORY_MAX = 50;
const history: string[] = [];

function unitWords(): Word[] {
  const all = Array.from(rows("unit").values()).filter((unit) => unit.active);
  all.sort((a, b) => Number(!!b.assignment) - Number(!!a.assignment) || a.call_sign.localeCompare(b.call_sign));
  return all.map((unit) => ({
    value: unit.call_sign,
    hint: unit.assignment ? t("units.on_case", { id: unit.case ?? "" })
      : unit.duty === "on_duty" ? t("units.free") : word("duty", unit.duty),
  }));
}

function caseWords(): Word[] {
  return Array.from(rows("case").values()).filter((row) => isCaseOpen(row.state)).map((row) => ({
    value: row.id, hint: [classText(row.class), row.personal?.address].filter(Boolean).join(" · "),
  }));
}

/* What the unit named before may report now. */
function statusWords(before: readonly string[]): Word[] {
  for (const each of rows("assignment").values()) {
    if (isAssignmentOpen(each.state) && callSign(each.unit).toLowerCase() === before[0]?.toLowerCase()) {
      return movesOf(each).map((state) => ({ value: state, hint: word("assignment_state", state) }));
    }
  }
  return [];
}

function wordsOf(kind: ArgKind, before: readonly string[]): readonly Word[] {
  switch (kind) {
    case "case": return caseWords();
    case "unit": return unitWords();
    case "units": return unitWords().filter((each) => each.hint === t("units.free"));
    case "status": return statusWords(before);
    case "outcome": return outcomes.map((value) => ({ value, hint: word("outcome", value) }));
    case "duty": return (["on", "off", "out"] as const).map((value, i) => ({
      value, hint: word("duty", ["on_duty", "off_duty", "out_of_service"][i]),
    }));
    case "class": return Array.from(rows("class").values()).filter((each) => each.active)
      .map((each) => ({ value: each.code, hint: className(each) }));
    case "contact": return Array.from(rows("contact").values()).filter((each) => each.case === null)
      .map((each) => ({ value: each.id, hint: `${word("channel", each.channel)} ${each.line}` }));
    case "matter": return matterWords();
    case "event": return eventWords(before[0]);
    case "pair": return pairWords(before);
    case "procedure": return openable().map((each) => ({ value: each.name, hint: editionTitle(each) }));
    case "queue": return boards.map((value) => ({ value, hint: t(`queue.${value}`) }));
    default: return [];
  }
}

/* Of the matter on the sheet only what is possible now; of others every event of their procedure. */
function eventWords(id: string | undefined): Word[] {
  const matter = row("matter", id), shown = matterSheet.value, names = namesOf(matter?.edition);
  const possible = shown?.case.id === id ? shown?.choices.map((each) => each.event) : Object.keys(names.content?.events ?? {});
  return (possible ?? []).map((value) => ({ value, hint: names.event(value) }));
}

/* "kind=question" and the like; what is free text begins after its "=". */
function pairWords(before: readonly string[]): Word[] {
  const [id, event] = before, shown = matterSheet.value;
  const choice = shown?.case.id === id ? shown?.choices.find((each) => each.event === event) : undefined;
  const names = namesOf(shown?.matter.edition);
  if (!choice) return [];
  return inputsOf(choice, names.content).filter((each) => !before.some((word) => word.startsWith(`${each.name}=`))).flatMap((each): Word[] => {
    if (each.take === "agency") return [...rows("agency").values()].map((agency) => ({ value: `agency=${agency.code}`, hint: agency.name }));
    if (each.take === "class") return [...rows("class").values()].filter((row) => row.active).map((row) => ({ value: `class=${row.code}`, hint: className(row) }));
    if (each.field?.type === "choice") return Object.keys(each.field.words ?? {}).map((value) => ({ value: `${each.name}=${value}`, hint: names.word(each.name, value) }));
    if (each.field?.type === "yes_no") return (["yes", "no"] as const).map((value) => ({ value: `${each.name}=${value}`, hint: t(`answer.${value}`) }));
    return [{ value: `${each.name}=`, hint: each.take ? t("matter.other") : names.field(each.name) }];
  });
}

function matterWords(): Word[] {
  return [...rows("matter").values()].map((each) => ({
    value: each.id, hint: `${procedureTitle(each.edition, each.procedure)} · ${namesOf(each.edition).state(each.state)}`,
  }));
}

function usageOf(verb: string | null): string {
  const command = commands.find((each) => each.verb === verb);
  return command ? t(command.usage) : "";
}

export function CommandLine() {
  const id = useId();
  const line = useSignal("");
  const busy = useSignal(false);
  const next = useSignal(false); /* Enter was pressed while the line before was on its way */
  const inside = useSignal(false);
  const at = useSignal(0);
  const sources: Sources = {
    verbs: commands.map((each) => ({
      verb: each.verb, hint: t(each.usage as Key), ...(each.aliases ? { aliases: each.aliases } : {}),
      ...(each.args ? { args: each.args } : {}),
    })),
    words: wordsOf,
  };
  const offered = inside.value ? complete(line.value, sources) : { from: 0, words: [], verb: null, arg: -1 };
  const choices = offered.words.map((each) => ({
    value: each.value, text: each.value, ...(each.hint ? { hint: each.hint } : {}),
  }));
  /* Enter runs what stands there; only what an arrow has marked is taken by it. */
  const list = useChoices(choices, (choice) => {
    line.value = `${line.value.slice(0, offered.from)}${choice.value} `;
    list.shown.value = true;
  }, false);
  const remember = (text: string): void => {
    history.push(text);
    if (history.length > HISTORY_MAX) history.shift();
    at.value = history.length;
  };
  const run = async (): Promise<void> => {
    const text = line.value.trim();
    if (!text) return;
    list.shown.value = false;
    if (busy.value) {
      next.value = true;
      return;
    }
    if (text === "?") {
      line.value = "";
      go("/help");
      return;
    }
    busy.value = true;
    line.value = "";
    let refused = false;
    try {
      const done = await runLine(text);
      say(t("command.done", { text: done }));
      remember(text);
    } catch (error) {
      refused = true;
      if (line.value) remember(text); /* it makes room for what was typed since */
      else line.value = text; /* to be mended */
      if (error instanceof Wrong) say(error.message, true);
      else if (error instanceof Refusal) sayRefusal(error);
      else throw error;
    } finally {
      busy.value = false;
      /* What was entered meanwhile is next; behind a refusal it waits for a look. */
      const more = next.value && !refused;
      next.value = false;
      if (more) void run();
    }
  };
  const recall = (step: number): void => {
    at.value = Math.max(0, Math.min(history.length, at.value + step));
    line.value = history[at.value] ?? "";
  };
  const key = (event: KeyboardEvent): void => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      return recall(event.key === "ArrowUp" ? -1 : 1);
    }
    if (event.key === "/" && !line.value) return event.preventDefault(); /* it brought us here already */
    const first = choices[0];
    /* Tab takes the first that fits; with nothing typed or nothing to complete it goes on, as everywhere. */
    if (event.key === "Tab" && !event.shiftKey && list.open && list.active.value < 0 && first && line.value.trim()) {
      event.preventDefault();
      return list.take(first);
    }
    if (event.key === "Tab" && list.open && list.active.value >= 0) event.preventDefault();
    if (list.key(event)) return;
    if (event.key === "Escape") (event.currentTarget as HTMLElement).blur();
  };
  const usage = usageOf(offered.verb);
  return (
    <form
      class="command"
      role="search"
      aria-label={t("command.label")}
      onSubmit={(event) => { event.preventDefault(); void run(); }}
    >
      <label class="sr" for={id}>{t("command.label")}</label>
      <div class="combo">
        <input
          id={id}
          {...list.input}
          data-command
          type="text"
          value={line.value}
          autocomplete="off"
          spellcheck={false}
          placeholder={t("command.hint")}
          aria-describedby={usage ? `${id}-usage` : undefined}
          onFocus={() => (inside.value = true)}
          onBlur={() => { inside.value = false; list.shown.value = false; }}
          onInput={(event) => {
            line.value = event.currentTarget.value;
            list.shown.value = line.value.trim() !== "";
          }}
          onKeyDown={key}
        />
        <div class="command-help" hidden={!inside.value || (!usage && !list.open)}>
          {usage && <p class="usage-line" id={`${id}-usage`} data-usage>{usage}</p>}
          <ChoiceList of={list} label={t("command.completions")} />
        </div>
      </div>
      <button type="submit" class="sr-until-focus quiet" aria-disabled={busy.value}>{t("command.run")}</button>
    </form>
  );
}
