import { STRATEGIES, type Strategy } from "../domain/opportunity.ts";
import type { VenueFacts } from "../domain/venue.ts";
import type { MarketColumns } from "../storage/market-columns.ts";

/*
 * What people type, as values. Each function takes the text as typed and gives `null` for what it cannot read for certain:
 * nothing is guessed, the command then says what was expected.
 */

/** The words of an argument text. */
export const words = (text: string): readonly string[] => text.split(/\s+/u).filter((word) => word !== "");

/**
 * A percentage as a fraction; the sign % may be left out, comma and point both stand before the decimals.
 * @example parsePercent("0,05%") // 0.0005
 */
export function parsePercent(text: string): number | null {
  const found = /^([+-]?\d{1,6}(?:[.,]\d{1,10})?)\s*%?$/u.exec(plain(text))?.[1];
  // Divided, since 0.05 · 0.01 is not 0.0005 in binary fractions.
  return found === undefined ? null : Number(found.replace(",", ".")) / 100;
}

const THOUSANDS: Readonly<Record<string, number>> = { k: 1e3, rb: 1e3, ribu: 1e3, m: 1e6, jt: 1e6, juta: 1e6, b: 1e9, miliar: 1e9 };

/**
 * An amount of money in USD: `20000`, `$20,000`, `20.000`, `20k`, `1.5m`. Groups of three digits are thousands, one or two
 * digits after a comma or point are decimals.
 * @example parseUsd("20k") // 20_000
 */
export function parseUsd(text: string): number | null {
  const found = /^\$?\s*(\d[\d.,]*)\s*(k|m|rb|ribu|jt|juta|b|miliar)?\s*(?:usd|dollars?)?$/u.exec(plain(text).toLowerCase());
  const digits = found?.[1];
  if (digits === undefined) return null;
  const unit = found?.[2] === undefined ? 1 : (THOUSANDS[found[2]] ?? Number.NaN);
  const value = /^\d{1,3}(?:[.,]\d{3})+$/u.test(digits)
    ? Number(digits.replace(/[.,]/gu, ""))
    : /^\d+(?:[.,]\d{1,2})?$/u.test(digits)
      ? Number(digits.replace(",", "."))
      : Number.NaN;
  return Number.isFinite(value * unit) ? value * unit : null;
}

const HOURS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(["h", "hrs", "hour", "hours", "j", "jam"].map((unit) => [unit, 1])),
  ...Object.fromEntries(["d", "day", "days", "hari"].map((unit) => [unit, 24])),
  ...Object.fromEntries(["w", "week", "weeks", "minggu"].map((unit) => [unit, 168])),
};

/**
 * A length of time in hours: `36h`, `7d`, `2 weeks`, `3 hari`. A number without unit is none, nor is one
 * with "hr", which is an hour to some and a day (hari) to others.
 * @example parseHours("7d") // 168
 */
export function parseHours(text: string): number | null {
  const found = /^(\d{1,5}(?:[.,]\d{1,2})?)\s*([a-z]+)$/u.exec(plain(text).toLowerCase());
  if (found === null) return null;
  const unit = Object.hasOwn(HOURS, found[2] ?? "") ? HOURS[found[2] ?? ""] : undefined;
  return unit === undefined ? null : Number((found[1] ?? "").replace(",", ".")) * unit;
}

/**
 * A time of day in minutes after midnight: `23:00`, `7`, `07.30`.
 * @example parseTimeOfDay("07:30") // 450
 */
export function parseTimeOfDay(text: string): number | null {
  const found = /^(\d{1,2})(?:[:.](\d{2}))?$/u.exec(text);
  const [hour, minute] = [Number(found?.[1] ?? Number.NaN), Number(found?.[2] ?? 0)];
  return hour <= 23 && minute <= 59 ? hour * 60 + minute : null;
}

/** What Indonesians call their three zones. */
const ZONE_NAMES: Readonly<Record<string, string>> = { wib: "Asia/Jakarta", wita: "Asia/Makassar", wit: "Asia/Jayapura", utc: "UTC" };

/**
 * A time zone by its IANA name, or by its city where only one zone has it; case does not matter. The name as IANA writes it.
 * @example parseTimeZone("jakarta") // "Asia/Jakarta"
 */
export function parseTimeZone(text: string): string | null {
  const asked = text.trim().replace(/\s+/gu, "_").toLowerCase();
  if (asked === "" || asked.length > 60) return null;
  if (Object.hasOwn(ZONE_NAMES, asked)) return ZONE_NAMES[asked] ?? null;
  if (asked.includes("/")) return knownZone(asked);
  const cities = Intl.supportedValuesOf("timeZone").filter((zone) => zone.toLowerCase().split("/").at(-1) === asked);
  return cities.length === 1 ? (cities[0] ?? null) : null;
}

/** An IANA name that the platform has, under the name it was asked for: links are as good as what they stand for. */
function knownZone(asked: string): string | null {
  try {
    const canonical = new Intl.DateTimeFormat("en", { timeZone: asked }).resolvedOptions().timeZone;
    return Intl.supportedValuesOf("timeZone").find((zone) => zone.toLowerCase() === asked) ?? canonical;
  } catch {
    return null;
  }
}

/** The venue of that id or name. */
export function venueNamed(text: string, venues: readonly VenueFacts[]): VenueFacts | null {
  const asked = text.toLowerCase();
  return venues.find(({ id, name }) => id === asked || name.toLowerCase() === asked) ?? null;
}

/** The strategy of that name. */
export const strategyNamed = (text: string): Strategy | null => STRATEGIES.find((strategy) => strategy === text.toLowerCase()) ?? null;

/** A coin as typed: letters of any kind, digits, and the mark of an identity cluster. */
const COIN = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,29}(?:~\d{1,2})?$/u;

/**
 * The coin of that name in a market, in its spelling there; case does not matter. `null` where no venue shows it now. Without
 * a market any name that could be a coin's is taken as typed, in capitals.
 */
export function coinNamed(text: string, market: MarketColumns | null): string | null {
  const asked = text.replace(/^\$/u, "").toUpperCase();
  if (!COIN.test(asked)) return null;
  if (market === null) return asked;
  for (const { asset } of Object.values(market)) {
    const found = asset.find((coin) => coin !== null && coin.toUpperCase() === asked);
    if (found !== undefined && found !== null) return found;
  }
  return null;
}

/** With the minus signs of keyboards and pages as the plain one, and no space at the ends. */
const plain = (text: string): string => text.trim().replace(/[−–—]/gu, "-");
