import { instrumentId } from "../domain/instrument.ts";
import type { QualityOverrides, QualitySettings } from "../domain/settings.ts";
import type { VenueId } from "../domain/venue.ts";

/** No venue and no pair has bars of its own. */
export const NO_OVERRIDES: QualityOverrides = { venues: {}, pairs: {} };

/** `symbol` absent: what holds for the venue as a whole; `venue` absent: what holds for the coin everywhere. */
export type SettingsQuestion = {
  readonly quality: QualitySettings;
  readonly overrides: QualityOverrides;
  readonly venue?: VenueId;
  readonly symbol?: string;
};

/**
 * The bars that hold for one row: instrument > symbol > coin > venue > global, setting by setting. Returns the global
 * object itself where nothing is overridden.
 * @example settingsFor({ quality: { maxAgeMs: 1 }, overrides: { venues: { gate: { maxAgeMs: 9 } }, pairs: {} }, venue: "gate" }).maxAgeMs // 9
 */
export function settingsFor({ quality, overrides, venue, symbol }: SettingsQuestion): QualitySettings {
  const layers: Partial<QualitySettings>[] = [];
  const add = (table: Readonly<Record<string, Partial<QualitySettings>>>, name: string): void => {
    const layer = Object.hasOwn(table, name) ? table[name] : undefined;
    if (layer !== undefined) layers.push(layer);
  };
  if (venue !== undefined) add(overrides.venues, venue);
  if (symbol !== undefined) for (const name of pairNames(symbol, venue)) add(overrides.pairs, name);
  return layers.length === 0 ? quality : layers.reduce<QualitySettings>((merged, layer) => ({ ...merged, ...layer }), quality);
}

/** The names under which a row may have bars of its own, the least particular first. */
function pairNames(symbol: string, venue: VenueId | undefined): readonly string[] {
  const coin = symbol.split("/", 1)[0] ?? symbol;
  return [coin, ...(coin === symbol ? [] : [symbol]), ...(venue === undefined ? [] : [instrumentId(venue, symbol)])];
}

/** Whether a row has bars of its own, beside those of its venue. */
export const hasOwnBars = (overrides: QualityOverrides, row: { readonly venue: VenueId; readonly symbol: string }): boolean =>
  pairNames(row.symbol, row.venue).some((name) => Object.hasOwn(overrides.pairs, name));

/** Whether any pair has bars of its own. */
export const hasPairOverrides = (overrides: QualityOverrides): boolean => Object.keys(overrides.pairs).length > 0;
