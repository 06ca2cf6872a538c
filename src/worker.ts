import { servicesFor } from "./wiring.ts";

export { Scanner } from "./objects/scanner.ts";
export { VenueFeed } from "./objects/venue-feed.ts";

/** Hands each event on. What happens then is in pipeline.ts (scans) and api/ (requests). */
export default {
  fetch: (request, env, context) => servicesFor(env).api().fetch(request, env, context),
  scheduled: async (controller, env) => {
    await servicesFor(env).scanner().trigger({ source: "cron", atMs: controller.scheduledTime });
  },
} satisfies ExportedHandler<Env>;
