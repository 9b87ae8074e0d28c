/* The map's few signs, drawn when the map opens: no pictures to load, sharp on every screen. */
import type { Map as MapLibreMap } from "maplibre-gl";
import { unitColours } from "./features";

const SIZE = 20;
const SHARP = 2; /* drawn at twice their size */

type Draw = (pen: CanvasRenderingContext2D) => void;

function image(draw: Draw): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * SHARP;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen) throw new Error("this browser draws no canvas");
  pen.scale(SHARP, SHARP);
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

const filled = (path: string, colour: string): Draw => (pen) => {
  pen.fillStyle = colour;
  pen.fill(new Path2D(path));
};

/* A sign on a small plate. */
const plate = (ground: string, sign: string): Draw => (pen) => {
  pen.fillStyle = ground;
  pen.strokeStyle = "#0b1014";
  pen.beginPath();
  pen.roundRect(2, 2, 16, 16, 4);
  pen.fill();
  pen.stroke();
  filled(sign, "#e9eef3")(pen);
};

const wayArrow = (colour: string): Draw => (pen) => {
  const arrow = new Path2D("M3 8h7V4l7 6-7 6v-4H3z");
  pen.fillStyle = colour;
  pen.strokeStyle = "#0b1014";
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.fill(arrow);
  pen.stroke(arrow);
};

const signs: Record<string, Draw> = {
  hospital: plate("#8f3a3a", "M8.4 4.5h3.2v3.9h3.9v3.2h-3.9v3.9H8.4v-3.9H4.5V8.4h3.9z"),
  fire_station: plate("#94562a", "M10 3.8c1 2.6 4.3 4 4.3 7.6a4.3 4.3 0 0 1-8.6 0c0-1.7.8-2.8 1.8-3.6.1 1 .5 1.6 1.1 1.9C8.200 7.600 8.900 5.500 10 3.800z"),
  police: plate("#34598c", "M10 4l5 1.800v3.400c0 3.200-2 5.400-5 6.800-3-1.400-5-3.600-5-6.800V5.800z"),
  school: plate("#5c5a3a", "M10 5l6 3-6 3-6-3zM6.500 10.300l3.500 1.800 3.500-1.800v2.900L10 15l-3.500-1.800z"),
  station: plate("#4a4f6b", "M6 4.500h8v8.500H6zM7.300 6v2.800h5.400V6zM7 14h6l1.300 2H5.700z"),
  dot: filled("M10 8a2 2 0 1 0 .01 0z", "#7c8a98"),
  place: (pen) => {
    filled("M10 3l7 6v8H3V9z", "#0b1014")(pen);
    filled("M10 4.400l5.800 5v6.400H4.200V9.400z", "#c6d3df")(pen);
    filled("M8.400 11h3.200v4.800H8.400z", "#0b1014")(pen);
  },
  /* Which way a road is closed or slowed: along the line, to the right. */
  closed_way: wayArrow("#ff5a4f"),
  slowed_way: wayArrow("#f2b84b"),
  oneway: filled("M3 9.200h9.500V6.800L17 10l-4.500 3.200v-2.400H3z", "#9aa7b3"),
};

export function addIcons(map: MapLibreMap): void {
  for (const [name, draw] of Object.entries(signs)) map.addImage(name, image(draw), { pixelRatio: SHARP });
  /* Points up; the layer turns it and puts it before the unit. */
  for (const colour of Object.values(unitColours)) {
    map.addImage(`arrow-${colour}`, image(filled("M10 4l5 9-5-2.500L5 13z", colour)), { pixelRatio: SHARP });
  }
}
