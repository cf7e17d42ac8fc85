/**
 * Receivers of webhooks: what reached each, checked as a receiver checks it, and how it answers.
 */
import { Webhook } from "standardwebhooks";
import type { World } from "./world.ts";

/** A delivery as it arrived. */
export type Received = {
  readonly id: string;
  readonly at: number;
  readonly body: string;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says what it must be
  readonly json: any;
};

type Answering = (received: Received) => Response | Promise<Response>;

export class Receiver {
  readonly received: Received[] = [];
  /** Answers 200 unless it is set to something else. */
  answer: Answering = () => new Response("ok");

  /** One that answers at `https://<name>.example/`. */
  static at(world: World, name: string): Receiver {
    return new Receiver(world, name);
  }

  private constructor(world: World, name: string) {
    world.providers.set(name, async (_ids, _fields, request) => {
      const body = await request.text();
      const { headers } = request;
      const received = { id: headers.get("webhook-id") ?? "", at: world.now, body, headers, json: JSON.parse(body) };
      this.received.push(received);
      return this.answer(received);
    });
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error("nothing was received");
    return last;
  }

  /** The ids of the orders told of, in order. */
  get orders(): string[] {
    return this.received.flatMap(({ json }) => json.data.changes.map(({ order }: { order: string }) => order));
  }

  /** Whether a delivery is signed with a secret, at the time that its header says. */
  isSigned({ id, body, headers }: Received, secret: string): boolean {
    const at = new Date(Number(headers.get("webhook-timestamp")) * 1000);
    const expected = new Webhook(secret).sign(id, at, body);
    return (headers.get("webhook-signature") ?? "").split(" ").includes(expected);
  }
}
