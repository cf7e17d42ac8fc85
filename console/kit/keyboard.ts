/** `/` goes to the search, `?` says the keys, `j` and `k` go down and up a list; pages add keys of their own. */
import { useLayoutEffect } from "preact/hooks";
import { isAsking, tell } from "./dialog.tsx";

type Keys = Readonly<Record<string, () => unknown>>;

const ofPage = new Set<Keys>();

/** Keys that hold while a page is shown: as soon as what they are about is seen, and no longer. */
export function useKeys(keys: Keys): void {
  useLayoutEffect(() => {
    ofPage.add(keys);
    return () => void ofPage.delete(keys);
  });
}

const ROW = "[data-row]";

function moveInList(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROW)];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  // From what is seen: who comes back to a list is in the midst of it.
  const wanted = at === -1 ? rows.findIndex((row) => row.getBoundingClientRect().top >= 0) : at + step;
  const next = rows[Math.max(0, Math.min(rows.length - 1, wanted))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const COMMON: Keys = {
  "/": () => document.querySelector<HTMLInputElement>("#find")?.focus(),
  "?": () => showHelp(),
  j: () => moveInList(1),
  k: () => moveInList(-1),
};

const HELP = [
  ["/", "find an order by id, provider's id or link"],
  ["j, k", "down and up a list"],
  ["Enter", "open what is chosen"],
  ["a, e, r", "on refunds: approve, another amount, reject"],
  ["Esc", "leave a question or a field"],
] as const;

function showHelp(): Promise<unknown> {
  return tell("Keys", HELP.map(([keys, text]) => `${keys}: ${text}`).join("\n"));
}

export function listenForKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isAsking()) return;
    const target = event.target as HTMLElement;
    // A box that was ticked keeps the focus, and takes no letters.
    if (target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const work = [...ofPage].map((keys) => keys[event.key]).find((each) => each !== undefined) ?? COMMON[event.key];
    if (work === undefined) return;
    event.preventDefault();
    work();
  });
}
