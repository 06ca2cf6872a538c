import type { Language } from "../../domain/person.ts";
import type { VenueFacts } from "../../domain/venue.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { lines, message, safe } from "./parts.ts";

/** Longest part of what was typed that is shown again. */
const MOST_FOUND = 100;

/** Said to what a command could not read: what it takes, with an example, and what it was given. */
export function renderWrong(
  input: { readonly expected: string; readonly example: string; readonly found: string },
  language: Language,
): Message {
  const { wrong } = catalogueOf(language);
  return message(lines(wrong.expected(input.expected, input.example), wrong.found(safe(input.found, MOST_FOUND)), wrong.kept));
}

/** The venues that can be named, for such a sentence. */
export const expectedVenue = (venues: readonly VenueFacts[], language: Language): string =>
  catalogueOf(language).wrong.venue(venues.map(({ id }) => id).join(", "));
