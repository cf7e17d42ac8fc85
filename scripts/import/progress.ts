/** How far an import is: a bar on a terminal, a line now and then elsewhere. */
import { SingleBar } from "cli-progress";
import type { Counts } from "./counts.ts";
import type { Source } from "./source.ts";
import { shown } from "./wording.ts";

export type Progress = {
  show(counts: Counts): void;
  /** Says something beside the bar. */
  note(text: string): void;
  stop(): void;
};

const LINE_EVERY_MS = 15_000;

export function startProgress({ read, totalBytes }: Pick<Source, "read" | "totalBytes">, stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? barOn(stream, read, totalBytes) : linesOn(stream, read, totalBytes);
}

function barOn(stream: NodeJS.WriteStream, read: Source["read"], totalBytes: number): Progress {
  const bar = new SingleBar({
    stream,
    format: "{bar} {percentage}%  {rows} rows, {created} done, {rejected} rejected  {eta_formatted} left",
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(totalBytes, 0, { rows: "0", created: "0", rejected: "0" });
  return {
    show({ rows, created, exists, rejected }) {
      bar.update(Math.min(read.bytes, totalBytes), { rows: shown(rows), created: shown(created + exists), rejected: shown(rejected) });
    },
    note: (text) => void stream.write(`\r\u001b[K${text}\n`),
    stop: () => bar.stop(),
  };
}

function linesOn(stream: NodeJS.WriteStream, read: Source["read"], totalBytes: number): Progress {
  let lastAt = Date.now();
  return {
    show({ rows, rejected }) {
      if (Date.now() - lastAt < LINE_EVERY_MS) return;
      lastAt = Date.now();
      stream.write(`${Math.floor((100 * read.bytes) / totalBytes)}%: ${shown(rows)} rows, ${shown(rejected)} rejected\n`);
    },
    note: (text) => void stream.write(`${text}\n`),
    stop: () => undefined,
  };
}
