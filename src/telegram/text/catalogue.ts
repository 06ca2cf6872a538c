import type { Language } from "../../domain/person.ts";
import { en } from "./en.ts";
import { id } from "./id.ts";
import type { Catalogue } from "./shape.ts";

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { en, id };

/** The texts of a language. */
export const catalogueOf = (language: Language): Catalogue => CATALOGUES[language];
