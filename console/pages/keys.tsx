import type { Key, NewKey } from "../api/answers.ts";
import { call, may, me, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { askTo, showSecret } from "../kit/dialog.tsx";
import { Badge, Do, Empty, Listing, PageHead, Table } from "../kit/parts.tsx";
import { When } from "../kit/time.tsx";

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
      <Listing of={keys} empty={["No key yet.", "ADMIN_TOKEN opens everything; make a key for each person instead."]}>
        {(rows) => <KeyTable keys={rows.toSorted((a, b) => Number(a.panel !== null) - Number(b.panel !== null))} />}
      </Listing>
    </>
  );
}

export function KeyTable({ keys }: { readonly keys: readonly Key[] }) {
  return <Table heads={["Key", ["Of", "breaks"], "May", "Used", "Ends"]} rows={keys} keyOf={({ id }) => id} cellsOf={cellsOf} isWalked />;
}

function cellsOf(key: Key) {
  return [
    <>
      <span class="strong breaks">{key.name}</span>
      <div class="soft small">{key.key_hint === null ? "" : `ends in ${key.key_hint}`}</div>
    </>,
    key.panel ?? "operator",
    key.scopes.map((scope) => (
      <Badge key={scope} tone="quiet">
        {scope}
      </Badge>
    )),
    key.last_used_on ?? <span class="soft">never</span>,
    <>
      <When at={key.expires_at} next /> {key.id === me.value?.key?.id ? <b>yours</b> : <Do onDo={() => endKey(key)}>End it</Do>}
    </>,
  ];
}

/** `panel` null: an operator's key. */
export async function makeKey(panel: string | null): Promise<void> {
  const scopes = Object.entries(SCOPES[panel === null ? "operator" : "panel"]);
  const made = await askTo({
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
    work: (values) => {
      const chosen = panel === null ? [values["scope"]] : scopes.map(([scope]) => scope).filter((scope) => values[scope] === "true");
      return call<NewKey>("POST", "/v1/keys", { body: { name: values["name"], panel, scopes: chosen } });
    },
    done: "The key was made.",
  });
  if (made !== undefined) await showSecret(`The key ${made.name}`, made.key, "It is not shown again.");
}

async function endKey({ id, name }: Key): Promise<void> {
  await askTo({
    title: `End the key ${name}?`,
    text: "From then on it opens nothing.",
    confirm: "End it",
    isDanger: true,
    work: () => call("DELETE", `/v1/keys/${seg(id)}`),
    done: "The key has ended.",
  });
}
