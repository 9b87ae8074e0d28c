/* What must be heard until somebody deals with it.  Pure: sound.ts plays what is decided here.
 *
 *   cause comes --> sounding --(acknowledged)--> silent --(cause solved)--> gone
 *                      '------------(cause solved)---------------------------^
 *
 * A cause that comes again (the contact rings anew, the link is lost again) has another id or was gone in
 * between, and sounds again. */
export type AlarmKind = "alarm" | "ring" | "beep";
/* `holds`: nobody silences it by a key; only dealing with it does. */
export interface Cause { id: string; kind: AlarmKind; since: number; holds?: boolean }

/* The most pressing first. */
export const alarmKinds: readonly AlarmKind[] = ["alarm", "ring", "beep"];
/* How often each is repeated. */
export const repeatMs: Record<AlarmKind, number> = { alarm: 2000, ring: 4000, beep: 5000 };

export type Silenced = ReadonlySet<string>;

/* Which of the causes are still to be heard. */
export const unheard = (causes: readonly Cause[], silenced: Silenced): Cause[] =>
  causes.filter((cause) => !silenced.has(cause.id));

/* The sound of now: one at a time, or the desk could not make out either. */
export function soundOf(causes: readonly Cause[], silenced: Silenced): AlarmKind | null {
  const open = unheard(causes, silenced);
  return alarmKinds.find((kind) => open.some((cause) => cause.kind === kind)) ?? null;
}

/* Everything that sounds now is silenced. */
export const acknowledged = (causes: readonly Cause[]): Silenced => new Set(causes.filter((cause) => !cause.holds).map((cause) => cause.id));

/* Forgets what is over, so that it sounds when it comes again; the same set when there is nothing to forget. */
export function stillSilenced(causes: readonly Cause[], silenced: Silenced): Silenced {
  const ids = new Set(causes.map((cause) => cause.id));
  const kept = [...silenced].filter((id) => ids.has(id));
  return kept.length === silenced.size ? silenced : new Set(kept);
}
