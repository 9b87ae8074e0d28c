/* node build.mjs           bundles the console into dist/: index.html, app.js and app.css; what a view loads when it is
 *                          first needed, as NAME-HASH.js; map.css and map_worker.js for the map; worker.js, which gives the page without the desk; the citizens' page, one
 *                          file of each kind: public.html, public.js, public.css; licenses.txt
 * node build.mjs --test    bundles tests/*.test.ts into a temporary folder and runs them with node --test */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shared = { bundle: true, logLevel: "warning", charset: "utf8", jsx: "automatic", jsxImportSource: "preact" };

/* The packages whose code ends up in dist: their terms ask to be named with it. */
const bundled = ["preact", "@preact/signals", "@preact/signals-core", "maplibre-gl"];

function licenses() {
  return bundled.map((name) => {
    const folder = join(here, "node_modules", name);
    const file = ["LICENSE", "LICENSE.txt", "LICENSE.md"].map((each) => join(folder, each)).find((each) => existsSync(each));
    if (!file) throw new Error(`${name} has no license file`);
    return `${name}\n${"=".repeat(name.length)}\n${readFileSync(file, "utf8").trim()}\n`;
  }).join("\n\n");
}

async function page() {
  const dist = join(here, "dist");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  await build({
    ...shared,
    entryPoints: {
      app: join(here, "console/main.tsx"),
      /* A style sheet of its own: esbuild does not load styles along with a dynamic import. */
      map: join(here, "console/map/map.css"),
      /* At the root, for a worker serves what lies below it. */
      worker: join(here, "console/worker.ts"),
      map_worker: join(here, "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs"),
    },
    outdir: dist,
    format: "esm",
    target: ["es2022"],
    splitting: true,
    chunkNames: "[name]-[hash]",
    minify: true,
    legalComments: "none",
    /* MapLibre looks for its worker beside itself; ours is told where it is (console/map/map.tsx). */
    logOverride: { "empty-import-meta": "silent" },
  });
  /* By itself, so that it shares no file with the console and a phone loads nothing of it. */
  await build({
    ...shared,
    entryPoints: { public: join(here, "public/main.tsx") },
    outdir: dist,
    format: "esm",
    target: ["es2022"],
    minify: true,
    legalComments: "none",
  });
  writeFileSync(join(dist, "licenses.txt"), licenses());
  copyFileSync(join(here, "public/index.html"), join(dist, "public.html"));
  copyFileSync(join(here, "index.html"), join(dist, "index.html"));
  for (const name of readdirSync(dist).sort()) console.log(`dist/${name} ${statSync(join(dist, name)).size} bytes`);
}

async function tests() {
  const folder = mkdtempSync(join(tmpdir(), "bellman-web-"));
  try {
    const names = readdirSync(join(here, "tests")).filter((name) => name.endsWith(".test.ts"));
    await build({
      ...shared,
      entryPoints: names.map((name) => join(here, "tests", name)),
      outdir: folder,
      outExtension: { ".js": ".mjs" },
      format: "esm",
      platform: "node",
      target: ["node18"],
    });
    const files = readdirSync(folder).map((name) => join(folder, name));
    return spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" }).status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes("--test")) process.exitCode = await tests();
else await page();
