/* A division code (GB/T 2260) with its name, where the desk was given one. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";

/* Each code is asked for once; null: no name is known. */
const names = signal<Readonly<Record<string, string | null>>>({});
const asked = new Set<string>();

export function Division({ code }: { code: string }) {
  useEffect(() => {
    if (asked.has(code)) return;
    asked.add(code);
    void tryAsk<{ name: string | null }>(`/v1/divisions?code=${code}`).then((answer) => {
      if (answer) names.value = { ...names.value, [code]: answer.name };
      else asked.delete(code); /* the desk was away: again when the list is drawn next */
    });
  }, [code]);
  return <span class="quiet-text"> · {code}{names.value[code] && ` ${names.value[code]}`}</span>;
}
