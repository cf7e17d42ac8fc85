/**
 * The client for a provider. All of them speak API v2 today; another protocol would be chosen here, by the settings.
 */
import type { ProviderClient, ProviderPort } from "./client.ts";
import type { ProviderSettings } from "./settings.ts";
import { placeOrder } from "./api-v2/place.ts";
import { pollStatuses } from "./api-v2/poll/poll.ts";
import { probeProvider } from "./api-v2/probe.ts";
import { knownError } from "./api-v2/reading/api-error.ts";
import { askCancels, askRefills, askRefillStatuses } from "./api-v2/refills-cancels.ts";
import { askServices } from "./api-v2/services.ts";
import { askBalance } from "./api-v2/status.ts";

export function clientFor(port: ProviderPort, settings: ProviderSettings): ProviderClient {
  return {
    poll: (pollPort, capability, orders) => pollStatuses({ ...port, ...pollPort }, settings, capability, orders),
    place: (fields, sending) => placeOrder(port, settings, fields, sending),
    refill: (orderIds) => askRefills(port, settings, orderIds),
    cancel: (orderIds, cancelPort) => askCancels({ ...port, ...cancelPort }, settings, orderIds),
    refillStatuses: (refillIds) => askRefillStatuses(port, settings, refillIds),
    services: () => askServices(port, settings),
    balance: () => askBalance(port, settings),
    probe: () => probeProvider(port, settings),
    saysUnknown: (message) => {
      const known = knownError([message]);
      return known === "order" || known === "refill" ? known : null;
    },
  };
}
