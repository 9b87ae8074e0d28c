/* Whether roads, map and addresses are loaded: without them the desk goes on, and says what it lacks. */
import { t } from "../../shared/i18n";
import { partOf } from "../../shared/types";
import { me } from "../state";

export function AdminArea() {
  const area = me.value?.area;
  return (
    <section class="panel" aria-labelledby="area-title">
      <h2 id="area-title">{t("admin.area")}</h2>
      {!area && <p class="empty">{t("admin.area_unknown")}</p>}
      {area && (
        <dl class="details">
          {(["roads", "tiles", "addresses"] as const).map((part) => {
            const state = partOf(area[part]);
            return (
              <div key={part} data-area={part} data-loaded={state.loaded}>
                <dt>{t(`area.${part}`)}</dt>
                <dd class={state.loaded ? "" : "unverified"}>
                  {t(state.loaded ? "area.loaded" : "area.missing")}
                  {!state.loaded && state.reason && <span lang="en"> ({state.reason})</span>}
                </dd>
              </div>
            );
          })}
        </dl>
      )}
    </section>
  );
}
