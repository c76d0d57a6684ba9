import type {EcsNames} from './aws-calls.ts';
import {askEcs} from './problems.ts';

interface Destroyable {
  destroy(): void;
}

/** SDK clients that are loaded with their first call: loading one takes 70 ms. */
export function lazyClients<Clients>(
  names: EcsNames,
  open: () => Promise<Clients>,
  of: (clients: Clients) => readonly Destroyable[],
) {
  let opened: Promise<Clients> | undefined;
  return {
    ask: <Result>(call: (clients: Clients) => Promise<Result>): Promise<Result> =>
      askEcs(names, async () => {
        opened ??= open();
        return call(await opened);
      }),
    close: async () => {
      const clients = await opened?.catch(() => undefined);
      for (const client of clients ? of(clients) : []) {
        client.destroy();
      }
    },
  };
}
