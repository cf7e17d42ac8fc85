import { keptKey, resumeSession, signedOutBecause, signIn, signOut } from "../api/client.ts";
import { asApiError } from "../api/polled.ts";
import { readFields } from "../kit/form.tsx";
import { useValue } from "../state.ts";

/** With a key that the tab has kept, and that could not be asked about, there is nothing to type. */
export function SignInPage() {
  const problem = signedOutBecause.use();
  const isBusy = useValue(false);
  const hasKey = keptKey() !== null;
  const submit = async (key: string | undefined): Promise<void> => {
    isBusy.value = true;
    await (key === undefined ? resumeSession() : signIn(key)).catch(
      (error: unknown) => void (signedOutBecause.value = asApiError(error).message),
    );
    isBusy.value = false;
  };
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(readFields(event.currentTarget)["key"]);
        }}
      >
        <h1>panelsync</h1>
        {hasKey ? (
          <p class="soft">Your key is kept on this tab. It could not be checked just now.</p>
        ) : (
          <>
            <p class="soft">Sign in with an operator key, or with ADMIN_TOKEN. The key is kept for this tab only.</p>
            <label class="field">
              <span>Key</span>
              <input name="key" type="password" required autocomplete="off" autofocus />
            </label>
          </>
        )}
        {problem !== null && (
          <p class="note bad" role="alert">
            {problem}
          </p>
        )}
        <div class="buttons">
          <button type="submit" class="primary" disabled={isBusy.value}>
            {isBusy.value ? "Signing in…" : hasKey ? "Try again" : "Sign in"}
          </button>
          {hasKey && (
            <button type="button" onClick={() => signOut(null)}>
              Take another key
            </button>
          )}
        </div>
        {!hasKey && <p class="soft small">An admin makes a key for each person on the page Keys.</p>}
      </form>
    </main>
  );
}
