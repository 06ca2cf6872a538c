import { parseArgs } from "node:util";

/** Which market a local run watches. */
export type Market = "simulated" | "recorded" | "live";

export type StartOptions = {
  readonly market: Market;
  /** Folder of recorded bodies, for the recorded market. */
  readonly recordedDir: string | null;
  /** Day of the recording, YYYY-MM-DD; `null` = the one with most venues. */
  readonly recordedDate: string | null;
  /** Scans to run before leaving; `null` = until Ctrl-C. */
  readonly scans: number | null;
  readonly port: number;
  readonly seed: number;
};

export const USAGE = `Usage: npm start -- [options]
  (none)            watch the embedded simulated market
  --live            watch the real venues
  --recorded DIR    replay bodies that venues once sent, with the clock at the recording
  --recorded-date D the day of them, YYYY-MM-DD (default the one with most venues)
  --scans N         run N scans, then exit: 0 only if every funnel adds up
  --port P          port of the API (default 8787, the next free one if it is taken)
  --seed S          seed of the simulated market (default 1)`;

/** The options of a run, or a sentence that says what was expected and what was found. */
export function readOptions(argv: readonly string[]): StartOptions | string {
  let values;
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        live: { type: "boolean", default: false },
        recorded: { type: "string" },
        "recorded-date": { type: "string" },
        scans: { type: "string" },
        port: { type: "string", default: "8787" },
        seed: { type: "string", default: "1" },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (values.live && values.recorded !== undefined) return "expected one market, found both --live and --recorded";
  const recordedDate = values["recorded-date"] ?? null;
  if (recordedDate !== null && values.recorded === undefined) return "expected --recorded DIR beside --recorded-date";
  const scans = values.scans === undefined ? null : Number(values.scans);
  if (scans !== null && !(Number.isInteger(scans) && scans > 0)) return `--scans: expected a whole number above 0, found "${values.scans}"`;
  const port = Number(values.port);
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) return `--port: expected 1 to 65535, found "${values.port}"`;
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) return `--seed: expected a whole number, found "${values.seed}"`;
  const market = values.live ? "live" : values.recorded === undefined ? "simulated" : "recorded";
  return { market, recordedDir: values.recorded ?? null, recordedDate, scans, port, seed };
}
