/* One map on the screen: the base style, the desk's layers fed from the board, the camera, and what clicks do. */
import { effect, signal, untracked } from "@preact/signals";
import {
  Map as MapLibreMap, NavigationControl, Popup, ScaleControl, setWorkerUrl, type GeoJSONSource, type MapMouseEvent,
} from "maplibre-gl";
import { row, rows } from "../../shared/board";
import { t, type Lang } from "../../shared/i18n";
import { positions } from "../../shared/positions";
import { now } from "../../shared/time";
import type { Id } from "../../shared/types";
import { link } from "../state";
import {
  boxOf, caseFeatures, closureFeatures, drawnFeatures, edgeFeatures, fixFeatures, hasPlace, none, placeFeatures,
  unitFeatures, wayFeatures,
} from "./features";
import { closedEdges, ways } from "./follow";
import { addIcons } from "./icons";
import type { MapInfo } from "./info";
import { deskLayers, sources, type SourceName } from "./layers";
import { Motion } from "./motion";
import { drawing } from "./picking";
import type { LatLon } from "./points";
import { BASE, baseStyle, type Scheme } from "./style";
import { givePlace, showFromMap, shownOnMap, wantsPlace } from "./windows";

setWorkerUrl("/map_worker.js");

/* What the map shows just now, for tests and for whoever doubts it. */
export interface Account {
  shown(layer: string): { id: Id; name: string; lat: number; lon: number }[];
  where(layer: string, id: Id): { x: number; y: number } | null; /* on the page */
  centre(): { lat: number; lon: number };
}
declare global {
  interface Window { bellmanMap?: Account | undefined }
}

/* What the closing form has drawn so far. */
export const drawn = signal<{ form: string; points: readonly LatLon[] }>({ form: "line", points: [] });
/* A part of the base map could not be fetched. */
export const tilesFailed = signal(false);
/* The map that is open, for buttons that need its centre. */
export const openView = signal<View | null>(null);

interface Camera { center: [number, number]; zoom: number; bearing: number }
/* Where one looked last: a change of language or of view begins there again. */
let lastCamera: Camera | null = null;

/* Often enough for the eye, seldom enough for a machine that draws with its processor. */
const FRAME_MS = 100;
const BEAT_MS = 250;
const PULSE_MS = 1500;
const NEAR_ZOOM = 15;
const CLICK_PX = 8;

const stillWanted = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class View {
  private readonly map: MapLibreMap;
  private readonly motion = new Motion();
  private readonly ends: (() => void)[] = [];
  private readonly popup = new Popup({ closeButton: true, maxWidth: "20rem", offset: 12 });
  private popupUnit: Id | null = null;
  private frame = 0;
  private lastDraw = 0;
  private aim: { lat: number; lon: number } | null = null; /* of the flight that is on */
  private fitted: boolean;

  constructor(
    holder: HTMLElement, private readonly info: MapInfo, private readonly language: Lang, private readonly scheme: Scheme,
    private readonly card: (unit: Id) => HTMLElement,
  ) {
    this.fitted = lastCamera !== null || info.bounds !== null;
    this.map = new MapLibreMap({
      container: holder,
      style: baseStyle(info, language, scheme, location.origin),
      ...(lastCamera ?? (info.bounds ? { bounds: info.bounds, fitBoundsOptions: { padding: 10 } } : { center: [0, 20], zoom: 1 })),
      attributionControl: false,
      maxPitch: 0,
      pitchWithRotate: false,
      minZoom: 1,
      maxZoom: 19.5,
      fadeDuration: stillWanted() ? 0 : 150,
      locale: {
        "Map.Title": t("map.title"), "NavigationControl.ZoomIn": t("map.zoom_in"), "NavigationControl.ZoomOut": t("map.zoom_out"),
        "NavigationControl.ResetBearing": t("map.north"), "Popup.Close": t("app.close"),
        "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
      },
    });
    this.map.addControl(new NavigationControl({ visualizePitch: false }), "bottom-right");
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.on("error", (event) => {
      if ("sourceId" in event && event.sourceId === BASE) tilesFailed.value = true;
      else console.error(event.error);
    });
    this.map.on("moveend", () => {
      lastCamera = this.camera();
      this.aim = null;
    });
    /* A sheet that opens makes the map smaller, and a flight goes on to where the middle was. */
    this.map.on("resize", () => { if (this.aim && this.map.isMoving()) this.flyTo(this.aim.lat, this.aim.lon); });
    this.map.on("click", (event) => this.clicked(event));
    this.map.on("mousemove", (event) => this.pointed(event));
    this.map.once("style.load", () => this.begin()); /* does not wait for tiles, as "load" does */
    openView.value = this;
  }

  close(): void {
    for (const end of this.ends) end();
    cancelAnimationFrame(this.frame);
    this.popup.remove();
    if (openView.peek() === this) {
      openView.value = null;
      window.bellmanMap = undefined;
    }
    this.map.remove();
  }

  centre(): { lat: number; lon: number } {
    const { lat, lng } = this.map.getCenter();
    return { lat, lon: lng };
  }

  flyTo(lat: number, lon: number): void {
    this.fitted = true;
    this.map.flyTo({ center: [lon, lat], zoom: Math.max(this.map.getZoom(), NEAR_ZOOM), speed: 2.2 });
    this.aim = { lat, lon }; /* after it: the end of a former flight is told within */
  }

  /* The whole area again. */
  fit(): void {
    const box = this.info.bounds ?? this.boxOfDesk();
    if (box) this.map.fitBounds(box, { padding: 30, maxZoom: NEAR_ZOOM });
  }

  private camera(): Camera {
    const { lat, lng } = this.map.getCenter();
    return { center: [lng, lat], zoom: this.map.getZoom(), bearing: this.map.getBearing() };
  }

  private put(name: SourceName, data: Parameters<GeoJSONSource["setData"]>[0]): void {
    void (this.map.getSource(name) as GeoJSONSource | undefined)?.setData(data);
  }

  private begin(): void {
    addIcons(this.map);
    for (const name of sources) this.map.addSource(name, { type: "geojson", data: none });
    for (const layer of deskLayers(this.language, this.scheme)) this.map.addLayer(layer);
    this.ends.push(
      effect(() => this.put("cases", caseFeatures(rows("case").values(), shownOnMap.value))),
      effect(() => this.put("places", placeFeatures(rows("place").values()))),
      effect(() => this.put("closures", closureFeatures(rows("place").values()))),
      effect(() => this.put("edges", edgeFeatures(closedEdges.value))),
      effect(() => this.put("ways", wayFeatures(ways.value))),
      effect(() => this.put("fixes", fixFeatures(rows("contact").values()))),
      effect(() => this.put("drawn", drawnFeatures(drawn.value.form, drawn.value.points))),
      effect(() => this.follow()),
      effect(() => this.drawUnits()),
      effect(() => this.flyToShown()),
      effect(() => this.fitOnce()),
      effect(() => this.mendTiles()),
      effect(() => { this.map.getCanvas().style.cursor = wantsPlace.value || drawing.value ? "crosshair" : ""; }),
    );
    const beats = setInterval(() => this.beat(), BEAT_MS);
    this.ends.push(() => clearInterval(beats));
    this.map.getContainer().dataset.mapReady = "yes";
    window.bellmanMap = this.account();
  }

  private account(): Account {
    const shown: Account["shown"] = (layer) => {
      const found = new Map<Id, ReturnType<Account["shown"]>[number]>(); /* a feature may stand in two tiles */
      for (const { properties, geometry } of this.map.queryRenderedFeatures({ layers: [layer] })) {
        const id = String(properties.id ?? properties.name ?? "");
        const [lon = 0, lat = 0] = geometry.type === "Point" ? geometry.coordinates : [];
        found.set(id, { id, name: String(properties.name ?? ""), lat, lon });
      }
      return [...found.values()];
    };
    return {
      shown,
      where: (layer, id) => {
        const at = shown(layer).find((each) => each.id === id);
        if (!at) return null;
        const { x, y } = this.map.project([at.lon, at.lat]), box = this.map.getContainer().getBoundingClientRect();
        return { x: x + box.left, y: y + box.top };
      },
      centre: () => this.centre(),
    };
  }

  /* New positions become new ends of the units' glides. */
  private follow(): void {
    const at = performance.now(), smooth = !stillWanted();
    for (const each of positions.value.values()) this.motion.set(each.unit, each.lat, each.lon, at, smooth);
    this.motion.keep(new Set(positions.value.keys()));
    this.animate();
  }

  /* Also once a second, since positions grow old by themselves. */
  private drawUnits(): void {
    this.put("units", unitFeatures({
      units: rows("unit"), assignments: rows("assignment"), positions: positions.value, motion: this.motion,
      nowMs: now.value, frameMs: performance.now(),
    }));
    const at = this.popupUnit && this.motion.where(this.popupUnit, performance.now());
    if (at) this.popup.setLngLat([at.lon, at.lat]);
  }

  /* --- what moves: only while something does ---------------------------------------------------------- */

  private animate(): void {
    if (!this.frame) this.frame = requestAnimationFrame((at) => this.step(at));
  }

  private step(at: number): void {
    this.frame = 0;
    const moves = this.motion.moves(at);
    if (moves && at - this.lastDraw < FRAME_MS) return this.animate();
    this.lastDraw = at;
    untracked(() => this.drawUnits());
    if (moves) this.animate();
  }

  private beat(): void {
    if (!stillWanted() && document.visibilityState === "visible" && this.someoneWaits()) this.pulse(performance.now());
  }

  private someoneWaits(): boolean {
    return untracked(() => [...rows("case").values()].some((each) => each.state === "received" && hasPlace(each)));
  }

  private pulse(at: number): void {
    const part = (at % PULSE_MS) / PULSE_MS;
    this.map.setPaintProperty("case-pulse", "circle-radius", 12 + 16 * part);
    this.map.setPaintProperty("case-pulse", "circle-stroke-opacity", 1 - part);
  }

  /* --- the camera --------------------------------------------------------------------------------------- */

  private flyToShown(): void {
    const id = shownOnMap.value;
    if (!id) this.flownTo = "";
    const shown = row("case", id);
    const to = shown && hasPlace(shown) ? `${id} ${shown.lat} ${shown.lon}` : "";
    if (!shown || !hasPlace(shown) || to === this.flownTo) return;
    this.flownTo = to;
    this.flyTo(shown.lat, shown.lon);
  }
  private flownTo = "";

  private boxOfDesk(): [number, number, number, number] | null {
    return boxOf([
      caseFeatures(rows("case").values(), null), placeFeatures(rows("place").values()), fixFeatures(rows("contact").values()),
      unitFeatures({
        units: rows("unit"), assignments: rows("assignment"), positions: positions.value, motion: this.motion, nowMs: 0, frameMs: 0,
      }),
    ]);
  }

  /* Without a base map: to what the desk has, once it has something. */
  private fitOnce(): void {
    if (this.fitted) return;
    if (!this.boxOfDesk()) return;
    this.fitted = true;
    untracked(() => this.fit());
  }

  /* The desk was away and is back: what is missing of the picture is fetched again. */
  private mendTiles(): void {
    if (link.value !== "live" || !tilesFailed.peek()) return;
    tilesFailed.value = false;
    if (this.map.getSource(BASE)) this.map.refreshTiles(BASE);
  }

  /* --- clicks --------------------------------------------------------------------------------------------- */

  private hit(event: MapMouseEvent): { kind: "case" | "unit"; id: Id } | null {
    const { x, y } = event.point;
    const found = this.map.queryRenderedFeatures(
      [[x - CLICK_PX, y - CLICK_PX], [x + CLICK_PX, y + CLICK_PX]], { layers: ["cases", "units", "unit-names"] });
    const first = found[0];
    if (!first) return null;
    return { kind: first.layer.id === "cases" ? "case" : "unit", id: String(first.properties.id) };
  }

  private clicked(event: MapMouseEvent): void {
    const { lat, lng } = event.lngLat;
    if (drawing.peek()) return drawing.peek()?.add(lat, lng);
    if (wantsPlace.peek()) return givePlace(lat, lng);
    const hit = this.map.getLayer("cases") ? this.hit(event) : null;
    if (hit?.kind === "case") return showFromMap(hit.id);
    if (hit?.kind === "unit") this.showUnit(hit.id);
  }

  private pointed(event: MapMouseEvent): void {
    if (drawing.peek() || wantsPlace.peek() || !this.map.getLayer("cases")) return;
    this.map.getCanvas().style.cursor = this.hit(event) ? "pointer" : "";
  }

  showUnit(id: Id): void {
    const at = this.motion.where(id, performance.now());
    if (!at) return;
    this.popup.remove();
    this.popupUnit = id;
    this.popup.setLngLat([at.lon, at.lat]).setDOMContent(this.card(id)).addTo(this.map);
    this.popup.once("close", () => { if (this.popupUnit === id) this.popupUnit = null; });
  }
}
