/* Closing a road: points by clicks, by the map's centre (for the keyboard) or typed; and lifting it again. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { now } from "../../shared/time";
import type { PlaceRow } from "../../shared/types";
import { changeClosure, type ChangeClosureArgs } from "../actions/change_closure";
import { closeAndSay, type CloseRoadArgs } from "../actions/close_road";
import { liftClosure } from "../actions/lift_closure";
import { say } from "../state";
import { ActionButton } from "../ui/button";
import { SelectField, TextField, type Option } from "../ui/fields";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { endOf, reachOf, stateOf } from "./closure_words";
import { isClosure } from "./features";
import { POINTS_MAX, readPoints } from "./points";
import { PointsField } from "./points_field";

const HOUR_MS = 3_600_000;
const hours = ["1", "2", "4", "8", "24"];
const percents = ["75", "50", "25", "10"];
const LIFTED = "lifted";
const empty = { name: "", form: "line", direction: "both", speed: "0", until: "", points: "" };

const least = (form: string | undefined): number => (form === "polygon" ? 3 : 2);
const directionOf = (values: Values): "both" | "along" =>
  values.direction === "along" && values.form !== "polygon" ? "along" : "both";

function objections(values: Values): Record<string, string> {
  const wrong: Record<string, string> = {};
  const points = readPoints(values.points ?? "");
  if (!values.name?.trim()) wrong.name = t("map.close_no_name");
  if (!points) wrong.points = t("map.points_wrong");
  else if (points.length < least(values.form)) wrong.points = t("map.points_few", { n: least(values.form) });
  else if (points.length > POINTS_MAX) wrong.points = t("map.points_many", { n: POINTS_MAX });
  return wrong;
}

function argsOf(values: Values): CloseRoadArgs {
  return {
    name: values.name?.trim() ?? "", form: values.form === "polygon" ? "polygon" : "line",
    points: readPoints(values.points ?? "") ?? [], direction: directionOf(values), speed_percent: Number(values.speed ?? 0),
    until_at_ms: values.until ? now.peek() + Number(values.until) * HOUR_MS : null,
  };
}

const hourOptions = (): Option[] => hours.map((value) => ({ value, text: t("map.until_hours", { n: value }) }));

/* `present`: what holds now, when that is none of the usual ones. */
function HowFields({ line, present }: { line: boolean; present?: string }) {
  const speeds = ["0", ...new Set([...(present && present !== "0" ? [present] : []), ...percents])];
  return (
    <>
      <SelectField
        name="speed" label={t("map.how")}
        options={speeds.map((value) => ({ value, text: value === "0" ? t("map.state_closed") : t("map.state_slowed", { n: value }) }))}
      />
      {line && (
        <SelectField
          name="direction" label={t("map.direction")}
          options={[{ value: "both", text: t("map.direction_both") }, { value: "along", text: t("map.direction_along") }]}
        />
      )}
    </>
  );
}

export function CloseRoadForm({ onDone }: { onDone: () => void }) {
  const form = useForm("map/close_road", empty);
  useEffect(() => focusIn('#close-road-form [name="name"]'), []);
  const submit = async (): Promise<void> => {
    form.wrong.value = objections(form.values.value);
    if (Object.keys(form.wrong.value).length) return focusIn("#close-road-form [aria-invalid]");
    await form.submit(async (key) => {
      const said = await closeAndSay(argsOf(form.values.value), key);
      say(said.text, said.wrong);
      onDone();
    });
  };
  return (
    <FormBox
      form={form} id="close-road-form" label={t("map.close_road")} submit={t("map.close_submit")} onSubmit={submit}
      more={<button type="button" onClick={() => { form.reset(empty); onDone(); }}>{t("app.cancel")}</button>}
    >
      <p class="hint wide">{t("map.close_hint")}</p>
      <TextField name="name" label={t("map.close_name")} required wide />
      <SelectField
        name="form" label={t("map.close_form")}
        options={[{ value: "line", text: t("map.form_line") }, { value: "polygon", text: t("map.form_polygon") }]}
      />
      <SelectField
        name="until" label={t("map.close_until")} empty={t("map.until_lifted")}
        options={hourOptions()}
      />
      <HowFields line={form.values.value.form !== "polygon"} />
      <PointsField
        shape={form.values.value.form === "polygon" ? "polygon" : "line"} along={directionOf(form.values.value) === "along"}
      />
    </FormBox>
  );
}

/* How it holds, until when, and what it takes; counts down by itself. */
export function ClosureTerms({ place }: { place: PlaceRow }) {
  const reach = reachOf(place);
  return (
    <>
      <span>{stateOf(place)}</span>{" "}
      {place.until_at_ms ? <span class="quiet-text" data-closure-end>{endOf(place)}</span> : null}{" "}
      {reach && <span class={reach.none ? "unverified" : "quiet-text"} data-reach={reach.none ? "none" : "some"}>{reach.text}</span>}
    </>
  );
}

function changesOf(values: Values, place: PlaceRow): ChangeClosureArgs["fields"] {
  const fields: ChangeClosureArgs["fields"] = {}, name = values.name?.trim() ?? "", direction = directionOf(values);
  if (name !== place.name) fields.name = name;
  if (values.until) fields.until_at_ms = values.until === LIFTED ? null : now.peek() + Number(values.until) * HOUR_MS;
  if (Number(values.speed) !== place.speed_percent) fields.speed_percent = Number(values.speed);
  if (place.form === "line" && direction !== place.direction) fields.direction = direction;
  return fields;
}

function ChangeForm({ place, onDone }: { place: PlaceRow; onDone: () => void }) {
  const start = {
    name: place.name, until: "", speed: String(place.speed_percent ?? 0), direction: place.direction ?? "both", version: String(place.version),
  };
  const form = useForm(`map/change_closure/${place.id}`, start);
  const id = `change-closure-${place.id}`;
  useEffect(() => focusIn(`#${id} [name="until"]`), []);
  const submit = async (): Promise<void> => {
    const values = form.values.value;
    form.wrong.value = values.name?.trim() ? {} : { name: t("map.close_no_name") };
    if (form.wrong.value.name) return focusIn(`#${id} [aria-invalid]`);
    await form.submit(async (key) => {
      await changeClosure.perform(place, { fields: changesOf(values, place), version: Number(values.version) }, key);
      say(t("map.changed", { name: place.name }));
      onDone();
    });
  };
  return (
    <FormBox
      form={form} id={id} label={t("map.change_one", { name: place.name })} submit={t("map.change_submit")} onSubmit={submit}
      more={<button type="button" onClick={() => { form.reset(start); onDone(); }}>{t("app.cancel")}</button>}
    >
      <TextField name="name" label={t("map.close_name")} required wide />
      <SelectField
        name="until" label={t("map.close_until")} empty={t("map.until_same")}
        options={[{ value: LIFTED, text: t("map.until_lifted") }, ...hourOptions()]}
      />
      <HowFields line={place.form === "line"} present={String(place.speed_percent ?? 0)} />
    </FormBox>
  );
}

function Closure({ place }: { place: PlaceRow }) {
  const changing = useSignal(false);
  const done = (): void => {
    changing.value = false;
    focusIn(`[data-closure="${place.id}"] button`);
  };
  return (
    <li data-closure={place.id}>
      <strong>{place.name}</strong>{" "}
      <ClosureTerms place={place} />{" "}
      {changeClosure.predicate(place) && !changing.value && (
        <button type="button" aria-label={t("map.change_one", { name: place.name })} onClick={() => { changing.value = true; }}>
          {t("map.change")}
        </button>
      )}
      <ActionButton action={liftClosure} subject={place} args={undefined} label={t("map.lift_one", { name: place.name })} />
      {changing.value && <ChangeForm place={place} onDone={done} />}
    </li>
  );
}

export function ClosureList() {
  const all = [...rows("place").values()].filter(isClosure).sort((a, b) => a.name.localeCompare(b.name));
  if (!all.length) return <p class="empty">{t("map.no_closures")}</p>;
  return <ul class="plain" data-closures>{all.map((each) => <Closure key={each.id} place={each} />)}</ul>;
}
