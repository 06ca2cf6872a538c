/** English. Sections by command; values come ready formatted (format.ts). No markup: entities are added by the messages. */
export const en = {
  units: {
    minute: "min",
    hour: "h",
    day: "d",
    second: "s",
    in: (span: string) => `in ${span}`,
    ago: (span: string) => `${span} ago`,
    now: "now",
    unknown: "not known",
    never: "never",
  },
  general: {
    risk: "Basis, liquidation of one leg, auto-deleveraging, venue and stablecoin risk remain. Rates change until they settle. Information, not advice.",
    simulated: "SIMULATED MARKET: nothing here can be traded.",
    needsStart: "Send /start first: it takes three taps.",
    notUnderstood: "I do not know that. /help lists what I can do.",
    failed: "That did not work on our side. It has been noted; please try again in a minute.",
    noData: "There is no scan to show yet. Please try again in two minutes.",
    operatorsOnly: "That is for operators.",
    privateOnly: "Please ask me that in our private chat.",
    reload: "Reload",
    back: "Back",
    next: "Next",
    previous: "Previous",
  },
};
