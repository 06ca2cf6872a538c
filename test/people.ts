import { DEFAULT_PREFERENCES, type Person, type Preferences } from "../src/domain/person.ts";
import { NOW_MS } from "./opportunities.ts";

/** Somebody with the taps of /start done, who asks for nothing special and for any net above zero. */
export function personWith(preferences: Partial<Preferences> = {}, fields: Partial<Omit<Person, "preferences">> = {}): Person {
  const telegramId = fields.telegramId ?? 1;
  return {
    telegramId,
    chatId: telegramId,
    role: "person",
    status: "active",
    createdAtMs: NOW_MS - 86_400_000,
    ...fields,
    preferences: { ...DEFAULT_PREFERENCES, bar: { kind: "net-apr", value: 0 }, onboarded: true, ...preferences },
  };
}
