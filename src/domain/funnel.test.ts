import { describe, expect, it } from "vitest";
import { count, type FunnelStep, unbalancedSteps } from "./funnel.ts";

const step = (over: Partial<FunnelStep>): FunnelStep => ({
  step: "gate",
  unit: "rows",
  in: 10,
  out: 7,
  dropped: { stale: 3 },
  ms: 1,
  ...over,
});

describe("counts that add up", () => {
  it("in = out + everything dropped, whatever the reasons", () => {
    expect(unbalancedSteps([step({}), step({ dropped: { stale: 1, "crossed-book": 2 } }), step({ in: 0, out: 0, dropped: {} })])).toEqual(
      [],
    );
  });

  it.each<[string, Partial<FunnelStep>]>([
    ["a row that is lost without a reason", { in: 11 }],
    ["a row that comes from nowhere", { out: 8 }],
    ["a row dropped twice", { dropped: { stale: 3, "crossed-book": 1 } }],
    ["reasons that were forgotten", { dropped: {} }],
    ["a count that is no number", { in: Number.NaN }],
  ])("names the step with %s", (_, wrong) => {
    expect(unbalancedSteps([step({ step: "parse" }), step(wrong), step({ step: "detect" })])).toEqual(["gate"]);
  });

  it("a reason is counted up from nothing, and nothing leaves no reason", () => {
    const counts: Record<string, number> = {};
    count(counts, "stale");
    count(counts, "stale", 2);
    count(counts, "frozen", 0);
    expect(counts).toEqual({ stale: 3 });
  });
});
