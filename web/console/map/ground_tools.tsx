/* The tools that ask about the ground: what is reached, and a cordon. */
import { computed } from "@preact/signals";
import { row, rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant } from "../../shared/time";
import { capability } from "../actions/lookup";
import { say } from "../state";
import { SelectField, TextField } from "../ui/fields";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Form } from "../ui/form";
import { askCordon, askReached, cordon, reach, type Area } from "./ground";
import { reachColours } from "./layers";
import { readPoints, type LatLon } from "./points";
import { PointsField } from "./points_field";
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

/* What the units of this board can do, by its word. */
const capabilitiesHere = computed(() => {
  const names = new Set([...rows("unit").values()].flatMap((unit) => (unit.capabilities ?? "").split(/\s+/)).filter(Boolean));
  return [...names].map((value) => ({ value, text: capability(value) })).sort((a, b) => a.text.localeCompare(b.text));
});

export function ReachTool() {
  const form = useForm("map/reach", { from: "units", minutes: "4,8,12", capability: "" });
  const said = reach.shown.value;
  const submit = async (): Promise<void> => {
    const asked = form.values.value, { from, minutes, capability: able } = asked;
    const at = from === "place" ? placeAsked() : null;
    form.wrong.value = from === "place" && !at ? { from: t("map.place_unknown") } : {};
    if (form.wrong.value.from) return focusIn("#reach-form [aria-invalid]");
    await form.submit(async () => {
      const answer = await askReached(minutes?.replace(/\s/g, "") ?? "", at, at ? "" : able);
      say(answer.reason ? t(`map.span_${answer.reason}`) : t("map.span_drawn", { n: answer.sources.length }));
    }, asked); /* It goes on saying what was asked. */
  };
  return (
    <>
      <FormBox
        form={form} id="reach-form" label={t("map.span")} submit={t("map.span_submit")} onSubmit={submit}
        more={<button type="button" onClick={reach.clear} disabled={!said}>{t("map.span_clear")}</button>}
      >
        <SelectField
          name="from" label={t("map.span_from")}
          options={[{ value: "units", text: t("map.span_from_units") }, { value: "place", text: t("map.span_from_place") }]}
        />
        {form.values.value.from !== "place" && (
          <SelectField name="capability" label={t("map.span_capability")} empty={t("map.span_any")} options={capabilitiesHere.value} />
        )}
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

/* What the form says; null, and the field is marked, when it says nothing. */
function areaAsked(form: Form): Area | null {
  const { form: shape, radius_m, minutes, points } = form.values.value;
  const corners = readPoints(points ?? ""), at = placeAsked();
  form.wrong.value = {};
  if (shape === "polygon") {
    if (corners && corners.length > 2) return { form: "polygon", points: corners };
    form.wrong.value = { points: corners ? t("map.points_few", { n: 3 }) : t("map.points_wrong") };
    return null;
  }
  if (!at) {
    form.wrong.value = { form: t("map.place_unknown") };
    return null;
  }
  return shape === "minutes" ? { form: "minutes", at, minutes: minutes?.trim() ?? "" } : { form: "around", at, radius_m: radius_m?.trim() ?? "" };
}

export function CordonTool() {
  const form = useForm("map/cordon", { form: "around", radius_m: "300", minutes: "2", points: "" });
  const shown = cordon.shown.value, found = shown?.answer, shape = form.values.value.form;
  const submit = async (): Promise<void> => {
    const area = areaAsked(form);
    if (!area) return focusIn("#cordon-form [aria-invalid]");
    await form.submit(async () => {
      const answer = await askCordon(area);
      say(t("map.cordon_found", { n: answer.posts.length }));
    }, form.values.value);
  };
  return (
    <>
      <FormBox
        form={form} id="cordon-form" label={t("map.cordon")} submit={t("map.cordon_submit")} onSubmit={submit}
        more={<button type="button" onClick={cordon.clear} disabled={!found}>{t("map.span_clear")}</button>}
      >
        <p class="hint wide">{t("map.cordon_hint")}</p>
        <SelectField
          name="form" label={t("map.cordon_area")}
          options={[
            { value: "around", text: t("map.cordon_around") }, { value: "minutes", text: t("map.cordon_minutes_form") },
            { value: "polygon", text: t("map.cordon_polygon") },
          ]}
        />
        {shape === "polygon" && <PointsField shape="polygon" />}
        {shape === "minutes" && <TextField name="minutes" label={t("map.cordon_minutes")} required />}
        {shape === "around" && <TextField name="radius_m" label={t("map.cordon_radius")} required />}
      </FormBox>
      {shown && found && (
        <p class="quiet-text" data-cordon-sum>
          {t("map.span_at", { time: instant(shown.at_ms) })} {t("map.cordon_inside", { m: found.length_m })}
          {found.cut ? ` ${t("map.cordon_cut")}` : ""}
        </p>
      )}
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
