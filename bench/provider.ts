/** The simulator in a process of its own. It ends with its parent process, however that ended. */
import { startSimulator } from "../simulator/server.ts";

/** Said once it listens. */
export type Listening = { readonly url: string };

const simulator = await startSimulator({ seed: 1, now: { manual: true, startAt: Date.now() } });
process.on("disconnect", () => process.exit());
process.send?.({ url: simulator.url } satisfies Listening);
