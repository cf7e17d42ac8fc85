/** One page of a list: `limit` entries at most. `cursor` is the place of the last entry on the page before, null for the first page. */
export type PageWanted<Place = number> = { readonly cursor: Place | null; readonly limit: number };
