import { t } from "../../shared/i18n";
import { lang, langNames, langs, setLang } from "../../shared/i18n";

export function LanguageSwitch() {
  return (
    <div class="languages" role="group" aria-label={t("app.language")}>
      {langs.map((each) => (
        <button
          key={each}
          type="button"
          class="quiet"
          lang={each}
          aria-pressed={each === lang.value}
          onClick={() => setLang(each)}
        >
          {langNames[each]}
        </button>
      ))}
    </div>
  );
}
