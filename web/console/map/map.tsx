/* The map itself, with its tools.  Loaded when a map is first shown (panel.tsx): MapLibre is most of the page. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { rows } from "../../shared/board";
import { lang, t } from "../../shared/i18n";
import { closeRoad } from "../actions/close_road";
import { link, maySend } from "../state";
import { light } from "../theme";
import { bordersOn, followBorders, setBorders } from "./borders";
import { cardOf } from "./card";
import { CloseRoadForm, ClosureList } from "./closures";
import { isClosure } from "./features";
import { followRoads } from "./follow";
import { CordonTool, ReachTool } from "./ground_tools";
import { mapInfo } from "./info";
import { drawing, picking } from "./picking";
import type { Scheme } from "./style";
import { tool } from "./tools";
import { TurnsTool } from "./turns";
import { openView, tilesFailed, View } from "./view";
import { givePlace, isMapWindow, wantsPlace } from "./windows";

const toolNames = { close: "map.close_road", list: "map.closure_list", reach: "map.span", cordon: "map.cordon", turns: "map.turns" } as const;

function Tools() {
  const count = [...rows("place").values()].filter(isClosure).length;
  const toggle = (name: Exclude<typeof tool.value, null>): void => { tool.value = tool.value === name ? null : name; };
  return (
    <div class="map-tools" role="group" aria-label={t("map.tools")}>
      {closeRoad.predicate() && (
        <button type="button" aria-pressed={tool.value === "close"} onClick={() => toggle("close")} data-map-tool="close">
          {t("map.close_road")}
        </button>
      )}
      <button type="button" aria-pressed={tool.value === "list"} onClick={() => toggle("list")} data-map-tool="list">
        {t("map.closures", { n: count })}
      </button>
      {maySend() && (["reach", "cordon"] as const).map((name) => (
        <button type="button" key={name} aria-pressed={tool.value === name} onClick={() => toggle(name)} data-map-tool={name}>
          {t(toolNames[name])}
        </button>
      ))}
      <button type="button" aria-pressed={tool.value === "turns"} onClick={() => toggle("turns")} data-map-tool="turns">
        {t("map.turns")}
      </button>
      <button type="button" aria-pressed={bordersOn.value} onClick={() => setBorders(!bordersOn.value)} data-map-tool="borders">
        {t("map.borders")}
      </button>
      <button type="button" onClick={() => openView.value?.fit()}>{t("map.whole_area")}</button>
      {!isMapWindow.value && (
        <a class="map-window" href="/map" target="bellman-map" rel="opener">{t("map.own_window")}</a>
      )}
    </div>
  );
}

/* Says what a click is for now, and does the same for who has no mouse. */
function PickBar() {
  if (!wantsPlace.value || drawing.value) return null;
  const centre = (): void => {
    const at = openView.peek()?.centre();
    if (at) givePlace(at.lat, at.lon);
  };
  return (
    <div class="map-bar" role="status" data-map-picking>
      {t("map.pick")}{" "}
      <button type="button" onClick={centre}>{t("map.pick_centre")}</button>
      {picking.value && <button type="button" onClick={() => (picking.value = null)}>{t("app.cancel")}</button>}
    </div>
  );
}

function Notes({ attribution }: { attribution: string | null }) {
  const info = mapInfo.value;
  return (
    <>
      {info && !info.tiles && (
        <p class="map-note" role="status" data-map-note={info.reason ?? ""}>
          {t("map.no_tiles")} {info.reason ? t(`map.tiles_${info.reason}`) : ""}
        </p>
      )}
      {tilesFailed.value && link.value === "live" && <p class="map-note" role="status">{t("map.tiles_failed")}</p>}
      {attribution && <p class="map-origin">{attribution}</p>}
    </>
  );
}

export default function MapView() {
  const holder = useRef<HTMLDivElement>(null);
  const failed = useSignal(false);
  const info = mapInfo.value, language = lang.value, colours: Scheme = light.value ? "light" : "dark";
  useEffect(followRoads, []);
  useEffect(followBorders, []);
  useEffect(() => {
    if (!info || !holder.current) return undefined;
    let view: View;
    try {
      view = new View(holder.current, info, language, colours, cardOf);
    } catch (error) {
      console.warn(error); /* no WebGL after all */
      failed.value = true;
      return undefined;
    }
    return () => view.close();
  }, [info, language, colours]);
  if (failed.value) return <p class="map-none" role="status" data-no-webgl>{t("map.no_webgl")}</p>;
  return (
    <div class="map-view">
      {/* A node for each map: MapLibre keeps what it put into one. */}
      <div class="map-canvas" ref={holder} key={`${language} ${colours}`} lang={language} data-map />
      {drawing.value || wantsPlace.value ? <div class="map-cross" aria-hidden="true" /> : null}
      <div class={tool.value ? "map-top map-top-open" : "map-top"}>
        <Tools />
        {tool.value && (
          <section class="map-tool" aria-label={t(toolNames[tool.value])}>
            {tool.value === "close" && <CloseRoadForm onDone={() => (tool.value = null)} />}
            {tool.value === "list" && <ClosureList />}
            {tool.value === "reach" && <ReachTool />}
            {tool.value === "cordon" && <CordonTool />}
            {tool.value === "turns" && <TurnsTool />}
          </section>
        )}
      </div>
      <PickBar />
      <Notes attribution={info?.attribution ?? null} />
    </div>
  );
}
