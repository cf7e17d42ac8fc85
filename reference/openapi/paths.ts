/**
 * Paths as the table of routes has them, `/v1/orders/:id`, and as documents do, `/v1/orders/{id}`.
 */
export function documentPath(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

/** The names of a path's parts. */
export function partsOf(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
}

/** The path with its parts filled in, encoded. A part that is missing is a mistake of the caller's. */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value).replaceAll("%40", "@");
  });
}
