/** The console: what an operator sees and does, over the HTTP API alone. */
import { render } from "preact";
import { resumeSession, signIn, signOut } from "./api/client.ts";
import { asApiError } from "./api/polled.ts";
import { listenForKeys } from "./kit/keyboard.ts";
import { goTo, route } from "./kit/route.ts";
import { Shell } from "./shell.tsx";

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

const root = document.getElementById("console");
if (root === null) throw new Error("the page has no place for the console");

listenForKeys();
await openSession();
render(<Shell />, root);

/**
 * The link that `npm start` prints signs in, once: the key then leaves the address. Only on this machine, where there is
 * nothing to lose; elsewhere a key does not belong into an address.
 */
async function openSession(): Promise<void> {
  const { path, query } = route.value;
  const key = path[0] === "sign-in" && LOOPBACK.includes(location.hostname) ? query.get("key") : null;
  if (key === null) return resumeSession();
  history.replaceState(null, "", "#/");
  goTo([]);
  route.value = { path: [], query: new URLSearchParams() };
  await signIn(key).catch((error: unknown) => signOut(asApiError(error).message));
}
