/* The tools that ask about the ground: what is reached, and a cordon. */
import { row } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant, now } from "../../shared/time";
import { say } from "../state";
import { SelectField, TextField } from "../ui/fields";
import { FormBox, useForm } from "../ui/form";
import { askCordon, askReached, cordon, reached } from "./ground";
import { reachColours } from "./layers";
import type { LatLon } from "./points";
import { openView } from "./view";
import { shownOnMap } from "./windows";

/* The shown incident, else the middle of the map. */
export function placeAsked(): LatLon | null {
  const shown = shownOnMap.peek(), at = shown ? row("case", shown) : undefined;
  if (at && typeof at.lat === "number" && typeof at.lon === "number") return [at.lat, at.lon];
  const centre = openView.peek()?.centre();
  return centre ? [Number(centre.lat.toFixed(6)), Number(centre.lon.toFixed(6))] : null;
}

export const minutesOf = (ms: number): string => (ms / 60_000).toFixed(1);

export function ReachTool() {
  const form = useForm("map/reach", { from: "units", minutes: "4,8,12" });
  const said = reached.value;
  const submit = async (): Promise<void> => {
    await form.submit(async () => {
      const { from, minutes } = form.values.value;
      const answer = await askReached(minutes?.replace(/\s/g, "") ?? "", from === "place" ? placeAsked() : null, now.peek());
      say(answer.reason ? t(`map.span_${answer.reason}`) : t("map.span_drawn", { n: answer.sources.length }));
    });
  };
  return (
    <>
      <FormBox
        form={form} id="reach-form" label={t("map.span")} submit={t("map.span_submit")} onSubmit={submit}
        more={<button type="button" onClick={() => (reached.value = null)} disabled={!said}>{t("map.span_clear")}</button>}
      >
        <SelectField
          name="from" label={t("map.span_from")}
          options={[{ value: "units", text: t("map.span_from_units") }, { value: "place", text: t("map.span_from_place") }]}
        />
        <TextField name="minutes" label={t("map.span_minutes")} required />
      </FormBox>
      {said && (
        <div data-reach-legend>
          <p class="quiet-text">{t("map.span_at", { time: instant(said.at_ms) })}{said.answer.cut ? ` ${t("map.span_cut")}` : ""}</p>
          <ul>
            {said.answer.minutes.map((minutes, band) => (
              <li key={minutes}>
                <span class="map-band" style={{ background: reachColours[band % reachColours.length] }} aria-hidden="true" />
                {t("map.span_within", { n: minutes })}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

export function CordonTool() {
  const form = useForm("map/cordon", { radius_m: "300" });
  const found = cordon.value;
  const submit = async (): Promise<void> => {
    await form.submit(async () => {
      const place = placeAsked();
      if (!place) return;
      const answer = await askCordon(place, form.values.value.radius_m?.trim() ?? "");
      say(t("map.cordon_found", { n: answer.posts.length }));
    });
  };
  return (
    <>
      <FormBox
        form={form} id="cordon-form" label={t("map.cordon")} submit={t("map.cordon_submit")} onSubmit={submit}
        more={<button type="button" onClick={() => (cordon.value = null)} disabled={!found}>{t("map.span_clear")}</button>}
      >
        <p class="hint wide">{t("map.cordon_hint")}</p>
        <TextField name="radius_m" label={t("map.cordon_radius")} required />
      </FormBox>
      {found && (
        <ol data-cordon-posts>
          {found.posts.map((post, at) => (
            <li key={post.junction}>
              <strong>{at + 1}</strong> <span>{post.names.length ? post.names.join(" / ") : t("map.cordon_no_name")}</span>{" "}
              <span class="quiet-text">
                {post.unit ? t("map.cordon_unit", { unit: post.unit.call_sign, n: minutesOf(post.unit.travel_ms) }) : t("map.cordon_nobody")}
              </span>
            </li>
          ))}
        </ol>
      )}
      {found?.edge_of_map && <p class="unverified">{t("map.cordon_edge")}</p>}
    </>
  );
}
