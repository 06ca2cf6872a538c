import { onQueue } from "./delivery/queues.ts";
import { servicesFor } from "./wiring.ts";
import { WEBHOOK_PATH } from "./telegram/webhook.ts";

export { Scanner } from "./objects/scanner.ts";
export { VenueFeed } from "./objects/venue-feed.ts";

/** Hands each event on. What happens then is in pipeline.ts (scans), api/ (requests) and telegram/ (updates). */
export default {
  fetch: (request, env, context) => {
    const services = servicesFor(env);
    const isUpdate = request.method === "POST" && new URL(request.url).pathname === WEBHOOK_PATH;
    const webhook = isUpdate ? services.telegram().webhook : null;
    if (webhook !== null) return webhook(request, (work) => context.waitUntil(work));
    return services.api().fetch(request, env, context);
  },
  scheduled: async (controller, env) => {
    await servicesFor(env).scanner().trigger({ source: "cron", atMs: controller.scheduledTime });
  },
  queue: (batch, env) => onQueue(batch, servicesFor(env).queues()),
} satisfies ExportedHandler<Env>;
