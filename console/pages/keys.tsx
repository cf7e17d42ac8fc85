import type { Key, NewKey } from "../api/answers.ts";
import { call, may, me, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { ask, showSecret } from "../kit/dialog.tsx";
import { Badge, Do, Empty, Loaded, More, PageHead } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";

/** What each scope opens. */
const SCOPES = {
  panel: {
    read: "read",
    write: "register, check, refill, cancel",
    money: "decide refunds, credit",
    api_v2: "its script, at /api/v2",
    keys: "make keys of its own",
  },
  operator: { view: "look at everything", support: "look, check, refill, cancel, settle", admin: "everything" },
} as const;

export function KeysPage() {
  const keys = useListed<Key>("keys", may("keys") ? "/v1/keys" : null, { panel: "", query: { limit: 200 }, everyMs: 30_000 });
  if (!may("keys"))
    return (
      <>
        <PageHead title="Keys" />
        <Empty title="Your key does not manage keys.">An admin's key does.</Empty>
      </>
    );
  return (
    <>
      <PageHead title="Keys" lead="Who may do what. A key is shown once, when it is made.">
        <Do tone="primary" onDo={() => makeKey(null)}>
          New operator key
        </Do>
      </PageHead>
      <Loaded of={keys}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No key yet.">ADMIN_TOKEN opens everything; make a key for each person instead.</Empty>
          ) : (
            <KeyTable keys={rows} />
          )
        }
      </Loaded>
      <More list={keys} />
    </>
  );
}

export function KeyTable({ keys }: { readonly keys: readonly Key[] }) {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Of</th>
          <th scope="col">May</th>
          <th scope="col">Used</th>
          <th scope="col">Ends</th>
          <th scope="col">
            <span class="unseen">What can be done</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id} data-row tabIndex={0}>
            <td data-label="Key">
              <span class="strong breaks">{key.name}</span>
              <div class="soft small">{key.key_hint === null ? "" : `ends in ${key.key_hint}`}</div>
            </td>
            <td data-label="Of">{key.panel ?? "operator"}</td>
            <td data-label="May">
              {key.scopes.map((scope) => (
                <Badge key={scope} tone="quiet">
                  {scope}
                </Badge>
              ))}
            </td>
            <td data-label="Used">{key.last_used_on ?? <span class="soft">never</span>}</td>
            <td data-label="Ends">{key.expires_at === null ? <span class="soft">never</span> : <When at={key.expires_at} next />}</td>
            <td data-label="">
              {key.id === me.value?.key?.id ? <span class="soft">yours</span> : <Do onDo={() => endKey(key)}>End it</Do>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `panel` null: an operator's key. */
export async function makeKey(panel: string | null): Promise<void> {
  const scopes = Object.entries(SCOPES[panel === null ? "operator" : "panel"]);
  const values = await ask({
    title: panel === null ? "A key for a person" : `A key of ${panel}`,
    fields: [
      { name: "name", label: "Name", isRequired: true, hint: "Who or what has it; the audit names it." },
      ...(panel === null
        ? [
            {
              name: "scope",
              label: "May",
              type: "select",
              options: scopes.map(([scope, text]) => [scope, `${scope}: ${text}`] as const),
            } as const,
          ]
        : scopes.map(
            ([scope, text]) =>
              ({ name: scope, label: `${scope}: ${text}`, type: "checkbox", value: scope === "read" ? "true" : "" }) as const,
          )),
    ],
    confirm: "Make it",
  });
  if (values === null) return;
  const chosen = panel === null ? [values["scope"]] : scopes.map(([scope]) => scope).filter((scope) => values[scope] === "true");
  const body = { name: values["name"], panel, scopes: chosen };
  const made = await act(() => call<NewKey>("POST", "/v1/keys", { body }), "The key was made.");
  if (made !== null) await showSecret(`The key ${made.name}`, made.key, "It is not shown again.");
}

async function endKey({ id, name }: Key): Promise<void> {
  const values = await ask({ title: `End the key ${name}?`, text: "From then on it opens nothing.", confirm: "End it", isDanger: true });
  if (values !== null) await act(() => call("DELETE", `/v1/keys/${seg(id)}`), "The key has ended.");
}
