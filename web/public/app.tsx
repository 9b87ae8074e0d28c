/* The frame of the public page: the line for danger, the languages, where to go. */
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { langNames, langs } from "../shared/lang";
import { lang, setLang, t, type Key } from "./i18n";
import { moves, route, type Route } from "./route";
import { EMERGENCY_NUMBER, Start } from "./views/start";
import { Follow } from "./views/follow";
import { Locate } from "./views/locate";
import { ReceiptView } from "./views/receipt";
import { Verify } from "./views/verify";
import { Write } from "./views/write";
import { zone } from "./when";

const online = signal(navigator.onLine);
window.addEventListener("online", () => { online.value = true; });
window.addEventListener("offline", () => { online.value = false; });

/* The number is a link that calls, in the middle of the sentence. */
function Danger() {
  const [before = "", after = ""] = t("app.danger").split("{number}");
  return <p class="danger">{before}<a href={`tel:${EMERGENCY_NUMBER}`}>{EMERGENCY_NUMBER}</a>{after}</p>;
}

function View({ at }: { at: Route }) {
  switch (at.view) {
    case "start": return <Start />;
    case "write": return <Write key={at.procedure} procedure={at.procedure} />;
    case "receipt": return <ReceiptView code={at.code} />;
    case "follow": return <Follow typed={at.code} />;
    case "verify": return <Verify />;
    case "locate": return <Locate key={at.code} code={at.code} />;
    case "lost": return <h1 tabIndex={-1}>{t("app.lost")}</h1>;
  }
}

const pages: { view: Route["view"]; href: string; text: Key }[] = [
  { view: "start", href: "/public", text: "app.home" },
  { view: "follow", href: "/follow", text: "app.follow" },
  { view: "verify", href: "/public/verify", text: "app.verify" },
];

export function App() {
  const main = useRef<HTMLElement>(null);
  const at = route.value, move = moves.value;
  useEffect(() => {
    document.documentElement.lang = lang.value;
    const heading = main.current?.querySelector("h1")?.textContent;
    document.title = heading ? `${heading} – ${t("app.name")}` : t("app.name");
  });
  useEffect(() => {
    if (move > 0) main.current?.querySelector<HTMLElement>("h1")?.focus();
  }, [move]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.querySelector<HTMLElement>("h1")?.focus(); }}>{t("app.skip")}</a>
      <header>
        <Danger />
        <div class="bar">
          <p class="name"><a data-in href="/public">{t("app.name")}</a> <small>{t("app.by")}</small></p>
          <div class="langs" role="group" aria-label={t("app.languages")}>
            {langs.map((each) => (
              <button key={each} type="button" lang={each} aria-pressed={lang.value === each} onClick={() => setLang(each)}>{langNames[each]}</button>
            ))}
          </div>
        </div>
        <nav aria-label={t("app.menu")}>
          {pages.map((page) => (
            <a key={page.view} data-in href={page.href} aria-current={at.view === page.view ? "page" : undefined}>{t(page.text)}</a>
          ))}
        </nav>
      </header>
      <div role="status" class="status">{!online.value && <p class="notice warn" data-offline>{t("app.offline")}</p>}</div>
      <main ref={main} id="main"><View at={at} /></main>
      <footer><p>{t("app.zone", { zone: zone() })}</p></footer>
    </>
  );
}
