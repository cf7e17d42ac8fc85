/** One page of a list: at most `limit` entries, from behind `cursor` on, the place of the last entry read; null for the first page. */
export type PageWanted<Place = number> = { readonly cursor: Place | null; readonly limit: number };
