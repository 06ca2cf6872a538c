import type { Ledger, Priced } from "../domain/opportunity.ts";

/**
 * A priced pair whose net is not known any more: every figure of its ledger that stood before is `null` instead of looking
 * current, and `reasons` say what is missing. Size and horizon stay. Example: run in unknown-net.test.ts.
 */
export function withUnknownNet(priced: Priced, reasons: readonly string[]): Priced {
  const { sizeUsd, horizonHours, netByHours, costBySize } = priced.ledger;
  const ledger: Ledger = {
    sizeUsd,
    horizonHours,
    priceGain: null,
    funding: null,
    fees: null,
    crossing: null,
    crossingSource: null,
    crossingAgeMs: null,
    net: null,
    netUsd: null,
    netAprOnNotional: null,
    netAprOnCapital: null,
    netByHours: netByHours.map((line) => ({ ...line, net: null })),
    costBySize: costBySize.map((line) => ({ ...line, cost: null })),
    breakEven: { kind: "unknown" },
    stress: { carryHalved: null, costPlus10Bps: null, survives: null },
    capacityUsd: null,
    reasons,
  };
  return { ...priced, ledger };
}
