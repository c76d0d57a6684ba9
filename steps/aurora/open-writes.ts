import {z} from 'zod';
import {blocked, defineStep, done, pending, SwitcharooError, waiting} from '../../src/index.ts';
import {endClients, positionText, sourceAddress, watchPosition} from '../mysql/index.ts';
import {fence, thaw} from './procedures/actions.ts';
import {preparedRemain, stillWritten} from './procedures/problems.ts';
import {type AuroraWriter, auroraCluster} from './target.ts';

/** Aurora accepts the application's writes. Its reverse fences it, so that the old source can have the last of them. */
export const openWrites = defineStep({
  name: 'aurora.open-writes',
  summary: 'Let Aurora accept writes.',
  targets: {aurora: auroraCluster},
  input: z.object({
    /** On the way back. Left alone, clients can read on; what they have not committed is refused all the same. */
    endSessions: z.boolean().default(true),
  }),
  before: z.object({readOnly: z.literal(true)}),
  output: z.object({}),
  needs: {aurora: ['EXECUTE ON mysql.*', 'PROCESS', 'REPLICATION CLIENT']},
  reverses:
    'Lets Aurora refuse writes, ends all client sessions unless told otherwise, and sees its position stand still.',
  timeoutMs: 60_000,
  poll: {firstMs: 50, mostMs: 500},

  async check({targets: {aurora}, input, run, signal}) {
    const {readOnly} = await aurora.fence(signal);
    if (!readOnly) {
      return run.started
        ? done({})
        : blocked(
            `${aurora.name} already accepts writes (read_only = OFF), and this run did not open it.`,
            `Find out who did and whether somebody has written there; Aurora must be fenced until this step.`,
          );
    }
    const replication = await aurora.replication(signal);
    if (replication) {
      return blocked(
        `${aurora.name} follows ${sourceAddress(replication)}; opened now, it would have two writers.`,
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

  plan: async () => [thaw],

  async reverse({targets: {aurora}, input, signal}) {
    const {readOnly} = await aurora.fence(signal);
    if (!input.endSessions) {
      return readOnly ? [] : [fence, seeItStand];
    }
    const open = await aurora.openTransactions(signal);
    return readOnly && open.length === 0 ? [] : [...(readOnly ? [] : [fence]), endSessions];
  },
});

const endSessions = {
  on: 'aurora',
  does: 'end all client sessions, and see its position stand still',
  perform: async (aurora: AuroraWriter, signal: AbortSignal, say: (text: string) => void) => {
    await endClients(aurora, {isToEnd: () => true, signal, say});
    await seeItStand.perform(aurora, signal);
  },
} as const;

const seeItStand = {
  on: 'aurora',
  does: 'see its position stand still',
  perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
    const prepared = await aurora.preparedTransactions(signal);
    if (prepared > 0) {
      throw new SwitcharooError(preparedRemain(aurora.name, prepared));
    }
    const {first, last, stands} = await watchPosition(aurora, signal);
    if (!stands) {
      throw new SwitcharooError(stillWritten(aurora.name, positionText(first), positionText(last)));
    }
  },
} as const;
