import {defineTarget, type OpenContext, type Ping, type Session} from '../../src/index.ts';
import {mysqlRights} from './accounts/rights.ts';
import {lazyCatalogue} from './catalogue/catalogue.ts';
import {mysqlPreflight} from './checks/catalogue.ts';
import {claimNeeds, claimOn} from './claim/claim.ts';
import type {MysqlConfig, MysqlReader, MysqlWriter} from './contract.ts';
import {copiesOf} from './copy/copies.ts';
import {loadSchemaInto} from './copy/schema-load.ts';
import {loginOf, mysqlConfig} from './session/config.ts';
import {connectTo} from './session/connection.ts';
import {lazyDialect, readerOf} from './session/reader.ts';
import {writerOf} from './session/writer.ts';

/** One statement. */
export const serverPing: Ping<MysqlReader> = {
  what: 'statement',
  send: (server, signal) => server.query('DO 0', [], signal),
};

/** The server, by its address. */
export const serverShares = (written: Readonly<Record<string, unknown>>) => ({
  databaseHost: `${written['host']}:${written['port'] ?? 3306}`,
});

/** A MySQL server: 5.6 to 9, or MariaDB. */
export const mysqlServer = defineTarget({
  kind: 'mysql',
  config: mysqlConfig,
  rights: async (config, needs, context) => [await mysqlRights(loginOf(config), needs, context)],
  open: async (config, context): Promise<Session<MysqlReader, MysqlWriter>> => {
    const {reader, writer, connections, close} = openServer(config, context);
    const claim = claimOn(connections, reader);
    return {
      ...{reader, writer, claim},
      prepare: (signal) => connections.prepare(signal),
      close: async () => {
        await claim.release();
        await close();
      },
    };
  },
  preflight: mysqlPreflight,
  schemaLoad: {isUsual: false, load: loadSchemaInto},
  ping: serverPing,
  shares: serverShares,
  claimNeeds,
});

/** Opens a server without connecting yet: for this target and those that build on it. */
export function openServer(config: MysqlConfig, {name, signal, keeper}: OpenContext) {
  const login = loginOf(config);
  const endpoint = {name, address: `${login.host}:${login.port}`};
  const connections = connectTo(login, endpoint, signal);
  const dialect = lazyDialect(connections);
  const copies = copiesOf({connections, login, clientFolder: config.clientFolder, endpoint});
  const replicationUser = config.replication?.user;
  const {user} = login;
  const catalogue = lazyCatalogue({connections, endpoint, user, dialect, keeper});
  const reader = readerOf({
    ...{connections, dialect, endpoint, copies, catalogue},
    ...{user, replicationUser},
    replicationTls: config.replication?.tls,
  });
  const replicationAccount = config.replication;
  const writer = writerOf({connections, dialect, reader, replicationAccount, copies});
  const close = async () => {
    catalogue.keep();
    await connections.close();
  };
  return {reader, writer, connections, close};
}
