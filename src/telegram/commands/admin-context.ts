import type { Ask } from "../command.ts";
import type { AdminContext } from "../messages/admin.ts";

/** How an operator reads. */
export const contextOf = ({ text, person, services }: Ask): AdminContext => ({
  text,
  language: person?.preferences.language ?? "en",
  market: services.market,
});

/** An operator, as audits and flags name them. */
export const actorOf = ({ from }: Ask): string => `operator:${from.telegramId}`;
