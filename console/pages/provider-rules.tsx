/** What is returned of a provider's orders, and how long its services take: for all of them, or for one service. */
import type { Policy, PolicyPreview, Provider, ServicesReport, Windows } from "../api/answers.ts";
import { call, may, seg } from "../api/client.ts";
import { usePolled } from "../api/polled.ts";
import { ask, askTo } from "../kit/dialog.tsx";
import { type Field, numberIn, type Values } from "../kit/form.tsx";
import { countText } from "../kit/money.ts";
import { Card, Do, Facts, Loaded } from "../kit/parts.tsx";
import { tellFailure } from "../kit/toast.tsx";
import { spread } from "./quality.tsx";

const MODES = { auto: "at once, by the rules", hold: "after a person has decided", off: "not here: the panel does it" } as const;
const CANCELED = { full: "the whole charge", by_remains: "the share that was not delivered" } as const;

type Of = { readonly provider: string; readonly service: string | null };

const pathOf = ({ provider, service }: Of): string =>
  `/v1/providers/${seg(provider)}${service === null ? "" : `/services/${seg(service)}`}/refund-policy`;

export function RulesCards({ provider: { id } }: { readonly provider: Provider }) {
  const of = { provider: id, service: null };
  const policy = usePolled<Policy>(pathOf(of), { everyMs: 30_000 });
  return (
    <>
      <Card title="Refunds">
        <Loaded of={policy}>{(shown) => <PolicyFacts policy={shown} />}</Loaded>
        {may("settings") && (
          <div class="buttons">
            <Do onDo={() => editPolicy(of)}>Change the policy</Do>
            <Do onDo={() => editOfService(id)}>Of one service</Do>
          </div>
        )}
      </Card>
      <Card title="How long it takes">
        <p class="soft">An order that starts or ends later than its service should is flagged.</p>
        {may("settings") && (
          <div class="buttons">
            <Do onDo={() => editWindows(id)}>Times of a service</Do>
          </div>
        )}
      </Card>
    </>
  );
}

function PolicyFacts({ policy }: { readonly policy: Policy }) {
  return (
    <Facts
      facts={[
        ["Returned", MODES[policy.mode]],
        ["Of a canceled order", CANCELED[policy.canceled]],
        ["A person decides above", policy.cap ?? "no amount"],
        policy.delay_minutes === 0 ? null : ["Posted later by", `${countText(policy.delay_minutes)} min`],
        policy.error_after_hours === null ? null : ["An error waits for a person after", `${policy.error_after_hours} h`],
      ]}
    />
  );
}

const options = (texts: Readonly<Record<string, string>>): NonNullable<Field["options"]> => Object.entries(texts);

async function editPolicy(of: Of): Promise<void> {
  const { provider, service } = of;
  const name = service === null ? provider : `service ${service} of ${provider}`;
  const now = await call<Policy>("GET", pathOf(of)).catch(tellFailure);
  if (now === undefined) return;
  const asked = await askTo({
    title: `Refunds of ${name}`,
    text: service === null ? "A service's own policy goes before this one." : "What you save here holds for this service alone.",
    fields: [
      { name: "mode", label: "Returned", type: "select", value: now.mode, options: options(MODES) },
      { name: "canceled", label: "Of a canceled order", type: "select", value: now.canceled, options: options(CANCELED) },
      { name: "cap", label: "A person decides above", type: "number", value: now.cap ?? "", hint: "An amount. Empty: none." },
      { name: "delay_minutes", label: "Posted later by so many minutes", type: "number", value: String(now.delay_minutes) },
      {
        name: "error_after_hours",
        label: "An error waits for a person after so many hours",
        type: "number",
        value: String(now.error_after_hours ?? ""),
        hint: "Empty: it stays.",
      },
      { name: "remove", label: "Remove it: the more general policy holds again", type: "checkbox" },
    ],
    confirm: ({ remove }) => (remove === "true" ? "Remove it" : "See what it does"),
    work: (values) => (values["remove"] === "true" ? removePolicy(of) : previewOf(of, policyIn(values))),
    done: (seen) => (seen === null ? "Removed." : ""),
  });
  if (asked) await savePolicy(of, name, asked);
}

async function removePolicy(of: Of): Promise<null> {
  await call("DELETE", pathOf(of));
  return null;
}

type Seen = { readonly policy: object; readonly preview: PolicyPreview };

async function previewOf(of: Of, policy: object): Promise<Seen> {
  return { policy, preview: await call<PolicyPreview>("POST", "/v1/refund-policies/preview", { body: { ...of, policy } }) };
}

function policyIn(values: Values): object {
  const { mode, canceled, cap = "", delay_minutes: delay = "", error_after_hours: hours = "" } = values;
  return {
    mode,
    canceled,
    cap: cap === "" ? null : cap,
    delay_minutes: Number(delay),
    error_after_hours: hours === "" ? null : Number(hours),
  };
}

/** What it would do to the orders that there are comes first, with the sums. */
async function savePolicy(of: Of, name: string, { policy, preview }: Seen): Promise<void> {
  const { orders, would_post: posted, would_hold: held } = preview;
  await askTo({
    title: `Save the policy of ${name}?`,
    text: [
      `Of ${countText(orders)} orders as they stand:`,
      `${totalText(posted)} would be returned by it,`,
      `${totalText(held)} would wait for a person.`,
      "What was decided already stays.",
    ].join("\n"),
    confirm: posted.count === 0 ? "Save it" : `Save it: return ${totalText(posted)}`,
    work: () => call("PUT", pathOf(of), { body: policy }),
    done: "Saved.",
  });
}

function totalText({ count, amounts }: PolicyPreview["would_post"]): string {
  const sums = Object.entries(amounts).map(([currency, amount]) => `${amount} ${currency}`);
  return count === 0 ? "nothing" : sums.join(" and ");
}

async function askService(provider: string, title: string): Promise<string | null> {
  const values = await ask({
    title,
    fields: [{ name: "service", label: `The service's id at ${provider}`, isRequired: true }],
    confirm: "Go on",
  });
  return values?.["service"] ?? null;
}

async function editOfService(provider: string): Promise<void> {
  const service = await askService(provider, "Refunds of one service");
  if (service !== null) await editPolicy({ provider, service });
}

const minutes = (value: number | null): string => (value === null ? "" : String(value));

async function editWindows(provider: string): Promise<void> {
  const service = await askService(provider, "How long does a service take?");
  if (service === null) return;
  const path = `/v1/providers/${seg(provider)}/services/${seg(service)}`;
  const answers = await Promise.all([call<Windows>("GET", path), call<ServicesReport>("GET", "/v1/reports/services")]).catch(tellFailure);
  if (answers === undefined) return;
  const [now, { services }] = answers;
  const seen = services.find((row) => row.provider === provider && row.service === service);
  await askTo({
    title: `Times of service ${service} of ${provider}`,
    text: `For orders that come from now on. Where a field is empty, a panel's own orders teach it: the time of nine of ten, once there are 20.\n${seenText(seen)}`,
    fields: [
      { name: "start_minutes", label: "Starts within so many minutes", type: "number", value: minutes(now.start_minutes) },
      {
        name: "duration_minutes",
        label: "Then takes so many minutes",
        type: "number",
        value: minutes(now.duration_minutes),
      },
    ],
    confirm: "Save",
    work: ({ start_minutes: start, duration_minutes: duration }) =>
      call("PUT", path, { body: { start_minutes: numberIn(start), duration_minutes: numberIn(duration) } }),
    done: "Saved.",
  });
}

function seenText(seen: ServicesReport["services"][number] | undefined): string {
  if (seen === undefined) return "No order of it has ended in the last 30 days.";
  return `In the last 30 days: started ${spread(seen.start)}; ended ${spread(seen.duration)}.`;
}
