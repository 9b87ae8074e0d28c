/* A link that the emergency desk sent or read out: whoever holds it is asked whether the desk may see where this device is.
 * Nothing is looked up or sent before they agree, nothing after they stop, and everything stops with their case. */
import { useEffect, useState } from "preact/hooks";
import { ask, plain, Refusal } from "../../shared/api";
import { t } from "../i18n";

type State = "asked" | "agreed" | "ended";
type Sending = { is: "none" } | { is: "looking" } | { is: "sent"; metres: number; at: number } | { is: "denied" } | { is: "failed" };

const EVERY_MS = 10_000; /* at most so often a place is sent */
const LOOK_MS = 3000; /* and so often is looked whether all is over */
const where = (code: string): string => `/public/locations/${encodeURIComponent(code)}`;

const step = (code: string, body: Record<string, unknown>): Promise<unknown> => plain("POST", where(code), body);

/* Watches while `on`: sends the newest place, one at a time; what could not be sent is superseded by the next. */
function useSending(code: string, on: boolean, over: () => void): Sending {
  const [sending, setSending] = useState<Sending>({ is: "none" });
  useEffect(() => {
    if (!on) return undefined;
    if (!("geolocation" in navigator)) {
      setSending({ is: "denied" });
      return undefined;
    }
    let lastAt = 0, busy = false, newest: GeolocationPosition | null = null, ended = false;
    async function send(): Promise<void> {
      if (!newest || busy || ended || Date.now() - lastAt < EVERY_MS) return;
      const { coords, timestamp } = newest;
      newest = null;
      busy = true;
      lastAt = Date.now();
      try {
        await step(code, { step: "fix", lat: coords.latitude, lon: coords.longitude, uncertainty_m: Math.ceil(coords.accuracy), fixed_at_ms: Math.min(timestamp, Date.now()) });
        if (!ended) setSending({ is: "sent", metres: Math.ceil(coords.accuracy), at: Date.now() });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (error.problem.status === 409 || error.problem.status === 404) return over();
        setSending({ is: "failed" });
      } finally {
        busy = false;
      }
    }
    setSending({ is: "looking" });
    const watch = navigator.geolocation.watchPosition(
      (position) => { newest = position; void send(); },
      (error) => setSending({ is: error.code === error.PERMISSION_DENIED ? "denied" : "failed" }),
      { enableHighAccuracy: true, maximumAge: 5000 },
    );
    const timer = setInterval(() => void send(), 1000);
    return () => {
      ended = true;
      clearInterval(timer);
      navigator.geolocation.clearWatch(watch);
    };
  }, [code, on]);
  return sending;
}

function SendingText({ sending }: { sending: Sending }) {
  if (sending.is === "sent") return <p class="notice good" data-locate-sent>{t("locate.sent", { metres: sending.metres })}</p>;
  if (sending.is === "denied") return <p class="notice bad" role="alert">{t("locate.denied")}</p>;
  if (sending.is === "failed") return <p class="notice warn">{t("locate.failed")}</p>;
  return <p class="notice">{t("locate.looking")}</p>;
}

export function Locate({ code }: { code: string }) {
  const [state, setState] = useState<State | "unknown" | "looking">("looking");
  const [agreed, setAgreed] = useState(false); /* on this device, now: a reload asks again */
  const over = (): void => { setState("ended"); setAgreed(false); };
  const sending = useSending(code, agreed && state === "agreed", over);
  async function look(): Promise<void> {
    try {
      const next = await ask<{ state: State }>(where(code));
      setState(next.state);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.problem.status === 404 || error.problem.status === 400) setState("unknown");
    }
  }
  async function take(what: "agree" | "end"): Promise<void> {
    try {
      await step(code, { step: what });
      setAgreed(what === "agree");
      setState(what === "agree" ? "agreed" : "ended");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await look();
    }
  }
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), LOOK_MS);
    return () => clearInterval(timer);
  }, [code]);
  return (
    <>
      <h1 tabIndex={-1}>{t("locate.title")}</h1>
      <div role="status" data-locate={state}>
        {state === "looking" && <p class="notice">{t("app.loading")}</p>}
        {state === "unknown" && <p class="notice bad">{t("locate.unknown")}</p>}
        {state === "ended" && <p class="notice good">{t("locate.ended")}</p>}
        {agreed && state === "agreed" && <SendingText sending={sending} />}
      </div>
      {(state === "asked" || state === "agreed") && (
        <section class="card">
          {!agreed && <p>{t("locate.ask")}</p>}
          <ul class="words"><li>{t("locate.only")}</li><li>{t("locate.until")}</li><li>{t("locate.stop_any")}</li></ul>
          <p class="row">
            {!agreed && <button type="button" class="main big" data-locate-agree onClick={() => void take("agree")}>{t("locate.agree")}</button>}
            <button type="button" class={agreed ? "big grave" : "big"} data-locate-end onClick={() => void take("end")}>{t(agreed ? "locate.stop" : "locate.refuse")}</button>
          </p>
        </section>
      )}
    </>
  );
}
