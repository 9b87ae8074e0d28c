/* Where the map stands on the page.  The map comes when this is first shown; what it needs and this browser
 * does not have is said here, and the desk works on without it. */
import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../../shared/i18n";
import { loadMapInfo, mapInfo } from "./info";
import "./windows"; /* a map in its own window is answered also while this page shows none */

const STYLES = "/map.css";

const view = signal<ComponentType | null>(null);
const failed = signal(false);

/* MapLibre draws with WebGL 2 alone. */
function drawsWebGl(): boolean {
  try {
    const context = document.createElement("canvas").getContext("webgl2");
    context?.getExtension("WEBGL_lose_context")?.loseContext(); /* browsers count them */
    return context !== null;
  } catch {
    return false;
  }
}
let canDraw: boolean | null = null;

function loadStyles(): Promise<void> {
  if (document.querySelector(`link[href="${STYLES}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = STYLES;
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new Error(`${STYLES} cannot be loaded`));
    };
    document.head.append(link);
  });
}

async function load(): Promise<void> {
  failed.value = false;
  try {
    const [{ default: loaded }] = await Promise.all([import("./map"), loadStyles()]);
    view.value = loaded;
  } catch (error) {
    console.warn(error); /* the desk was away just then */
    failed.value = true;
  }
}

function Inside() {
  canDraw ??= drawsWebGl();
  useEffect(() => {
    if (!canDraw) return;
    void loadMapInfo();
    if (!view.peek()) void load();
  }, []);
  if (!canDraw) return <p class="map-none" role="status" data-no-webgl>{t("map.no_webgl")}</p>;
  if (failed.value) {
    return (
      <p class="map-none" role="status" data-map-failed>
        {t("map.load_failed")} <button type="button" onClick={() => location.reload()}>{t("map.reload")}</button>
      </p>
    );
  }
  const View = view.value;
  if (!View || !mapInfo.value) return <p class="map-none">{t("app.loading")}</p>;
  return <View />;
}

/* Fills its container. */
export function MapPanel() {
  return (
    <section class="panel map map-panel" aria-label={t("map.title")} data-map-panel>
      <Inside />
    </section>
  );
}
