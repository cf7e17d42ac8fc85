import type { SavedService, Service } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { useListed } from "../api/polled.ts";
import { ask } from "../kit/dialog.tsx";
import { countText } from "../kit/money.ts";
import { Badge, Do, Empty, Loaded, More, PageHead } from "../kit/parts.tsx";
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
      <Loaded of={services}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title="The catalogue is empty.">
              Import a provider's list with your markup. Panels that only register orders need none.
            </Empty>
          ) : (
            <table class="rows">
              <thead>
                <tr>
                  <th scope="col">Service</th>
                  <th scope="col">Delivered by</th>
                  <th scope="col">Price of 1,000</th>
                  <th scope="col">Quantity</th>
                  <th scope="col">Offers</th>
                  <th scope="col">State</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((service) => (
                  <ServiceRow key={service.id} service={service} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      <More list={services} />
    </>
  );
}

function ServiceRow({ service }: { readonly service: Service }) {
  const { id, name, category, enabled } = service;
  const offers = [service.refill ? "refill" : "", service.cancel ? "cancel" : "", service.dripfeed ? "drip-feed" : ""].filter(Boolean);
  return (
    <tr data-row tabIndex={0}>
      <td data-label="Service">
        <span class="strong breaks">
          {id} {name}
        </span>
        <div class="soft small breaks">{category}</div>
      </td>
      <td data-label="Delivered by" class="breaks">
        {service.provider} {service.service}
      </td>
      <td data-label="Price of 1,000" class="amount">
        {service.rate} <span class="soft">{service.currency ?? ""}</span>
      </td>
      <td data-label="Quantity">
        {countText(service.min)} to {countText(service.max)}
      </td>
      <td data-label="Offers">{offers.length === 0 ? <span class="soft">neither</span> : offers.join(", ")}</td>
      <td data-label="State">
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
      </td>
    </tr>
  );
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
  const values = await ask({
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
  });
  if (values === null) return;
  const { id = service?.id ?? "", currency = "", refill, cancel, ...given } = values;
  const number = (name: string): number | null => ((values[name] ?? "") === "" ? null : Number(values[name]));
  const body = {
    ...given,
    currency: currency === "" ? null : currency,
    min: number("min"),
    max: number("max"),
    start_minutes: number("start_minutes"),
    duration_minutes: number("duration_minutes"),
    refill: refill === "true",
    cancel: cancel === "true",
  };
  await act(
    () => call<SavedService>("PUT", `/v1/services/${seg(id)}`, { body }),
    ({ warnings }) => ["Saved.", ...warnings].join("\n"),
  );
}

async function importServices(): Promise<void> {
  const values = await ask({
    title: "Import from a provider",
    text: "Its whole list becomes yours, with your markup on its prices. Services that are there already get their new price.",
    fields: [
      { name: "provider", label: "Provider", isRequired: true },
      { name: "markup", label: "Markup in percent", type: "number", value: "20", isRequired: true },
    ],
    confirm: ({ markup = "" }) => `Import with ${markup} %`,
  });
  if (values === null) return;
  const body = { provider: values["provider"], markup: values["markup"] };
  await act(
    () => call<{ created: readonly string[]; updated: readonly string[] }>("POST", "/v1/services/import", { body }),
    ({ created, updated }) => `${created.length} new, ${updated.length} changed.`,
  );
}
