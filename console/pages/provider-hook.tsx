/** Webhooks that a provider sends: where to, and how it signs them. */
import type { Hook } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { askTo, showSecret } from "../kit/dialog.tsx";
import type { Values } from "../kit/form.tsx";
import { Card, Do } from "../kit/parts.tsx";

/** The API tells a URL once, and afterwards not whether there is one. */
export function HookCard({ id }: { readonly id: string }) {
  if (!may("settings")) return null;
  return (
    <Card title="Its webhooks">
      <p class="soft">One says that an order has news: it is then asked about within seconds. What else it says counts for nothing.</p>
      <div class="buttons">
        <Do onDo={() => makeHook(id)}>New URL</Do>
        <Do onDo={() => signHook(id)}>How they are signed</Do>
        <Do onDo={() => endHook(id)}>End the URL</Do>
      </div>
    </Card>
  );
}

const pathOf = (id: string): string => `/v1/providers/${seg(id)}/hook`;

async function makeHook(id: string): Promise<void> {
  const made = await askTo({
    title: `A URL for the webhooks of ${id}?`,
    text: "One that was made before ends, and how it was signed is forgotten.",
    confirm: "Make it",
    work: () => call<Hook>("POST", pathOf(id), { body: {} }),
  });
  if (made !== undefined) await showSecret(`Where ${id} sends webhooks`, made.url, `Enter it at ${id}. It is not shown again.`);
}

const SCHEMES = [
  ["standard", "as Standard Webhooks says"],
  ["hmac", "with another HMAC"],
  ["none", "not at all"],
] as const;
const same = (names: readonly string[]) => names.map((name) => [name, name] as const);

async function signHook(id: string): Promise<void> {
  await askTo({
    title: `How does ${id} sign?`,
    text: "The fields below the secret are for another HMAC alone. The provider's page says them.",
    fields: [
      { name: "scheme", label: "It signs", type: "select", options: SCHEMES },
      { name: "secret", label: "Secret", type: "password" },
      { name: "header", label: "Header with the signature", value: "X-Signature" },
      { name: "algorithm", label: "Algorithm", type: "select", options: same(["sha256", "sha1", "sha512"]) },
      { name: "encoding", label: "Written as", type: "select", options: same(["hex", "base64"]) },
      { name: "prefix", label: "Before the signature", hint: "Such as sha256=. Empty: nothing." },
      { name: "timestamp_header", label: "Header with the time", hint: "Empty: no time is signed." },
    ],
    confirm: "Save",
    work: (values) => call("PUT", pathOf(id), { body: { signature: signatureIn(values) } }),
    done: "Saved.",
  });
}

function signatureIn({ scheme, secret, timestamp_header: time = "", ...how }: Values): object | null {
  if (scheme === "none") return null;
  return scheme === "standard" ? { scheme, secret } : { scheme, secret, ...how, timestamp_header: time === "" ? null : time };
}

async function endHook(id: string): Promise<void> {
  await askTo({
    title: `End the URL of ${id}?`,
    text: "What is sent to it is refused. Orders are looked at as often as without it.",
    confirm: "End it",
    isDanger: true,
    work: () => call("DELETE", pathOf(id)),
    done: "Ended.",
  });
}
