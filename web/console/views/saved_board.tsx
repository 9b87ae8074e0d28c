/* The console without the desk: the board as it was saved here, to read and to print, and nothing that could be taken for
 * the live one.  It goes away by itself when the desk answers. */
import { type Copy } from "../../shared/copy";
import { t } from "../../shared/i18n";
import { fullInstant, now, span } from "../../shared/time";
import { printPage } from "../actions/print_page";
import { forgetCopy } from "../saving";
import { go, shownCase } from "../state";
import { ActionButton } from "../ui/button";
import { LanguageSwitch } from "./language";
import { BoardPrinted, SheetPrinted } from "./printed";

export function SavedBoard({ copy }: { copy: Copy }) {
  const shown = copy.sheets.find((each) => each.sheet.case.id === shownCase.value);
  const to = (path: string) => (event: Event): void => { event.preventDefault(); go(path); };
  return (
    <main class="saved-board" data-saved-board>
      <h1>{t("app.name")}</h1>
      <div class="warning" role="alert" data-warning="saved-copy">
        <p>
          <strong>{t("copy.banner", { time: fullInstant(copy.board.now_ms) })}</strong>{" "}
          {t("copy.old", { age: span(now.value - copy.saved_at_ms) })} {t("copy.trying")}
        </p>
        <p class="row">
          <span>{t("app.position", { number: copy.who })}</span>{" "}
          <ActionButton action={printPage} subject={undefined} args={undefined} />{" "}
          <button type="button" class="quiet" data-wipe-copy onClick={() => void forgetCopy()}>{t("copy.wipe")}</button>{" "}
          <LanguageSwitch />
        </p>
      </div>
      {copy.sheets.length > 0 && (
        <nav aria-label={t("copy.sheets")}>
          <a href="/" onClick={to("/")}>{t("app.board")}</a>{" "}
          {copy.sheets.map(({ sheet }) => (
            <a key={sheet.case.id} href={`/case/${sheet.case.id}`} onClick={to(`/case/${sheet.case.id}`)}>
              {t("cases.one", { id: sheet.case.id })}{" "}
            </a>
          ))}
        </nav>
      )}
      {shown ? <SheetPrinted at={now.value} of={shown} /> : <BoardPrinted at={now.value} />}
    </main>
  );
}
