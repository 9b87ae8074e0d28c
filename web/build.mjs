/* node build.mjs           bundles the console into dist/ (index.html, app.js, app.css)
 * node build.mjs --test    bundles tests/*.test.ts into a temporary folder and runs them with node --test */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const shared = { bundle: true, logLevel: "warning", charset: "utf8", jsx: "automatic", jsxImportSource: "preact" };

async function page() {
  const dist = join(here, "dist");
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  await build({
    ...shared,
    entryPoints: { app: join(here, "console/main.tsx") },
    outdir: dist,
    format: "esm",
    target: ["es2022"],
    minify: true,
    legalComments: "none",
  });
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
