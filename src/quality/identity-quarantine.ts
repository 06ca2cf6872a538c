import type { PriceSource, Quarantined } from "../domain/identity.ts";
import { type Member, nearest, type TickerAnswer } from "./identity-clusters.ts";
import type { OpenMemory } from "./identity-memory.ts";

type Context = {
  readonly ticker: string;
  /** For what an operator denied, which has no bar of its own. */
  readonly bar: number;
  readonly nowMs: number;
  readonly memory: OpenMemory;
  readonly nameOf: (member: Member) => string;
  readonly sourceOf: (member: Member) => PriceSource;
};

/** The instruments of a ticker that are kept out, each beside the nearest coin of its ticker, or where there is none the nearest instrument. */
export function quarantineOf({ clusters, outsiders, denied }: TickerAnswer, context: Context): readonly Quarantined[] {
  const { ticker, nowMs, memory, nameOf, sourceOf } = context;
  const coins = clusters.flatMap(({ assetId, members }) => members.map((member) => ({ assetId, member })));
  const known = coins.filter(({ assetId }) => assetId !== null);
  const entry = (member: Member, rule: Quarantined["rule"], bar: number): Quarantined => {
    const instrument = nameOf(member);
    const elsewhere = (list: typeof coins): typeof coins => list.filter((other) => other.member.venue !== member.venue);
    const others = elsewhere(known).length > 0 ? elsewhere(known) : elsewhere(coins);
    const against =
      others.length === 0
        ? null
        : nearest(
            member,
            others.map((other) => other.member),
          );
    return {
      instrument,
      ticker,
      rule,
      sinceMs: memory.outside(instrument, nowMs),
      price: member.price,
      source: sourceOf(member),
      against:
        against === null
          ? null
          : {
              assetId: others.find((other) => other.member === against)?.assetId ?? null,
              instrument: nameOf(against),
              price: against.price,
            },
      ratio: against === null ? null : member.price / against.price,
      bar,
    };
  };
  return [
    ...outsiders.map(({ member, tolerance }) => entry(member, "identity-mismatch", 1 + tolerance)),
    ...denied.map((member) => entry(member, "identity-denied", context.bar)),
  ];
}
