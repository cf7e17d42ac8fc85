/** Figures over time as bars, in the colours of the page; each is also read in words, and all of them in a table. */
import { useSignal } from "@preact/signals";

/** `total`: of the whole period, in words. Without a tone it is told, and not drawn. */
export type Series = { readonly name: string; readonly tone: string; readonly total: string };

/** What a slot came to: a value a series, and the same in words. Null: nobody knows, which is not zero. */
export type Bar = { readonly values: readonly number[]; readonly texts: readonly string[] } | null;

type Props = {
  readonly title: string;
  readonly series: readonly Series[];
  /** When each slot was, in words. */
  readonly slots: readonly string[];
  readonly bars: readonly Bar[];
  /** What the largest value comes to, in words. */
  readonly top: (value: number) => string;
};

/** In the chart's own units: it is stretched to the page's width. Above the largest bar is room for what is drawn larger than it is. */
const [WIDTH, HEIGHT, GAP, LEAST, ROOM] = [10, 100, 2, 2, 5];

export function Chart({ title, series, slots, bars, top }: Props) {
  const pointed = useSignal<number | null>(null);
  const sumOf = (bar: Bar): number => bar?.values.reduce((sum, value, i) => sum + (series[i]?.tone === "" ? 0 : value), 0) ?? 0;
  const most = Math.max(...bars.map(sumOf));
  const at = pointed.value;
  const shown = at === null ? series.map(({ total }) => total) : bars[at]?.texts;
  return (
    <figure class="chart" onPointerLeave={() => (pointed.value = null)}>
      <figcaption>
        <h3>{title}</h3>
        <p class="small">
          {at !== null && <span class="soft">{slots[at]} </span>}
          {series.map(({ name, tone }, i) => (
            <span key={name} class={tone === "" ? "" : `key ${tone}`}>
              {shown?.[i] ?? "–"} {name}{" "}
            </span>
          ))}
        </p>
      </figcaption>
      {bars.every((bar) => bar === null) ? (
        <p class="small soft">Not counted yet.</p>
      ) : (
        <svg
          viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${title}: ${series.map(({ name, total }) => `${total} ${name}`).join(", ")}`}
        >
          {bars.map((bar, i) => (
            <g key={slots[i]} onPointerEnter={() => (pointed.value = i)}>
              <rect class={i === at ? "at" : "slot"} x={i * WIDTH} width={WIDTH} height={HEIGHT} />
              {bar !== null && <rect class="base" x={i * WIDTH} y={HEIGHT - 1} width={WIDTH} height={1} />}
              {bar !== null && <Stack bar={bar} x={i * WIDTH} scale={most === 0 ? 0 : (HEIGHT - ROOM) / most} series={series} />}
            </g>
          ))}
        </svg>
      )}
      <p class="small soft ends">
        <span>{slots[0]}</span>
        {most > 0 && <span>at most {top(most)}</span>}
        <span>{slots.at(-1)}</span>
      </p>
      <details class="small">
        <summary>{title} in figures</summary>
        <div class="figures" tabIndex={0} role="region" aria-label={`${title} in figures`}>
          <table>
            <thead>
              <tr>
                <th scope="col">When</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars
                .map((bar, i) => (
                  <tr key={slots[i]}>
                    <th scope="row">{slots[i]}</th>
                    {series.map(({ name }, s) => (
                      <td key={name}>{bar?.texts[s] ?? "not known"}</td>
                    ))}
                  </tr>
                ))
                .toReversed()}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

type StackProps = { readonly bar: NonNullable<Bar>; readonly x: number; readonly scale: number; readonly series: readonly Series[] };

/** One value above the other, the first at the bottom. */
function Stack({ bar, x, scale, series }: StackProps) {
  let y = HEIGHT - 1;
  return (
    <>
      {series.map(({ name, tone }, i) => {
        const value = bar.values[i] ?? 0;
        if (tone === "" || value === 0) return null;
        // What is not nothing is seen, however little it is.
        const height = Math.max(value * scale, LEAST);
        y -= height;
        return <rect key={name} class={tone} x={x + GAP / 2} y={y} width={WIDTH - GAP} height={height} />;
      })}
    </>
  );
}
