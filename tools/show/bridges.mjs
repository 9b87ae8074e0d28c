/* Bridges of a city, read from its OpenStreetMap XML. */

const METRES_PER_DEGREE = 111_195;

const attribute = (text, name) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
const tag = (body, key) => new RegExp(`<tag k="${key}" v="([^"]*)"`).exec(body)?.[1];

function nodesOf(text) {
  const nodes = new Map();
  for (const match of text.matchAll(/<node ([^>]*)>/g)) {
    nodes.set(attribute(match[1], "id"), [Number(attribute(match[1], "lat")), Number(attribute(match[1], "lon"))]);
  }
  return nodes;
}

function waysOf(text) {
  const nodes = nodesOf(text);
  const ways = [];
  for (const match of text.matchAll(/<way [^>]*>([\s\S]*?)<\/way>/g)) {
    const highway = tag(match[1], "highway");
    if (!highway || /footway|path|steps|cycleway|pedestrian|track/.test(highway)) continue;
    const points = [...match[1].matchAll(/<nd ref="([^"]*)"/g)].map((each) => nodes.get(each[1])).filter(Boolean);
    ways.push({ name: tag(match[1], "name") ?? "", bridge: tag(match[1], "bridge") === "yes", points });
  }
  return ways;
}

function metres([lat, lon], [otherLat, otherLon]) {
  const east = (otherLon - lon) * Math.cos((lat * Math.PI) / 180);
  return Math.hypot(otherLat - lat, east) * METRES_PER_DEGREE;
}

class Bridge {
  constructor(way) {
    this.name = way.name;
    this.first = way.points[0];
    this.last = way.points.at(-1);
    this.middle = [(this.first[0] + this.last[0]) / 2, (this.first[1] + this.last[1]) / 2];
  }

  /* A point so many metres beyond one of its ends. */
  beyond(end, far) {
    const share = far / metres(this.middle, end);
    return [0, 1].map((i) => end[i] + (end[i] - this.middle[i]) * share);
  }

  /* A line across the carriageway in the middle, wide enough for a twin carriageway beside it. */
  across() {
    const east = Math.cos((this.middle[0] * Math.PI) / 180);
    const along = [this.last[0] - this.first[0], (this.last[1] - this.first[1]) * east];
    const length = Math.hypot(...along), half = 40 / METRES_PER_DEGREE;
    const side = [(-along[1] / length) * half, ((along[0] / length) * half) / east];
    return [[this.middle[0] - side[0], this.middle[1] - side[1]], [this.middle[0] + side[0], this.middle[1] + side[1]]];
  }
}

/* Long ones first: they cross the river. */
export function bridges(text) {
  return waysOf(text).filter((way) => way.bridge && way.points.length > 1)
    .map((way) => new Bridge(way))
    .sort((a, b) => metres(b.first, b.last) - metres(a.first, a.last))
    .slice(0, 12);
}

/* Some points on roads, spread over the city, always the same. */
export function roadPoints(text) {
  const all = waysOf(text).map((way) => way.points[Math.floor(way.points.length / 2)]);
  return all.filter((_, i) => i % Math.max(1, Math.floor(all.length / 150)) === 0);
}
