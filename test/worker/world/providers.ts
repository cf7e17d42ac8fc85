/**
 * What providers answer in API v2.
 */

/** Answers one call, given the ids asked. Throwing stands for a connection that fails. */
export type Answering = (ids: readonly string[], fields: URLSearchParams, request: Request) => unknown;

export const inProgress = (remains = 600): Record<string, unknown> => ({
  charge: "0.5",
  start_count: "10",
  status: "In progress",
  remains: String(remains),
  currency: "USD",
});

/** Answers a status for every id, in one object for a list. */
export function answeringEach(each: (id: string) => unknown): (ids: readonly string[], fields: URLSearchParams) => unknown {
  return (ids, fields) => (fields.has("orders") ? Object.fromEntries(ids.map((id) => [id, each(id)])) : each(ids[0] ?? ""));
}

/** A server in front of the provider fails. */
export const brokenAnswer = (): Response => new Response("<html>502 Bad Gateway</html>", { status: 502 });

/** The connection fails after the request was sent. */
export const resetConnection = (): never => {
  throw new TypeError("Network connection lost.");
};
