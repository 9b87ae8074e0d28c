import { useEffect } from "preact/hooks";
import { pending } from "../shared/api";
import { lang, t } from "../shared/i18n";
import { MapPanel } from "./map/panel";
import { shownCopy } from "./saving";
import { boardLoaded, expired, go, may, mayMatters, mayReport, mayTake, me, message, onlyOfficer, path, shownAfter, shownCase, shownMatter } from "./state";
import { After } from "./views/after";
import { Admin } from "./views/admin";
import { Alerts } from "./views/alerts";
import { AttachContact } from "./views/attach_contact";
import { Attention } from "./views/attention";
import { Cases } from "./views/cases";
import { Duress } from "./views/duress";
import { Contacts } from "./views/contacts";
import { FirstSteps } from "./views/first_steps";
import { Header, Warnings } from "./views/header";
import { Help } from "./views/help";
import { Join } from "./views/join";
import { Login, LoginAgain } from "./views/login";
import { Matter } from "./views/matter";
import { Matters } from "./views/matters";
import { NewMatter } from "./views/new_matter";
import { OpenCase } from "./views/open_case";
import { Exercise } from "./views/exercise";
import { EnterPaper } from "./views/enter_paper";
import { Printed } from "./views/printed";
import { Rates } from "./views/rates";
import { RingBack } from "./views/ring_back";
import { Reports } from "./views/reports";
import { SavedBoard } from "./views/saved_board";
import { Setup } from "./views/setup";
import { Sheet } from "./views/sheet";
import { Shift } from "./views/shift";
import { SurgePanel } from "./views/surge";
import { TakeContact } from "./views/take_contact";
import { Units } from "./views/units";

/* The last message, for the eye and for screen readers. */
function Messages() {
  const { text, bad, n } = message.value;
  useEffect(() => {
    if (!text || bad) return undefined; /* what went wrong stays until the next message */
    const timer = setTimeout(() => {
      if (message.peek().n === n) message.value = { text: "", bad: false, n: n + 1 };
    }, 6000);
    return () => clearTimeout(timer);
  }, [n]);
  return (
    <div class={text ? (bad ? "message bad" : "message") : "message none"}>
      <p role={bad ? "alert" : "status"} data-message={bad ? "bad" : "good"}>{text}</p>
      {bad && text && (
        <button type="button" class="quiet" onClick={() => (message.value = { text: "", bad: false, n: n + 1 })}>
          {t("app.close")}
        </button>
      )}
    </div>
  );
}

function Side() {
  if (shownCase.value) return <Sheet />;
  if (path.value === "/open") return <OpenCase />;
  if (path.value === "/contact") return <TakeContact />;
  if (path.value === "/attach") return <AttachContact />;
  if (path.value === "/surge") return <SurgePanel />;
  if (path.value === "/shift") return <Shift />;
  if (path.value === "/help") return <Help />;
  if (path.value === "/paper") return <EnterPaper />;
  if (path.value === "/exercise") return <Exercise />;
  if (shownMatter.value) return <Matter />;
  if (path.value === "/matters/new") return <NewMatter />;
  if (path.value === "/matters/rates") return <Rates />;
  return null;
}

const places = ["/", "/open", "/contact", "/attach", "/surge", "/shift", "/help", "/paper", "/exercise", "/admin", "/setup", "/join", "/map", "/matters", "/matters/new", "/matters/rates", "/alerts"];

/* Officers have no other board. */
const onMatters = (): boolean =>
  mayMatters() && (onlyOfficer() || path.value.startsWith("/matter"));

function NotFound() {
  return (
    <p class="warning">
      {t("app.not_found")} <button type="button" onClick={() => go("/")}>{t("app.back")}</button>
    </p>
  );
}

function MattersDesk({ known, side }: { known: boolean; side: boolean }) {
  return (
    <main class={`desk matters-desk${mayTake() ? "" : " alone"}${side ? " with-side" : ""}`}>
      <h1 class="sr">{t("matters.title")}</h1>
      {!known && <NotFound />}
      {mayTake() && <div class="column left"><Contacts /></div>}
      <Matters />
      {side && <div class="column right"><Side /></div>}
    </main>
  );
}

function Console() {
  const here = path.value;
  if (here === "/admin" && may("admin")) return <Admin />;
  if (here === "/reports" && mayReport()) return <Reports />;
  if (shownAfter.value) return <After key={shownAfter.value} id={shownAfter.value} />;
  if (here === "/alerts" && may("admin", "supervisor")) return <Alerts />;
  if (here === "/map") return <main class="map-page"><h1 class="sr">{t("map.title")}</h1><MapPanel /></main>;
  const known = shownCase.value !== null || shownMatter.value !== null || places.includes(here);
  const side = here !== "/" && here !== "/matters" && known;
  if (onMatters()) return <MattersDesk known={known} side={side} />;
  return (
    <main class={side ? "desk with-side" : "desk"}>
      <h1 class="sr">{t("app.board")}</h1>
      {!known && <NotFound />}
      <div class="column left">
        <Contacts />
        <RingBack />
        <FirstSteps />
        <Units />
      </div>
      <Cases />
      <div class="map-area"><MapPanel /></div>
      {side && <div class="column right"><Side /></div>}
    </main>
  );
}

export function App() {
  useEffect(() => {
    document.documentElement.lang = lang.value;
    document.title = t("app.name");
  }, [lang.value]);
  if (path.value === "/setup" && !me.value) return <Setup />;
  if (me.value === undefined && shownCopy.value) return <><SavedBoard copy={shownCopy.value} /><Printed /></>;
  if (path.value === "/join" && !me.value) return <Join />;
  if (me.value === undefined) return <main class="gate"><p>{t("app.loading")}</p></main>;
  if (me.value === null) return <Login />;
  return (
    <>
      <a class="skip" href="#cases">{t("app.skip")}</a>
      <Header />
      <Warnings />
      <Duress />
      {boardLoaded.value || !expired.value ? <Console /> : null}
      <Attention />
      <Messages />
      <LoginAgain />
      <Printed />
    </>
  );
}

window.addEventListener("beforeunload", (event) => {
  if (pending.value.length) event.preventDefault();
});
