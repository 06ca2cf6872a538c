import type { Person } from "../../domain/person.ts";
import type { VenueId } from "../../domain/venue.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { renderStart, type StartInput } from "../messages/start.ts";
import { tap } from "../start-taps.ts";

/** The three taps: venues, size, bar. Everything tapped is kept at once; alerts begin with the last. */
export const start: Command = {
  name: "start",
  needsSession: false,
  groups: false,
  describe: (text) => text.start.describe,
  run: async (ask) => {
    if (ask.person === null) return nobody(ask);
    // Who comes back wants to hear again, whether they had stopped or had blocked the bot.
    const person = ask.person.status === "active" ? ask.person : (await ask.services.people.setStatus(ask.person, "active")).person;
    return screen(ask, person, { step: "venues", edit: false });
  },
  press: async (ask) => {
    if (ask.person === null) return nobody(ask);
    const { preferences } = ask.person;
    const { preferences: tapped, step } = tap(ask.args, preferences, venueIds(ask));
    if (tapped === preferences) return screen(ask, ask.person, { step, edit: true });
    const { person } = await ask.services.people.change(ask.person, (now) => tap(ask.args, now, venueIds(ask)).preferences);
    return screen(ask, person, { step, edit: true });
  },
};

const venueIds = ({ services }: Ask): readonly VenueId[] => services.venues.map(({ id }) => id);

const nobody = ({ text }: Ask): Answer => ({
  kind: "message",
  message: { text: text.general.needsStart, entities: [], buttons: null },
  edit: false,
});

const screen = (ask: Ask, person: Person, { step, edit }: { readonly step: StartInput["step"]; readonly edit: boolean }): Answer => ({
  kind: "message",
  message: renderStart({ step, preferences: person.preferences, venues: venueIds(ask), market: ask.services.market }),
  edit,
});
