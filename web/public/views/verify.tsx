/* Any receipt of this desk, pasted or as a file, checked on this device. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import type { ReceiptDocument } from "../model";
import { followAddress } from "../route";
import { verify, type Verdict } from "../verify";
import { day } from "../when";
import { causeText, fetchKey, OffLine, spanText, VerdictText, deskKey } from "./receipt";
import { fetchOffers, offers, procedureTitle } from "./start";

function at(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? text : day(ms);
}

function Says({ document }: { document: ReceiptDocument }) {
  const rows: [string, string][] = [
    [t("receipt.desk"), document.desk],
    [t("receipt.code"), document.code],
    [t("receipt.kind"), procedureTitle(document.procedure)],
    [t("receipt.print.number"), document.reference],
    [t("verify.received"), at(document.received_at)],
    [t("verify.promised"), document.promised_at ? at(document.promised_at)
      : document.paused_since ? t("receipt.paused", { since: at(document.paused_since), because: causeText(document.paused_because) }) : "–"],
    [t("verify.counted"), document.promise_unit ? spanText(document.promise_unit) : "–"],
    [t("verify.issued"), at(document.issued_at)],
  ];
  return (
    <section class="card" aria-labelledby="verify-says">
      <h2 id="verify-says">{t("verify.says")}</h2>
      <dl class="pairs">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {document.provisional && <p class="notice warn">{t("receipt.provisional")}</p>}
      <p class="row"><a data-in href={followAddress(document.code)}>{t("verify.follow")}</a></p>
    </section>
  );
}

export function Verify() {
  const [text, setText] = useState("");
  const [verdict, setVerdict] = useState<Verdict | "no_key" | null>(null);
  useEffect(() => {
    void fetchKey();
    if (!offers.value) void fetchOffers();
  }, []);
  async function check(words: string): Promise<void> {
    const key = await fetchKey();
    setVerdict(key ? await verify(words, key) : "no_key");
  }
  async function take(files: FileList | null): Promise<void> {
    const file = files?.[0];
    if (!file) return;
    /* A receipt has about 700 bytes; of a film only as much is read as shows that it is none. */
    const words = await file.slice(0, 20_000).text();
    setText(words);
    await check(words);
  }
  const good = verdict !== null && verdict !== "no_key" && verdict.is === "good" ? verdict.document : null;
  return (
    <>
      <h1 tabIndex={-1}>{t("verify.title")}</h1>
      <p>{t("verify.lead")}</p>
      <form class="form" id="verify-form" onSubmit={(event) => { event.preventDefault(); void check(text); }}>
        <div class="entry">
          <label for="verify-file">{t("verify.file")}</label>
          <input id="verify-file" type="file" accept=".json,application/json,text/plain" onChange={(event) => void take(event.currentTarget.files)} />
        </div>
        <div class="entry">
          <label for="verify-text">{t("verify.text")}</label>
          <textarea id="verify-text" name="document" rows={6} spellcheck={false} value={text}
            onInput={(event) => { setText(event.currentTarget.value); setVerdict(null); }} />
        </div>
        <p class="row"><button class="main" type="submit">{t("verify.go")}</button></p>
      </form>
      <div role="status">{verdict && <VerdictText verdict={verdict} />}</div>
      {good && <Says document={good} />}
      <section class="card" aria-labelledby="verify-key">
        <h2 id="verify-key">{t("verify.key")}</h2>
        {deskKey.value && <p><code class="line">{deskKey.value.key}</code></p>}
        <OffLine />
      </section>
    </>
  );
}
