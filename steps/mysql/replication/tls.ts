import {type Blocked, blocked} from '../../../src/index.ts';
import type {MysqlReader, Replication} from '../contract.ts';
import {sourceAddress} from './replication.ts';

/** Replication that could be read on its way, although the inventory wants TLS; `null` where that is not so. */
export function tlsMissing(server: MysqlReader, replication: Replication): Blocked | null {
  return server.replicationTls && !replication.tls
    ? blocked(
        `${server.name} replicates from ${sourceAddress(replication)} without TLS, and the inventory asks for it (replication.tls).`,
        `On ${server.name}: STOP SLAVE; CHANGE MASTER TO MASTER_SSL = 1; START SLAVE (REPLICA, REPLICATION SOURCE and SOURCE_SSL from 8.0.23 on; on Aurora CALL mysql.rds_stop_replication, mysql.rds_set_binlog_source_ssl(1), mysql.rds_start_replication).`,
      )
    : null;
}
