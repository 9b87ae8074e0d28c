/* Where a caller is: the newest place of their device, the link by which they may show it, and the places of this call. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tryAsk } from "../../shared/api";
import { t, word } from "../../shared/i18n";
import { instant, now, span } from "../../shared/time";
import type { ContactRow } from "../../shared/types";
import { locate } from "../actions/locate";
import { ActionButton } from "../ui/button";

interface Link { state: string; code: string | null; path: string | null }
interface Fix { seq: number; fix: { lat: number; lon: number; uncertainty_m: number; fix_source: string; fixed_at_ms: number } }

/* As it is read out: the whole address, whose last part is the code. */
function LinkText({ contact }: { contact: ContactRow }) {
  const path = useSignal<string | null>(null);
  useEffect(() => {
    path.value = null;
    void tryAsk<Link>(`/v1/contacts/${contact.id}/locate`).then((link) => { path.value = link?.path ?? null; });
  }, [contact.id, contact.locating, contact.seq]);
  if (!path.value) return null;
  return <code class="locate-link" data-locate-link>{t("place.link", { link: `${location.origin}${path.value}` })}</code>;
}

/* The newest first, page by page.  A newer place comes in front; what was asked for before stays. */
function Track({ contact }: { contact: ContactRow }) {
  const fixes = useSignal<Fix[] | null>(null);
  const next = useSignal<string | null>(null);
  const take = async (before: string | null) => {
    const page = await tryAsk<{ fixes: Fix[]; next: string | null }>(`/v1/contacts/${contact.id}/fixes${before ? `?before=${before}` : ""}`);
    if (!page) {
      fixes.value ??= [];
      return;
    }
    const known = fixes.value ?? [];
    const seqs = new Set(page.fixes.map((fix) => fix.seq));
    const joins = !known.length || before !== null || !page.next || known.some((fix) => seqs.has(fix.seq));
    const kept = joins ? known.filter((fix) => !seqs.has(fix.seq)) : []; // a gap would look like a whole list
    if (before !== null || !kept.length) next.value = page.next;
    fixes.value = [...kept, ...page.fixes].sort((a, b) => b.seq - a.seq);
  };
  useEffect(() => { void take(null); }, [contact.id, contact.fix_count]);
  if (!fixes.value) return <p class="empty">{t("app.loading")}</p>;
  if (!fixes.value.length) return <p class="empty">{t("place.none")}</p>;
  return (
    <>
      <ol class="plain" aria-label={t("place.track")} data-track>
        {fixes.value.map(({ seq, fix }) => (
          <li key={seq}>
            {instant(fix.fixed_at_ms)} · {fix.lat.toFixed(5)}, {fix.lon.toFixed(5)} ·{" "}
            {t("place.source", { source: word("fix_source", fix.fix_source), n: fix.uncertainty_m })}
          </li>
        ))}
      </ol>
      {next.value && <button type="button" class="quiet" data-older-places onClick={() => void take(next.value)}>{t("place.older")}</button>}
    </>
  );
}

export function ContactPlace({ contact }: { contact: ContactRow }) {
  const shown = useSignal(false);
  if (!locate.predicate(contact)) return null;
  const state = contact.locating ?? null;
  const alive = state === "asked" || state === "agreed";
  return (
    <div class="contact-place" data-locating={state ?? "none"}>
      <p>
        {contact.lat !== null && contact.fix_source === "device" && (
          <span data-device-place>{t("place.device", { n: contact.uncertainty_m, age: span(now.value - (contact.fixed_at_ms ?? now.value)) })} </span>
        )}
        {contact.fix_count > 0 && (
          <button type="button" class="quiet" aria-expanded={shown.value} data-show-track onClick={() => (shown.value = !shown.value)}>
            {t("place.more", { n: contact.fix_count })}
          </button>
        )}
        {state && <span class="quiet-text"> {t(`place.${state}`)} </span>}
        {!alive && <ActionButton action={locate} subject={contact} args={{ step: "ask" }} text={t(state ? "place.ask_again" : "place.ask")} label={`${t("place.ask")} ${contact.id}`} quiet />}
        {alive && <ActionButton action={locate} subject={contact} args={{ step: "end" }} text={t("place.end")} label={`${t("place.end")} ${contact.id}`} quiet />}
      </p>
      {alive && <LinkText contact={contact} />}
      {shown.value && <Track contact={contact} />}
    </div>
  );
}
