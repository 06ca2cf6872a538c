import fc from "fast-check";

/** Time that one property has for a mutant, ms; those that notice it do so within their first inputs. */
const TIME_LIMIT_MS = 250;

// One seed, so that each run looks at the same inputs; that one fails is enough, and the smallest is not looked for.
fc.configureGlobal({
  seed: 20_261_122,
  endOnFailure: true,
  // oxlint-disable-next-line typescript/no-deprecated -- the plugin in its place would be installed once more for every test file
  interruptAfterTimeLimit: TIME_LIMIT_MS,
});
