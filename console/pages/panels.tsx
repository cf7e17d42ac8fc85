import type { Key, NewPanel, Panel, TokenSecret } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { ask, showSecret } from "../kit/dialog.tsx";
import { Badge, Card, Do, Empty, Facts, Loaded, More, PageHead } from "../kit/parts.tsx";
import { goTo, hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { act } from "../kit/toast.tsx";
import { PanelCrons } from "./crons.tsx";
import { KeyTable, makeKey } from "./keys.tsx";
import { PanelOwed } from "./owed.tsx";
import { PanelWebhooks } from "./webhooks.tsx";

const ROLE_TEXTS = { shop: "Shop, one of your own", reseller: "Reseller, buys from you" } as const;
const MONEY_TEXTS = { advice: "The panel credits its customers", ledger: "panelsync keeps the customers' balances" } as const;

export function PanelsPage() {
  const panels = useListed<Panel>("panels", "/v1/panels", { panel: "", everyMs: 30_000 });
  return (
    <>
      <PageHead title="Panels" lead="The shops whose orders are followed, and those who resell.">
        {may("settings") && (
          <Do tone="primary" onDo={addPanel}>
            Add a panel
          </Do>
        )}
      </PageHead>
      <Loaded of={panels}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="No panel yet.">Add the first one: it gets the key for its script.</Empty>
          ) : (
            <PanelTable panels={rows} />
          )
        }
      </Loaded>
      <More list={panels} />
    </>
  );
}

function PanelTable({ panels }: { readonly panels: readonly Panel[] }) {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Panel</th>
          <th scope="col">Role</th>
          <th scope="col">Money</th>
          <th scope="col">State</th>
          <th scope="col">Since</th>
        </tr>
      </thead>
      <tbody>
        {panels.map((panel) => (
          <tr key={panel.id}>
            <td data-label="Panel">
              <a data-row class="strong breaks" href={hrefTo(["panels", panel.id])}>
                {panel.id}
              </a>
              {panel.name !== null && <div class="soft small breaks">{panel.name}</div>}
            </td>
            <td data-label="Role">{ROLE_TEXTS[panel.role]}</td>
            <td data-label="Money">
              {panel.currency}. <span class="soft">{MONEY_TEXTS[panel.money]}</span>
            </td>
            <td data-label="State">
              <PanelState panel={panel} />
            </td>
            <td data-label="Since">
              <When at={panel.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function PanelState({ panel: { enabled, frozen } }: { readonly panel: Panel }) {
  if (frozen !== null) return <Badge tone="bad">Refunds frozen</Badge>;
  return <Badge tone={enabled ? "good" : "quiet"}>{enabled ? "On" : "Off"}</Badge>;
}

/** Makes a panel and shows its key, this once. True when it was made. */
export async function addPanel(): Promise<boolean> {
  const values = await ask({
    title: "Add a panel",
    fields: [
      {
        name: "id",
        label: "Short name",
        isRequired: true,
        pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}",
        hint: "Letters and digits. It stays.",
      },
      { name: "role", label: "Role", type: "select", options: Object.entries(ROLE_TEXTS) },
      { name: "currency", label: "Currency", value: "USD", isRequired: true, pattern: "[A-Z0-9]{3,10}" },
      {
        name: "money",
        label: "Who credits its customers",
        type: "select",
        options: Object.entries(MONEY_TEXTS),
        hint: "A reseller always has a balance here.",
      },
    ],
    confirm: "Add it",
  });
  if (values === null) return false;
  const { id = "", role, currency } = values;
  const money = role === "reseller" ? "ledger" : values["money"];
  const made = await act(() => call<NewPanel>("POST", "/v1/panels", { body: { id, role, currency, money } }), `${id} was added.`);
  if (made === null) return false;
  await showSecret(`The key of ${id}`, made.key, "Its script sends it as key. It has every scope, and it is not shown again.");
  goTo(["panels", id]);
  return true;
}

export function PanelPage({ id }: { readonly id: string }) {
  const panel = usePolled<Panel>(`/v1/panels/${seg(id)}`, { everyMs: 30_000 });
  return (
    <Loaded of={panel}>
      {(shown) => (
        <>
          <PageHead title={id} lead={shown.name ?? ROLE_TEXTS[shown.role]}>
            <a class="button" href={hrefTo(["orders"], { panel: id })}>
              Its orders
            </a>
            {may("settings") && (
              <>
                <Do onDo={() => editPanel(shown)}>Settings</Do>
                <Do onDo={() => switchPanel(shown)}>{shown.enabled ? "Switch off" : "Switch on"}</Do>
              </>
            )}
          </PageHead>
          <Frozen panel={shown} />
          <div class="columns">
            <PanelFacts panel={shown} />
            <Card title="For its pages">
              <p class="soft">A token shows a customer's orders in a browser. The panel signs tokens with its token secret.</p>
              {may("settings") && (
                <div class="buttons">
                  <Do onDo={() => renewTokenSecret(id)}>New token secret</Do>
                </div>
              )}
            </Card>
          </div>
          <PanelWebhooks panel={id} />
          <PanelCrons panel={id} />
          {shown.role === "shop" && <PanelOwed panel={id} />}
          {may("keys") && <PanelKeys id={id} />}
        </>
      )}
    </Loaded>
  );
}

function Frozen({ panel: { id, frozen } }: { readonly panel: Panel }) {
  if (frozen === null) return null;
  return (
    <div class="note bad">
      <p>
        Its books did not add up <When at={frozen.since} />: {frozen.because}. Its refunds wait until the ledger was mended.
      </p>
      {may("settings") && <Do onDo={() => unfreeze(id)}>The ledger is mended</Do>}
    </div>
  );
}

async function unfreeze(id: string): Promise<void> {
  const values = await ask({
    title: `Let refunds of ${id} go again?`,
    text: "What waits goes out with the next looks.",
    confirm: "Let them go",
  });
  if (values !== null) await act(() => call("POST", `/v1/panels/${seg(id)}/unfreeze`, { body: {} }), "Its refunds go again.");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function PanelFacts({ panel }: { readonly panel: Panel }) {
  return (
    <Card title="Settings" aside={<PanelState panel={panel} />}>
      <Facts
        facts={[
          ["Role", ROLE_TEXTS[panel.role]],
          ["Currency", panel.currency],
          ["Money", MONEY_TEXTS[panel.money]],
          panel.money === "ledger" ? ["Credit limit", panel.credit_limit ?? "none"] : null,
          ["The same add again is the same order", yesNo(panel.reuse_identical_adds)],
          ["Refuses a link that is under way", yesNo(panel.refuse_duplicate_links)],
          ["Keys in addresses refused", yesNo(panel.refuse_query_keys)],
          [
            "Public status",
            panel.public_status ? (
              <a href={`/status/${panel.id}`} target="_blank" rel="noreferrer">
                /status/{panel.id}
              </a>
            ) : (
              "no"
            ),
          ],
          panel.money === "ledger" ? ["Accounts", <a href={hrefTo(["customers"], { panel: panel.id })}>customers</a>] : null,
        ]}
      />
    </Card>
  );
}

async function editPanel(panel: Panel): Promise<void> {
  const isLedger = panel.money === "ledger";
  const values = await ask({
    title: `Settings of ${panel.id}`,
    fields: [
      { name: "name", label: "Name", value: panel.name ?? "" },
      ...(isLedger
        ? [
            {
              name: "credit_limit",
              label: "Credit limit",
              type: "number",
              value: panel.credit_limit ?? "",
              hint: "How far an account may go below zero. Empty: no limit.",
            } as const,
          ]
        : []),
      {
        name: "reuse_identical_adds",
        label: "The same add again is the same order",
        type: "checkbox",
        value: String(panel.reuse_identical_adds),
      },
      {
        name: "refuse_duplicate_links",
        label: "Refuse an order for a link that is under way",
        type: "checkbox",
        value: String(panel.refuse_duplicate_links),
      },
      { name: "refuse_query_keys", label: "Refuse keys in addresses", type: "checkbox", value: String(panel.refuse_query_keys) },
      {
        name: "public_status",
        label: "Show its status to anyone",
        type: "checkbox",
        value: String(panel.public_status),
        hint: "At /status/ and its short name: whether orders are followed. No provider is named.",
      },
    ],
    confirm: "Save",
  });
  if (values === null) return;
  const isOn = (name: string): boolean => values[name] === "true";
  const limit = values["credit_limit"] ?? "";
  const body = {
    name: values["name"] === "" ? null : values["name"],
    ...(isLedger ? { credit_limit: limit === "" ? null : limit } : {}),
    reuse_identical_adds: isOn("reuse_identical_adds"),
    refuse_duplicate_links: isOn("refuse_duplicate_links"),
    refuse_query_keys: isOn("refuse_query_keys"),
    public_status: isOn("public_status"),
  };
  await act(() => call("PATCH", `/v1/panels/${seg(panel.id)}`, { body }), "Saved.");
}

async function switchPanel({ id, enabled }: Panel): Promise<void> {
  const values = await ask({
    title: enabled ? `Switch ${id} off?` : `Switch ${id} on?`,
    text: enabled
      ? "Its keys, tokens and endpoints are shut at once. Its orders are followed to their end."
      : "Its keys, tokens and endpoints open again.",
    confirm: enabled ? "Switch it off" : "Switch it on",
    isDanger: enabled,
  });
  if (values === null) return;
  await act(() => call("PATCH", `/v1/panels/${seg(id)}`, { body: { enabled: !enabled } }), enabled ? "Switched off." : "Switched on.");
}

async function renewTokenSecret(id: string): Promise<void> {
  const values = await ask({
    title: `A new token secret for ${id}?`,
    text: "It ends every token that was made before: open pages of customers ask for a new one.",
    confirm: "Make a new one",
    isDanger: true,
  });
  if (values === null) return;
  const made = await act(
    () => call<TokenSecret>("POST", `/v1/panels/${seg(id)}/token-secret`, { body: {}, panel: id }),
    "A new secret was made.",
  );
  if (made !== null)
    await showSecret(`The token secret of ${id}`, made.secret, "The panel's backend signs tokens with it. It is not shown again.");
}

function PanelKeys({ id }: { readonly id: string }) {
  const keys = useListed<Key>("keys", "/v1/keys", { panel: "", query: { panel: id }, everyMs: 30_000 });
  return (
    <Card title="Keys" aside={<Do onDo={() => makeKey(id)}>New key</Do>}>
      <Loaded of={keys}>
        {(rows) =>
          rows.length === 0 ? <Empty title="No key.">Its script needs one with the scope api_v2.</Empty> : <KeyTable keys={rows} />
        }
      </Loaded>
      <More list={keys} />
    </Card>
  );
}
