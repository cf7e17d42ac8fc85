/** Values that pages show: whoever shows one is drawn anew when it changes. A library for this weighs 2.5 KB. */
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

export type Value<T> = { value: T };

/** A value that is shown in several places. */
export type Shared<T> = Value<T> & {
  /** While drawing: reads it, and draws again with each change. */
  readonly use: () => T;
};

export function shared<T>(first: T): Shared<T> {
  let now = first;
  const draws = new Set<() => void>();
  return {
    get value() {
      return now;
    },
    set value(next) {
      if (next === now) return;
      now = next;
      for (const draw of draws) draw();
    },
    use: () => {
      const draw = useDraw();
      useLayoutEffect(() => {
        draws.add(draw);
        return () => void draws.delete(draw);
      }, []);
      return now;
    },
  };
}

/** A value of the component that calls this. It can be changed and read outside of drawing, too. */
export function useValue<T>(first: T): Value<T> {
  const draw = useDraw();
  const [state] = useState(() => {
    let now = first;
    return {
      get value() {
        return now;
      },
      set value(next: T) {
        if (next === now) return;
        now = next;
        draw();
      },
    };
  });
  return state;
}

function useDraw(): () => void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  return draw as () => void;
}
