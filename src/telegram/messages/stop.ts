import type { Language, Preferences } from "../../domain/person.ts";
import type { Message } from "../message.ts";
import { catalogueOf } from "../text/catalogue.ts";
import { barOf } from "./alerts.ts";
import { bold, button, lines, message, rows } from "./parts.ts";

/** Alerts are stopped; `holding`: pairs the person says to hold. */
export function renderStopped({ holding }: { readonly holding: number }, language: Language): Message {
  const { stop } = catalogueOf(language);
  return message(
    lines(bold(stop.title), stop.what, holding > 0 && stop.holding(holding)),
    rows([button(stop.resume, "resume:")], [button(stop.signOut, "stop:session")]),
  );
}

/** The session is ended. */
export const renderSignedOut = (language: Language): Message => message(bold(catalogueOf(language).stop.signedOut));

/** Alerts come again; `changed` is false where they came all along. */
export function renderResumed(
  { changed, preferences }: { readonly changed: boolean; readonly preferences: Preferences },
  language: Language,
): Message {
  const { resume, alerts } = catalogueOf(language);
  return message(
    lines(
      bold(resume.title),
      !changed && resume.was,
      preferences.onboarded ? resume.what(barOf(preferences, language)) : resume.notOnboarded,
    ),
    rows([button(alerts.title, "alerts:")]),
  );
}
