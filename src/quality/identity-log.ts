import type { PriceSource } from "../domain/identity.ts";
import { instrumentId } from "../domain/instrument.ts";
import type { QuoteColumns } from "../domain/quote.ts";
import { priceSource } from "./coin-price.ts";
import type { Member, Outsider } from "./identity-clusters.ts";
import { listOf } from "./list-of.ts";
import { type Refusals, refusalLog } from "./refusals.ts";

const MISMATCH = ["identity-mismatch"] as const;
const DENIED = ["identity-denied"] as const;
const NO_PRICE = ["identity-no-price"] as const;

type Markets = readonly { readonly columns: QuoteColumns; readonly passed: ArrayLike<number> }[];

/** What identity made of the rows of one market. */
export type VenueIdentity = Refusals & {
  readonly in: number;
  readonly out: number;
  /** Asset id by place in the columns, `NEIRO` or `NEIRO~2`; `null` for rows that may not pair. */
  readonly assetId: readonly (string | null)[];
  /** Places of the rows that an operator keeps out. */
  readonly denied: readonly number[];
};

/** Notes what becomes of each row; each passed row is told once. */
export type IdentityLog = {
  readonly admit: (market: number, row: number, assetId: string) => void;
  readonly refuse: (outsider: Outsider) => void;
  readonly deny: (member: Member) => void;
  readonly refuseUnpriced: (market: number, row: number) => void;
  /** Instrument id of a member. */
  readonly nameOf: (member: Member) => string;
  readonly sourceOf: (member: Member) => PriceSource;
  readonly result: () => readonly VenueIdentity[];
};

export function identityLog(markets: Markets): IdentityLog {
  const all = markets.map(({ columns }) => ({
    columns,
    assetIds: listOf<string | null>(columns.count, null),
    refusals: refusalLog(columns.venue),
    denied: listOf(0, 0),
    out: 0,
  }));
  const at = (market: number): (typeof all)[number] => {
    const found = all[market];
    if (found === undefined) throw new RangeError(`market ${market} of ${all.length}`);
    return found;
  };
  const symbolOf = ({ market, row }: Pick<Member, "market" | "row">): string => at(market).columns.symbol[row] ?? "";
  const nameOf = (member: Member): string => instrumentId(member.venue, symbolOf(member));
  return {
    admit: (market, row, assetId) => {
      const found = at(market);
      found.assetIds[row] = assetId;
      found.out++;
    },
    refuse: (outsider) => at(outsider.member.market).refusals.add(symbolOf(outsider.member), MISMATCH, () => [mismatch(outsider, nameOf)]),
    deny: (member) => {
      const { denied, refusals } = at(member.market);
      denied.push(member.row);
      refusals.add(symbolOf(member), DENIED, () => [{ rule: DENIED[0], value: member.price, bar: "not denied by an operator" }]);
    },
    refuseUnpriced: (market, row) =>
      at(market).refusals.add(symbolOf({ market, row }), NO_PRICE, () => [{ rule: NO_PRICE[0], value: null, bar: "a price above 0" }]),
    nameOf,
    sourceOf: ({ market, row }) => priceSource(at(market).columns, row),
    result: () =>
      all.map(({ assetIds, refusals, denied, out }, market) => ({
        in: markets[market]?.passed.length ?? 0,
        out,
        assetId: assetIds,
        denied,
        ...refusals.result(),
      })),
  };
}

/** The outsider's evidence: its own price, the nearest of another venue, their ratio, and the ratio that was allowed. */
function mismatch({ member, nearest, tolerance }: Outsider, nameOf: (member: Member) => string) {
  const ratio = member.price / nearest.price;
  return {
    rule: MISMATCH[0],
    value: ratio,
    bar: 1 + tolerance,
    evidence: { price: member.price, nearestPrice: nearest.price, nearestInstrument: nameOf(nearest) },
  };
}
