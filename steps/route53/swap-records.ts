import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {identityOf, sameSets} from './records/canonical.ts';
import {
  beforeImage,
  drift,
  type Edit,
  editNeeds,
  firstSeen,
  planEdit,
  protectedSet,
  reverseEdit,
  wrongZone,
} from './records/edit.ts';
import {besideInTheWay, obstacleTo} from './records/obstacles.ts';
import type {RecordSet} from './records/record-set.ts';
import {differencesOf} from './records/record-text.ts';
import {standingAt} from './records/scope.ts';
import {type SwapInput, swapInput} from './records/swap-input.ts';
import {hostedZone} from './target.ts';

/** Where neither the runbook nor the old record says one. */
const usualTtlSeconds = 60;

/** Points names at their new addresses, in one batch that Route 53 makes as a whole or not at all. */
export const swapRecords = defineStep({
  name: 'route53.swap-records',
  summary:
    'Replace records of a hosted zone in one batch, and wait until all its name servers have them.',
  targets: {zone: hostedZone},
  input: swapInput,
  before: beforeImage,
  output: z.object({}),
  reverses: 'Replaces the new records by exactly the old ones, in one batch.',
  needs: {zone: editNeeds},
  timeoutMs: 20 * 60_000,

  check: async (look) => {
    const {
      input,
      run,
      signal,
      targets: {zone},
    } = look;
    const edit = editOf(input);
    const stray = await wrongZone(zone, edit, signal);
    if (stray) {
      return stray;
    }
    const standing = await standingAt(zone, edit.scope, signal);
    // Once our change is made, what others add beside it is theirs to answer for.
    const neighbour = run.started ? undefined : besideInTheWay(zone, standing.beside);
    if (neighbour) {
      return neighbour;
    }
    const from = firstSeen(look, standing.live);
    const to = edit.to(from);
    if (sameSets(standing.live, to)) {
      return done({});
    }
    return (
      drift(zone, {live: standing.live, from, to}) ??
      obstacleTo({zone, input, live: standing.live, to}) ??
      (await protectedSet(zone, edit, signal)) ??
      pending([...standing.live], ...differencesOf(standing.live, to))
    );
  },

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

function editOf({sets, remove}: SwapInput): Edit {
  return {
    scope: [...sets, ...remove].map(({name, type}) => ({name, type})),
    to: (from) => sets.map((set) => completed(set, from)),
  };
}

function completed(set: SwapInput['sets'][number], from: readonly RecordSet[]): RecordSet {
  const old = from.find((one) => identityOf(one) === identityOf(set));
  const ttlSeconds = set.alias ? undefined : (set.ttlSeconds ?? old?.ttlSeconds ?? usualTtlSeconds);
  const weight = set.weight ?? old?.weight;
  return {
    ...set,
    ...(ttlSeconds !== undefined && {ttlSeconds}),
    ...(weight !== undefined && {weight}),
  };
}
