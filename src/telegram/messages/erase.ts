import type { Language } from "../../domain/person.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** Asks before everything is deleted. */
export function renderErase(language: Language): Message {
  const { erase } = catalogueOf(language);
  return message(lines(bold(erase.title), erase.what, erase.first), rows([button(erase.yes, "erase:yes")], [button(erase.no, "erase:no")]));
}

/** Everything is deleted, or was kept. */
export function renderErased({ erased }: { readonly erased: boolean }, language: Language): Message {
  const { erase } = catalogueOf(language);
  return message(lines(bold(erased ? erase.done : erase.kept), erased && erase.again));
}
