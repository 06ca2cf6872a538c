import type { Catalogue } from "../text/shape.ts";
import { safe } from "./parts.ts";

/** What an incident is called, by the label it carries; a label without words of its own is shown as it is. */
export function incidentName(label: string, { admin }: Catalogue): string {
  const names: Readonly<Record<string, string>> = admin.incidentNames;
  return (Object.hasOwn(names, label) ? names[label] : undefined) ?? safe(label, 200);
}
