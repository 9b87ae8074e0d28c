/* The points of a line or polygon in a form: by clicks, by the map's centre (for the keyboard) or typed. */
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { say } from "../state";
import { AreaField } from "../ui/fields";
import { useFormOf } from "../ui/form";
import { drawing } from "./picking";
import { POINTS_MAX, readPoints, writePoint } from "./points";
import { drawn, nothingDrawn, openView } from "./view";

export function PointsField({ shape, along = false }: { shape: "line" | "polygon"; along?: boolean }) {
  const form = useFormOf();
  const text = form.values.value.points ?? "";
  const points = readPoints(text);
  const add = (lat: number, lon: number): void => {
    const before = (form.values.peek().points ?? "").trimEnd();
    if ((readPoints(before)?.length ?? 0) >= POINTS_MAX) return say(t("map.points_many", { n: POINTS_MAX }), true);
    form.set("points", `${before}${before ? "\n" : ""}${writePoint(lat, lon)}`);
  };
  useEffect(() => {
    drawing.value = { add };
    return () => {
      drawing.value = null;
      drawn.value = nothingDrawn;
    };
  }, []);
  useEffect(() => { drawn.value = { form: shape, points: points ?? [], along }; }, [text, shape, along]);
  const back = (): void => form.set("points", text.trimEnd().split("\n").slice(0, -1).join("\n"));
  const centre = (): void => {
    const at = openView.peek()?.centre();
    if (at) add(at.lat, at.lon);
  };
  return (
    <>
      <AreaField name="points" label={t("map.points", { n: points?.length ?? 0 })} hint={t("map.points_hint")} rows={3} />
      <div class="buttons wide">
        <button type="button" onClick={centre}>{t("map.add_centre")}</button>
        <button type="button" onClick={back}>{t("map.drop_last")}</button>
      </div>
    </>
  );
}
