import type { Language } from "../domain/person.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../domain/units.ts";
import { catalogueOf } from "./text/catalogue.ts";

/*
 * The only place of the bot where a number becomes text. Each function takes the value in the code's units (fractions, USD,
 * ms) and the reader's language; a value that is missing reads as "not known".
 */

/** What is missing, in the reader's words. */
export const notKnown = (language: Language): string => catalogueOf(language).units.unknown;

/**
 * A fraction as percent: fewer digits the larger it is, four after the point at most.
 * @example percent(0.0123, "en") // "1.23%"
 */
export function percent(fraction: number | null, language: Language): string {
  if (fraction === null || !Number.isFinite(fraction)) return notKnown(language);
  const value = fraction * 100;
  const size = Math.abs(value);
  if (size >= 1e6) return `${value < 0 ? "<-" : ">"}${decimal(1e6, 0, language)}%`;
  return `${decimal(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4, language)}%`;
}

/**
 * A percentage whose direction matters: with its plus sign.
 * @example signedPercent(0.0004, "en") // "+0.04%"
 */
export const signedPercent = (fraction: number | null, language: Language): string => withPlus(fraction, percent(fraction, language));

/**
 * A fraction a year as people compare it.
 * @example apr(0.1234, "en") // "12.3% APR"
 */
export function apr(fractionAYear: number | null, language: Language): string {
  if (fractionAYear === null || !Number.isFinite(fractionAYear)) return notKnown(language);
  const size = Math.abs(fractionAYear * 100);
  if (size >= 1e6) return `${percent(fractionAYear, language)} APR`;
  return `${decimal(fractionAYear * 100, size >= 100 ? 0 : size >= 10 ? 1 : 2, language)}% APR`;
}

/**
 * An amount of money: cents below 100, whole dollars above, millions and billions in short.
 * @example usd(1_240.4, "en") // "$1,240"
 */
export function usd(amount: number | null, language: Language): string {
  if (amount === null || !Number.isFinite(amount)) return notKnown(language);
  const size = Math.abs(amount);
  const { million, billion } = catalogueOf(language).units;
  const sign = amount < 0 ? "-" : "";
  if (size >= 1e15) return `${sign}>$${decimal(1e6, 0, language)}${billion}`;
  if (size >= 999_950_000) return `${sign}$${decimal(size / 1e9, size >= 1e11 ? 0 : 1, language)}${billion}`;
  if (size >= 999_500) return `${sign}$${decimal(size / 1e6, size >= 1e8 ? 0 : 1, language)}${million}`;
  if (size >= 99.995) return `${sign}$${decimal(size, 0, language)}`;
  // A whole number of dollars without its two zeros, as it is said.
  if (size >= 0.005) return `${sign}$${decimal(size, Math.round(size * 100) % 100 === 0 ? 0 : "cents", language)}`;
  return size === 0 ? "$0" : `${sign}<$${decimal(0.01, 2, language)}`;
}

/**
 * Money gained or lost: with its plus sign.
 * @example signedUsd(12.4, "en") // "+$12.40"
 */
export const signedUsd = (amount: number | null, language: Language): string => withPlus(amount, usd(amount, language));

/**
 * A price per coin: about six digits that count, whatever its magnitude.
 * @example price(0.0000123456, "en") // "$0.0000123456"
 */
export function price(usdPerCoin: number | null, language: Language): string {
  if (usdPerCoin === null || !Number.isFinite(usdPerCoin)) return notKnown(language);
  const whole = Math.abs(usdPerCoin);
  const size = whole >= 1 && whole < 1e5 && hasFewCents(whole) ? decimal(whole, "cents", language) : amount(whole, language);
  return `${usdPerCoin < 0 && /[1-9]/u.test(size) ? "-" : ""}$${size}`;
}

/** Whether a price ends within its cents, which are then always two: $101.50. */
const hasFewCents = (price: number): boolean => price >= 1e4 || Math.abs(price * 100 - Math.round(price * 100)) < 1e-6;

/**
 * A plain amount, e.g. of coins: about six digits that count.
 * @example amount(0.001, "en") // "0.001"
 */
export function amount(value: number | null, language: Language): string {
  if (value === null || !Number.isFinite(value)) return notKnown(language);
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(2);
  if (size >= 1e5) return decimal(value, 0, language);
  // Zeros after the point that stand before the first digit, bounded by what Intl can print.
  const leading = size === 0 ? 0 : Math.max(0, Math.ceil(-Math.log10(size)));
  const whole = size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
  return decimal(value, Math.min(20, size < 1 ? leading + 5 : Math.max(0, 6 - whole)), language);
}

/**
 * A whole number.
 * @example count(5_000, "en") // "5,000"
 */
export const count = (value: number | null, language: Language): string =>
  value === null || !Number.isFinite(value) ? notKnown(language) : decimal(value, 0, language);

/**
 * A length of time in its two largest units, rounded.
 * @example span(11_520_000, "en") // "3 h 12 min"
 */
export function span(ms: number | null, language: Language): string {
  if (ms === null || !Number.isFinite(ms)) return notKnown(language);
  const { second, minute, hour, day } = catalogueOf(language).units;
  const size = Math.abs(ms);
  const seconds = Math.round(size / SECOND_MS);
  if (seconds < 60) return `${seconds} ${second}`;
  const minutes = Math.round(size / MINUTE_MS);
  if (minutes < 60) return `${minutes} ${minute}`;
  if (minutes < DAY_MS / MINUTE_MS) return two([Math.floor(minutes / 60), hour], [minutes % 60, minute]);
  const hours = Math.round(size / HOUR_MS);
  const days = Math.floor(hours / 24);
  return days >= 10 ? `${decimal(Math.round(size / DAY_MS), 0, language)} ${day}` : two([days, day], [hours % 24, hour]);
}

const two = (large: readonly [number, string], small: readonly [number, string]): string =>
  small[0] === 0 ? large.join(" ") : `${large.join(" ")} ${small.join(" ")}`;

/**
 * How long until something: `now` where the time has come.
 * @example inSpan(11_520_000, "en") // "in 3 h 12 min"
 */
export function inSpan(ms: number | null, language: Language): string {
  if (ms === null || !Number.isFinite(ms)) return notKnown(language);
  const { units } = catalogueOf(language);
  return ms < SECOND_MS ? units.now : units.in(span(ms, language));
}

/**
 * How long since something: `now` where it is less than a second.
 * @example ago(125_000, "en") // "2 min ago"
 */
export function ago(ms: number | null, language: Language): string {
  if (ms === null || !Number.isFinite(ms)) return notKnown(language);
  const { units } = catalogueOf(language);
  return ms < SECOND_MS ? units.now : units.ago(span(ms, language));
}

/**
 * A moment as date and time of day, in UTC or in a person's zone. Throws RangeError for a zone that does not exist.
 * @example clock(1_789_147_120_443, "en") // "11 Sep 17:18 UTC"
 */
export function clock(atMs: number | null, language: Language, timeZone = "UTC"): string {
  if (atMs === null || !Number.isFinite(atMs)) return notKnown(language);
  const parts = new Map(
    clockFormat(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const month = catalogueOf(language).units.months.split(" ")[Number(parts.get("month")) - 1] ?? "";
  return `${parts.get("day")} ${month} ${parts.get("hour")}:${parts.get("minute")} ${parts.get("timeZoneName")}`;
}

/**
 * A moment as the time of day in UTC, to the second.
 * @example clockSeconds(1_789_147_120_443) // "17:18:40"
 */
export const clockSeconds = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19);

/**
 * A time of day given in minutes after midnight.
 * @example clockMinutes(1_410) // "23:30"
 */
export const clockMinutes = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;

function clockFormat(timeZone: string): Intl.DateTimeFormat {
  const known = CLOCKS.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    timeZoneName: "short",
    day: "numeric",
    month: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  if (CLOCKS.size >= MOST_KEPT) CLOCKS.clear();
  CLOCKS.set(timeZone, made);
  return made;
}

/** Adds the plus sign where the value, as it is shown, is above zero. */
const withPlus = (value: number | null, shown: string): string =>
  value !== null && value > 0 && /[1-9]/u.test(shown) ? `+${shown}` : shown;

/** A number with the language's own separators and at most so many digits after the point; `cents`: always two. Never "-0". */
function decimal(value: number, digits: number | "cents", language: Language): string {
  const name = `${language} ${digits}`;
  let format = DECIMALS.get(name);
  if (format === undefined) {
    const places = digits === "cents" ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: digits };
    format = new Intl.NumberFormat(language, { ...places, signDisplay: "negative" });
    DECIMALS.set(name, format);
  }
  return format.format(value);
}

// Formats are dear to make and hold nothing of a request. Bounded: digits and languages are few, zones are cut at MOST_KEPT.
const DECIMALS = new Map<string, Intl.NumberFormat>();
const CLOCKS = new Map<string, Intl.DateTimeFormat>();
const MOST_KEPT = 50;
