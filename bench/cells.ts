/** Two cells, which share nothing but the provider, to one: how many orders they follow in the same time. */
import { ratioOf, type Spread, spreadOf } from "./figures.ts";
import { figureText, spreadText, tableOf } from "./markdown.ts";
import { placeAndRegister } from "./catch-up.ts";
import { type Product, startProduct } from "./product.ts";
import { atLeast, type Row } from "./row.ts";
import { type Providers, startProviders } from "./simulator.ts";

const ORDERS = 4000;
/** First answers, and one minute for each repetition, and one that does not count. */
const EXTRA_MINUTES = 2;

type Figures = {
  readonly orders_a_cell: number;
  /** Orders a second: one cell while the other rests, and both at once. */
  readonly alone: Spread;
  readonly together: Spread;
  readonly to_one: Spread;
  /** How much longer the slower of both takes than alone. */
  readonly slowed: Spread;
};

export const cellsRow: Row<Figures> = {
  name: "cells",
  title: "Two cells to one",
  seconds: 45,
  steps: (repetitions) => 2 + 2 * (repetitions + 1),
  async run({ root, repetitions, step, opened }) {
    const providers = await opened(startProviders());
    const minutes = 2 * (repetitions + EXTRA_MINUTES);
    const cells: Product[] = [];
    for (const name of ["north", "south"]) {
      step(`a cell and its ${figureText(ORDERS)} orders: ${name}`);
      const cell = await opened(startProduct(root, minutes));
      await settle(cell, providers, name);
      cells.push(cell);
    }
    const [one, two] = cells as [Product, Product];
    const [alone, together, slower]: [number[], number[], number[]] = [[], [], []];
    for (let repetition = 0; repetition <= repetitions; repetition++) {
      step("one cell alone");
      // Each in its turn, so that both do the same number of minutes alone.
      const first = (await one.playMinute()).ms;
      const second = (await two.playMinute()).ms;
      step("both at once");
      const startedAt = performance.now();
      const both = await Promise.all(cells.map((cell) => cell.playMinute()));
      const ms = performance.now() - startedAt;
      if (repetition === 0) continue;
      alone.push((ORDERS / ((first + second) / 2)) * 1000);
      together.push(((2 * ORDERS) / ms) * 1000);
      slower.push(Math.max(...both.map((minute) => minute.ms)) / ((first + second) / 2));
    }
    return {
      orders_a_cell: ORDERS,
      alone: spreadOf(alone),
      together: spreadOf(together),
      to_one: ratioOf(together, alone),
      slowed: spreadOf(slower),
    };
  },
  targets: ({ to_one }) => [atLeast("two cells on one simulator, to one", to_one.median, 1.9)],
  chapter: ({ orders_a_cell, alone, together, to_one, slowed }) => ({
    text: `A cell is a Worker with a database and a queue of its own. ${figureText(orders_a_cell)} orders are due in each; the simulator answers each call 100 ms
late. Each plays a minute while the other rests, and then both play one at the same time. They share this machine's cores, the simulator,
and nothing else: what they take from each other here is the processor.

${tableOf(
  ["", "orders a second"],
  [
    ["one cell", spreadText(alone)],
    ["two cells", spreadText(together)],
    ["ratio", spreadText(to_one)],
    ["the slower of both, to alone", spreadText(slowed)],
  ],
)}`,
  }),
};

async function settle(cell: Product, providers: Providers, name: string): Promise<void> {
  await placeAndRegister({ product: cell, providers }, name, ORDERS);
  // Their first answers.
  await cell.playMinute();
}
