/* The page's own tests (web/tests) and its types; skipped without web/node_modules. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "../../web");
const tsc = join(web, "node_modules/typescript/bin/tsc");
if (!existsSync(tsc) || !existsSync(join(web, "node_modules/esbuild"))) {
  console.log("skipped: web/node_modules is not there (npm ci)");
  process.exit(77);
}
const run = (...args) => spawnSync(process.execPath, args, { cwd: web, stdio: "inherit" }).status ?? 1;
process.exitCode = run(tsc, "--noEmit") || run("build.mjs", "--test");
