/* A town of four streets for the map's tests: written as OpenStreetMap XML, made into tiles by tilemaker with the
 * configuration and profile that a desk uses. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./browser.mjs";

const box = [114.05, 22.53, 114.07, 22.55]; /* west, south, east, north */
export const centre = { lat: 22.54, lon: 114.06 };

const nodes = [];
const ways = [];
const node = (lat, lon, tags = {}) => {
  nodes.push({ id: nodes.length + 1, lat, lon, tags });
  return nodes.length;
};
const way = (refs, tags) => ways.push({ id: ways.length + 1, refs, tags });
const grid = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => node(22.533 + i * 0.0045, 114.053 + j * 0.0045)));
for (let i = 0; i < 4; i++) {
  way(grid[i], { highway: i === 1 ? "primary" : "residential", name: `中山${i + 1}路`, "name:en": `Zhongshan ${i + 1} Road` });
  way(grid.map((row) => row[i]), {
    highway: i === 2 ? "trunk" : "residential", name: `解放${i + 1}街`, ...(i === 2 ? { bridge: "yes", layer: "1" } : { oneway: "yes" }),
  });
}
const square = (lat, lon, size, tags) => {
  const corners = [[0, 0], [0, size], [size, size], [size, 0]].map(([dLat, dLon]) => node(lat + dLat, lon + dLon));
  way([...corners, corners[0]], tags);
};
square(22.5345, 114.0545, 0.0025, { building: "yes", "addr:street": "中山1路", "addr:housenumber": "8" });
square(22.539, 114.0635, 0.003, { natural: "water", name: "东湖", "name:en": "East Lake" });
square(22.5435, 114.0545, 0.0028, { leisure: "park", name: "人民公园", "name:en": "People's Park" });
node(22.538, 114.056, { amenity: "hospital", name: "第一医院", "name:en": "First Hospital" });
node(22.5365, 114.0655, { amenity: "fire_station", name: "消防站" });
node(22.54, 114.06, { place: "town", name: "钟楼镇", "name:en": "Belltown", population: "9000" });

const text = (value) => String(value).replace(/[&<"]/g, (each) => `&#${each.charCodeAt(0)};`);
const tagsOf = (tags) => Object.entries(tags).map(([k, v]) => `<tag k="${text(k)}" v="${text(v)}"/>`).join("");

function osm() {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n${
    nodes.map((n) => `<node id="${n.id}" version="1" lat="${n.lat}" lon="${n.lon}">${tagsOf(n.tags)}</node>`).join("\n")}\n${
    ways.map((w) => `<way id="${w.id}" version="1">${w.refs.map((ref) => `<nd ref="${ref}"/>`).join("")}${tagsOf(w.tags)}</way>`).join("\n")
  }\n</osm>\n`;
}

const here = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/* Why no tiles can be made here; null when they can. */
export function missingTools() {
  for (const tool of ["osmium", "tilemaker"]) if (!here(tool)) return `${tool} is not there`;
  return existsSync(join(root, "map/tiles.json")) ? null : "map/tiles.json is not there";
}

function run(program, ...args) {
  const done = spawnSync(program, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${program}: ${done.stderr || done.stdout || done.error}`);
}

function makePacked(folder) {
  const source = join(folder, "area.osm"), packed = join(folder, "area.osm.pbf");
  writeFileSync(source, osm());
  run("osmium", "cat", "--overwrite", "-o", packed, source);
  return packed;
}

/* The town stays as it is and desks only read it: each of its files is made once. */
let folder = null;
const made = new Map();
function once(name, make) {
  if (!folder) {
    folder = mkdtempSync(join(tmpdir(), "bellman-town-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  if (!made.has(name)) made.set(name, make(folder));
  return made.get(name);
}

/* Everything a desk needs of the town, as `bellman area` makes it; gives the options of `bellman serve`. */
export const makeArea = (program) => once("area", (folder) => {
  const out = join(folder, "area");
  run(program, "area", makePacked(folder), out);
  return ["--roads", join(out, "roads.bmr"), "--tiles", join(out, "map.mbtiles"), "--addresses", join(out, "addresses.db")];
});

/* Gives the path of its tiles alone. */
export const makeTiles = () => once("tiles", (folder) => {
  const packed = makePacked(folder), tiles = join(folder, "map.mbtiles");
  run(
    "tilemaker", "--input", packed, "--output", tiles, "--bbox", box.join(","),
    "--config", join(root, "map/tiles.json"), "--process", join(root, "map/tiles.lua"),
  );
  return tiles;
});
