import { describe, expect, it } from "vitest";
import { id } from "./id.ts";

/** Every sentence of a catalogue; of those with figures in them their source, where the words stand. */
function sentences(part: unknown): readonly string[] {
  if (typeof part === "object" && part !== null) return Object.values(part).flatMap(sentences);
  return [String(part)];
}

describe("the Indonesian catalogue", () => {
  it.each([
    ["ringkasan", /rangkuman/iu],
    ["pemberitahuan", /notifikasi/iu],
  ])("says %s for one thing everywhere", (_word, other) => {
    expect(sentences(id).filter((sentence) => other.test(sentence))).toEqual([]);
  });
});
