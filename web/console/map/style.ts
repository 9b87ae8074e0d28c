/* How the base map looks: calm, so that what the desk works on stands out; dark, or light when the page is.  Its
 * layers are those of map/tiles.json and map/tiles.lua. */
import type {
  DataDrivenPropertyValueSpecification, ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification,
} from "maplibre-gl";
import type { Lang } from "../../shared/i18n";
import type { MapInfo } from "./info";

export const BASE = "base";

/* All glyphs are drawn by the browser from the machine's own fonts (a style without `glyphs`): for each script of
 * the page the fonts that systems bring along. */
const fontsOf: Record<Lang, string[]> = {
  en: ["Noto Sans", "Segoe UI", "Helvetica Neue", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei"],
  "zh-Hans": ["Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei"],
  "zh-Hant": ["Noto Sans CJK TC", "Noto Sans TC", "PingFang TC", "Microsoft JhengHei", "WenQuanYi Zen Hei"],
};
export const fonts = (lang: Lang): string[] => fontsOf[lang];

export type Scheme = "dark" | "light";

const dark = {
  ground: "#10161b", built: "#151c23", green: "#13221b", sand: "#26241b", special: "#1e1c22", water: "#132c40", shore: "#2a526f",
  building: "#1e2730", edge: "#2a3540", border: "#5b4a6b", bridge: "#8a97a5",
  motorway: "#7a5c34", trunk: "#6b5636", primary: "#565047", secondary: "#454b52", minor: "#343e48", path: "#2b343d",
  rail: "#3d4650", text: "#aebac6", quiet: "#8593a1", waterText: "#6f9fc4", halo: "#0b1014",
};
type Palette = typeof dark;
/* As the rest of the page, for who has switched it to light. */
const light: Palette = {
  ground: "#eceff1", built: "#e4e8eb", green: "#d8e5d6", sand: "#ece6d3", special: "#e7e0e6", water: "#b9d3e6", shore: "#6f9cbc",
  building: "#d5dbe0", edge: "#c3ccd5", border: "#9d86b3", bridge: "#7c8a98",
  motorway: "#dcab66", trunk: "#e3bd85", primary: "#f2d9a8", secondary: "#fbfaf5", minor: "#ffffff", path: "#c9d0d6",
  rail: "#b1bac3", text: "#2c3640", quiet: "#52606d", waterText: "#2b628c", halo: "#f7f9fa",
};

const class_ = (...names: string[]): FilterSpecification => ["in", ["get", "class"], ["literal", names]];
const both = (...filters: FilterSpecification[]): FilterSpecification => ["all", ...filters] as FilterSpecification;
/* Widths in pixels by zoom; what a road is wide does not jump between zooms. */
const wide = (...stops: number[]): DataDrivenPropertyValueSpecification<number> =>
  ["interpolate", ["exponential", 1.5], ["zoom"], ...stops] as unknown as ExpressionSpecification;

const area = (id: string, source: string, colour: string, names: string[], minzoom = 0): LayerSpecification => ({
  id, type: "fill", source: BASE, "source-layer": source, minzoom,
  ...(names.length ? { filter: class_(...names) } : {}),
  paint: { "fill-color": colour, "fill-antialias": source === "buildings" },
});

interface Road { id: string; names: string[]; colour: keyof Palette; width: number[]; minzoom?: number; dash?: number[] }
const roads: readonly Road[] = [
  { id: "path", names: ["path", "pedestrian", "track"], colour: "path", width: [13, 0.6, 16, 2, 19, 6], minzoom: 13, dash: [3, 1.5] },
  { id: "service", names: ["service"], colour: "path", width: [13, 0.6, 16, 4, 19, 16], minzoom: 13 },
  { id: "minor", names: ["minor"], colour: "minor", width: [12, 0.6, 15, 5, 19, 30] },
  { id: "secondary", names: ["secondary", "tertiary", "secondary_link", "tertiary_link"], colour: "secondary", width: [9, 0.6, 14, 4, 19, 38] },
  { id: "primary", names: ["primary", "primary_link"], colour: "primary", width: [8, 0.7, 14, 5, 19, 44] },
  { id: "trunk", names: ["trunk", "trunk_link"], colour: "trunk", width: [6, 0.7, 14, 6, 19, 46] },
  { id: "motorway", names: ["motorway", "motorway_link"], colour: "motorway", width: [6, 0.9, 14, 7, 19, 50] },
];

/* Roads of one level: under the ground, on it, or on bridges.  Bridges carry an edge, so that one sees what
 * crosses what. */
function level(name: "tunnel" | "ground" | "bridge", colours: Palette): LayerSpecification[] {
  const where: FilterSpecification = name === "ground"
    ? ["all", ["!", ["has", "bridge"]], ["!", ["has", "tunnel"]]]
    : ["has", name];
  const layers: LayerSpecification[] = [];
  for (const road of roads) {
    const shared = {
      type: "line" as const, source: BASE, "source-layer": "roads", filter: both(class_(...road.names), where),
      minzoom: road.minzoom ?? 0,
    };
    const cap = { "line-cap": name === "bridge" ? "butt" as const : "round" as const, "line-join": "round" as const };
    if (name === "bridge" && !road.dash) {
      layers.push({
        ...shared, id: `${name}-${road.id}-edge`, minzoom: 13, layout: cap,
        paint: { "line-color": colours.bridge, "line-width": 1, "line-gap-width": wide(...road.width) },
      });
    }
    layers.push({
      ...shared, id: `${name}-${road.id}`, layout: cap,
      paint: {
        "line-color": colours[road.colour], "line-width": wide(...road.width), "line-opacity": name === "tunnel" ? 0.45 : 1,
        ...(road.dash ? { "line-dasharray": road.dash } : name === "tunnel" ? { "line-dasharray": [2, 1.5] } : {}),
      },
    });
  }
  return layers;
}

const rails = (colours: Palette): LayerSpecification[] => [
  {
    id: "rail", type: "line", source: BASE, "source-layer": "roads", filter: class_("rail", "tram"),
    paint: { "line-color": colours.rail, "line-width": wide(9, 0.6, 15, 2, 19, 4) },
  },
  {
    id: "rail-ties", type: "line", source: BASE, "source-layer": "roads", filter: class_("rail"), minzoom: 14,
    paint: { "line-color": colours.rail, "line-width": wide(14, 4, 19, 10), "line-dasharray": [0.2, 2.5] },
  },
  {
    id: "ferry", type: "line", source: BASE, "source-layer": "roads", filter: class_("ferry"),
    paint: { "line-color": colours.shore, "line-width": 1.2, "line-dasharray": [4, 3] },
  },
];

const surfaces = (colours: Palette): LayerSpecification[] => [
  area("built", "landuse", colours.built, ["residential", "commercial", "industrial", "military", "airfield"]),
  area("green", "landuse", colours.green, ["wood", "grass", "park", "cemetery", "farmland", "wetland", "pitch"]),
  area("sand", "landuse", colours.sand, ["sand", "rock", "ice"]),
  area("special", "landuse", colours.special, ["hospital", "school"], 12),
  area("water", "water", colours.water, []),
  {
    id: "waterways", type: "line", source: BASE, "source-layer": "waterways", filter: ["!=", ["get", "class"], "coast"],
    paint: {
      "line-color": colours.water,
      "line-width": ["interpolate", ["exponential", 1.4], ["zoom"],
        8, ["match", ["get", "class"], "river", 1.2, "canal", 0.8, 0.3], 18, ["match", ["get", "class"], "river", 22, "canal", 12, 5]],
    },
  },
  {
    id: "coast", type: "line", source: BASE, "source-layer": "waterways", filter: class_("coast"),
    paint: { "line-color": colours.shore, "line-width": 1.5 },
  },
  {
    id: "buildings", type: "fill", source: BASE, "source-layer": "buildings", minzoom: 13,
    paint: { "fill-color": colours.building, "fill-outline-color": colours.edge },
  },
  {
    id: "boundaries", type: "line", source: BASE, "source-layer": "boundaries",
    paint: { "line-color": colours.border, "line-width": 1, "line-dasharray": [4, 2, 1, 2] },
  },
];

/* Chinese pages show names as they are written on the spot, English ones the English name where there is one. */
export const nameIn = (lang: Lang): ExpressionSpecification =>
  lang === "en" ? ["coalesce", ["get", "name_en"], ["get", "name"]] : ["get", "name"];

function labels(lang: Lang, colours: Palette): LayerSpecification[] {
  const text = { "text-field": nameIn(lang), "text-font": fonts(lang) } as const;
  const halo = { "text-halo-color": colours.halo, "text-halo-width": 1.3 } as const;
  const along = { "symbol-placement": "line" as const, "text-rotation-alignment": "map" as const };
  const mainRoads = ["motorway", "trunk", "primary", "secondary", "tertiary"];
  return [
    {
      id: "oneway", type: "symbol", source: BASE, "source-layer": "roads", filter: ["has", "oneway"], minzoom: 15.5,
      layout: {
        ...along, "symbol-spacing": 130, "icon-image": "oneway", "icon-rotate": ["case", ["<", ["get", "oneway"], 0], 180, 0],
        "icon-rotation-alignment": "map", "icon-padding": 1,
      },
      paint: { "icon-opacity": 0.75 },
    },
    {
      id: "water-names", type: "symbol", source: BASE, "source-layer": "waterways", minzoom: 11,
      layout: { ...text, ...along, "text-size": 12, "text-letter-spacing": 0.15, "symbol-spacing": 400 },
      paint: { ...halo, "text-color": colours.waterText },
    },
    {
      id: "house-numbers", type: "symbol", source: BASE, "source-layer": "housenumbers", minzoom: 16.5,
      layout: { "text-field": ["get", "name"], "text-font": fonts(lang), "text-size": 10.5, "text-padding": 3 },
      paint: { ...halo, "text-color": colours.quiet },
    },
    {
      id: "road-names", type: "symbol", source: BASE, "source-layer": "road_names", filter: ["!", class_(...mainRoads)] as FilterSpecification,
      minzoom: 14, layout: { ...text, ...along, "text-size": ["interpolate", ["linear"], ["zoom"], 14, 10, 18, 13.5], "symbol-spacing": 300 },
      paint: { ...halo, "text-color": colours.quiet },
    },
    {
      id: "main-road-names", type: "symbol", source: BASE, "source-layer": "road_names", filter: class_(...mainRoads), minzoom: 11,
      layout: { ...text, ...along, "text-size": ["interpolate", ["linear"], ["zoom"], 11, 10, 18, 15], "symbol-spacing": 350 },
      paint: { ...halo, "text-color": colours.text },
    },
    {
      id: "pois", type: "symbol", source: BASE, "source-layer": "pois", minzoom: 12,
      layout: {
        ...text, "icon-image": ["match", ["get", "class"], ["hospital", "fire_station", "police", "school", "station"], ["get", "class"], "dot"],
        "text-size": 11, "text-anchor": "top", "text-offset": [0, 0.8], "text-optional": true, "text-max-width": 8,
        "symbol-sort-key": ["match", ["get", "class"], ["hospital", "fire_station", "police"], 0, "station", 1, 2],
      },
      paint: { ...halo, "text-color": colours.quiet },
    },
    {
      id: "small-places", type: "symbol", source: BASE, "source-layer": "places", minzoom: 12,
      filter: ["!", class_("city", "town", "village", "suburb", "borough")] as FilterSpecification,
      layout: { ...text, "text-size": 11.5, "text-max-width": 7 },
      paint: { ...halo, "text-color": ["match", ["get", "class"], "water", colours.waterText, colours.quiet] },
    },
    {
      id: "places", type: "symbol", source: BASE, "source-layer": "places", filter: class_("city", "town", "village", "suburb", "borough"),
      layout: {
        ...text, "text-max-width": 8, "symbol-sort-key": ["-", 0, ["to-number", ["get", "population"], 0]],
        "text-size": ["interpolate", ["linear"], ["zoom"],
          6, ["match", ["get", "class"], "city", 13, 10], 14, ["match", ["get", "class"], "city", 22, "town", 18, 14]],
      },
      paint: { ...halo, "text-color": colours.text },
    },
  ];
}

/* The whole style; without tiles, the plain ground on which the desk's own things are drawn. */
export function baseStyle(info: MapInfo, lang: Lang, scheme: Scheme, origin: string): StyleSpecification {
  const colours = scheme === "light" ? light : dark;
  const background: LayerSpecification = { id: "ground", type: "background", paint: { "background-color": colours.ground } };
  if (!info.tiles) return { version: 8, sources: {}, layers: [background] };
  return {
    version: 8,
    sources: {
      [BASE]: {
        type: "vector", tiles: [`${origin}/map/tiles/{z}/{x}/{y}?v=${encodeURIComponent(info.version ?? "")}`],
        minzoom: info.minzoom ?? 0, maxzoom: info.maxzoom ?? 14, ...(info.bounds ? { bounds: info.bounds } : {}),
      },
    },
    layers: [
      background, ...surfaces(colours), ...level("tunnel", colours), ...rails(colours), ...level("ground", colours),
      ...level("bridge", colours), ...labels(lang, colours),
    ],
  };
}
