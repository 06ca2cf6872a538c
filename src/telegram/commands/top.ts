import { myCards } from "../../delivery/my-cards.ts";
import type { Answer, Ask, Command } from "../command.ts";
import { renderTop } from "../messages/top.ts";
import { fromSnapshot, isPersonal, termsOf } from "./reading.ts";

/** What pays now at the reader's own terms. `top:PAGE` turns the page or reloads it in place. */
export const top: Command = {
  name: "top",
  needsSession: true,
  groups: true,
  describe: (text) => text.top.describe,
  run: (ask) => answer(ask, false),
  press: (ask) => answer(ask, true),
};

const answer = (ask: Ask, edit: boolean): Promise<Answer> =>
  fromSnapshot(ask, edit, (read) => {
    const preferences = termsOf(ask);
    const page = /^\d{1,4}$/u.test(ask.args) ? Number(ask.args) : 1;
    const mine = myCards(read.snapshot, preferences, ask.nowMs);
    return renderTop({ read, ...mine, preferences, page, personal: isPersonal(ask), nowMs: ask.nowMs });
  });
