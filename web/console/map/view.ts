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
  borderFeatures, boxOf, caseFeatures, closureFeatures, cordonFeatures, drawnFeatures, edgeFeatures, fixFeatures, hasPlace, none, placeFeatures,
  reachFeatures, unitFeatures, wayBoxFeatures, wayFeatures, type Drawn,
} from "./features";
import { borders } from "./borders";
import { closedEdges } from "./closed";
import { cordon, reach } from "./ground";
import { closureLabel } from "./closure_words";
import { ways } from "./follow";
import { addIcons } from "./icons";
import type { MapInfo } from "./info";
import { deskLayers, sources, type SourceName } from "./layers";
import { Motion } from "./motion";
import { drawing } from "./picking";
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
export const nothingDrawn: Drawn = { form: "line", points: [], along: false };
export const drawn = signal<Drawn>(nothingDrawn);
/* A part of the base map could not be fetched. */
export const tilesFailed = signal(false);
/* The map that is open, for buttons that need its centre. */
export const openView = signal<View | null>(null);

type Box = [number, number, number, number];
interface Camera { center: [number, number]; zoom: number; bearing: number }
/* Where one looked last: a change of language or of view begins there again. */
let lastCamera: Camera | null = null;

/* Often enough for the eye, seldom enough for a machine that draws with its processor. */
const FRAME_MS = 100;
const BEAT_MS = 250;
const PULSE_MS = 1500;
const NEAR_ZOOM = 15;
const CLICK_PX = 8;
const FIT_PART = 0.3;

/* The part of the desk's box that the base map covers; null when that is so little that it says nothing. */
function worthFitting(box: Box, whole: Box): Box | null {
  const part: Box = [Math.max(box[0], whole[0]), Math.max(box[1], whole[1]), Math.min(box[2], whole[2]), Math.min(box[3], whole[3])];
  const wide = (part[2] - part[0]) / (whole[2] - whole[0]), high = (part[3] - part[1]) / (whole[3] - whole[1]);
  return wide > FIT_PART && high > FIT_PART ? part : null;
}

const stillWanted = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/* The point, or one on the line. */
function onFeature(geometry: GeoJSON.Geometry): [number, number] {
  if (geometry.type === "Point") return [geometry.coordinates[0] ?? 0, geometry.coordinates[1] ?? 0];
  const [from, to] = geometry.type === "LineString" ? geometry.coordinates : [];
  return from && to ? [((from[0] ?? 0) + (to[0] ?? 0)) / 2, ((from[1] ?? 0) + (to[1] ?? 0)) / 2] : [0, 0];
}

export class View {
  private readonly map: MapLibreMap;
  private readonly motion = new Motion();
  private readonly ends: (() => void)[] = [];
  private readonly popup = new Popup({ closeButton: true, maxWidth: "20rem", offset: 12 });
  private popupUnit: Id | null = null;
  private frame = 0;
  private lastDraw = 0;
  private again: (() => void) | null = null; /* the flight that is on, from the start */
  private byHand = false; /* somebody has moved the map since it last flew to a case */
  private fitted: boolean;

  constructor(
    holder: HTMLElement, private readonly info: MapInfo, private readonly language: Lang, private readonly scheme: Scheme,
    private readonly card: (kind: "unit" | "closure", id: Id) => HTMLElement,
  ) {
    this.fitted = lastCamera !== null;
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
      this.again = null;
    });
    this.map.on("movestart", (event) => { if (event.originalEvent) this.byHand = true; });
    /* A sheet that opens makes the map smaller, and a flight goes on to where the middle was. */
    this.map.on("resize", () => { if (this.map.isMoving()) this.again?.(); });
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
    this.again = () => this.flyTo(lat, lon); /* after it: the end of a former flight is told within */
  }

  /* So that all of the box is seen, below the buttons. */
  private flyAround(box: Box): void {
    this.fitted = true;
    this.map.fitBounds(box, { padding: { top: 64, bottom: 40, left: 50, right: 60 }, maxZoom: NEAR_ZOOM, speed: 2.2 });
    this.again = () => this.flyAround(box);
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
      effect(() => this.put("borders", borderFeatures(borders.value))),
      effect(() => this.put("reach", reachFeatures(reach.shown.value?.answer ?? null))),
      effect(() => this.put("cordon", cordonFeatures(cordon.shown.value?.answer ?? null))),
      effect(() => this.put("closures", closureFeatures(rows("place").values(), closureLabel))),
      effect(() => this.put("edges", edgeFeatures(closedEdges.value))),
      effect(() => this.put("ways", wayFeatures(ways.value))),
      effect(() => this.put("fixes", fixFeatures(rows("contact").values()))),
      effect(() => this.put("drawn", drawnFeatures(drawn.value))),
      effect(() => this.follow()),
      effect(() => this.drawUnits()),
      effect(() => this.flyToShown()),
      effect(() => this.flyToWays()),
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
        const [lon, lat] = onFeature(geometry);
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
    this.byHand = false;
    this.fittedWays = "";
    this.flyTo(shown.lat, shown.lon);
  }
  private flownTo = "";

  /* Those that may come, or are coming, belong to the picture: once for each set of them, and not against the hand
   * of somebody who looks at something else. */
  private flyToWays(): void {
    const id = shownOnMap.value, coming = ways.value.filter((way) => way.to === id);
    const key = coming.map((way) => way.unit).sort().join();
    if (!key || key === this.fittedWays) return;
    this.fittedWays = key;
    const box = boxOf([wayBoxFeatures(coming)]);
    if (this.byHand || !box || (this.again === null && this.sees(box))) return;
    this.flyAround(box);
  }
  private fittedWays = "";

  private sees([west, south, east, north]: Box): boolean {
    const seen = this.map.getBounds();
    return seen.contains([west, south]) && seen.contains([east, north]);
  }

  private boxOfDesk(): Box | null {
    return boxOf([
      caseFeatures(rows("case").values(), null), placeFeatures(rows("place").values()), fixFeatures(rows("contact").values()),
      unitFeatures({
        units: rows("unit"), assignments: rows("assignment"), positions: positions.value, motion: this.motion, nowMs: 0, frameMs: 0,
      }),
    ]);
  }

  /* At the beginning: where the desk's units and places are, since a base map often reaches far beyond them. */
  private fitOnce(): void {
    if (this.fitted) return;
    const box = this.boxOfDesk();
    if (!box || this.byHand || (this.info.bounds && !positions.value.size)) return;
    this.fitted = true;
    const within = this.info.bounds ? worthFitting(box, this.info.bounds) : box;
    if (within && !shownOnMap.peek()) untracked(() => this.flyAround(within));
  }

  /* The desk was away and is back: what is missing of the picture is fetched again. */
  private mendTiles(): void {
    if (link.value !== "live" || !tilesFailed.peek()) return;
    tilesFailed.value = false;
    if (this.map.getSource(BASE)) this.map.refreshTiles(BASE);
  }

  /* --- clicks --------------------------------------------------------------------------------------------- */

  private hit(event: MapMouseEvent): { kind: "case" | "unit" | "closure"; id: Id } | null {
    const { x, y } = event.point;
    const layers = ["cases", "units", "unit-names", "unit-names-free", "closure-names", "closure-lines", "closure-areas"];
    const [first] = this.map.queryRenderedFeatures([[x - CLICK_PX, y - CLICK_PX], [x + CLICK_PX, y + CLICK_PX]], { layers });
    if (!first) return null;
    const kind = first.layer.id === "cases" ? "case" : first.layer.id.startsWith("closure") ? "closure" : "unit";
    return { kind, id: String(first.properties.id) };
  }

  private clicked(event: MapMouseEvent): void {
    const { lat, lng } = event.lngLat;
    if (drawing.peek()) return drawing.peek()?.add(lat, lng);
    if (wantsPlace.peek()) return givePlace(lat, lng);
    const hit = this.map.getLayer("cases") ? this.hit(event) : null;
    if (hit?.kind === "case") return showFromMap(hit.id);
    if (hit?.kind === "unit") this.showUnit(hit.id);
    if (hit?.kind === "closure") this.showCard(hit.id, null, [lng, lat]);
  }

  private pointed(event: MapMouseEvent): void {
    if (drawing.peek() || wantsPlace.peek() || !this.map.getLayer("cases")) return;
    this.map.getCanvas().style.cursor = this.hit(event) ? "pointer" : "";
  }

  showUnit(id: Id): void {
    const at = this.motion.where(id, performance.now());
    if (!at) return;
    this.showCard(id, id, [at.lon, at.lat]);
  }

  /* Of a unit, with which it goes, or of a closure. */
  private showCard(id: Id, unit: Id | null, at: [number, number]): void {
    this.popup.remove();
    this.popupUnit = unit;
    this.popup.setLngLat(at).setDOMContent(this.card(unit ? "unit" : "closure", id)).addTo(this.map);
    this.popup.once("close", () => { if (unit && this.popupUnit === unit) this.popupUnit = null; });
  }
}
