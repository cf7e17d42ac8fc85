import type { Key, ListedRefund, NewPanel, Page, Panel, TokenSecret } from "../api/answers.ts";
import { call, may, pathWith, seg } from "../api/client.ts";
import { useListed, usePolled } from "../api/polled.ts";
import { askTo, showSecret, switching } from "../kit/dialog.tsx";
import { NAME, type Values } from "../kit/form.tsx";
import { countText } from "../kit/money.ts";
import { Badge, Card, Do, Facts, Listing, LoadedPage, Named, PageHead, Table } from "../kit/parts.tsx";
import { goTo, hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";
import { tellFailure } from "../kit/toast.tsx";
import { AlertsOf } from "./alerts.tsx";
import { PanelCrons } from "./crons.tsx";
import { KeyTable, makeKey } from "./keys.tsx";
import { PanelOwed } from "./owed.tsx";
import { totalText } from "./refund-bulk.tsx";
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
      <Listing of={panels} empty={["No panel yet.", "Add the first one: it gets the key for its script."]}>
        {(rows) => <Table heads={["Panel", "Role", "Money", "State", "Since"]} rows={rows} keyOf={({ id }) => id} cellsOf={cellsOf} />}
      </Listing>
    </>
  );
}

function cellsOf(panel: Panel) {
  return [
    <Named path={["panels", panel.id]} name={panel.id} more={panel.name} />,
    ROLE_TEXTS[panel.role],
    <>
      {panel.currency}. <span class="soft">{MONEY_TEXTS[panel.money]}</span>
    </>,
    <PanelState panel={panel} />,
    <When at={panel.created_at} />,
  ];
}

function PanelState({ panel: { enabled, frozen } }: { readonly panel: Panel }) {
  if (frozen !== null) return <Badge tone="bad">Refunds frozen</Badge>;
  return <Badge tone={enabled ? "good" : "quiet"}>{enabled ? "On" : "Off"}</Badge>;
}

/** Makes a panel and shows its key, this once. */
export async function addPanel(): Promise<void> {
  const made = await askTo({
    title: "Add a panel",
    fields: [
      NAME,
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
    work: ({ role, money, ...same }) =>
      call<NewPanel>("POST", "/v1/panels", { body: { ...same, role, money: role === "reseller" ? "ledger" : money } }),
    done: ({ id }) => `${id} was added.`,
  });
  if (made === undefined) return;
  const { id } = made;
  await showSecret(`The key of ${id}`, made.key, "Its script sends it as key. It has every scope, and it is not shown again.");
  goTo(["panels", id]);
}

export function PanelPage({ id }: { readonly id: string }) {
  const panel = usePolled<Panel>(`/v1/panels/${seg(id)}`, { everyMs: 30_000 });
  return (
    <LoadedPage of={panel} name={`panel ${id}`} back={["panels", "All panels"]}>
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
          <AlertsOf id={id} isPanel />
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
    </LoadedPage>
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

/** What waits because of it, as far as one answer has it. */
async function unfreeze(id: string): Promise<void> {
  const path = pathWith("/v1/refunds", { status: "held", limit: 500 });
  const page = await call<Page<"refunds", ListedRefund>>("GET", path, { panel: id }).catch(tellFailure);
  if (page === undefined) return;
  const waiting = page.refunds.filter(({ reason }) => reason === "frozen");
  const sum = totalText(waiting);
  await askTo({
    title: `Let refunds of ${id} go again?`,
    text:
      waiting.length === 0
        ? "None waits because of it."
        : `${countText(waiting.length)}${page.has_more ? " or more" : ""} wait because of it: ${sum}. The next looks post those that are still due.`,
    confirm: sum === "" ? "Let them go" : `Let ${sum} go`,
    work: () => call("POST", `/v1/panels/${seg(id)}/unfreeze`, { body: {} }),
    done: "Its refunds go again.",
  });
}

const SWITCHES = [
  ["reuse_identical_adds", "The same add again is the same order"],
  ["refuse_duplicate_links", "Refuse an order for a link that is under way"],
  ["refuse_query_keys", "Refuse keys in addresses"],
] as const;

function PanelFacts({ panel }: { readonly panel: Panel }) {
  return (
    <Card title="Settings" aside={<PanelState panel={panel} />}>
      <Facts
        facts={[
          ["Role", ROLE_TEXTS[panel.role]],
          ["Currency", panel.currency],
          ["Money", MONEY_TEXTS[panel.money]],
          panel.money === "ledger" ? ["Credit limit", panel.credit_limit ?? "none"] : null,
          ...SWITCHES.map(([name, label]) => [label, panel[name] ? "yes" : "no"] as const),
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
  await askTo({
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
      ...SWITCHES.map(([name, label]) => ({ name, label, type: "checkbox", value: String(panel[name]) }) as const),
      {
        name: "public_status",
        label: "Show its status to anyone",
        type: "checkbox",
        value: String(panel.public_status),
        hint: "At /status/ and its short name: whether orders are followed. No provider is named.",
      },
    ],
    confirm: "Save",
    work: (values) => savePanel(panel, values),
    done: "Saved.",
  });
}

function savePanel({ id, money }: Panel, values: Values): Promise<unknown> {
  const isOn = (name: string): boolean => values[name] === "true";
  const limit = values["credit_limit"] ?? "";
  const body = {
    name: values["name"] === "" ? null : values["name"],
    ...(money === "ledger" ? { credit_limit: limit === "" ? null : limit } : {}),
    ...Object.fromEntries(SWITCHES.map(([name]) => [name, isOn(name)])),
    public_status: isOn("public_status"),
  };
  return call("PATCH", `/v1/panels/${seg(id)}`, { body });
}

async function switchPanel({ id, enabled }: Panel): Promise<void> {
  await askTo({
    ...switching(id, enabled),
    text: enabled
      ? "Its keys, tokens and endpoints are shut at once. Its orders are followed to their end."
      : "Its keys, tokens and endpoints open again.",
    work: () => call("PATCH", `/v1/panels/${seg(id)}`, { body: { enabled: !enabled } }),
  });
}

async function renewTokenSecret(id: string): Promise<void> {
  const made = await askTo({
    title: `A new token secret for ${id}?`,
    text: "It ends every token made before: open pages of customers ask for a new one.",
    confirm: "Make a new one",
    isDanger: true,
    work: () => call<TokenSecret>("POST", `/v1/panels/${seg(id)}/token-secret`, { body: {}, panel: id }),
    done: "A new secret was made.",
  });
  if (made !== undefined)
    await showSecret(`The token secret of ${id}`, made.secret, "The panel's backend signs tokens with it. It is not shown again.");
}

function PanelKeys({ id }: { readonly id: string }) {
  const keys = useListed<Key>("keys", "/v1/keys", { panel: "", query: { panel: id }, everyMs: 30_000 });
  return (
    <Card title="Keys" aside={<Do onDo={() => makeKey(id)}>New key</Do>}>
      <Listing of={keys} empty={["No key.", "Its script needs one with the scope api_v2."]}>
        {(rows) => <KeyTable keys={rows} />}
      </Listing>
    </Card>
  );
}
