/** One side of an order book: price per coin and size in coins, best first. */
export type BookSide = readonly (readonly [price: number, sizeBase: number])[];

/** An order book, as deep as the venue sent it. */
export type Book = {
  readonly bids: BookSide;
  readonly asks: BookSide;
  /** Only where the venue documents it as the time of the book, epoch ms. */
  readonly eventAtMs: number | null;
};
