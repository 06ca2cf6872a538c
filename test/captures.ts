import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Bodies that venues really sent. They lie beside the project and are never copied into it. */
export const CAPTURES_DIR = join(import.meta.dirname, "..", "..", "shared", "captures");
export const haveCaptures = existsSync(CAPTURES_DIR);
/** For the title of a suite that needs them, so that a skip says why. */
export const capturesNote = haveCaptures ? "" : " (skipped: no captures folder beside the project)";

export const captureText = (name: string): string => readFileSync(join(CAPTURES_DIR, name), "utf8");
export const capture = (name: string): unknown => JSON.parse(captureText(name));
