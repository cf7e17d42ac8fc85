/** A bar that shows how far the bench has come: redrawn in place on a terminal, a line for each tenth elsewhere. */
import { styleText } from "node:util";
import { createLogUpdate } from "log-update";
import { barText } from "../scripts/demo/wording.ts";

/** Something begins; `weight` is how much of the whole it is. */
export type Step = (label: string, weight?: number) => void;

export type Progress = { readonly step: Step; end(): void };

/** On a stream of its own, so that the figures can be read by a program. */
export function progressOn(stream: NodeJS.WriteStream, whole: number): Progress {
  const draw = stream.isTTY && stream.columns > 0 ? createLogUpdate(stream) : null;
  let [done, begun] = [0, 0];
  let tenth = -1;
  return {
    step(label, weight = 1) {
      done += begun;
      begun = weight;
      const share = done / whole;
      const text = `${Math.floor(share * 100)} % ${label}`;
      if (draw !== null) draw(`${styleText("green", barText(share))} ${text}`);
      else if (Math.floor(share * 10) > tenth) stream.write(`${text}\n`);
      tenth = Math.floor(share * 10);
    },
    end: () => draw?.clear(),
  };
}
