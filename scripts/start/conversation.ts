import { setTimeout as wait } from "node:timers/promises";
import type { Message } from "grammy/types";
import type { Simulator } from "../../simulator/simulator.ts";
import type { Telegram, UpdateOutcome } from "../../simulator/telegram/telegram.ts";
import { transcript } from "../../simulator/telegram/transcript.ts";

const SECRET = "made-up-secret-of-a-local-run";

/** Variables of a Worker whose Telegram is the simulator. */
export const botVars = ({ url, telegram }: Pick<Simulator, "url" | "telegram">): Readonly<Record<string, string>> => ({
  TELEGRAM_API_URL: url ?? "",
  TELEGRAM_BOT_NAME: telegram.bot.username,
  TELEGRAM_BOT_TOKEN: `${telegram.bot.id}:made-up-token-of-a-local-run`,
  TELEGRAM_WEBHOOK_SECRET: SECRET,
});

/** Sends what people write to the Worker at that address. */
export function setWebhook(telegram: Telegram, workerUrl: string): void {
  telegram.control({ webhook: { url: `${workerUrl}/telegram/webhook`, secret: SECRET } });
}

/** Who talks, and who a request to the simulator means when it names nobody. */
export const PERSON = 4_242;
/** The bot may answer after it has taken the update. */
const ANSWER_LIMIT_MS = 3_000;

/** What somebody does: writes, or presses the newest message's first button whose data fits. */
type Step = { readonly say: string } | { readonly press: RegExp };

/** Onboarding in its three taps (venues, size, bar), the list, one card. */
const STEPS: readonly Step[] = [
  { say: "/start" },
  { press: /^start:all$/u },
  { press: /^start:s:5000$/u },
  { press: /^start:b:0\.05$/u },
  { say: "/top" },
  { press: /^card:/u },
];

/** Steps of the onboarding. */
const ONBOARDING = 4;

export type Turn = {
  /** What the person wrote, or the text of the button. */
  readonly said: string;
  /** Data of the button; `null` where nothing was pressed. */
  readonly pressed: string | null;
  /** What the person wrote, as the chat has it. */
  readonly written: readonly Message[];
  /** The bot's messages that came or changed, as they stood then. */
  readonly answers: readonly Message[];
  readonly toast: string | null;
  /** Why nothing came; `null` when something did. */
  readonly silence: string | null;
};

/** Somebody meets the bot. Ends at the first thing that the bot leaves unanswered. */
export async function converse(telegram: Telegram): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  for (const step of STEPS) {
    const turn = "say" in step ? await saying(telegram, step.say) : await pressing(telegram, step.press);
    turns.push(turn);
    if (turn.silence !== null) break;
  }
  return turns;
}

async function saying(telegram: Telegram, text: string): Promise<Turn> {
  return await turnOf(telegram, { said: text, pressed: null }, async () => await telegram.say(PERSON, text, { firstName: "Rani" }));
}

async function pressing(telegram: Telegram, wanted: RegExp): Promise<Turn> {
  const message = telegram.messages(PERSON).findLast(({ reply_markup }) => reply_markup !== undefined);
  const buttons = (message?.reply_markup?.inline_keyboard ?? []).flat().flatMap((one) => ("callback_data" in one ? [one] : []));
  const button = buttons.find(({ callback_data }) => wanted.test(callback_data));
  if (message === undefined || button === undefined) {
    const found = buttons.map(({ text }) => text).join(", ") || "none";
    const silence = `expected a button with data like ${wanted}, found ${found}`;
    return { said: "?", pressed: null, written: [], answers: [], toast: null, silence };
  }
  const said = { said: button.text, pressed: button.callback_data };
  return await turnOf(telegram, said, async () => await telegram.press(PERSON, message.message_id, button.callback_data));
}

async function turnOf(telegram: Telegram, said: Pick<Turn, "said" | "pressed">, act: () => Promise<UpdateOutcome>): Promise<Turn> {
  const before = new Set(telegram.messages(PERSON).map((message) => JSON.stringify(message)));
  const changed = (ofBot: boolean): readonly Message[] =>
    telegram.messages(PERSON).filter((message) => message.from?.is_bot === ofBot && !before.has(JSON.stringify(message)));
  const { attempts, toast } = await act();
  const untilMs = toast === null ? Date.now() + ANSWER_LIMIT_MS : 0;
  while (changed(true).length === 0 && Date.now() < untilMs) await wait(50);
  const answers = changed(true);
  const last = attempts.at(-1);
  const silence = answers.length > 0 || toast !== null ? null : `the webhook answered ${last?.status ?? last?.error ?? "nothing"}`;
  return { ...said, written: changed(false), answers, toast, silence };
}

/** The conversation as lines for a terminal. Of the three taps only the questions are shown. */
export function renderConversation(turns: readonly Turn[]): string {
  const lines = turns.flatMap(({ said, pressed, answers, toast, silence }, place) => [
    pressed !== null ? `Rani presses [ ${said} ]` : `Rani · ${said}`,
    ...(toast === null ? [] : [`bot (note) · ${toast}`]),
    ...(silence === null
      ? [place < ONBOARDING ? question(answers) : transcript(answers).trimEnd()]
      : [`The bot did not answer: ${silence}.`]),
  ]);
  return [
    "  A conversation with the bot (Telegram is simulated, too):",
    ...lines.flatMap((text) => text.split("\n")).map((line) => `  │ ${line}`.trimEnd()),
  ].join("\n");
}

/** What stands out in the last of some messages, or all of it where nothing does. */
function question(answers: readonly Message[]): string {
  const { text = "", entities = [] } = answers.at(-1) ?? {};
  const bold = entities.filter(({ type }) => type === "bold").map(({ offset, length }) => text.slice(offset, offset + length));
  return `bot · ${bold.at(-1) ?? text}`;
}

/** How somebody at the machine talks to the bot. */
export const talkYourself = (simulatorUrl: string): string =>
  [
    "  Talk to the bot yourself:",
    `    curl "${simulatorUrl}/control/telegram/say?plain" -d '{"text":"/top"}'`,
    `    curl "${simulatorUrl}/control/telegram/press?plain" -d '{"button":"Reload"}'`,
  ].join("\n");
