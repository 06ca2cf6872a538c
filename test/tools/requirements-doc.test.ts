import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..", "..");
const LIST = join(ROOT, "..", "shared", "requirements.md");
const haveList = existsSync(LIST);

type Row = { readonly id: string; readonly shows: string };

/** The rows of a document's table: the first cell, and what stands in the second. */
const rowsOf = (text: string): readonly Row[] =>
  text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| id ") && !line.startsWith("| ---"))
    .map((line) => line.split(" | "))
    .map(([id, shows]) => ({ id: id?.slice(2) ?? "", shows: shows?.replace(/ \|$/u, "") ?? "" }));

const ROWS = rowsOf(readFileSync(join(ROOT, "docs", "REQUIREMENTS.md"), "utf8"));

/** Each `path › title` of the document, with the row it stands in. */
const QUOTED = ROWS.flatMap(({ id, shows }) =>
  [...shows.matchAll(/`(?<path>[^`]*\.ts)(?<titles>(?: › [^`]+)?)`/gu)].map(({ groups }) => ({
    id,
    path: groups?.["path"] ?? "",
    titles: (groups?.["titles"] ?? "").split(" › ").slice(1),
  })),
);

/** Whether a text is, as a whole, a string in the code; a suite's title may go on with a note in `${…}`. */
const isTitleIn = (code: string, title: string): boolean =>
  ['"', "'", "`"].some((quote) => code.includes(`${quote}${title}${quote}`)) || code.includes(`\`${title}\${`);

describe("docs/REQUIREMENTS.md", () => {
  test.skipIf(!haveList)(
    `has every requirement once, in the list's order${haveList ? "" : " (skipped: no list of requirements beside the project)"}`,
    () => {
      const ids = rowsOf(readFileSync(LIST, "utf8")).map(({ id }) => id);
      expect(ids.length).toBeGreaterThan(200);
      expect(ROWS.map(({ id }) => id)).toEqual(ids);
    },
  );

  test("names for every requirement a test, or says that it is not built yet, or why no test can show it", () => {
    const bare = ROWS.filter(
      ({ shows }) => !/\.ts › |[Nn]ot built yet|No test can/u.test(shows) && !/^See [\d.A-Za-z, -]+\.$/u.test(shows),
    );
    expect(bare).toEqual([]);
    const ids = new Set(ROWS.map(({ id }) => id));
    const pointers = ROWS.flatMap(({ shows }) => /^See (?<ids>.+)\.$/u.exec(shows)?.groups?.["ids"]?.split(/, | and /u) ?? []);
    expect(pointers.filter((id) => !ids.has(id))).toEqual([]);
  });

  test("names files that exist", () => {
    expect(QUOTED.length).toBeGreaterThan(100);
    expect(QUOTED.filter(({ path }) => !existsSync(join(ROOT, path))).map(({ id, path }) => `${id}: ${path}`)).toEqual([]);
  });

  test("quotes titles that stand in those files", () => {
    const lost = QUOTED.filter(({ path }) => existsSync(join(ROOT, path))).flatMap(({ id, path, titles }) => {
      const code = readFileSync(join(ROOT, path), "utf8");
      return titles.filter((title) => !isTitleIn(code, title)).map((title) => `${id}: ${path} › ${title}`);
    });
    expect(lost).toEqual([]);
  });

  test("a title that is only a part of another, or of a comment, would be found out", () => {
    const code =
      '// one scan a slot\ntest("one scan a slot, whichever trigger comes first", () => {});\ndescribe(`recorded bodies${note}`, run);';
    expect(isTitleIn(code, "one scan a slot")).toBe(false);
    expect(isTitleIn(code, "one scan a slot, whichever trigger comes first")).toBe(true);
    expect(isTitleIn(code, "recorded bodies")).toBe(true);
  });
});
