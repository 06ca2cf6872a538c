import type { MyPair } from "../../delivery/my-cards.ts";
import type { Language } from "../../domain/person.ts";
import { HOUR_MS } from "../../domain/units.ts";
import type { CoinRate } from "../coin-rates.ts";
import * as format from "../format.ts";
import type { Message } from "../message.ts";
import type { ShownSnapshot } from "../shown-snapshot.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { venueName } from "../../venues/trading-page.ts";
import { direction, netWords, pairRef, venueWords } from "./pair.ts";
import { bold, button, joined, type Line, lines, marketBanner, message, riskNote, rows, safe } from "./parts.ts";
import { dataLine } from "./top.ts";

export type AssetInput = {
  readonly read: ShownSnapshot;
  /** As asked for. */
  readonly asset: string;
  /** `null` where rates are not at hand. */
  readonly rates: readonly CoinRate[] | null;
  /** Pairs of the coin at the reader's terms, best first. */
  readonly pairs: readonly MyPair[];
  readonly similar: readonly string[];
  readonly language: Language;
  /** False in groups: no buttons that lead to what is one person's own. */
  readonly personal: boolean;
  readonly nowMs: number;
};

const MOST_RATES = 16;
const MOST_PAIRS = 3;

/** What each venue pays for a coin now, and its best pairs. */
export function renderAsset(input: AssetInput): Message {
  const { read, asset, rates, pairs, language } = input;
  const { asset: texts, general } = catalogueOf(language);
  if (rates !== null && rates.length === 0 && pairs.length === 0) return unknownCoin(input);
  const perpetuals = (rates ?? []).filter(({ kind }) => kind === "perpetual");
  const best = pairs.slice(0, MOST_PAIRS);
  const clusters = [...new Set(perpetuals.map((rate) => rate.asset))].filter((coin) => coin.includes("~"));
  const body = lines(
    marketBanner(read.snapshot.scan.market, language),
    bold(texts.title(safe(asset))),
    ...(rates === null ? [texts.noRates] : perpetuals.slice(0, MOST_RATES).map((rate) => rateLine(rate, input, clusters.length > 0))),
    ...clusters.map((coin) => texts.cluster(safe(coin))),
    perpetuals.length > 0 && texts.sign,
    "",
    best.length === 0 ? texts.noPairs : bold(texts.best),
    ...best.map((pair, place) => `${place + 1}. ${direction(pair.priced, language)}: ${netWords(pair.priced, language)}`),
    "",
    dataLine(read, language),
    best.length > 0 && riskNote(language),
  );
  const details = input.personal
    ? best.map((pair, place) => [
        button(`${place + 1}. ${venueWords(pair.priced.long)} → ${venueWords(pair.priced.short)}`, `card:${pairRef(pair)}`),
      ])
    : [];
  return message(body, rows(...details, [button(general.reload, `asset:${asset}`)]));
}

function rateLine({ venue, asset, symbol, ratePer8h, intervalHours, nextFundingAtMs }: CoinRate, input: AssetInput, named: boolean): Line {
  const { language, nowMs } = input;
  const { parts } = catalogueOf(language);
  const settle = symbol.split(":")[1];
  const name = [safe(venueName(venue)), settle === undefined || settle === "USDT" ? null : safe(settle), named ? safe(asset) : null];
  // What settles has a next time, or the gate would have refused it.
  const often = nextFundingAtMs === null ? parts.allTheTime : parts.every;
  const when = [
    intervalHours === null ? null : often(format.span(intervalHours * HOUR_MS, language)),
    nextFundingAtMs === null || nextFundingAtMs < nowMs ? null : format.inSpan(nextFundingAtMs - nowMs, language),
  ].filter((fact) => fact !== null);
  return joined([
    bold(format.signedPercent(ratePer8h, language)),
    `  ${name.filter((part) => part !== null).join(" ")}  ${when.join(", ")}`.trimEnd(),
  ]);
}

function unknownCoin({ asset, similar, language, read }: AssetInput): Message {
  const { asset: texts } = catalogueOf(language);
  const names = similar.map((coin) => safe(coin, 20));
  const body = lines(
    marketBanner(read.snapshot.scan.market, language),
    texts.unknown(safe(asset)),
    names.length > 0 && texts.similar(names.join(", ")),
    dataLine(read, language),
  );
  const coins = similar.map((coin) => button(safe(coin, 20), `asset:${coin}`));
  return message(body, rows(coins.slice(0, 3), coins.slice(3, 6)));
}

/** What to send, with buttons for some coins. */
export function renderAssetUsage(coins: readonly string[], language: Language): Message {
  const buttons = coins.map((coin) => button(safe(coin, 20), `asset:${coin}`));
  return message(catalogueOf(language).asset.usage, rows(buttons.slice(0, 3), buttons.slice(3, 6)));
}
