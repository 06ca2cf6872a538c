import type { IdentityRulings } from "../domain/identity.ts";
import type { QualitySettings } from "../domain/settings.ts";
import type { VenueId } from "../domain/venue.ts";
import { nthAssetId, type OpenMemory } from "./identity-memory.ts";
import { priceClusters, spreadOf } from "./price-clusters.ts";

/** One instrument of a ticker: its market's and its row's place, its price per coin. */
export type Member = {
  readonly market: number;
  /** A venue's perpetuals and its spot pairs are two markets of one venue. */
  readonly venue: VenueId;
  readonly row: number;
  readonly price: number;
  /** 24 h volume and open interest as far as sent, USD. Orders clusters, nothing else. */
  readonly weightUsd: number;
};

/** Instruments that are one coin, lowest price first; `assetId` null = their members are outsiders. */
export type Cluster = { readonly assetId: string | null; readonly members: readonly Member[] };

/** An instrument that agrees with no other venue, and the instrument of another venue whose price is nearest by ratio. */
export type Outsider = { readonly member: Member; readonly nearest: Member; readonly tolerance: number };

export type TickerQuestion = {
  readonly ticker: string;
  readonly members: readonly Member[];
  readonly settings: QualitySettings;
  readonly memory: OpenMemory;
  /** Instrument id of a member. */
  readonly nameOf: (member: Member) => string;
  readonly rulings: IdentityRulings;
};

export type TickerAnswer = {
  readonly clusters: readonly Cluster[];
  readonly outsiders: readonly Outsider[];
  /** Instruments that an operator keeps out: nothing else is judged with them. */
  readonly denied: readonly Member[];
};

/** What tells most tickers at once: their lowest and highest price per coin, and how many venues send them. */
export type TickerRange = { readonly lowest: number; readonly highest: number; readonly venues: number };

/** Whether a ticker that never stood for more than one coin is one coin at one price, as most are. Then its id is the ticker. */
export const isOneCoin = ({ lowest, highest, venues }: TickerRange, settings: QualitySettings): boolean =>
  highest / lowest - 1 <= toleranceFor(venues, settings);

/**
 * Clusters of one ticker with their asset ids. A ticker of one venue has no outsiders: no other venue can disagree. Two instruments of one venue count as one venue; its
 * perpetual and its spot pair are a coin of their own where they agree as closely as two venues must.
 */
export function resolveTicker(question: TickerQuestion): TickerAnswer {
  const denied = question.members.filter((member) => rulingOn(member, question)?.verdict === "deny");
  const members = denied.length === 0 ? question.members : question.members.filter((member) => !denied.includes(member));
  return { ...letIn(byPrices({ ...question, members }), { ...question, members }), denied };
}

type Judged = Omit<TickerAnswer, "denied">;

const rulingOn = (member: Member, { nameOf, rulings }: TickerQuestion): IdentityRulings[string] | undefined => {
  const name = nameOf(member);
  return Object.hasOwn(rulings, name) ? rulings[name] : undefined;
};
/** The coin into which an operator lets a member. */
const allowedInto = (member: Member, question: TickerQuestion): string | undefined => {
  const ruling = rulingOn(member, question);
  return ruling?.verdict === "allow" ? ruling.assetId : undefined;
};
/** The coin that a member was. One that an operator lets in has no past: it is where they say. */
const rememberedAs = (member: Member, question: TickerQuestion): string | undefined =>
  allowedInto(member, question) === undefined ? question.memory.assetIdOf(question.nameOf(member)) : undefined;

/**
 * Moves what an operator lets into a coin there, wherever its price put it. A coin of such instruments alone is
 * remembered, so that no other takes its name.
 */
function letIn(judged: Judged, question: TickerQuestion): Judged {
  const moved = new Map(
    question.members.flatMap((member) => {
      const assetId = allowedInto(member, question);
      return assetId === undefined ? [] : [[member, assetId] as const];
    }),
  );
  if (moved.size === 0) return judged;
  const clusters = judged.clusters
    .map(({ assetId, members }) => ({ assetId, members: members.filter((member) => !moved.has(member)) }))
    .filter(({ members }) => members.length > 0);
  for (const [member, assetId] of moved) {
    const place = clusters.findIndex((cluster) => cluster.assetId === assetId);
    const members = [...(clusters[place]?.members ?? []), member].sort((a, b) => a.price - b.price);
    if (place === -1) clusters.push({ assetId, members });
    else clusters[place] = { assetId, members };
  }
  for (const { assetId, members } of clusters)
    if (assetId !== null && members.every((member) => moved.has(member)))
      for (const member of members) question.memory.remember(question.nameOf(member), assetId);
  return { clusters, outsiders: judged.outsiders.filter(({ member }) => !moved.has(member)) };
}

function byPrices(question: TickerQuestion): Judged {
  const { ticker, members, settings, memory } = question;
  const venues = venuesIn(members);
  const byPrice = priceClusters(members, settings.identityTolerance);
  const groups = memory.knows(ticker) ? apartAsRemembered(byPrice, question) : byPrice;
  const isCoin = (group: readonly Member[]): boolean =>
    venues === 1 || (agreeing(group) > 1 && spreadOf(group) <= toleranceFor(agreeing(group), settings));
  const coins = [...groups].filter(isCoin).sort(byRank(question.nameOf));
  const named = nameCoins(coins, question);
  if (groups.length > 1 || memory.knows(ticker)) rememberCoins(named, question);
  const rest = groups.filter((group) => !isCoin(group));
  const outsiders = rest.flatMap((group) =>
    group.map((member) => ({ member, nearest: nearestElsewhere(member, members), tolerance: toleranceFor(venuesIn(group), settings) })),
  );
  return { clusters: [...named, ...rest.map((group) => ({ assetId: null, members: group }))], outsiders };
}

export const distinct = (members: readonly Pick<Member, "venue" | "market">[], of: "venue" | "market"): number => {
  const first = members[0]?.[of];
  if (members.every((member) => member[of] === first)) return members.length === 0 ? 0 : 1;
  return new Set(members.map((member) => member[of])).size;
};
const venuesIn = (members: readonly Member[]): number => distinct(members, "venue");
/** Venues that agree in a group; two where the markets of one venue agree. */
export const agreeing = (group: readonly Pick<Member, "venue" | "market">[]): number => {
  const venues = distinct(group, "venue");
  return venues === 1 && distinct(group, "market") > 1 ? 2 : venues;
};

export const toleranceFor = (venues: number, settings: QualitySettings): number =>
  venues === 2 ? settings.identityToleranceTwoVenues : settings.identityTolerance;

/**
 * Splits a price group whose instruments are remembered as different coins: two coins that cross in price stay two,
 * until they have stood together for `MERGE_AFTER_SCANS`. An instrument not remembered goes with the nearest price.
 */
function apartAsRemembered(groups: readonly (readonly Member[])[], question: TickerQuestion): readonly (readonly Member[])[] {
  const { ticker, memory } = question;
  const rememberedIn = (group: readonly Member[]): Set<string> =>
    new Set(group.map((member) => rememberedAs(member, question)).filter((id) => id !== undefined));
  if (
    memory.merged(
      ticker,
      groups.some((group) => rememberedIn(group).size > 1),
    )
  )
    return groups;
  return groups.flatMap((group) => {
    if (rememberedIn(group).size < 2) return [group];
    const known = group.filter((member) => rememberedAs(member, question) !== undefined);
    const parts = new Map<string, Member[]>();
    for (const member of group) {
      const guide = known.includes(member) ? member : nearest(member, known);
      const id = rememberedAs(guide, question) ?? ticker;
      const part = parts.get(id);
      if (part === undefined) parts.set(id, [member]);
      else part.push(member);
    }
    return [...parts.values()];
  });
}

/** Most venues first, then most volume and open interest, then the lowest instrument id: who is `NEIRO` and who `NEIRO~2`. */
function byRank(nameOf: (member: Member) => string): (a: readonly Member[], b: readonly Member[]) => number {
  const weight = (group: readonly Member[]): number => group.reduce((sum, member) => sum + member.weightUsd, 0);
  return (a, b) => venuesIn(b) - venuesIn(a) || weight(b) - weight(a) || (lowestName(a, nameOf) < lowestName(b, nameOf) ? -1 : 1);
}

const lowestName = (group: readonly Member[], nameOf: (member: Member) => string): string =>
  group.map(nameOf).reduce((lowest, name) => (name < lowest ? name : lowest));

/** Each coin keeps the id that most of its instruments had; the others take the lowest number that no coin has or had. */
function nameCoins(coins: readonly (readonly Member[])[], question: TickerQuestion): readonly Cluster[] {
  const { ticker, memory } = question;
  const claims = coins.flatMap((members, rank) => [...votesOf(members, question)].map(([id, count]) => ({ rank, id, count })));
  const ids = new Map<number, string>();
  const taken = new Set<string>();
  for (const { rank, id } of claims.sort((a, b) => b.count - a.count || a.rank - b.rank || (a.id < b.id ? -1 : 1))) {
    if (ids.has(rank) || taken.has(id)) continue;
    ids.set(rank, id);
    taken.add(id);
  }
  const remembered = memory.assetIdsOf(ticker);
  return coins.map((members, rank) => {
    let assetId = ids.get(rank);
    for (let nth = 1; assetId === undefined; nth++) {
      const free = nthAssetId(ticker, nth);
      if (!taken.has(free) && !remembered.has(free)) assetId = free;
    }
    taken.add(assetId);
    return { assetId, members };
  });
}

/** How many of a coin's instruments were which; where none is remembered, which an operator says they are. */
function votesOf(members: readonly Member[], question: TickerQuestion): ReadonlyMap<string, number> {
  const count = (idOf: (member: Member) => string | undefined): ReadonlyMap<string, number> => {
    const votes = new Map<string, number>();
    for (const member of members) {
      const id = idOf(member);
      if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1);
    }
    return votes;
  };
  const remembered = count((member) => rememberedAs(member, question));
  return remembered.size > 0 ? remembered : count((member) => allowedInto(member, question));
}

function rememberCoins(named: readonly Cluster[], question: TickerQuestion): void {
  const { memory, nameOf } = question;
  for (const { assetId, members } of named) {
    if (assetId === null) continue;
    for (const member of members) if (allowedInto(member, question) === undefined) memory.remember(nameOf(member), assetId);
  }
}

const nearestElsewhere = (member: Member, members: readonly Member[]): Member =>
  nearest(
    member,
    members.filter((other) => other.venue !== member.venue),
  );

/** The member nearest in price by ratio, the earliest when two are as near. */
export function nearest(member: Member, others: readonly Member[]): Member {
  const distance = (other: Member): number => Math.abs(Math.log(member.price / other.price));
  return others.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}
