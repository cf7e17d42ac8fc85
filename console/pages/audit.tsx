import type { AuditEntry } from "../api/answers.ts";
import { useListed } from "../api/polled.ts";
import { DownloadCsv } from "../kit/job.tsx";
import { Listing, PageHead, Table, wordsOf } from "../kit/parts.tsx";
import { hrefTo } from "../kit/route.ts";
import { When } from "../kit/time.tsx";

export function AuditPage() {
  const entries = useListed<AuditEntry>("entries", "/v1/audit", { panel: "", everyMs: 30_000 });
  return (
    <>
      <PageHead title="Audit" lead="Who changed what about money or settings, the newest first.">
        <DownloadCsv whole={{ name: "entries", path: "/v1/audit", query: {} }} file="audit.csv" />
      </PageHead>
      <Listing of={entries} empty={["Nothing was changed yet.", "Each change of settings and each decision about money leaves an entry."]}>
        {(rows) => (
          <Table
            heads={[["What", "strong"], ["Of", "breaks"], ["Change", "breaks small"], "By", "When"]}
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

function cellsOf(entry: AuditEntry) {
  return [
    wordsOf(entry.action),
    <Subject entry={entry} />,
    changeText(entry),
    <>
      {entry.key?.name ?? entry.actor}
      {entry.request_id !== null && <div class="soft small breaks">{entry.request_id}</div>}
    </>,
    <When at={entry.at} />,
  ];
}

/** `order:1001`, as a link to its page where it has one. */
function Subject({ entry: { subject, panel } }: { readonly entry: AuditEntry }) {
  const [kind = "", ...rest] = subject.split(":");
  const id = rest.join(":");
  const path =
    kind === "order" && panel !== null
      ? ["orders", panel, id]
      : kind === "provider"
        ? ["providers", id]
        : kind === "panel"
          ? ["panels", id]
          : null;
  const name = `${wordsOf(kind)} ${id}`;
  return (
    <>
      {path === null ? name : <a href={hrefTo(path)}>{name}</a>}
      {panel !== null && kind !== "panel" && <div class="soft small">{panel}</div>}
    </>
  );
}

const MAX_SHOWN = 6;

function changeText({ before, after }: AuditEntry): string {
  const [old, now] = [before, after].map((value) =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {},
  );
  const names = [...new Set([...Object.keys(now ?? {}), ...Object.keys(old ?? {})])].filter(
    (name) => shown(old?.[name]) !== shown(now?.[name]),
  );
  const lines = names.slice(0, MAX_SHOWN).map((name) => {
    const [from, to] = [shown(old?.[name]), shown(now?.[name])];
    return from === "" ? `${name} ${to}` : `${name} ${from} → ${to === "" ? "none" : to}`;
  });
  return lines.join(", ") + (names.length > MAX_SHOWN ? ` and ${names.length - MAX_SHOWN} more` : "");
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : `${value as string | number | boolean}`;
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
