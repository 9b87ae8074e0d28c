/* Closing a road: points by clicks, by the map's centre (for the keyboard) or typed; and lifting it again. */
import { useEffect } from "preact/hooks";
import { rows } from "../../shared/board";
import { t } from "../../shared/i18n";
import { instant, now } from "../../shared/time";
import { closeRoad, type CloseRoadArgs } from "../actions/close_road";
import { liftClosure } from "../actions/lift_closure";
import { say } from "../state";
import { ActionButton } from "../ui/button";
import { AreaField, SelectField, TextField } from "../ui/fields";
import { focusIn } from "../ui/focus";
import { FormBox, useForm, type Values } from "../ui/form";
import { isClosure } from "./features";
import { drawing } from "./picking";
import { POINTS_MAX, readPoints, writePoint } from "./points";
import { drawn, openView } from "./view";

const HOUR_MS = 3_600_000;
const hours = ["1", "2", "4", "8", "24"];
const empty = { name: "", form: "line", until: "", points: "" };

const least = (form: string | undefined): number => (form === "polygon" ? 3 : 2);

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
    points: readPoints(values.points ?? "") ?? [],
    until_at_ms: values.until ? now.peek() + Number(values.until) * HOUR_MS : null,
  };
}

export function CloseRoadForm({ onDone }: { onDone: () => void }) {
  const form = useForm("map/close_road", empty);
  const text = form.values.value.points ?? "";
  const points = readPoints(text);
  const add = (lat: number, lon: number): void => {
    const before = (form.values.peek().points ?? "").trimEnd();
    if ((readPoints(before)?.length ?? 0) >= POINTS_MAX) return say(t("map.points_many", { n: POINTS_MAX }), true);
    form.set("points", `${before}${before ? "\n" : ""}${writePoint(lat, lon)}`);
  };
  useEffect(() => {
    drawing.value = { add };
    focusIn('#close-road-form [name="name"]');
    return () => {
      drawing.value = null;
      drawn.value = { form: "line", points: [] };
    };
  }, []);
  useEffect(() => { drawn.value = { form: form.values.value.form ?? "line", points: points ?? [] }; }, [form.values.value]);
  const submit = async (): Promise<void> => {
    form.wrong.value = objections(form.values.value);
    if (Object.keys(form.wrong.value).length) return focusIn("#close-road-form [aria-invalid]");
    await form.submit(async (key) => {
      const args = argsOf(form.values.value);
      await closeRoad.perform(undefined, args, key);
      say(t("map.closed", { name: args.name }));
      onDone();
    });
  };
  const back = (): void => form.set("points", text.trimEnd().split("\n").slice(0, -1).join("\n"));
  const centre = (): void => {
    const at = openView.peek()?.centre();
    if (at) add(at.lat, at.lon);
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
        options={hours.map((value) => ({ value, text: t("map.until_hours", { n: value }) }))}
      />
      <AreaField name="points" label={t("map.points", { n: points?.length ?? 0 })} hint={t("map.points_hint")} rows={3} />
      <div class="buttons wide">
        <button type="button" onClick={centre}>{t("map.add_centre")}</button>
        <button type="button" onClick={back}>{t("map.drop_last")}</button>
      </div>
    </FormBox>
  );
}

export function ClosureList() {
  const all = [...rows("place").values()].filter(isClosure).sort((a, b) => a.name.localeCompare(b.name));
  if (!all.length) return <p class="empty">{t("map.no_closures")}</p>;
  return (
    <ul class="plain" data-closures>
      {all.map((each) => (
        <li key={each.id} data-closure={each.id}>
          <strong>{each.name}</strong>{" "}
          {each.until_at_ms ? <span class="quiet-text">{t("map.until", { time: instant(each.until_at_ms) })}</span> : null}{" "}
          <ActionButton
            action={liftClosure} subject={each} args={undefined}
            label={t("map.lift_one", { name: each.name })}
          />
        </li>
      ))}
    </ul>
  );
}
