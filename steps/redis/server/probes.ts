import type {CommandUse} from '../contract.ts';
import type {Command} from './connection.ts';

/** Nobody has such a key: what is sent for it changes nothing. */
const key = 'switcharoo:no-such-key';

/** What is asked to see which commands an account may use. */
export const probes: Readonly<Record<CommandUse, readonly Command[]>> & {readonly key: string} = {
  key,
  read: [
    ['SCAN', '0', 'COUNT', '1'],
    ['DUMP', key],
    ['PTTL', key],
    ['PEXPIRETIME', key],
    ['MEMORY', 'USAGE', key],
    ['TYPE', key],
    ['GET', key],
    ['TIME'],
  ],
  write: [
    ['UNLINK', key],
    // It has no payload, and is refused for that.
    ['RESTORE', key, '0', ''],
  ],
  note: [['SET', key, '', 'XX']],
};
