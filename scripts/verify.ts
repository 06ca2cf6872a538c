import { spawn } from "node:child_process";
import { OFFLINE_ENV, ROOT } from "./offline.ts";

/** npm scripts in the order in which a mistake is cheapest to find. The last one also is the deploy dry run. */
const STEPS = ["types", "format:check", "lint", "typecheck", "dead", "test", "bundle"] as const;

/** Runs one npm script with npm itself, so that it is the same command a person types. */
async function runStep(step: string, npm: string): Promise<number> {
  const child = spawn(process.execPath, [npm, "run", "--silent", step], {
    cwd: ROOT,
    env: { ...process.env, ...OFFLINE_ENV },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** Runs every step until one fails; prints each with its seconds. Returns the exit code. */
async function verify(): Promise<number> {
  const npm = process.env["npm_execpath"];
  if (npm === undefined) {
    console.error("expected to be run by npm: npm run verify");
    return 1;
  }
  const started = performance.now();
  for (const step of STEPS) {
    console.log(`\n▶ ${step}`);
    const begun = performance.now();
    const code = await runStep(step, npm);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    console.log(code === 0 ? `✔ ${step} ${seconds} s` : `✘ ${step} ${seconds} s, exit code ${code}`);
    if (code !== 0) return code;
  }
  console.log(`\nverified in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
  return 0;
}

process.exitCode = await verify();
