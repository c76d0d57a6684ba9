import {z} from 'zod';
import {blocked, defineOneWayStep, done, pending} from '../../src/index.ts';
import {mysqlServer, type Replication, sourceAddress} from '../mysql/index.ts';
import type {AuroraWriter} from './contract.ts';
import {resetReplication} from './replication/actions.ts';
import {auroraCluster} from './target.ts';

/** After the point of no return: Aurora replicates from nobody, and nobody on the old side from Aurora. */
export const takeRingDown = defineOneWayStep({
  name: 'aurora.take-ring-down',
  summary: 'Stop and reset both replications of the ring: on Aurora, then on the old source.',
  targets: {aurora: auroraCluster, source: mysqlServer},
  input: z.object({}),
  output: z.object({}),
  needs: {
    aurora: ['EXECUTE ON mysql.*', 'REPLICATION CLIENT'],
    source: ['SUPER', 'REPLICATION CLIENT'],
  },
  oneWayBecause:
    'Later writes on Aurora do not reach the old source, so a reversal would lose them.',
  relies: [{fact: 'writes', of: 'aurora', are: 'accepted'}],
  effects: [
    {fact: 'replication', to: 'aurora', is: 'stopped'},
    {fact: 'replication', to: 'source', is: 'stopped'},
  ],
  claims: ['source'],
  timeoutMs: 120_000,

  async check({targets: {aurora, source}, run, signal}) {
    const [forward, back, {readOnly}] = await Promise.all([
      aurora.replication(signal),
      source.replication(signal),
      aurora.fence(signal),
    ]);
    if (readOnly && !run.started && (forward || back)) {
      return blocked(
        `${aurora.name} refuses writes, so the cutover has not been made, and the ring is needed for it.`,
        'Open writes on Aurora first (aurora.open-writes-in-ring).',
      );
    }
    return forward || back
      ? pending(undefined, ...[sourceOf(aurora.name, forward), sourceOf(source.name, back)].flat())
      : done({});
  },

  async plan({targets: {aurora, source}, signal}) {
    const [forward, back] = await Promise.all([
      aurora.replication(signal),
      source.replication(signal),
    ]);
    return [
      ...(forward ? [stop, resetReplication(sourceAddress(forward))] : []),
      ...(back ? [leave(sourceAddress(back))] : []),
    ];
  },
});

const sourceOf = (server: string, replication: Replication | null) =>
  replication
    ? [{what: `${server} replication source`, is: sourceAddress(replication), shouldBe: 'none'}]
    : [];

const stop = {
  on: 'aurora',
  does: 'stop replication',
  perform: async (aurora: AuroraWriter, signal: AbortSignal) => {
    if (await aurora.replication(signal)) {
      await aurora.stopReplication(signal);
    }
  },
} as const;

const leave = (from: string) =>
  ({
    on: 'source',
    does: `stop and reset replication from ${from}`,
    perform: (
      source: {resetReplication(signal: AbortSignal): Promise<void>},
      signal: AbortSignal,
    ) => source.resetReplication(signal),
  }) as const;
