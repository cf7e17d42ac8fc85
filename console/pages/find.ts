/** One box for all that an order is known by. */
import type { ListedOrder, Page } from "../api/answers.ts";
import { ALL_PANELS, call, pathWith } from "../api/client.ts";

type Place = { readonly path: readonly string[]; readonly query?: Readonly<Record<string, string>> };

const MAX_LISTED = 50;

/** Where to look: the order itself if there is one, else the list of those that it may be. */
export async function findOrder(text: string): Promise<Place> {
  const found = await ordersNamed(text).catch(() => []);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return { path: ["orders", only.panel, only.id] };
  return { path: ["orders"], query: { find: text } };
}

/** Those with this id, with this id at their provider, or with this link. */
export async function ordersNamed(text: string): Promise<readonly ListedOrder[]> {
  const looks = isLink(text)
    ? [listed({ link: text })]
    : [
        call<{ orders: readonly ListedOrder[] }>("GET", pathWith("/v1/orders", { ids: text }), { panel: ALL_PANELS }),
        listed({ provider_order_id: text }),
        listed({ link: text }),
      ];
  const answers = await Promise.all(looks.map((look) => look.then(({ orders }) => orders)));
  const byName = new Map(answers.flat().map((order) => [`${order.panel} ${order.id}`, order]));
  return [...byName.values()];
}

function listed(query: Readonly<Record<string, string>>): Promise<Page<"orders", ListedOrder>> {
  return call("GET", pathWith("/v1/orders", { ...query, limit: MAX_LISTED }), { panel: ALL_PANELS });
}

function isLink(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
