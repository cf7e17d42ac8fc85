/** The Worker's listening port is drawn by chance; this makes it answer on a chosen one, too. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { pipeline } from "node:stream";

export type Relay = { readonly url: string; close(): void };

/** Passes connections to a loopback port on to another. Rejects when the port is taken. */
export async function startRelay(port: number, target: URL): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    // Either side may go away at any time; the other is then closed with it.
    pipeline(client, upstream, client, () => undefined);
  });
  server.listen(port, target.hostname);
  await once(server, "listening");
  return {
    url: `http://${target.hostname}:${port}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
