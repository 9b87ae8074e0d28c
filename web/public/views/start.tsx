/* What may be asked here, and the way to a matter that is under way. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, isPassing, Refusal } from "../../shared/api";
import { say, t, word, type Key } from "../i18n";
import { en } from "../i18n/en";
import { typedCode, type Offer } from "../model";
import { Entry, ProblemBox } from "../parts";
import { followAddress, go, writeAddress } from "../route";
import { complaint, useForm } from "../sending";

export const EMERGENCY_NUMBER = "110";

/* What the desk offers; null until it has said so. */
export const offers = signal<readonly Offer[] | null>(null);
export const offersProblem = signal<Refusal | null>(null);

export async function fetchOffers(): Promise<void> {
  try {
    offers.value = (await ask<{ procedures: Offer[] }>("/public/procedures")).procedures;
    offersProblem.value = null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    offersProblem.value = error;
  }
}

/* Letters and mediation first, whatever the order of the record; examples last. */
function ordered(all: readonly Offer[]): Offer[] {
  const rank = (offer: Offer): number => (offer.name === "letter" ? 0 : offer.name === "mediation" ? 1 : offer.example ? 3 : 2);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

function OfferLink({ offer }: { offer: Offer }) {
  const lead = `start.lead.${offer.name}`;
  return (
    <li>
      <a class="tile" data-in data-offer={offer.name} href={writeAddress(offer.name)}>
        <strong>{say(offer.title)}{offer.example && <span class="tag">{t("start.example")}</span>}</strong>
        {lead in en && <span>{t(lead as Key)}</span>}
        {say(offer.next) && <small>{t("start.first", { next: say(offer.next) })}</small>}
      </a>
    </li>
  );
}

export function CodeForm() {
  const form = useForm("code", { code: "" });
  const labels = { code: t("start.code") };
  function submit(event: Event): void {
    event.preventDefault();
    const code = typedCode((form.values.code ?? "").trim());
    if (!code) {
      form.refuse(complaint("code", "no-code"));
      return;
    }
    form.drop(); /* a code is a key to somebody's matter: it does not stay on the device */
    go(followAddress(code));
  }
  return (
    <form class="form" id="code-form" onSubmit={submit} noValidate>
      <ProblemBox problem={form.problem} labels={labels} />
      <Entry form={form} name="code" label={labels.code} labels={labels} hint={t("start.code.hint")} />
      <button class="main" type="submit">{t("start.go")}</button>
      <p class="hint">{t("start.no_account")}</p>
    </form>
  );
}

export function Start() {
  useEffect(() => { void fetchOffers(); }, []);
  const list = offers.value, problem = offersProblem.value;
  return (
    <>
      <h1 tabIndex={-1}>{t("start.title")}</h1>
      <section aria-labelledby="start-write">
        <h2 id="start-write">{t("start.write")}</h2>
        {!list && !problem && <p role="status">{t("app.loading")}</p>}
        {!list && problem && (
          <div class="notice bad" role="alert">
            <p>{isPassing(problem.problem) ? t("problem.reach") : t("problem.other", { detail: problem.problem.detail })}</p>
            <p class="row"><button type="button" onClick={() => void fetchOffers()}>{t("send.retry")}</button></p>
          </div>
        )}
        {list && list.length === 0 && <p>{t("start.none", { number: EMERGENCY_NUMBER })}</p>}
        {list && list.length > 0 && <ul class="tiles">{ordered(list).map((offer) => <OfferLink key={offer.name} offer={offer} />)}</ul>}
      </section>
      <section class="card" aria-labelledby="start-follow">
        <h2 id="start-follow">{t("start.follow")}</h2>
        <CodeForm />
      </section>
    </>
  );
}

export const procedureTitle = (name: string): string => {
  const offer = offers.value?.find((each) => each.name === name);
  return offer ? say(offer.title) : word("procedure", name);
};
