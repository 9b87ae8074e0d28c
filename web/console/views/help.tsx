import { t } from "../../shared/i18n";
import { commands, keyed } from "../actions/registry";
import { pageKeys, singleKeys, setSingleKeys } from "../keys";
import { go } from "../state";
import { light, setLight } from "../theme";

export function Help() {
  return (
    <section class="panel sheet" aria-labelledby="help-title">
      <div class="panel-head">
        <h2 id="help-title">{t("help.title")}</h2>
        <button type="button" class="quiet" onClick={() => go("/")}>{t("app.close")}</button>
      </div>
      <h3>{t("help.commands")}</h3>
      <ul class="usage">
        {commands.map((command) => <li key={command.verb}><code>{t(command.usage)}</code></li>)}
      </ul>
      <h3>{t("help.keys")}</h3>
      <p class="field check">
        <input
          id="single-keys"
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        <label for="single-keys">{t("help.on")}</label>
      </p>
      <p class="hint">{t("help.where")}</p>
      <p class="field check">
        <input id="light" type="checkbox" checked={light.value} onChange={(event) => setLight(event.currentTarget.checked)} />
        <label for="light">{t("help.light")}</label>
      </p>
      <dl class="keys">
        {[...pageKeys, ...keyed].map(({ key, text }) => (
          <div key={key}>
            <dt><kbd>{key}</kbd></dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
