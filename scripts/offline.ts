import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The package's folder. */
export const ROOT = join(import.meta.dirname, "..");

/** With these in their environment wrangler, miniflare and vitest ask the network for nothing and report nothing. */
export const OFFLINE_ENV = {
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  DO_NOT_TRACK: "1",
} as const;

export type ToolRun = { readonly code: number; readonly output: string };

/**
 * Runs the command of an installed package with this Node, offline. `show` passes its output on, else it is returned.
 * @throws Error when the package or its command is not installed
 */
export async function runOffline(tool: string, options: { readonly args: readonly string[]; readonly show: boolean }): Promise<ToolRun> {
  const child = spawn(process.execPath, [commandOf(tool), ...options.args], {
    cwd: ROOT,
    env: { ...process.env, ...OFFLINE_ENV },
    stdio: options.show ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
  return { code, output };
}

/** Path of the script that a package installs under its own name. */
function commandOf(tool: string): string {
  const folder = join(ROOT, "node_modules", tool);
  const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const bin = typeof manifest === "object" && manifest !== null && "bin" in manifest ? manifest.bin : undefined;
  const path: unknown = typeof bin === "object" && bin !== null ? Object.entries(bin).find(([name]) => name === tool)?.[1] : bin;
  if (typeof path !== "string") throw new Error(`expected a command "${tool}" in the package ${tool}, found none`);
  return join(folder, path);
}

if (import.meta.main) {
  const argv = process.argv.slice(2);
  // With --quiet a tool is heard only when it fails.
  const quiet = argv[0] === "--quiet";
  const [tool, ...args] = quiet ? argv.slice(1) : argv;
  if (tool === undefined) throw new Error("usage: node scripts/offline.ts [--quiet] TOOL [arguments]");
  const { code, output } = await runOffline(tool, { args, show: !quiet });
  if (code !== 0) console.error(output);
  process.exitCode = code;
}
