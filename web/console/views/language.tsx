import { t } from "../../shared/i18n";
import { lang, langNames, langs, setLang } from "../../shared/i18n";

/* In a bar that is full. */
const short = { "zh-Hans": "简", "zh-Hant": "繁", en: "En" } as const;

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
          <span class="long">{langNames[each]}</span><span class="short" aria-hidden="true">{short[each]}</span>
        </button>
      ))}
    </div>
  );
}
