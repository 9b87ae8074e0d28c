/* A list of choices under a text field: arrows move, Enter or Tab takes, Escape folds it away.  The focus stays
 * in the field; screen readers follow aria-activedescendant. */
import { useComputed, useSignal, type Signal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

export interface Choice { value: string; text: string; hint?: string }

export interface Choices {
  /* For the field. */
  input: {
    role: "combobox"; "aria-expanded": boolean; "aria-controls": string; "aria-autocomplete": "list";
    "aria-activedescendant": string | undefined;
  };
  id: string;
  open: boolean;
  shown: Signal<boolean>;
  active: Signal<number>;
  choices: readonly Choice[];
  take(choice: Choice): void;
  /* True when the key was for the list. */
  key(event: KeyboardEvent): boolean;
}

/* `first`: whether the first choice is marked at once, so that Enter takes it. */
export function useChoices(choices: readonly Choice[], onTake: (choice: Choice) => void, first: boolean): Choices {
  const id = useId();
  const shown = useSignal(false);
  const start = first ? 0 : -1;
  const active = useSignal(start);
  const list = choices.map((each) => each.value).join("\n");
  /* Another list, another beginning; at once, since the next key may come before the page is drawn. */
  const drawn = useRef("");
  if (drawn.current !== `${start} ${list}`) {
    drawn.current = `${start} ${list}`;
    active.value = start;
  }
  const open = useComputed(() => shown.value).value && choices.length > 0;
  const at = open ? choices[active.value] : undefined;
  const take = (choice: Choice): void => {
    shown.value = false;
    active.value = start;
    onTake(choice);
  };
  const key = (event: KeyboardEvent): boolean => {
    if (event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!choices.length) return false;
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (!open) shown.value = true;
      else active.value = (active.value + step + choices.length + (active.value < 0 && step < 0 ? 1 : 0)) % choices.length;
      if (active.value < 0) active.value = 0;
      event.preventDefault();
      return true;
    }
    if (event.key === "Escape" && open) {
      shown.value = false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    }
    if ((event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) && at) {
      if (event.key === "Enter") event.preventDefault();
      take(at);
      return true;
    }
    return false;
  };
  return {
    id, open, shown, active, choices, take, key,
    input: {
      role: "combobox", "aria-expanded": open, "aria-controls": id, "aria-autocomplete": "list",
      "aria-activedescendant": at ? `${id}-${active.value}` : undefined,
    },
  };
}

export function ChoiceList({ of, label, up }: { of: Choices; label: string; up?: boolean }) {
  const on = of.active.value;
  useEffect(() => {
    if (of.open && on >= 0) document.getElementById(`${of.id}-${on}`)?.scrollIntoView({ block: "nearest" });
  }, [on, of.open]);
  return (
    <ul class={up ? "choices up" : "choices"} role="listbox" id={of.id} aria-label={label} hidden={!of.open}>
      {of.open && of.choices.map((choice, i) => (
        <li
          key={choice.value}
          id={`${of.id}-${i}`}
          role="option"
          aria-selected={i === on}
          data-choice={choice.value}
          onPointerDown={(event) => event.preventDefault()} /* the focus stays in the field */
          onClick={() => of.take(choice)}
        >
          <span>{choice.text}</span>
          {choice.hint && <span class="choice-hint">{choice.hint}</span>}
        </li>
      ))}
    </ul>
  );
}
