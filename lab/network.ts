import {randomInt} from 'node:crypto';
import type {AddressInfo} from 'node:net';
import {createServer} from 'node:net';

/**
 * The loopback addresses of one lab: `127.X.Y.n`. Linux binds all of 127/8 with no set-up, so every host can have its
 * own.
 */
export interface Network {
  /** `127.X.Y.` */
  readonly prefix: string;
  readonly web1: string;
  readonly web2: string;
  readonly db1: string;
  readonly db2: string;
  readonly loadBalancer: string;
}

export function chooseNetwork(): Network {
  // 127.0 is everybody's; two labs at a time are unlikely to choose the same.
  const prefix = `127.${randomInt(1, 255)}.${randomInt(0, 256)}.`;
  return {
    prefix,
    web1: `${prefix}11`,
    web2: `${prefix}12`,
    db1: `${prefix}21`,
    db2: `${prefix}22`,
    loadBalancer: `${prefix}100`,
  };
}

/** A port that the system picks and that is free on every one of the addresses. */
export async function pickPort(...addresses: readonly [string, ...string[]]): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const [first, ...others] = addresses;
    const port = (await portFreeAt(first, 0)) ?? 0;
    const free = await Promise.all(others.map((address) => portFreeAt(address, port)));
    if (port > 0 && free.every((answer) => answer !== undefined)) {
      return port;
    }
  }
  throw new Error(`no port is free on all of ${addresses.join(', ')}`);
}

function portFreeAt(address: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, address, () => {
      const taken = (server.address() as AddressInfo).port; // A TCP server has an AddressInfo.
      server.close(() => resolve(taken));
    });
  });
}
