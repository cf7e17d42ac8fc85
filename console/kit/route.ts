/** Where the console is: the address after `#` says all of it, so that a link shows what its sender saw. */
import { shared } from "../state.ts";

export type Route = { readonly path: readonly string[]; readonly query: URLSearchParams };

export const route = shared<Route>(readRoute());

function readRoute(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** A link that somebody mangled shows nothing, rather than break the page. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const SCROLL_ENDS_MS = 100;
let scrolling = 0;
history.scrollRestoration = "manual";

addEventListener("hashchange", () => {
  // It is of the page that was left, and the state of the other one would be lost.
  clearTimeout(scrolling);
  route.value = readRoute();
});
addEventListener("scroll", () => {
  clearTimeout(scrolling);
  scrolling = setTimeout(() => history.replaceState(scrollY, ""), SCROLL_ENDS_MS);
});

/** Where the page was left by whoever comes back to it; the top of a new one. The browser itself does not know when a page is drawn. */
export function scrollToLeft(): void {
  scrollTo(0, history.state ?? 0);
}

type Query = Readonly<Record<string, string | null | undefined>>;

export function hrefTo(path: readonly string[], query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") params.set(name, value);
  const text = params.toString();
  return `#/${path.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function goTo(path: readonly string[], query: Query = {}): void {
  location.hash = hrefTo(path, query);
}

/** Changes parts of the query in place: filters make no history of their own. */
export function setQuery(changes: Query): void {
  const { path, query } = route.value;
  history.replaceState(history.state, "", hrefTo(path, { ...Object.fromEntries(query), ...changes }));
  route.value = readRoute();
}
