import { describe, expect, it } from "vitest";
import { fundingPair } from "../../test/opportunities.ts";
import type { FunnelStep } from "../domain/funnel.ts";
import { verdictOf, type VerdictInput } from "./verdict.ts";

const step = (name: FunnelStep["step"], unit: FunnelStep["unit"], counts: Pick<FunnelStep, "in" | "out" | "dropped">): FunnelStep => ({
  step: name,
  unit,
  ms: 1,
  ...counts,
});
/** A scan in which everything came and nothing paid. */
const QUIET: readonly FunnelStep[] = [
  step("fetch", "feeds", { in: 4, out: 4, dropped: {} }),
  step("parse", "rows", { in: 100, out: 90, dropped: { delisted: 10 } }),
  step("gate", "rows", { in: 90, out: 80, dropped: { stale: 10 } }),
  step("identify", "rows", { in: 80, out: 80, dropped: {} }),
  step("detect", "pairs", { in: 60, out: 0, dropped: { "no-carry": 30, "below-threshold": 30 } }),
  step("price", "pairs", { in: 0, out: 0, dropped: {} }),
];
const withStep = (changed: FunnelStep): readonly FunnelStep[] => QUIET.map((each) => (each.step === changed.step ? changed : each));
const verdict = (over: Partial<VerdictInput>) => verdictOf({ steps: QUIET, open: 0, pending: 0, openNet: 0.001, nearMisses: [], ...over });

describe("zero is always explained", () => {
  it("quotes seen and nothing over the bar is a quiet market, with the best net and the bar", () => {
    const best = fundingPair({ short: { rate: 0.0001 } });
    const { verdict: said, reason } = verdict({ nearMisses: [{ ...best, refusal: "below-bar" }] });
    expect(said).toBe("market-quiet");
    expect(reason).toContain(`the best net is ${((best.ledger.net ?? Number.NaN) * 100).toFixed(3)} %`);
    expect(reason).toContain("the bar is 0.100 %");
    expect(reason).not.toContain("refused");
    expect(verdict({}).reason).toContain("no pair with a known net pays anything");
  });

  it("the best net over the bar is named with what refused it", () => {
    const { verdict: said, reason } = verdict({ nearMisses: [{ ...fundingPair(), refusal: "stress-failed" }] });
    expect(said).toBe("market-quiet");
    expect(reason).toMatch(/the best net is .* the bar is 0\.100 %, and that pair was refused: stress-failed$/u);
  });

  it.each<[string, FunnelStep, string]>([
    [
      "no venue that answered",
      step("fetch", "feeds", { in: 4, out: 0, dropped: { "geo-blocked": 3, timeout: 1 } }),
      "0 of 4 feeds answered (3 geo-blocked, 1 timeout)",
    ],
    [
      "one venue, which has nothing to pair with",
      step("fetch", "feeds", { in: 4, out: 1, dropped: { network: 3 } }),
      "1 of 4 feeds answered (3 network)",
    ],
    ["no call at all", step("fetch", "feeds", { in: 4, out: 0, dropped: { "flag-off": 4 } }), "0 of 4 feeds answered (4 flag-off)"],
    [
      "no row that could be read",
      step("parse", "rows", { in: 9, out: 0, dropped: { "bad-field": 9 } }),
      "parse let none of 9 rows pass (9 bad-field)",
    ],
    ["no row that passed", step("gate", "rows", { in: 9, out: 0, dropped: { stale: 9 } }), "gate let none of 9 rows pass (9 stale)"],
    [
      "no row with an identity",
      step("identify", "rows", { in: 9, out: 0, dropped: { "identity-mismatch": 9 } }),
      "identify let none of 9 rows pass (9 identity-mismatch)",
    ],
    [
      "no net that is known",
      step("price", "pairs", { in: 3, out: 0, dropped: { "net-unknown": 3 } }),
      "price let none of 3 pairs pass (3 net-unknown)",
    ],
    ["no pair to compare", step("detect", "pairs", { in: 0, out: 0, dropped: {} }), "detect let none of 0 pairs pass (nothing came)"],
  ])("%s is a data failure, never a quiet market", (_, broken, sentence) => {
    expect(verdict({ steps: withStep(broken) })).toEqual({ verdict: "data-failure", reason: `data failure: ${sentence}` });
    expect(verdict({ steps: withStep(broken), pending: 1 }).verdict).toBe("data-failure");
  });
});

describe("something to show", () => {
  it("is said with its count, and pairs that wait for confirmation are neither open nor a quiet market", () => {
    expect(verdict({ open: 2, pending: 1 })).toEqual({ verdict: "opportunities", reason: "2 open" });
    expect(verdict({ pending: 3 })).toMatchObject({ verdict: "confirming", reason: expect.stringContaining("3 over the bar") });
  });
});

describe("the sentence", () => {
  it("names the three most frequent reasons, most frequent first", () => {
    const dropped = { stale: 2, "crossed-book": 9, "not-trading": 4, frozen: 1 };
    const { reason } = verdict({ steps: withStep(step("gate", "rows", { in: 16, out: 0, dropped })) });
    expect(reason).toBe("data failure: gate let none of 16 rows pass (9 crossed-book, 4 not-trading, 2 stale)");
  });

  it("takes two feeds that answered for enough, and a scan without a fetch step for one that needed none", () => {
    const two = withStep(step("fetch", "feeds", { in: 4, out: 2, dropped: { timeout: 2 } }));
    expect(verdict({ steps: two }).verdict).toBe("market-quiet");
    expect(verdict({ steps: [] }).verdict).toBe("market-quiet");
    // Feeds are counted by the fetch step and no other.
    const [fetch, ...rest] = QUIET;
    const one = withStep(step("detect", "pairs", { in: 1, out: 1, dropped: {} })).slice(1);
    expect(verdict({ steps: [...one, ...(fetch === undefined ? [] : [fetch])] }).verdict).toBe("market-quiet");
    expect(rest).toHaveLength(5);
  });

  it("says of the best pair what refused it from the bar on, and nothing under it", () => {
    const best = fundingPair();
    const net = best.ledger.net ?? Number.NaN;
    const said = (openNet: number) => verdict({ openNet, nearMisses: [{ ...best, refusal: "frozen" }] });
    expect(said(net).reason).toMatch(/the bar is \d\.\d{3} %, and that pair was refused: frozen$/u);
    expect(said(net + 1e-9).reason).toMatch(/over the horizon, the bar is \d\.\d{3} %$/u);
    expect(said(net).verdict).toBe("market-quiet");
    expect(verdict({}).verdict).toBe("market-quiet");
  });
});
