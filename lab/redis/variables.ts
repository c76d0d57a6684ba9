import {mailQueue, takenMails} from '../app/visits.ts';
import {mailerUnit} from '../bare-metal.ts';
import type {RedisPorts} from './servers.ts';

/** What inventories/lab.yaml says of Redis; without a redis-server, that nothing of it moves. */
export function redisVariables(ports: RedisPorts | undefined): Readonly<Record<string, string>> {
  const listed = (member: object) => JSON.stringify(ports ? [member] : []);
  return {
    LAB_OLD_REDIS_PORT: String(ports?.old ?? 1),
    LAB_NEW_REDIS_PORT: String(ports?.new ?? 1),
    // Of the application of the new side. A runbook that moves no keys leaves its Redis empty.
    LAB_NEW_SIDE_REDIS: ports ? String(ports.new) : '',
    LAB_REDIS: listed({old: 'oldRedis', new: 'newRedis', drop: ['cache:']}),
    LAB_REDIS_QUEUES: listed({redis: 'oldRedis', queues: [mailQueue, takenMails]}),
    LAB_CONSUMERS: listed({hosts: 'webHosts', units: [mailerUnit]}),
  };
}
