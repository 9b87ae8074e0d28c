/* The place of the map on the desk.  The map itself comes by itself and late: a desk without it works. */
import { t } from "../../shared/i18n";

export function MapPanel() {
  return (
    <section class="panel map" aria-label={t("map.title")}>
      <p class="empty">{t("map.none")}</p>
    </section>
  );
}
