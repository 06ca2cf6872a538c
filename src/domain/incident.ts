/** Something that may be wrong for a while: one row a kind and subject. Times are epoch ms. */
export type Incident = {
  /** What is watched, e.g. `data-failure`. */
  readonly kind: string;
  /** Of what, e.g. a venue; where there is only one, a word for it. */
  readonly subject: string;
  /** `cool-down`: recovered a short while ago, so that a new beginning is not told yet. */
  readonly state: "ok" | "open" | "cool-down";
  /** Observations in a row that were bad. */
  readonly badCount: number;
  /** First of them; after a recovery that of the incident that ended. */
  readonly badSinceMs: number | null;
  /** The latest opening and the latest recovery that were told. */
  readonly openedAtMs: number | null;
  readonly recoveredAtMs: number | null;
  /** What is or was wrong, as the latest bad observation had it. */
  readonly label: string;
  /** As it was seen when the latest notice was made, or since. */
  readonly detail: readonly string[];
  /** The latest observation that counted. */
  readonly seenAtMs: number;
};
