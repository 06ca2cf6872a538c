/** Largest piece of text in one row of a Durable Object's SQLite, which refuses rows of 2 MB. */
const CHUNK_CHARACTERS = 500_000;

/** Stores a named text of any length in pieces; call it inside `transactionSync` with what must change together. */
export function saveText(sql: SqlStorage, name: string, text: string): void {
  prepare(sql);
  sql.exec("DELETE FROM state_text WHERE name = ?", name);
  for (let part = 0; part * CHUNK_CHARACTERS < text.length; part++) {
    const piece = text.slice(part * CHUNK_CHARACTERS, (part + 1) * CHUNK_CHARACTERS);
    sql.exec("INSERT INTO state_text (name, part, piece) VALUES (?, ?, ?)", name, part, piece);
  }
}

/** The text stored under a name, or `null`. */
export function loadText(sql: SqlStorage, name: string): string | null {
  prepare(sql);
  const pieces = [...sql.exec<{ piece: string }>("SELECT piece FROM state_text WHERE name = ? ORDER BY part", name)];
  return pieces.length === 0 ? null : pieces.map((row) => row.piece).join("");
}

function prepare(sql: SqlStorage): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS state_text (name TEXT NOT NULL, part INTEGER NOT NULL, piece TEXT NOT NULL, PRIMARY KEY (name, part)) STRICT",
  );
}
