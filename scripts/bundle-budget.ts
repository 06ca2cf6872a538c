import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runOffline } from "./offline.ts";

/** Most JavaScript the Worker may ship, bytes before compression. */
const MAX_BUNDLE_BYTES = 1_000_000;
const OUT_DIR = join(ROOT, "dist");

/** Bytes of JavaScript in a folder, source maps aside. */
function javascriptBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.m?js$/u.test(name))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** The lines of a profile that say how long the Worker's module scope took here; a measure, not a bar: machines differ. */
function startupLine(output: string): string {
  const active = /Active:\s*([\d.]+) ms/u.exec(output)?.[1];
  return active === undefined ? "start-up: not measured" : `start-up: ${active} ms active on this machine`;
}

/** Builds the Worker as a deployment would, weighs it, profiles its start. Returns the exit code. */
async function bundleBudget(): Promise<number> {
  rmSync(OUT_DIR, { recursive: true, force: true });
  const build = await runOffline("wrangler", { args: ["deploy", "--dry-run", "--outdir", OUT_DIR], show: true });
  if (build.code !== 0) return build.code;
  const bytes = javascriptBytes(OUT_DIR);
  console.log(`bundle: ${(bytes / 1_000).toFixed(1)} kB of JavaScript, budget ${MAX_BUNDLE_BYTES / 1_000} kB`);
  if (bytes === 0 || bytes > MAX_BUNDLE_BYTES) {
    console.error(`expected 1 to ${MAX_BUNDLE_BYTES} bytes of JavaScript in the bundle, found ${bytes}`);
    return 1;
  }
  const startup = await runOffline("wrangler", {
    args: ["check", "startup", "--outfile", join(OUT_DIR, "startup.cpuprofile")],
    show: false,
  });
  if (startup.code !== 0) {
    console.error(`expected the Worker to start in workerd, found exit code ${startup.code}:\n${startup.output.slice(-2_000)}`);
    return startup.code;
  }
  console.log(startupLine(startup.output));
  return 0;
}

process.exitCode = await bundleBudget();
