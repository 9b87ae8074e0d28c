/* The strip at the foot: what needs somebody now, in words, with the button that silences it; the permission for
 * sound; otherwise the keys of the moment.  Always there, so that nothing jumps when it lights up. */
import { t } from "../../shared/i18n";
import { now, span } from "../../shared/time";
import { quiet } from "../actions/quiet";
import { alarm, causes, causeText, playedCount, sounding, soundState, unheardCauses } from "../sound";
import { onlyOfficer, path, shownCase, shownMatter } from "../state";
import { singleKeys } from "../keys";
import { ActionButton } from "../ui/button";

const SHOWN_MAX = 3;

function Keys() {
  const keys = shownMatter.value
    ? (["key.hint_events", "key.hint_note", "key.hint_walk", "key.hint_back"] as const)
    : path.value.startsWith("/matter") || onlyOfficer()
    ? (["key.hint_walk", "key.hint_new_matter", "key.hint_command", "key.hint_help"] as const)
    : shownCase.value
    ? (["key.hint_dispatch", "key.hint_note", "key.hint_close", "key.hint_back"] as const)
    : (["key.hint_answer", "key.hint_open", "key.hint_command", "key.hint_help"] as const);
  if (!singleKeys.value) return null;
  return <p class="key-hints">{keys.map((key) => <span key={key}>{t(key)}</span>)}</p>;
}

export function Attention() {
  const all = [...causes.value].sort((a, b) => a.since - b.since);
  const loud = unheardCauses.value.length > 0;
  const more = all.length - SHOWN_MAX;
  return (
    <footer
      class={all.length ? (loud ? "attention loud" : "attention seen") : "attention"}
      data-attention={sounding.value ?? ""}
      data-sound={soundState.value}
      data-played={playedCount.value}
    >
      {all.length === 0 && <Keys />}
      {all.length > 0 && (
        <ul class="plain causes" aria-label={t("sound.causes")}>
          {all.slice(0, SHOWN_MAX).map((cause) => (
            <li key={cause.id} data-cause={cause.kind}>
              {causeText(cause)} <span class="age">{span(now.value - cause.since)}</span>
            </li>
          ))}
          {more > 0 && <li>{t("sound.more", { n: more })}</li>}
        </ul>
      )}
      <ActionButton action={quiet} subject={undefined} args={undefined} text={`${t("sound.acknowledge")} (q)`} />
      {soundState.value === "blocked" && (
        <p class="sound-ask">
          {t("sound.ask")}{" "}
          <button type="button" class="main" onClick={() => void alarm.on()}>{t("sound.allow")}</button>
        </p>
      )}
    </footer>
  );
}

function Bell({ silent }: { silent: boolean }) {
  return (
    <svg class="bell" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path fill="currentColor" d="M8 1a5 5 0 0 0-5 5v4l-2 2v1h14v-1l-2-2V6a5 5 0 0 0-5-5zM6 14a2 2 0 0 0 4 0z" />
      {silent && <path stroke="currentColor" stroke-width="2" d="M1 1l14 14" />}
    </svg>
  );
}

/* In the header: whether the desk can be heard, and the switch. */
export function SoundSwitch() {
  const state = soundState.value;
  return (
    <button
      type="button"
      class={`quiet sound sound-${state}`}
      data-sound-switch={state}
      title={t(state === "on" ? "sound.mute" : "sound.allow")}
      onClick={() => (state === "on" ? alarm.mute() : void alarm.on())}
    >
      <Bell silent={state !== "on"} /> <span class="bar-text">{t(`sound.${state}`)}</span>
    </button>
  );
}
