/** Values that pages show: whoever shows one is drawn anew when it changes. */
import { signal, type Signal } from "@preact/signals-core";
import { useLayoutEffect, useState } from "preact/hooks";

export type Value<T> = { value: T };

/** A value that is shown in several places. */
export type Shared<T> = Value<T> & {
  /** While drawing: reads it, and draws again with each change. */
  readonly use: () => T;
};

export function shared<T>(first: T): Shared<T> {
  const own = signal(first);
  return Object.assign(own, { use: () => useSignal(own) });
}

/** A value of the component that calls this. It can be changed and read outside of drawing, too. */
export function useValue<T>(first: T): Value<T> {
  const [own] = useState(() => signal(first));
  useSignal(own);
  return own;
}

function useSignal<T>(own: Signal<T>): T {
  const [, draw] = useState({});
  useLayoutEffect(() => own.subscribe(() => draw({})), []);
  return own.peek();
}
