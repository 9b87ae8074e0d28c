/* Writing: what it is about, where, and who writes - the last two only if they want. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import { bytesOf, LIMITS, type Receipt } from "../model";
import { Entry, ProblemBox, SendState } from "../parts";
import { go, receiptAddress } from "../route";
import { complaint, useForm, type Form } from "../sending";
import { fetchOffers, offers, offersProblem, procedureTitle } from "./start";

/* The answer to what was just sent; the receipt page asks the desk when it is not there any more. */
export const justSent = signal<Receipt | null>(null);

const EMPTY = { text: "", place: "", name: "", number: "", lat: "", lon: "", metres: "" };
type Spot = "none" | "looking" | "refused";
const spot = signal<Spot>("none");

/* Seven digits behind the point are the desk's grain: a centimetre. */
const grain = (degrees: number): string => degrees.toFixed(5);

function locate(form: Form): void {
  spot.value = "looking";
  const refused = (): void => { spot.value = "refused"; };
  if (!("geolocation" in navigator)) return refused();
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    spot.value = "none";
    form.setAll({ lat: grain(coords.latitude), lon: grain(coords.longitude), metres: String(Math.ceil(coords.accuracy)) });
  }, refused, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 });
}

function Position({ form }: { form: Form }) {
  const { lat = "", lon = "", metres = "" } = form.values;
  return (
    <div class="entry" aria-live="polite">
      {lat ? (
        <>
          <p>{t("write.located", { lat, lon, metres })}</p>
          <p class="row"><button type="button" disabled={form.locked} onClick={() => form.setAll({ lat: "", lon: "", metres: "" })}>{t("write.forget")}</button></p>
        </>
      ) : (
        <p class="row"><button type="button" disabled={form.locked} onClick={() => locate(form)}>{t("write.locate")}</button></p>
      )}
      {spot.value === "looking" && <p>{t("write.locating")}</p>}
      {spot.value === "refused" && !lat && <p class="fault">{t("write.unlocated")}</p>}
    </div>
  );
}

function bodyOf(form: Form, procedure: string): Record<string, unknown> {
  const value = (name: string): string => (form.values[name] ?? "").trim();
  const place = value("place");
  const body: Record<string, unknown> = {
    procedure,
    text: place ? `${value("text")}\n\n${t("write.place.line", { place })}` : value("text"),
  };
  if (value("name")) body.name = value("name");
  if (value("number")) body.number = value("number");
  if (value("lat")) Object.assign(body, { lat: Number(value("lat")), lon: Number(value("lon")) });
  return body;
}

/* The first field that does not hold. */
function fault(body: Record<string, unknown>, written: string): { field: string; code: string } | null {
  if (!written.trim()) return { field: "text", code: "missing-field" };
  for (const field of ["text", "name", "number"] as const) {
    const value = body[field];
    if (typeof value === "string" && bytesOf(value) > LIMITS[field]) return { field, code: "too-long" };
  }
  return null;
}

export function Write({ procedure }: { procedure: string }) {
  const form = useForm(`write.${procedure}`, EMPTY);
  useEffect(() => { if (!offers.value) void fetchOffers(); }, []);
  const labels = { text: t("write.about"), place: t("write.place"), name: t("write.name"), number: t("write.number") };
  const typed = ["text", "place", "name", "number", "lat"].some((name) => form.values[name]);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    /* Sent before without an answer: the very same again, whatever language the page speaks by now. */
    const body = (form.sentBody() ?? bodyOf(form, procedure)) as Record<string, unknown>;
    const wrong = fault(body, form.values.text ?? "");
    if (wrong) {
      form.refuse(complaint(wrong.field, wrong.code));
      return;
    }
    const answer = await form.send("/public/matters", body);
    if (!answer) return;
    justSent.value = answer as unknown as Receipt;
    go(receiptAddress(justSent.value.code));
  }
  const gone = offers.value !== null && !offers.value.some((each) => each.name === procedure);
  if (gone) return <><h1 tabIndex={-1}>{t("app.lost")}</h1><p>{t("write.gone")}</p></>;
  return (
    <>
      <h1 tabIndex={-1}>{offers.value || offersProblem.value ? procedureTitle(procedure) : t("app.loading")}</h1>
      <form class="form" id="write-form" onSubmit={(event) => void submit(event)} noValidate>
        <ProblemBox problem={form.problem} labels={labels} />
        <Entry form={form} name="text" label={labels.text} labels={labels} hint={t("write.about.hint")} rows={8} required max={LIMITS.text} />
        <Entry form={form} name="place" label={labels.place} labels={labels} hint={t("write.place.hint")} />
        <Position form={form} />
        <fieldset class="card">
          <legend>{t("write.you")}</legend>
          <p class="hint">{t("write.you.why")}</p>
          <Entry form={form} name="name" label={labels.name} labels={labels} complete="name" max={LIMITS.name} />
          <Entry form={form} name="number" label={labels.number} labels={labels} type="tel" mode="tel" complete="tel" max={LIMITS.number} />
        </fieldset>
        <SendState form={form} />
        {!form.unsure && (
          <p class="row">
            <button class="main big" type="submit" aria-disabled={form.busy}>{t(form.busy ? "write.sending" : "write.send")}</button>
          </p>
        )}
        {form.kept && typed && <p class="hint">{t("write.kept")}</p>}
        {typed && !form.locked && <p class="row"><button type="button" onClick={() => form.drop()}>{t("write.discard")}</button></p>}
      </form>
    </>
  );
}
