/* Where: an address from the index, coordinates, or just words.  What was found is verified; what was only typed
 * is flagged, never refused. */
import { useEffect, useMemo } from "preact/hooks";
import { datumText, lengthText, metresBetween, position, positionText, type Point } from "../../shared/geo";
import { lang, t, word } from "../../shared/i18n";
import type { Address } from "../../shared/types";
import { makeAddressSearch } from "../address_search";
import { useConverted } from "../converted";
import { placeHeard } from "../place_heard";
import { picking } from "../map/picking";
import { ChoiceList, useChoices, type Choice } from "../ui/choices";
import { Frame } from "../ui/fields";
import { useField, useFormOf } from "../ui/form";

const nameOf = (each: Address): string => (lang.value === "en" && each.name_en ? each.name_en : each.name);

/* Of a place what it is, of others what they are: a park, a crossing. */
function kindOf(each: Address): string {
  if (each.kind !== "place" || !each.detail) return word("address_kind", each.kind);
  const detail = each.detail.replaceAll(" ", "_"), text = word("place_detail", detail);
  return text === detail ? each.detail : text;
}

/* One press for what the caller has said already, once the index knows it; while nothing is written.  It goes away
 * with the press, so the next field gets the focus. */
function Heard({ near, take }: { near: Point | null; take: (found: Address) => void }) {
  const { values } = useFormOf();
  const heard = placeHeard(values.value.description ?? "");
  const search = useMemo(makeAddressSearch, []);
  useEffect(() => search.stop, [search]);
  useEffect(() => search.look(heard, near), [heard, near?.lat, near?.lon]);
  const found = search.found.value[0];
  if (!heard || !found || values.value.address?.trim()) return null;
  return (
    <div class="suggestions wide" role="group" aria-label={t("place.heard")} data-heard={heard}>
      <span class="hint">{t("place.heard")}</span>
      <button
        type="button"
        onClick={(event) => {
          take(found);
          event.currentTarget.form?.querySelector<HTMLElement>('[name="class"]')?.focus();
        }}
      >
        {nameOf(found)} {near && <span class="choice-hint">{lengthText(metresBetween(near, found))}</span>}
      </button>
    </div>
  );
}

export function PlaceField({ near }: { near: Point | null }) {
  const { form, id, fault, control, value } = useField({ name: "address", label: "", hint: "yes" });
  const search = useMemo(makeAddressSearch, []);
  useEffect(() => () => {
    search.stop();
    picking.value = null;
  }, [search]);
  /* A click on the map gives the point; what was said about the place stays as it is. */
  const pick = (): void => {
    picking.value = picking.value ? null : {
      want(lat, lon) {
        form.set("converted", "");
        form.set("position", positionText({ lat, lon }));
        picking.value = null;
        document.getElementById(id)?.focus();
      },
    };
  };
  const verified = form.values.value.verified === "yes";
  const point = position(form.values.value.position ?? "");
  const written = position(value);
  const typed = useConverted(written);
  const choices: Choice[] = written
    ? typed ? [{
      value: "point",
      text: positionText(typed),
      hint: written.datum ? t("place.converted", { datum: datumText[written.datum] }) : t("place.coordinates"),
    }] : []
    : search.found.value.map((each, i) => ({
      value: String(i),
      text: nameOf(each),
      hint: [kindOf(each), each.kind === "place" ? "" : each.detail ?? "", near ? lengthText(metresBetween(near, each)) : ""]
        .filter(Boolean).join(" · "),
    }));
  const take = (choice: Choice): void => {
    if (typed) {
      form.set("converted", written?.datum ? datumText[written.datum] : "");
      form.set("position", positionText(typed));
      form.set("address", "");
      form.set("verified", "");
      return;
    }
    const each = search.found.value[Number(choice.value)];
    if (each) accept(each);
  };
  const accept = (each: Address): void => {
    const name = nameOf(each);
    form.set("converted", "");
    form.set("address", name);
    form.set("found", name);
    form.set("position", positionText(each));
    form.set("verified", "yes");
    search.stop();
  };
  /* Not marked by itself: words that the index does not know must not turn into its nearest guess. */
  const list = useChoices(choices, take, false);
  const input = (text: string): void => {
    form.set("address", text);
    /* "…, back yard" added to what was found is still that place. */
    const found = form.values.value.found ?? "";
    const same = found !== "" && text.includes(found);
    if (!same && verified && found) form.set("verified", "");
    search.look(text, near);
    list.shown.value = true;
  };
  const trouble = search.trouble.value;
  const converted = form.values.value.converted;
  const hint = verified ? "place.verified" : value.trim() || point ? "place.unverified" : "open.place_rule";
  return (
    <Frame id={id} label={t("open.address")} fault={fault} wide>
      <div class="combo with-button">
        <input
          {...control}
          {...list.input}
          type="text"
          value={value}
          autocomplete="off"
          spellcheck={false}
          placeholder={t("place.hint")}
          onInput={(event) => input(event.currentTarget.value)}
          onKeyDown={list.key}
          onBlur={() => (list.shown.value = false)}
        />
        <button type="button" class="pick" aria-pressed={picking.value !== null} data-pick onClick={pick}>
          {t("place.pick")}
        </button>
        <ChoiceList of={list} label={t("place.found")} />
      </div>
      <Heard near={near} take={accept} />
      <p class={verified ? "place-said hint good" : "place-said hint"} id={`${id}-hint`} data-verified={verified}>
        {t(hint)}
        {converted && point && ` ${t("place.was_converted", { datum: converted, at: positionText(point) })}`}
        {trouble && value.trim() && !verified && !written && ` ${t(`place.${trouble}`)}`}
      </p>
    </Frame>
  );
}
