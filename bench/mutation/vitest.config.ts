import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

const folder = process.env["MUTATED_FOLDER"] ?? "";
/** The properties of each folder; its other tests stand beside its source. */
const PROPERTIES: Readonly<Record<string, string>> = {
  economics: "{economics,books,examples}",
  strategies: "{selection,examples}",
  quality: "quality",
  lifecycle: "lifecycle",
};

/** Properties last, as they take longest and the first test that fails ends a run. Vitest asks for a class. */
class PropertiesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isProperty = ({ moduleId }: TestSpecification): number => Number(moduleId.includes("/property/"));
    return files.toSorted((a, b) => isProperty(a) - isProperty(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

// A mutant is held against the tests of its own folder: those beside the source and the properties.
export default defineConfig({
  test: {
    include: [`src/${folder}/**/*.test.ts`, `test/property/${PROPERTIES[folder]}.test.ts`],
    setupFiles: ["bench/mutation/seed.ts"],
    testTimeout: 60_000,
    // One worker for all files: a new one each would take most of the time of a run.
    isolate: false,
    sequence: { sequencer: PropertiesLast },
  },
});
