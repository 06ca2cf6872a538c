import type { en } from "./en.ts";

/** Every text of the bot in one language. English is the reference: another language is one file of the same shape. */
export type Catalogue = Widened<typeof en>;

/** Each text any string, each sentence with values any function of the same values. */
type Widened<T> = T extends string
  ? string
  : T extends (...values: infer V) => string
    ? (...values: V) => string
    : { readonly [K in keyof T]: Widened<T[K]> };
