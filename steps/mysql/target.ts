import {defineTarget, type OpenContext, type Session} from '../../src/index.ts';
import {mysqlRights} from './accounts/rights.ts';
import {mysqlPreflight} from './checks/catalogue.ts';
import type {MysqlConfig, MysqlReader, MysqlWriter} from './contract.ts';
import {copiesOf} from './copy/copies.ts';
import {mysqlConfig} from './session/config.ts';
import {connectTo} from './session/connection.ts';
import {lazyDialect, readerOf} from './session/reader.ts';
import {writerOf} from './session/writer.ts';

/** A MySQL server: 5.6 to 9, or MariaDB. */
export const mysqlServer = defineTarget({
  kind: 'mysql',
  config: mysqlConfig,
  rights: async (config, needs, context) => [await mysqlRights(config, needs, context)],
  open: async (config, context): Promise<Session<MysqlReader, MysqlWriter>> => {
    const {reader, writer, connections} = openServer(config, context);
    return {reader, writer, close: () => connections.close()};
  },
  preflight: mysqlPreflight,
});

/** Opens a server without connecting yet: for this target and those that build on it. */
export function openServer(config: MysqlConfig, context: OpenContext) {
  const where = {name: context.name, address: `${config.host}:${config.port}`};
  const connections = connectTo(config, where, context.signal);
  const dialect = lazyDialect(connections);
  const accounts = {user: config.user, replicationUser: config.replication?.user};
  const copies = copiesOf(connections, config, where);
  const reader = readerOf(connections, dialect, where, accounts, copies);
  const writer = writerOf(connections, dialect, reader, config.replication, copies);
  return {reader, writer, connections, where};
}
