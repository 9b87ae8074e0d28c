/* The desk's own layers over the base map, from the ground up: what is closed, the ways, places, callers, cases,
 * units, and what is being drawn. */
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, LineLayerSpecification } from "maplibre-gl";
import type { Lang } from "../../shared/i18n";
import { fonts, type Scheme } from "./style";

export const sources = ["borders", "reach", "cordon", "closures", "edges", "ways", "places", "fixes", "cases", "units", "drawn"] as const;
export type SourceName = (typeof sources)[number];

/* From here on free units are named, too: a city's streets are, by then. */
const FREE_NAMES_ZOOM = 13.5;
/* Far away the arrows stand on the closure itself, near on the side of the road that it takes. */
const NEAR_ARROWS_ZOOM = 13;

const red = "#ff5a4f", amber = "#f2b84b";
const caller = "#ffd54a";

/* What is written and drawn in plain must stand out from the base map of the same scheme. */
const inks = {
  dark: { ground: "#0b1014", sign: "#ffffff", way: "#5fd0e6", time: "#aeeaf5", closed: "#ffc9c4", place: "#c6d3df", unit: null },
  light: { ground: "#ffffff", sign: "#12181e", way: "#0a84a0", time: "#08525f", closed: "#8f1209", place: "#22303c", unit: "#12181e" },
} as const;
const haloOf = (scheme: Scheme) => ({ "text-halo-color": inks[scheme].ground, "text-halo-width": 1.6 });

/* What closes is red, what only slows is amber, and dashed the other way round: told apart without colours, too. */
const tone: ExpressionSpecification = ["case", ["get", "slow"], amber, red];
const isSlow: FilterSpecification = ["==", ["get", "slow"], true], isShut: FilterSpecification = ["==", ["get", "slow"], false];
/* One direction lies on its own side of the road. */
const wide = (far: number, near: number): ExpressionSpecification => ["interpolate", ["linear"], ["zoom"], 11, far, 17, near];
const besideMiddle: ExpressionSpecification = [
  "interpolate", ["linear"], ["zoom"], 11, ["case", ["get", "side"], 1.5, 0], 17, ["case", ["get", "side"], 6, 0],
];

function closedEdges(): LayerSpecification[] {
  const make = (id: string, filter: FilterSpecification, paint: LineLayerSpecification["paint"], minzoom = 0): LayerSpecification => ({
    id, type: "line", source: "edges", filter, minzoom, layout: { "line-cap": "butt" }, paint: { "line-offset": besideMiddle, ...paint },
  });
  return [
    make("closed-edges", isShut, { "line-color": red, "line-width": wide(2, 9), "line-opacity": 0.85 }),
    make("closed-edges-bars", isShut, { "line-color": "#fff1ef", "line-width": wide(1, 5), "line-dasharray": [1, 1.6] }, 12),
    make("slowed-edges-casing", isSlow, { "line-color": "#0b1014", "line-width": wide(2.5, 7), "line-opacity": 0.7 }),
    make("slowed-edges", isSlow, { "line-color": amber, "line-width": wide(1.5, 5), "line-dasharray": [3, 1] }),
  ];
}

/* Arrows along the line, for what holds in one direction only. */
function arrows(id: string, source: SourceName, filter: string, icon: ExpressionSpecification | string, [minzoom, maxzoom]: [number, number]): LayerSpecification {
  return {
    id, type: "symbol", source, filter: ["==", ["get", filter], true], minzoom, maxzoom,
    layout: {
      "symbol-placement": "line", "symbol-spacing": 60, "icon-image": icon, "icon-size": 0.8, "icon-rotation-alignment": "map",
      "icon-allow-overlap": true, "icon-ignore-placement": true, "icon-padding": 0, "icon-offset": [0, filter === "side" ? 9 : 0],
    },
  };
}

/* Told apart by everybody, on dark and on light ground (after Okabe and Ito 2008); the nearest band is also the widest. */
export const reachColours = ["#009e73", "#56b4e9", "#e69f00", "#cc79a7", "#0072b2", "#999999"] as const;

/* Whose ground it is: a line and a name, and nothing that hides the streets.  Jurisdictions are drawn through, what divides
 * them is dashed. */
function borders(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const halo = haloOf(scheme), own: FilterSpecification = ["==", ["get", "kind"], "jurisdiction"];
  return [
    { id: "border-parts", type: "line", source: "borders", filter: ["!", own], paint: { "line-color": "#b79cff", "line-width": 1.4, "line-dasharray": [4, 3], "line-opacity": 0.9 } },
    { id: "border-lines", type: "line", source: "borders", filter: own, paint: { "line-color": "#b79cff", "line-width": wide(1.6, 3.5), "line-opacity": 0.95 } },
    {
      id: "border-names", type: "symbol", source: "borders", minzoom: 8,
      layout: { "text-field": ["get", "name"], "text-font": fonts(lang), "text-size": 13, "text-max-width": 9, "text-letter-spacing": 0.08 },
      paint: { ...halo, "text-color": scheme === "dark" ? "#d9ccff" : "#4a3796" },
    },
  ];
}

function ground(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const ink = inks[scheme], halo = haloOf(scheme);
  return [
    {
      id: "reach", type: "line", source: "reach", layout: { "line-cap": "round", "line-sort-key": ["-", ["get", "band"]] },
      paint: {
        "line-color": ["match", ["get", "band"], ...reachColours.flatMap((colour, band) => [band, colour]), "#999999"] as unknown as ExpressionSpecification,
        "line-width": ["interpolate", ["linear"], ["zoom"], 10, ["-", 3, ["*", 0.3, ["get", "band"]]], 16, ["-", 8, ["get", "band"]]],
        "line-opacity": 0.8,
      },
    },
    { id: "cordon-area", type: "fill", source: "cordon", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink.sign, "fill-opacity": 0.12 } },
    {
      id: "cordon-roads", type: "line", source: "cordon", filter: ["==", ["geometry-type"], "LineString"],
      paint: { "line-color": ink.sign, "line-width": 2, "line-dasharray": [1, 1], "line-opacity": 0.8 },
    },
    {
      id: "cordon-posts", type: "circle", source: "cordon", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 10, "circle-color": "#d55e00", "circle-stroke-color": ink.sign, "circle-stroke-width": 2.5 },
    },
    {
      id: "cordon-numbers", type: "symbol", source: "cordon", filter: ["==", ["geometry-type"], "Point"],
      layout: { "text-field": ["get", "number"], "text-font": fonts(lang), "text-size": 12, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": "#ffffff", "text-halo-color": halo["text-halo-color"], "text-halo-width": 0 },
    },
  ];
}

function grounds(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const ink = inks[scheme], halo = haloOf(scheme);
  const sign: ExpressionSpecification = ["case", ["get", "slow"], "slowed_way", "closed_way"];
  return [
    {
      id: "closure-areas", type: "fill", source: "closures", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": tone, "fill-opacity": 0.14 },
    },
    {
      id: "closure-lines", type: "line", source: "closures",
      paint: { "line-color": tone, "line-width": 2, "line-dasharray": [3, 2] },
    },
    ...closedEdges(),
    arrows("closed-arrows", "edges", "side", sign, [NEAR_ARROWS_ZOOM, 24]),
    arrows("closure-arrows", "closures", "along", sign, [9, NEAR_ARROWS_ZOOM]),
    {
      id: "ways-casing", type: "line", source: "ways", filter: ["==", ["geometry-type"], "LineString"], layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": ink.ground, "line-width": 7, "line-opacity": 0.7 },
    },
    {
      id: "ways", type: "line", source: "ways", filter: ["==", ["get", "straight"], false],
      layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": ink.way, "line-width": 3.5, "line-opacity": 0.9 },
    },
    {
      id: "ways-straight", type: "line", source: "ways", filter: ["==", ["get", "straight"], true],
      paint: { "line-color": ink.way, "line-width": 2.5, "line-dasharray": [2, 2] },
    },
    {
      id: "closure-names", type: "symbol", source: "closures",
      layout: { "text-field": ["get", "label"], "text-font": fonts(lang), "text-size": 13, "text-max-width": 14 },
      paint: { ...halo, "text-color": ink.closed },
    },
  ];
}

function house(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const ink = inks[scheme], halo = haloOf(scheme);
  return [
    {
      id: "desk-places", type: "symbol", source: "places",
      layout: {
        "icon-image": "place", "icon-allow-overlap": true, "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 13, 1],
        "text-field": ["step", ["zoom"], "", 12, ["get", "name"]], "text-font": fonts(lang), "text-size": 12,
        "text-anchor": "top", "text-offset": [0, 0.9], "text-optional": true, "text-max-width": 9,
      },
      paint: { ...halo, "text-color": ink.place },
    },
    {
      id: "fix-areas", type: "fill", source: "fixes", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": caller, "fill-opacity": 0.12, "fill-outline-color": caller },
    },
    {
      id: "fixes", type: "circle", source: "fixes", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 5, "circle-color": caller, "circle-stroke-color": "#0b1014", "circle-stroke-width": 2 },
    },
  ];
}

/* Far away only who works is named; near, the others where there is room. */
function unitNames(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const ink = inks[scheme];
  const make = (id: string, works: boolean, minzoom: number): LayerSpecification => ({
    id, type: "symbol", source: "units", minzoom, filter: ["==", ["get", "works"], works],
    layout: {
      "text-field": ["get", "name"], "text-font": fonts(lang), "text-size": works ? 12 : 11,
      "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.95, "text-padding": works ? 1 : 4,
    },
    paint: {
      ...haloOf(scheme), "text-color": ink.unit ?? ["get", "colour"],
      "text-opacity": ["case", ["get", "old"], 0.6, works ? 1 : 0.85],
    },
  });
  return [make("unit-names-free", false, FREE_NAMES_ZOOM), make("unit-names", true, 10)];
}

function work(lang: Lang, scheme: Scheme): LayerSpecification[] {
  const ink = inks[scheme], halo = haloOf(scheme);
  return [
    {
      id: "case-pulse", type: "circle", source: "cases", filter: ["get", "waits"],
      paint: {
        "circle-radius": 16, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ["get", "colour"], "circle-stroke-width": 2,
      },
    },
    {
      id: "case-shown", type: "circle", source: "cases", filter: ["get", "shown"],
      paint: { "circle-radius": 20, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink.sign, "circle-stroke-width": 2.5 },
    },
    {
      id: "cases", type: "circle", source: "cases",
      layout: { "circle-sort-key": ["get", "urgency"] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 7, 14, 12], "circle-color": ["get", "colour"],
        "circle-stroke-color": "#0b1014", "circle-stroke-width": 2,
      },
    },
    {
      id: "case-numbers", type: "symbol", source: "cases",
      layout: {
        "text-field": ["get", "id"], "text-font": fonts(lang), "text-size": ["interpolate", ["linear"], ["zoom"], 9, 9, 14, 12],
        "text-allow-overlap": true, "text-ignore-placement": true,
      },
      paint: { "text-color": "#14100a" },
    },
    {
      id: "way-times", type: "symbol", source: "ways", filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "text-field": ["get", "name"], "text-font": fonts(lang), "text-size": 13, "text-variable-anchor": ["left", "right", "bottom", "top"],
        "text-radial-offset": 0.7,
      },
      paint: { ...halo, "text-color": ink.time },
    },
    {
      id: "unit-arrows", type: "symbol", source: "units", filter: ["has", "heading"],
      layout: {
        "icon-image": ["get", "arrow"], "icon-rotate": ["get", "heading"], "icon-rotation-alignment": "map",
        "icon-offset": [0, -15], "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
      paint: { "icon-opacity": ["case", ["get", "old"], 0.45, 1] },
    },
    {
      id: "units", type: "circle", source: "units",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 4, 14, 7], "circle-color": ["get", "colour"],
        "circle-stroke-color": "#0b1014", "circle-stroke-width": 2,
        "circle-opacity": ["case", ["get", "old"], 0.45, 1], "circle-stroke-opacity": ["case", ["get", "old"], 0.45, 1],
      },
    },
    ...unitNames(lang, scheme),
    {
      id: "drawn-areas", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": red, "fill-opacity": 0.2 },
    },
    {
      id: "drawn-lines", type: "line", source: "drawn", filter: ["!=", ["geometry-type"], "Point"],
      paint: { "line-color": ink.sign, "line-width": 2.5, "line-dasharray": [2, 1] },
    },
    arrows("drawn-arrows", "drawn", "along", "closed_way", [0, 24]),
    {
      id: "drawn-corners", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"],
      paint: { "circle-radius": 4.5, "circle-color": "#ffffff", "circle-stroke-color": red, "circle-stroke-width": 2 },
    },
  ];
}

export const deskLayers = (lang: Lang, scheme: Scheme): LayerSpecification[] =>
  [...borders(lang, scheme), ...ground(lang, scheme), ...grounds(lang, scheme), ...house(lang, scheme), ...work(lang, scheme)];
