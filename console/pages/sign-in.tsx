import { useSignal } from "@preact/signals";
import { signedOutBecause, signIn } from "../api/client.ts";
import { asApiError } from "../api/polled.ts";
import { readFields } from "../kit/form.tsx";

export function SignInPage() {
  const problem = useSignal<string | null>(signedOutBecause.value);
  const isBusy = useSignal(false);
  const submit = async (key: string): Promise<void> => {
    isBusy.value = true;
    try {
      await signIn(key);
    } catch (error) {
      problem.value = asApiError(error).message;
    }
    isBusy.value = false;
  };
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(readFields(event.currentTarget)["key"] ?? "");
        }}
      >
        <h1>panelsync</h1>
        <p class="soft">Sign in with an operator key, or with ADMIN_TOKEN. The key is kept for this tab only.</p>
        <label class="field">
          <span>Key</span>
          <input name="key" type="password" required autocomplete="off" autofocus />
        </label>
        {problem.value !== null && (
          <p class="note bad" role="alert">
            {problem.value}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={isBusy.value}>
            {isBusy.value ? "Signing in…" : "Sign in"}
          </button>
        </div>
        <p class="soft small">
          An admin makes a key that only reads: <code>POST /v1/keys</code> with <code>{'{"name":"…","scopes":["view"]}'}</code>, or on the
          page Keys.
        </p>
      </form>
    </main>
  );
}
