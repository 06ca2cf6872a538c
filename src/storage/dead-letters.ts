import * as z from "zod";

/** A message that a queue gave up on. */
export type DeadLetter = {
  readonly id: string;
  readonly queue: string;
  readonly body: unknown;
  readonly attempts: number;
  readonly atMs: number;
};

const SAVE_DEAD_LETTERS_SQL = `
  INSERT INTO dead_letters (id, queue, body, attempts, at_ms)
  SELECT value ->> 0, value ->> 1, value -> 2, value ->> 3, value ->> 4 FROM json_each(?1) WHERE true
  ON CONFLICT (id) DO NOTHING`;

export const LIST_DEAD_LETTERS_SQL = `
  SELECT id, queue, body, attempts, at_ms AS atMs FROM dead_letters ORDER BY at_ms DESC, id LIMIT ?1`;

export const MOST_DEAD_LETTERS = 100;

/** The statement that keeps messages under their ids, for a batch; one that is kept already stays as it is. */
export function deadLettersStatement(db: D1Database, letters: readonly DeadLetter[]): D1PreparedStatement {
  const rows = letters.map(({ id, queue, body, attempts, atMs }) => [id, queue, body, attempts, atMs]);
  return db.prepare(SAVE_DEAD_LETTERS_SQL).bind(JSON.stringify(rows));
}

const deadLetterSchema = z.object({
  id: z.string(),
  queue: z.string(),
  body: z.string().transform((text): unknown => JSON.parse(text)),
  attempts: z.number(),
  atMs: z.number(),
});

/** The latest messages that were given up on. */
export async function listDeadLetters(db: D1Database, limit: number): Promise<readonly DeadLetter[]> {
  const size = Math.min(Math.max(1, Math.trunc(limit)), MOST_DEAD_LETTERS);
  const { results } = await db.prepare(LIST_DEAD_LETTERS_SQL).bind(size).all();
  return results.map((row): DeadLetter => deadLetterSchema.parse(row));
}
