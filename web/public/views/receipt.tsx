/* The receipt: what was promised, by when, and how to hold us to it. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask, isPassing, Refusal } from "../../shared/api";
import { t, type Key } from "../i18n";
import { en } from "../i18n/en";
import type { Receipt, ReceiptDocument } from "../model";
import { followAddress } from "../route";
import { verify, type Verdict } from "../verify";
import { day } from "../when";
import { CodeForm, fetchOffers, offers, procedureTitle } from "./start";
import { justSent } from "./write";

/* "7 working_days" in words; as it stands when this page is older than the desk. */
export function spanText(unit: string): string {
  const [n = "", measure = ""] = unit.split(" ");
  const key = `unit.${measure}`;
  return key in en ? t(key as Key, { n }) : unit;
}

/* Why it stands still; the word itself, when this page is older than the desk. */
export function causeText(cause: string | undefined): string {
  const key = `cause.${cause}`;
  return key in en ? t(key as Key) : cause ?? "";
}

/* The desk's key, fetched once: it lives as long as the desk. */
export const deskKey = signal<{ key: string; id: string } | null>(null);

export async function fetchKey(): Promise<{ key: string; id: string } | null> {
  if (deskKey.value) return deskKey.value;
  try {
    deskKey.value = await ask<{ key: string; id: string }>("/public/key");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return deskKey.value;
}

export function VerdictText({ verdict }: { verdict: Verdict | "no_key" }) {
  const is = verdict === "no_key" ? verdict : verdict.is;
  const values: Record<string, string> = {};
  if (verdict !== "no_key" && verdict.is === "no_receipt") values.member = verdict.member;
  if (verdict !== "no_key" && verdict.is === "other_key") values.id = verdict.document.key;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.scrollIntoView({ block: "nearest" }); }, [verdict]);
  return (
    <div ref={box} class={`notice ${is === "good" ? "good" : is === "bad" ? "bad" : "warn"}`} data-verdict={is}>
      <strong>{t(`verify.${is}`, values)}</strong>
    </div>
  );
}

/* How anybody can check it without this page or this desk. */
export function OffLine() {
  useEffect(() => { void fetchKey(); }, []);
  const key = deskKey.value;
  return (
    <div class="hint">
      <p>{t("receipt.offline")}</p>
      <p><code class="line">bellman receipt verify --key {key?.key ?? "…"} receipt.json</code></p>
    </div>
  );
}

function Link({ code }: { code: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [said, setSaid] = useState("");
  const address = location.origin + followAddress(code);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(address);
      setSaid(t("receipt.copied"));
    } catch {
      field.current?.select();
      setSaid(t("receipt.copy.by_hand"));
    }
  }
  return (
    <div class="entry no-print">
      <label for="receipt-link">{t("receipt.link")}</label>
      <input id="receipt-link" ref={field} readOnly value={address} onFocus={(event) => event.currentTarget.select()} />
      <p class="row"><button type="button" onClick={() => void copy()}>{t("receipt.copy")}</button> <span role="status">{said}</span></p>
    </div>
  );
}

function save(document: ReceiptDocument): void {
  const blob = new Blob([`${JSON.stringify(document)}\n`], { type: "application/json" });
  const address = URL.createObjectURL(blob);
  const link = window.document.createElement("a");
  link.href = address;
  link.download = `${document.code}.json`;
  link.click();
  URL.revokeObjectURL(address);
}

function Promised({ document }: { document: ReceiptDocument }) {
  const arrived = t("receipt.arrived", { at: day(Date.parse(document.received_at)) });
  if (document.paused_since) {
    return <p data-paused><strong>{t("receipt.paused", { since: day(Date.parse(document.paused_since)), because: causeText(document.paused_because) })}</strong> {arrived}</p>;
  }
  if (!document.promised_at) return <p>{t("receipt.promised.none")} {arrived}</p>;
  return (
    <>
      <p><strong>{t("receipt.promised")}</strong></p>
      <p class="date" data-promised>{day(Date.parse(document.promised_at))}</p>
      {document.promise_unit && <p>{t("receipt.how", { span: spanText(document.promise_unit), arrived })}</p>}
      {document.promise_unit?.includes("working") && <p class="hint">{t("receipt.how.days")}</p>}
      {document.provisional && <p class="notice warn">{t("receipt.provisional")}</p>}
    </>
  );
}

function Shown({ receipt, fresh }: { receipt: Receipt; fresh: boolean }) {
  const { document, code } = receipt;
  const [verdict, setVerdict] = useState<Verdict | "no_key" | "checking" | null>(null);
  async function check(): Promise<void> {
    setVerdict("checking");
    const key = await fetchKey();
    setVerdict(key ? await verify(JSON.stringify(document), key) : "no_key");
  }
  return (
    <>
      <h1 tabIndex={-1}>{t(fresh ? "receipt.title" : "receipt.title.again")}</h1>
      <section class="card" aria-labelledby="receipt-code">
        <h2 id="receipt-code">{t("receipt.code")}</h2>
        <p class="code" data-code>{code}</p>
        <p>{t("receipt.keep")}</p>
        <p class="row no-print"><a class="button main" data-in href={followAddress(code)}>{t("receipt.follow")}</a></p>
      </section>
      <section class="card">
        <Promised document={document} />
        <dl class="pairs">
          <div><dt>{t("receipt.desk")}</dt><dd>{document.desk}</dd></div>
          <div><dt>{t("receipt.kind")}</dt><dd>{procedureTitle(document.procedure)}</dd></div>
          <div><dt>{t("receipt.print.number")}</dt><dd>{document.reference}</dd></div>
        </dl>
      </section>
      <section class="card">
        <Link code={code} />
        <p class="only-print">{t("receipt.link")}<br />{location.origin + followAddress(code)}</p>
        <p class="row no-print">
          <button type="button" onClick={() => save(document)}>{t("receipt.download")}</button>
          <button type="button" onClick={() => window.print()}>{t("receipt.print")}</button>
        </p>
        <p class="qr"><img alt={t("receipt.qr.alt", { code })} src={`data:image/svg+xml,${encodeURIComponent(receipt.qr)}`} /></p>
        <p class="hint">{t("receipt.qr")}</p>
        <p class="row no-print">
          <button type="button" onClick={() => void check()}>{t("receipt.check")}</button>
          <a data-in href="/public/verify">{t("receipt.paste")}</a>
        </p>
        <div role="status">{verdict === "checking" ? t("verify.checking") : verdict && <VerdictText verdict={verdict} />}</div>
        <OffLine />
      </section>
    </>
  );
}

export function ReceiptView({ code }: { code: string }) {
  const fresh = justSent.value?.code === code;
  const [found, setFound] = useState<Receipt | null>(null);
  const [problem, setProblem] = useState<Refusal | null>(null);
  async function fetchReceipt(): Promise<void> {
    try {
      setFound(await ask<Receipt>(`/public/cases/${encodeURIComponent(code)}/receipt`));
      setProblem(null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setProblem(error);
    }
  }
  useEffect(() => {
    setFound(null);
    if (!offers.value) void fetchOffers();
    if (code && !fresh) void fetchReceipt();
  }, [code]);
  const receipt = fresh ? justSent.value : found;
  if (receipt) return <Shown receipt={receipt} fresh={fresh} />;
  return (
    <>
      <h1 tabIndex={-1}>{t("receipt.title.again")}</h1>
      {!code && <CodeForm />}
      {code && !problem && <p role="status">{t("app.loading")}</p>}
      {problem && (
        <div class="notice bad" role="alert">
          <p>{isPassing(problem.problem) ? t("problem.reach") : t("problem.unknown")}</p>
          <p class="row"><button type="button" onClick={() => void fetchReceipt()}>{t("send.retry")}</button></p>
        </div>
      )}
    </>
  );
}

