/** Ports of this machine. */
import { once } from "node:events";
import { createServer } from "node:net";
import { UsageError } from "./usage.ts";

/** All that is served here is for this machine alone. */
export const LOOPBACK = "127.0.0.1";
export const MAX_PORT = 65_535;

/** Throws where a port is taken: told before anything is started, that is one line instead of a runtime's last words. */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer();
  try {
    await once(server.listen(port, LOOPBACK), "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === "EADDRINUSE"
        ? `Port ${port} of ${LOOPBACK} is taken; choose another with --port.`
        : `Port ${port} of ${LOOPBACK} cannot be used (${code}).`,
    );
  }
  server.close();
  await once(server, "close");
}
