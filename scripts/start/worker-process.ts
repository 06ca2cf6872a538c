import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const WRANGLER = join(ROOT, "node_modules", "wrangler", "bin", "wrangler.js");
/** Wrangler asks the network for nothing here. */
const OFFLINE = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_LOG: "error", CI: "true" };
const READY_LIMIT_MS = 60_000;
const MOST_PORTS = 5;

export type WorkerProcess = {
  readonly url: string;
  /** Where the Worker's own log lines go. */
  readonly logFile: string;
  readonly stop: () => Promise<void>;
};

/**
 * The Worker in workerd with fresh local D1 and KV: migrates, starts, waits until it answers.
 * @throws Error with the tail of wrangler's output when a step fails
 */
export async function startWorker(options: {
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  /** Another configuration than the product's own. */
  readonly config?: string;
  /** Where a debugger may look in; absent: any free port. */
  readonly inspectorPort?: number;
}): Promise<WorkerProcess> {
  await mkdir(join(ROOT, ".carrywatch"), { recursive: true });
  const runDir = await mkdtemp(join(ROOT, ".carrywatch", "run-"));
  const config = options.config === undefined ? [] : ["--config", options.config];
  await wrangler(["d1", "migrations", "apply", "DB", "--local", "--persist-to", runDir, ...config]);
  const inspector = ["--inspector-port", String(options.inspectorPort ?? 0)];
  const vars = Object.entries(options.vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  let wanted = options.port;
  for (let tries = 1; ; tries++) {
    const port = await freePort(wanted);
    try {
      return await startOn(port, { runDir, more: [...config, ...inspector, ...vars] });
    } catch (error) {
      // Another process may take the port between the look and the start; wrangler then ends.
      if (tries < MOST_PORTS && !(await isFree(port))) {
        wanted = port + 1;
        continue;
      }
      await rm(runDir, { recursive: true, force: true });
      throw error;
    }
  }
}

/** `wrangler dev` on a port, once it answers. */
async function startOn(
  port: number,
  { runDir, more }: { readonly runDir: string; readonly more: readonly string[] },
): Promise<WorkerProcess> {
  const args = [
    "dev",
    "--port",
    String(port),
    "--ip",
    "127.0.0.1",
    "--persist-to",
    runDir,
    "--show-interactive-dev-session=false",
    ...more,
  ];
  const logFile = join(ROOT, ".carrywatch", `worker-${port}.log`);
  const log = createWriteStream(logFile);
  // Its own process group, so that stopping it ends workerd too.
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...OFFLINE, WRANGLER_LOG: "log" },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await stopGroup(child);
    await rm(runDir, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child);
  } catch (error) {
    await stopGroup(child);
    throw new Error(`the Worker did not start, see ${logFile}`, { cause: error });
  }
  return { url, logFile, stop };
}

/** Runs one wrangler command to its end. */
async function wrangler(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...OFFLINE },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`wrangler ${args.slice(0, 3).join(" ")} failed:\n${output.slice(-2_000)}`);
}

/** The wanted port, or the next one on which nobody listens. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) if (await isFree(port)) return port;
  throw new Error(`expected a free port from ${wanted} to ${wanted + 99}, found none`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + READY_LIMIT_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`wrangler dev ended with code ${child.exitCode}`);
    try {
      await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(2_000) });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }
  throw new Error(`no answer within ${READY_LIMIT_MS / 1_000} s`);
}

async function stopGroup(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  if (child.exitCode !== null || child.pid === undefined) return;
  signalGroup(child.pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child.pid ?? 0, "SIGKILL"), 3_000);
  await ended;
  clearTimeout(timer);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
