import type { SavedService, Service } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { askTo } from "../kit/dialog.tsx";
import { numberIn, type Values } from "../kit/form.tsx";
import { countText } from "../kit/money.ts";
import { Amount, Badge, Do, Listing, PageHead, Table } from "../kit/parts.tsx";
import { act } from "../kit/toast.tsx";

export function ServicesPage() {
  const services = useListed<Service>("services", "/v1/services", { panel: "", query: { limit: 100 }, everyMs: 30_000 });
  return (
    <>
      <PageHead title="Services" lead="Your own catalogue: what panels buy at /api/v2.">
        {may("settings") && (
          <>
            <Do onDo={importServices}>Import from a provider</Do>
            <Do onDo={() => editService(null)}>Add a service</Do>
          </>
        )}
      </PageHead>
      <Listing
        of={services}
        empty={["The catalogue is empty.", "Import a list with your markup. Panels that only register orders need none."]}
      >
        {(rows) => (
          <Table
            heads={["Service", ["Delivered by", "breaks"], ["Price of 1,000", "amount"], "Quantity", "Offers", "State"]}
            rows={rows}
            keyOf={({ id }) => id}
            cellsOf={cellsOf}
            isWalked
          />
        )}
      </Listing>
    </>
  );
}

function cellsOf(service: Service) {
  const { id, name, category, enabled } = service;
  const offers = [service.refill ? "refill" : "", service.cancel ? "cancel" : "", service.dripfeed ? "drip-feed" : ""].filter(Boolean);
  return [
    <>
      <span class="strong breaks">
        {id} {name}
      </span>
      <div class="soft small breaks">{category}</div>
    </>,
    `${service.provider} ${service.service}`,
    <Amount amount={service.rate} currency={service.currency ?? ""} />,
    `${countText(service.min)} to ${countText(service.max)}`,
    offers.length === 0 ? <span class="soft">neither</span> : offers.join(", "),
    <>
      <Badge tone={enabled ? "good" : "quiet"}>{enabled ? "For sale" : "Off"}</Badge>{" "}
      {may("settings") && (
        <>
          <Do tone="plain" onDo={() => editService(service)}>
            Change
          </Do>{" "}
          <Do tone="plain" onDo={() => switchService(service)}>
            {enabled ? "Switch off" : "Switch on"}
          </Do>
        </>
      )}
    </>,
  ];
}

function switchService({ id, enabled }: Service): Promise<unknown> {
  return act(
    () => call<SavedService>("PUT", `/v1/services/${seg(id)}`, { body: { enabled: !enabled } }),
    enabled ? "Nobody can buy it now." : "It can be bought again.",
  );
}

const text = (value: string | number | null | undefined): string => (value == null ? "" : String(value));

/** Null: a new one. */
async function editService(service: Service | null): Promise<void> {
  await askTo({
    title: service === null ? "Add a service" : `Service ${service.id}`,
    fields: [
      ...(service === null ? [{ name: "id", label: "Your number for it", type: "number", isRequired: true } as const] : []),
      { name: "name", label: "Name", value: text(service?.name), isRequired: true },
      { name: "category", label: "Category", value: service?.category ?? "Other", isRequired: true },
      { name: "provider", label: "Provider", value: text(service?.provider), isRequired: true },
      { name: "service", label: "Its id there", value: text(service?.service), isRequired: true },
      { name: "rate", label: "Price of 1,000", type: "number", value: text(service?.rate), isRequired: true },
      { name: "currency", label: "Currency", value: text(service?.currency), hint: "Empty: each panel's own." },
      { name: "min", label: "Least quantity", type: "number", value: text(service?.min), isRequired: true },
      { name: "max", label: "Largest quantity", type: "number", value: text(service?.max), isRequired: true },
      { name: "start_minutes", label: "Starts within so many minutes", type: "number", value: text(service?.start_minutes) },
      { name: "duration_minutes", label: "Then takes so many minutes", type: "number", value: text(service?.duration_minutes) },
      { name: "refill", label: "Offers refill", type: "checkbox", value: text(String(service?.refill ?? false)) },
      { name: "cancel", label: "Offers cancel", type: "checkbox", value: text(String(service?.cancel ?? false)) },
    ],
    confirm: ({ rate = "" }) => `Save it at ${rate === "" ? "…" : rate}`,
    work: (values) => saveService(service, values),
    done: ({ warnings }) => ["Saved.", ...warnings].join("\n"),
  });
}

function saveService(service: Service | null, values: Values): Promise<SavedService> {
  const { id = service?.id ?? "", currency = "", refill, cancel, ...given } = values;
  const body = {
    ...given,
    currency: currency === "" ? null : currency,
    min: numberIn(values["min"]),
    max: numberIn(values["max"]),
    start_minutes: numberIn(values["start_minutes"]),
    duration_minutes: numberIn(values["duration_minutes"]),
    refill: refill === "true",
    cancel: cancel === "true",
  };
  return call("PUT", `/v1/services/${seg(id)}`, { body });
}

async function importServices(): Promise<void> {
  await askTo({
    title: "Import from a provider",
    text: "Its whole list becomes yours, with your markup on its prices, also on those you have.",
    fields: [
      { name: "provider", label: "Provider", isRequired: true },
      { name: "markup", label: "Markup in percent", type: "number", value: "20", isRequired: true },
    ],
    confirm: ({ markup = "" }) => `Import with ${markup} %`,
    work: ({ provider, markup }) =>
      call<{ created: readonly string[]; updated: readonly string[] }>("POST", "/v1/services/import", { body: { provider, markup } }),
    done: ({ created, updated }) => `${created.length} new, ${updated.length} changed.`,
  });
}
