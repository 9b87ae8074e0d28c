/* One line for everything: `/` comes here, Enter runs it, arrows bring back earlier lines. */
import { useSignal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import { Refusal } from "../../shared/api";
import { rows } from "../../shared/board";
import { t, word } from "../../shared/i18n";
import { assignmentStates, outcomes } from "../../shared/words";
import { Wrong } from "../actions/action";
import { classText } from "../actions/lookup";
import { commands, runLine } from "../actions/registry";
import { go, say } from "../state";
import { sayRefusal } from "../ui/button";

const HISTORY_MAX = 50;
const history: string[] = [];

/* What may follow what stands there, as whole lines for the browser's own list. */
function completions(line: string): string[] {
  const match = /^\s*(\S+)\s+(.*)$/.exec(line);
  if (!match) return commands.map((command) => `${command.verb} `);
  const verb = (match[1] ?? "").toUpperCase();
  const parts = (match[2] ?? "").split(/\s+/);
  const before = [verb, ...parts.slice(0, -1)].join(" ");
  const units = () => Array.from(rows("unit").values(), (unit) => unit.call_sign);
  const cases = () => Array.from(rows("case").keys());
  const first = parts.length < 2;
  let words: readonly string[] = [];
  if (verb === "D") words = first ? cases() : units();
  else if (verb === "S") words = first ? units() : parts.length === 2 ? assignmentStates.slice(3) : [];
  else if (verb === "U") words = first ? units() : ["on", "off", "out"];
  else if (verb === "C") words = first ? cases() : outcomes;
  else if ((verb === "N" || verb === "G") && first) words = cases();
  else if (verb === "O" && first) words = Array.from(rows("class").values(), (each) => each.code);
  return words.slice(0, 200).map((each) => `${before} ${each}`);
}

function meaning(line: string): string {
  const last = line.split(" ").pop() ?? "";
  if (line.startsWith("O ")) return classText(last);
  if (line.startsWith("S ")) return word("assignment_state", last);
  if (line.startsWith("C ")) return word("outcome", last);
  return "";
}

export function CommandLine() {
  const id = useId();
  const line = useSignal("");
  const busy = useSignal(false);
  const at = useSignal(0);
  const offered = useMemo(() => completions(line.value), [line.value, rows("unit"), rows("case")]);
  const run = async (): Promise<void> => {
    const text = line.value.trim();
    if (!text || busy.value) return;
    if (text === "?") {
      line.value = "";
      go("/help");
      return;
    }
    busy.value = true;
    try {
      const done = await runLine(text);
      say(t("command.done", { text: done }));
      history.push(text);
      if (history.length > HISTORY_MAX) history.shift();
      at.value = history.length;
      line.value = ""; /* what was refused stays there to be mended */
    } catch (error) {
      if (error instanceof Wrong) say(error.message, true);
      else if (error instanceof Refusal) sayRefusal(error);
      else throw error;
    } finally {
      busy.value = false;
    }
  };
  const recall = (step: number): void => {
    at.value = Math.max(0, Math.min(history.length, at.value + step));
    line.value = history[at.value] ?? "";
  };
  return (
    <form
      class="command"
      role="search"
      aria-label={t("command.label")}
      onSubmit={(event) => { event.preventDefault(); void run(); }}
    >
      <label for={id}>{t("command.label")}</label>
      <input
        id={id}
        data-command
        type="text"
        value={line.value}
        list={`${id}-list`}
        autocomplete="off"
        spellcheck={false}
        placeholder={t("command.hint")}
        onInput={(event) => (line.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowUp" && event.altKey) { event.preventDefault(); recall(-1); }
          if (event.key === "ArrowDown" && event.altKey) { event.preventDefault(); recall(1); }
          if (event.key === "/" && !line.value) event.preventDefault(); /* it brought us here already */
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <datalist id={`${id}-list`}>
        {offered.map((each) => <option key={each} value={each}>{meaning(each)}</option>)}
      </datalist>
      <button type="submit" class="quiet" aria-disabled={busy.value}>{t("command.run")}</button>
    </form>
  );
}
