import type { Strategy } from "./opportunity.ts";
import type { VenueId } from "./venue.ts";

/** What a person is told about, each switched for itself. `improved` also stands for a pair that comes to pay more. */
export const ALERT_KINDS = ["opened", "improved", "terms-changed", "no-data", "ended"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
/** `silent`: delivered without a sound. */
export const ALERT_MODES = ["on", "silent", "off"] as const;
export type AlertMode = (typeof ALERT_MODES)[number];

export const LANGUAGES = ["en", "id"] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a pair must pay a person, at their own size, fees and horizon. `net-apr`: fraction a year on notional; `net-usd`: USD over the horizon. */
export type Bar = { readonly kind: "net-apr" | "net-usd"; readonly value: number };

/** Something a person does not want to hear of. `untilMs`: epoch ms, `null` for good. */
export type Mute = { readonly scope: "asset" | "venue" | "strategy"; readonly value: string; readonly untilMs: number | null };

/** Local times of day between which alerts wait for one digest; the end may be on the next day. */
export type QuietHours = {
  /** Minutes after midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name, e.g. `Asia/Jakarta`. */
  readonly timeZone: string;
};

/** A person's settings. Lists that are `null` leave nothing out. */
export type Preferences = {
  readonly language: Language;
  readonly venues: readonly VenueId[] | null;
  readonly strategies: readonly Strategy[] | null;
  readonly assets: readonly string[] | null;
  /** USD on each leg. */
  readonly sizeUsd: number;
  readonly horizonHours: number;
  readonly bar: Bar;
  readonly alerts: Readonly<Record<AlertKind, AlertMode>>;
  /** Own taker fees, fraction one way, by feed: `binance` for its perpetuals, `binance-spot` for spot. */
  readonly fees: Readonly<Record<string, number>>;
  readonly mutes: readonly Mute[];
  readonly quiet: QuietHours | null;
  /** Whether the three taps of /start are done: before, nothing is alerted. */
  readonly onboarded: boolean;
};

/** Settings of somebody who has just arrived: the reference size and horizon of the public list, everything on. */
export const DEFAULT_PREFERENCES: Preferences = {
  language: "en",
  venues: null,
  strategies: null,
  assets: null,
  sizeUsd: 5_000,
  horizonHours: 168,
  bar: { kind: "net-apr", value: 0.05 },
  alerts: { opened: "on", improved: "on", "terms-changed": "silent", "no-data": "off", ended: "on" },
  fees: {},
  mutes: [],
  quiet: null,
  onboarded: false,
};

export type Role = "person" | "operator";
export type PersonStatus = "active" | "stopped" | "blocked";

/** Somebody who talks to the bot. */
export type Person = {
  readonly telegramId: number;
  /** Where their messages go; their private chat. */
  readonly chatId: number;
  readonly role: Role;
  readonly status: PersonStatus;
  readonly preferences: Preferences;
  readonly createdAtMs: number;
};

/** Most entries a person may keep of each, so that no row grows without end. */
export const MOST_MUTES = 100;
export const MOST_WATCHES = 20;
export const MOST_TAKEN = 50;
/** Bounds of a person's own numbers. USD on each leg, hours, fraction one way. */
export const SIZE_BOUNDS_USD = { min: 10, max: 10_000_000 } as const;
export const HORIZON_BOUNDS_HOURS = { min: 1, max: 2_160 } as const;
export const FEE_BOUNDS = { min: -0.001, max: 0.01 } as const;
