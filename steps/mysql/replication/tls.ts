import {type Blocked, blocked} from '../../../src/index.ts';
import type {MysqlReader, Replication} from '../contract.ts';
import {sourceAddress} from './replication.ts';

/** Replication that could be read on its way, although the inventory wants TLS; `null` where that is not so. */
export function tlsMissing(server: MysqlReader, replication: Replication): Blocked | null {
  return server.replicationTls && !replication.tls
    ? blocked(
        `${server.name} replicates from ${sourceAddress(replication)} without TLS, and the inventory asks for it (replication.tls).`,
        `On ${server.name}, run STOP SLAVE; CHANGE MASTER TO MASTER_SSL = 1, with MASTER_SSL_CA if the inventory has a caFile; START SLAVE. MySQL 8.0.23 and later: STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_SSL = 1, with SOURCE_SSL_CA; START REPLICA. Aurora: CALL mysql.rds_stop_replication; CALL mysql.rds_set_binlog_source_ssl(1); CALL mysql.rds_start_replication. Then try again.`,
      )
    : null;
}
