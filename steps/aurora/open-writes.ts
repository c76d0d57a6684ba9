import {z} from 'zod';
import {blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {sourceAddress} from '../mysql/index.ts';
import {endSessions, verifyPosition} from './fence/last-write.ts';
import {disableWrites, enableWrites} from './replication/actions.ts';
import {acceptsWrites} from './replication/upkeep.ts';
import {auroraCluster} from './target.ts';

/**
 * Aurora accepts the application's writes. Its reversal refuses them, so that the old source can have the last of
 * them.
 */
export const openWrites = defineStep({
  name: 'aurora.open-writes',
  summary: 'Enable writes on Aurora.',
  targets: {aurora: auroraCluster},
  input: z.object({
    /** When reversed. With `false` clients stay and can read; what they have not committed is refused all the same. */
    endSessions: z.boolean().default(true),
  }),
  before: z.object({readOnly: z.literal(true)}),
  output: z.object({}),
  needs: {aurora: ['EXECUTE ON mysql.*', 'PROCESS', 'REPLICATION CLIENT', 'REPLICATION SLAVE']},
  reverses:
    'Disables writes on Aurora, ends all client sessions (unless endSessions is false), and verifies that its position no longer moves.',
  relies: [
    {fact: 'writes', of: 'aurora', are: 'refused'},
    {fact: 'replication', to: 'aurora', is: 'stopped'},
  ],
  effects: [{fact: 'writes', of: 'aurora', are: 'accepted'}],
  upkeep: [
    {
      of: {fact: 'writes', of: 'aurora', are: 'accepted'},
      reliedOnBy: 'visitors',
      check: ({targets: {aurora}, now, signal}, {at}) => acceptsWrites({aurora}, at, {now, signal}),
      restore: async () => [enableWrites],
    },
  ],
  roundTrips: {aurora: 4},
  timeoutMs: 60_000,
  neverSkip: 'Without it, traffic goes to a database that refuses writes.',
  poll: {firstMs: 50, mostMs: 500},

  async check({targets: {aurora}, input, run, signal}) {
    const [{readOnly}, replication] = await Promise.all([
      aurora.fence(signal),
      aurora.replication(signal),
    ]);
    if (!readOnly) {
      return run.started
        ? done({})
        : blocked(
            `${aurora.name} already accepts writes (read_only = OFF), and this run did not enable them.`,
            `Check which sessions write on ${aurora.name} with SHOW PROCESSLIST, then CALL mysql.rds_set_read_only(1).`,
          );
    }
    if (replication) {
      return blocked(
        `${aurora.name} replicates from ${sourceAddress(replication)}; with writes enabled, it would have two writers.`,
        'Promote it first (aurora.promote).',
      );
    }
    if (run.started && input.endSessions) {
      const open = await aurora.openTransactions(signal);
      if (open.length > 0) {
        return waiting(`${aurora.name} refuses writes, and ends ${open.length} open transactions`);
      }
    }
    return pending(
      {readOnly: true as const},
      {what: `${aurora.name} read_only`, is: 'ON', shouldBe: 'OFF'},
    );
  },

  plan: async () => [enableWrites],

  async reverse({targets: {aurora}, input, signal}) {
    const {readOnly} = await aurora.fence(signal);
    if (!input.endSessions) {
      return readOnly ? [] : [disableWrites, verifyPosition()];
    }
    const open = await aurora.openTransactions(signal);
    return readOnly && open.length === 0 ? [] : [...(readOnly ? [] : [disableWrites]), endSessions];
  },
});
