import type {Replication} from '../contract.ts';
import {brokenReason} from './replication.ts';

/**
 * What to do about replication that is broken, as one or two sentences.
 *
 * The numbers are those of the server's error reference: 1032 and 1062 come from the SQL thread, 1045, 1130, 1236,
 * 1593, 2003, 2005, 2013, 2026, 2059 and 2061 from the IO thread, 1594 and 1595 from its relay log.
 */
export function repairOf(server: string, replication: Replication): string {
  const advice = adviceFor[replication.error?.errno ?? 0];
  const where = `SHOW SLAVE STATUS (SHOW REPLICA STATUS) on ${server}`;
  if (advice) {
    return `${advice} ${where} has the details.`;
  }
  return brokenReason(replication) !== null && replication.error === null
    ? `Ask who stopped it, then START SLAVE on ${server} (START REPLICA; on Aurora CALL mysql.rds_start_replication).`
    : `Read ${where}, and fix the cause.`;
}

const login =
  'Check the replication account on the source: its host, its password, its login plugin, and REPLICATION SLAVE.';
const network =
  'Check the network from here to the source: the address, the port, the firewall or security group, and the VPN.';
const differentData =
  'The two servers no longer have the same data. Do not skip the event: stop what writes here, and seed this server again.';
const relayLog =
  'A relay log cannot be read. Stop replication, and set its source again at the executed position, so that the events are fetched again. If it stops at the same place, the log of the source is damaged: seed this server again.';

const adviceFor: Readonly<Record<number, string>> = {
  1032: differentData,
  1045: login,
  1062: differentData,
  1130: login,
  1153: 'Raise slave_max_allowed_packet (replica_max_allowed_packet) on the replica, and start replication again.',
  1236: 'The source no longer has the log that is needed, or a larger row than is allowed. If the log is gone, seed this server again.',
  1593: 'The two servers have the same server_id or server UUID. Change one of them, and start replication again.',
  1594: relayLog,
  1595: relayLog,
  2003: network,
  2005: network,
  2013: network,
  2026: 'Check TLS between the two servers: the certificates, their dates, and the versions that both allow.',
  2059: login,
  2061: login,
};
