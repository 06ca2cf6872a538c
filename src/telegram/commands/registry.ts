import type { Command } from "../command.ts";
import { admin } from "./admin.ts";
import { alerts } from "./alerts.ts";
import { asset } from "./asset.ts";
import { card } from "./card.ts";
import { erase } from "./erase.ts";
import { exportCommand } from "./export.ts";
import { fees } from "./fees.ts";
import { helpCommand } from "./help.ts";
import { horizon } from "./horizon.ts";
import { language } from "./language.ts";
import { legs } from "./legs.ts";
import { mute, snooze } from "./mute.ts";
import { quiet } from "./quiet.ts";
import { resume } from "./resume.ts";
import { size } from "./size.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { took } from "./took.ts";
import { top } from "./top.ts";
import { watch } from "./watch.ts";
import { why } from "./why.ts";

/** /help and Telegram's menu list commands in this order: what people look for most comes first. */
const READING = [top, asset, card, why, status] as const;
const HOLDING = [took, legs, watch] as const;
const SETTINGS = [alerts, size, fees, horizon, mute, snooze, quiet, language, start] as const;
const PERSON = [stop, resume, exportCommand, erase, admin] as const;
const LISTED: readonly Command[] = [...READING, ...HOLDING, ...SETTINGS, ...PERSON];

/** Every command, by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map([...LISTED, helpCommand(LISTED)].map((command) => [command.name, command]));
