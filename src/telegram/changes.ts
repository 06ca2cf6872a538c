import { ALERT_MODES, type AlertMode, MOST_MUTES, type Mute, type Preferences } from "../domain/person.ts";

/** The mode after a press: on, silent, off, and on again. */
export const modeAfter = (mode: AlertMode): AlertMode => ALERT_MODES[(ALERT_MODES.indexOf(mode) + 1) % ALERT_MODES.length] ?? "on";

/** Mutes that hold at a time. */
export const liveMutes = (mutes: readonly Mute[], nowMs: number): readonly Mute[] =>
  mutes.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);

/** Settings with one mute more, in place of one of the same thing; `null` where there are too many. What has run out goes. */
export function withMute(preferences: Preferences, mute: Mute, nowMs: number): Preferences | null {
  const others = liveMutes(preferences.mutes, nowMs).filter((other) => !sameThing(other, mute));
  return others.length >= MOST_MUTES ? null : { ...preferences, mutes: [...others, mute] };
}

/** Settings without the mute of a thing; `null` where there is none. */
export function withoutMute(preferences: Preferences, what: Pick<Mute, "scope" | "value">): Preferences | null {
  const mutes = preferences.mutes.filter((other) => !sameThing(other, what));
  return mutes.length === preferences.mutes.length ? null : { ...preferences, mutes };
}

const sameThing = (a: Pick<Mute, "scope" | "value">, b: Pick<Mute, "scope" | "value">): boolean =>
  a.scope === b.scope && a.value === b.value;

/**
 * A choice with one name switched, `null` meaning all of them: the last one that is on cannot be switched off, which gives
 * `undefined`. Names that are no longer among all of them go.
 */
export function switched<T extends string>(chosen: readonly T[] | null, name: T, all: readonly T[]): readonly T[] | null | undefined {
  const on = new Set(chosen ?? all);
  const next = all.filter((each) => (each === name ? !on.has(each) : on.has(each)));
  if (next.length === 0) return undefined;
  return next.length === all.length ? null : next;
}
