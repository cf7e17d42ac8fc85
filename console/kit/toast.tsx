/** Short messages: what was done, and what went wrong in the API's own words. */
import { shared } from "../state.ts";
import { asApiError, reloadAll } from "../api/polled.ts";

type Toast = { readonly id: number; readonly kind: "done" | "failed"; readonly text: string; readonly requestId: string | null };

const toasts = shared<readonly Toast[]>([]);
const DONE_SHOWN_MS = 5000;
let last = 0;

function show(toast: Omit<Toast, "id">): number {
  last += 1;
  toasts.value = [...toasts.value.slice(-3), { ...toast, id: last }];
  return last;
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function tellDone(text: string): void {
  const id = show({ kind: "done", text, requestId: null });
  setTimeout(() => dismiss(id), DONE_SHOWN_MS);
}

/** Stays until it is closed: its request id is what support asks for. */
export function tellFailure(error: unknown): void {
  const { message, requestId } = asApiError(error);
  show({ kind: "failed", text: message, requestId });
}

/** Does something that changes things, tells how it went, and asks anew for what is shown. Null where it failed. */
export async function act<T>(work: () => Promise<T>, done: string | ((result: T) => string)): Promise<T | null> {
  try {
    const result = await work();
    tellDone(typeof done === "string" ? done : done(result));
    reloadAll();
    return result;
  } catch (error) {
    tellFailure(error);
    reloadAll();
    return null;
  }
}

export function Toasts() {
  return (
    <div class="toasts" role="region" aria-label="Messages" aria-live="polite">
      {toasts.use().map(({ id, kind, text, requestId }) => (
        <div key={id} class={`toast ${kind}`} role={kind === "failed" ? "alert" : "status"}>
          <div>
            <p>{text}</p>
            {requestId !== null && <p class="soft small">Request-Id {requestId}</p>}
          </div>
          <button type="button" class="plain" aria-label="Close" onClick={() => dismiss(id)}>
            ✕
          </button>
        </div>
      ))}
    </div>
  );
}
