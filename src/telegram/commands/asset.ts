import { byNetUsd, myCards } from "../../delivery/my-cards.ts";
import type { SnapshotRead } from "../../storage/read-snapshot.ts";
import { coinRates, similarCoins, tickerOf } from "../coin-rates.ts";
import type { Answer, Ask, Command } from "../command.ts";
import type { Message } from "../message.ts";
import { renderAsset, renderAssetUsage } from "../messages/asset.ts";
import { fromSnapshot, isPersonal, languageFor, termsOf } from "./reading.ts";

/** Longest name that is looked for. */
const MOST_NAME = 30;
/** Offered where no coin is named and no pair is open. */
const WELL_KNOWN = ["BTC", "ETH", "SOL"];

/** What one coin pays on every venue. `asset:COIN` shows or reloads it in place. */
export const asset: Command = {
  name: "asset",
  needsSession: true,
  groups: true,
  describe: (text) => text.asset.describe,
  run: (ask) => answer(ask, false),
  press: (ask) => answer(ask, true),
};

const answer = (ask: Ask, edit: boolean): Promise<Answer> =>
  fromSnapshot(ask, edit, (read) => {
    const asked = (ask.args.split(/\s+/u)[0] ?? "").replace(/^[$#]/u, "").slice(0, MOST_NAME);
    return asked === "" ? usage(read, ask) : ofCoin(read, ask, asked);
  });

function usage({ snapshot }: SnapshotRead, ask: Ask): Message {
  const best = myCards(snapshot, termsOf(ask), ask.nowMs).cards.map((card) => card.asset);
  return renderAssetUsage([...new Set([...best, ...WELL_KNOWN])].slice(0, 6), languageFor(ask));
}

function ofCoin(read: SnapshotRead, ask: Ask, asked: string): Message {
  const { market } = read.snapshot;
  // The coin was asked for by name: what the person hears of otherwise does not limit it, their venues do.
  const mine = myCards(read.snapshot, { ...termsOf(ask), assets: null, strategies: null }, ask.nowMs);
  const pairs = [...mine.cards.flatMap(({ best, others }) => [best, ...others]), ...mine.nearMisses]
    .filter(({ priced }) => priced.asset.toUpperCase() === asked.toUpperCase() || tickerOf(priced.asset) === asked.toUpperCase())
    .sort(byNetUsd);
  const rates = market === null ? null : coinRates(market, asked);
  return renderAsset({
    read,
    asset: rates?.[0]?.asset.toUpperCase() === asked.toUpperCase() ? rates[0].asset : asked.toUpperCase(),
    rates,
    pairs,
    similar: market === null ? [] : similarCoins(market, asked),
    language: languageFor(ask),
    personal: isPersonal(ask),
    nowMs: ask.nowMs,
  });
}
