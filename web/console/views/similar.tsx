/* Open cases this may be about, with reasons; attaching is one press. */
import { row } from "../../shared/board";
import { lengthText } from "../../shared/geo";
import { t, word } from "../../shared/i18n";
import { span } from "../../shared/time";
import type { ContactRow, Id } from "../../shared/types";
import { attach } from "../actions/attach";
import { classText } from "../actions/lookup";
import { offers } from "../offers";
import type { Similar } from "../similar";
import { go, say } from "../state";
import { sayRefusal } from "../ui/button";

export async function attachTo(contact: ContactRow, id: Id): Promise<void> {
  try {
    await attach.perform(contact, { case: id });
    say(t("attach.done", { contact: contact.id, id }));
    go(`/case/${id}`);
  } catch (error) {
    sayRefusal(error);
  }
}

function reasonsOf(each: Similar): string {
  const reasons: string[] = [];
  if (each.metres !== null) reasons.push(t(each.near ? "similar.near" : "similar.away", { length: lengthText(each.metres) }));
  if (each.recent) reasons.push(t("similar.recent", { age: span(each.age_ms) }));
  if (each.sameClass) reasons.push(t("similar.class"));
  return reasons.join(t("rec.and"));
}

/* `numbered`: digits pick (the attach page); otherwise only a press does, since digits are typed in forms. */
export function SimilarCases({ contact, numbered }: { contact: ContactRow | undefined; numbered?: boolean }) {
  const found = offers.value;
  if (!found.length) return numbered ? <p class="empty">{t("similar.none")}</p> : null;
  return (
    <section class={numbered ? "similar" : "similar inline"} aria-label={t("similar.title")} data-similar={found.length}>
      {!numbered && <h3>{t("similar.title")}{contact && <> <kbd>t</kbd></>}</h3>}
      <ol class="plain">
        {found.map((each, i) => {
          const of = row("case", each.id);
          if (!of) return null;
          const what = `${t("cases.one", { id: each.id })} · ${classText(of.class)}`;
          return (
            <li key={each.id} data-offer={each.id}>
              {numbered && <kbd>{i + 1}</kbd>}
              <span class="offer">
                <strong>{what}</strong> <span class={`badge state-${of.state}`}>{word("case_state", of.state)}</span>
                <span class="kind">{of.personal?.address ? `${of.personal.address} · ` : ""}{reasonsOf(each)}</span>
              </span>
              {contact && attach.predicate(contact) ? (
                <button
                  type="button"
                  aria-label={t("attach.to", { id: each.id })}
                  onClick={() => void attachTo(contact, each.id)}
                >
                  {t("contacts.attach")}
                </button>
              ) : (
                <button type="button" class="quiet" aria-label={`${t("similar.show")} ${what}`} onClick={() => go(`/case/${each.id}`)}>
                  {t("similar.show")}
                </button>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}
