import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALERT_MODES, DEFAULT_PREFERENCES, MOST_MUTES, type Mute } from "../domain/person.ts";
import { liveMutes, modeAfter, switched, withMute, withoutMute } from "./changes.ts";

const NOW_MS = 1_000_000;
const mute = (value: string, untilMs: number | null = null): Mute => ({ scope: "asset", value, untilMs });
const having = (mutes: readonly Mute[]) => ({ ...DEFAULT_PREFERENCES, mutes });

describe("changes of settings", () => {
  it("modes go round", () => {
    expect(ALERT_MODES.map(modeAfter)).toEqual(["silent", "off", "on"]);
  });

  it("a mute takes the place of one of the same thing, and what has run out goes", () => {
    const before = having([mute("BTC"), mute("ETH", NOW_MS), mute("SOL", NOW_MS + 1)]);
    expect(withMute(before, mute("BTC", NOW_MS + 5), NOW_MS)?.mutes).toEqual([mute("SOL", NOW_MS + 1), mute("BTC", NOW_MS + 5)]);
    expect(liveMutes(before.mutes, NOW_MS)).toEqual([mute("BTC"), mute("SOL", NOW_MS + 1)]);
  });

  it("there are no more mutes than may be", () => {
    const full = having(Array.from({ length: MOST_MUTES }, (_, place) => mute(`COIN${place}`)));
    expect(withMute(full, mute("BTC"), NOW_MS)).toBeNull();
    expect(withMute(full, mute("COIN3", 5), NOW_MS)?.mutes).toHaveLength(MOST_MUTES);
  });

  it("a mute is taken off by what it is about, and one that is not there is told", () => {
    const before = having([mute("BTC", 5), { scope: "venue", value: "BTC", untilMs: null }]);
    expect(withoutMute(before, { scope: "asset", value: "BTC" })?.mutes).toEqual([{ scope: "venue", value: "BTC", untilMs: null }]);
    expect(withoutMute(before, { scope: "asset", value: "ETH" })).toBeNull();
  });

  it("a choice is switched name by name, all of them are null, and the last one stays", () => {
    const all = ["a", "b", "c"];
    expect(switched(null, "b", all)).toEqual(["a", "c"]);
    expect(switched(["a", "c"], "b", all)).toBeNull();
    expect(switched(["b"], "b", all)).toBeUndefined();
    expect(switched(["gone", "b"], "a", all)).toEqual(["a", "b"]);
  });

  it("a choice switched twice is what it was, and never empty", () => {
    const all = ["a", "b", "c", "d"];
    fc.assert(
      fc.property(fc.subarray(all, { minLength: 1 }), fc.constantFrom(...all), (chosen, name) => {
        const before = chosen.length === all.length ? null : chosen;
        const after = switched(before, name, all);
        if (after === undefined) expect(chosen).toEqual([name]);
        else {
          expect(after === null || after.length > 0).toBe(true);
          expect(switched(after, name, all)).toEqual(before);
        }
      }),
    );
  });
});
