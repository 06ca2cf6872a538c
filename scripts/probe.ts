/**
 * Asks every feed of every venue for everything it has, once, and every venue about the key that is given of it.
 *
 *   npm run probe                   the real venues, with the keys and the relay of the environment
 *   npm run probe -- --simulator    the embedded simulator and keys of its accounts
 *   npm run --silent probe -- --json
 */
import { parseArgs } from "node:util";
import { keyVars } from "../simulator/accounts/keys.ts";
import { ACCOUNT_VENUES } from "../simulator/accounts/registry.ts";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { readConfig } from "../src/config.ts";
import { ADAPTERS } from "../src/venues/registry.ts";
import { probe, type ProbeInput } from "./probe/probe.ts";
import { renderReport } from "./probe/report.ts";

const USAGE = `Usage: npm run probe -- [--live | --simulator] [--json]
  --live        the real venues, with keys and relay of the environment (default)
  --simulator   the embedded simulator and keys of its accounts; needs no network
  --json        the report as JSON
Ends with 0 where everything is well, 1 where a feed or a key is not, 2 where the command or the environment is wrong.`;

/** Large bodies over a slow line, one feed. */
const FEED_LIMIT_MS = 30_000;

async function main(argv: readonly string[]): Promise<number> {
  const options = {
    live: { type: "boolean", default: false },
    simulator: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  if (values.live && values.simulator) throw new Error("expected one market, found both --live and --simulator");
  const simulator = values.simulator ? await startSimulator({ listen: true }) : null;
  try {
    const report = await probe(inputOf(simulator));
    process.stdout.write(`${values.json ? JSON.stringify(report, null, 2) : renderReport(report)}\n`);
    return report.failed === 0 ? 0 : 1;
  } finally {
    await simulator?.close();
  }
}

function inputOf(simulator: Simulator | null): ProbeInput {
  const keys = Object.fromEntries(ACCOUNT_VENUES.flatMap((venue) => Object.entries(keyVars(venue, "reading"))));
  const read = readConfig(simulator === null ? process.env : { ...keys, VENUE_GATEWAY_URL: simulator.url ?? "" });
  if (!read.ok) throw new Error(read.error.map(({ message }) => message).join("\n"));
  const { gatewayUrl, venueKeys, limits } = read.value;
  return {
    market: simulator === null ? "live" : "simulated",
    adapters: ADAPTERS,
    keys: venueKeys,
    limitMs: FEED_LIMIT_MS,
    services: {
      now: Date.now,
      outbound: {
        fetch: (url, init) => fetch(url, init),
        now: Date.now,
        random: Math.random,
        gatewayUrl: gatewayUrl ?? "",
        userAgent: "Carrywatch/0.1 (probe; public data)",
      },
      callLimits: {
        attempts: limits.fetchAttempts,
        baseDelayMs: limits.retryDelayMs,
        maxDelayMs: limits.retryDelayMs * 8,
        headersMs: limits.fetchHeadersLimitMs,
        bodyMs: limits.fetchBodyLimitMs,
      },
    },
  };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
  process.exitCode = 2;
}
