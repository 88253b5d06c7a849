// The line between browser and server: TCP on this machine, passed on as it comes, its bytes counted both ways.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Bytes on the wire: bodies as they were compressed, headers with them. */
export interface Bytes {
  up: number;
  down: number;
}

export class Line {
  private readonly bytes: Bytes = { up: 0, down: 0 };
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly listener: Server) {}

  /** A line to the server at this port. */
  static async to(port: number): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener);
    listener.on("connection", (near) => line.pass(near, connect({ port, host: "127.0.0.1" })));
    await new Promise<void>((listening) => listener.listen(0, "127.0.0.1", listening));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Up from the browser, down to it, since the line was laid. */
  counted(): Bytes {
    return { ...this.bytes };
  }

  async cut(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((closed) => this.listener.close(closed));
  }

  private pass(near: Socket, far: Socket): void {
    near.on("data", (piece) => (this.bytes.up += piece.length));
    far.on("data", (piece) => (this.bytes.down += piece.length));
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.setNoDelay(true);
      this.sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
