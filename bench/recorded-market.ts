import type { FeedId } from "../src/domain/feed.ts";
import { MINUTE_MS } from "../src/domain/units.ts";
import { startSimulator } from "../simulator/simulator.ts";
import { type Asked, type Carried, NOTHING_CARRIED, type ReadText, scan } from "./replay.ts";

/** One moment of the market: the text of every body that a scan reads then, by feed and request. */
export type Moment = {
  readonly nowMs: number;
  readonly texts: Readonly<Record<FeedId, Readonly<Record<string, string>>>>;
  /** Requests for what every scan reads, page by page; neither metadata nor order books. */
  readonly hotCalls: { readonly perpetual: number; readonly spot: number };
};

/** Scans in a row of one simulated market, in the wire formats of all registered feeds. */
export type RecordedMarket = {
  readonly coins: number;
  /** The first reads all metadata, the others confirm what opens. */
  readonly before: readonly Moment[];
  /** What the scans before leave to the first moment. */
  readonly carried: Carried;
  /** The scans that are measured. Bodies that serve five minutes are read in one of three, metadata in none. */
  readonly moments: readonly Moment[];
};

/** Nine minutes past the hour: no settlement falls between the moments. */
export const START_MS = Date.UTC(2026, 10, 22, 9, 9, 0);
const STEP_MS = 2 * MINUTE_MS;
const BEFORE = 3;
/** As many as make every five-minute body come once. */
export const MOMENTS = 3;

/** Names a request, so that a recording can be asked for its answer. */
export const requestName = ({ method, path, body }: Omit<Asked, "name">): string =>
  `${method} ${path}${body === undefined ? "" : ` ${JSON.stringify(body)}`}`;

/** Runs scans against the simulated venues and keeps the texts that they read. */
export async function recordMarket(coins: number): Promise<RecordedMarket> {
  let nowMs = START_MS;
  const simulator = await startSimulator({ coins, clock: () => nowMs });
  let carried = NOTHING_CARRIED;
  const record = async (): Promise<Moment> => {
    const texts: Record<FeedId, Record<string, string>> = {};
    const hotCalls = { perpetual: 0, spot: 0 };
    const read: ReadText = async ({ id, hosts, facts, endpoints }, { name, method, path, body }) => {
      if (endpoints[name]?.refreshMs === 0) hotCalls[id === facts.id ? "perpetual" : "spot"] += 1;
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const text = await (await simulator.handle(new Request(`https://${hosts[0]}${path}`, init))).text();
      (texts[id] ??= {})[requestName({ method, path, body })] = text;
      return text;
    };
    ({ carried } = await scan({ nowMs, read, carried }));
    const moment = { nowMs, texts, hotCalls };
    nowMs += STEP_MS;
    return moment;
  };
  const series = async (length: number): Promise<readonly Moment[]> => {
    const moments: Moment[] = [];
    while (moments.length < length) moments.push(await record());
    return moments;
  };
  const before = await series(BEFORE);
  const left = carried;
  const moments = await series(MOMENTS);
  await simulator.close();
  return { coins, before, carried: left, moments };
}

/** Reads a moment again. @throws Error for what was not read when it was recorded */
export const readerOf =
  ({ texts }: Moment): ReadText =>
  ({ id }, asked) => {
    const text = texts[id]?.[requestName(asked)];
    if (text === undefined) throw new Error(`${id}: not recorded: ${requestName(asked)}`);
    return text;
  };

/** All texts of a moment. */
export const textsOf = ({ texts }: Moment): readonly string[] => Object.values(texts).flatMap((ofFeed) => Object.values(ofFeed));

/** UTF-8 bytes of all bodies of a moment. */
export const bytesOf = (moment: Moment): number => textsOf(moment).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
