import { playDay } from "./day.ts";
const [asking = "in batches", minutes = "1440", orders = "4000"] = process.argv.slice(2);
const t = performance.now();
const figures = await playDay({ asking: asking as "in batches", newOrders: Number(orders), visits: 2000, minutes: Number(minutes) }, (minute) => {
  if (minute % 20 === 0) console.error(minute, ((performance.now() - t) / 1000).toFixed(0), [...((globalThis as any).costs ?? [])].sort((a: any, b: any) => b[1][0] - a[1][0]).slice(0, 4).map(([k, v]: any) => `${k.replaceAll(/\s+/g, " ")}: ${(v[0] / 1000).toFixed(1)} s, ${v[1]}, ${(v[2] / 1e6).toFixed(0)} MB`).join(" | "));
});
console.log(JSON.stringify(figures, null, 1), (performance.now() - t) / 1000);
process.exit(0);
