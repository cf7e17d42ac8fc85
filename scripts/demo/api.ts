/** A client of panelsync's HTTP API, as a panel or its operator would write one. */

export type Api = {
  /** Sends JSON, if there is a body, and answers JSON. Throws on every status that is no success. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
};

/** A client with one key at one base URL. */
export function apiOf(base: string, key: string, fetchJson: typeof fetch = fetch): Api {
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetchJson(new URL(path, base), {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text.slice(0, 500)}`);
      return JSON.parse(text) as T;
    },
  };
}
