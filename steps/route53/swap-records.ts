import {setTimeout as sleep} from 'node:timers/promises';
import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import type {ZoneWriter} from './contract.ts';
import {canonicalName, identityOf, sameSets} from './records/canonical.ts';
import {
  beforeImage,
  drift,
  type Edit,
  editNeeds,
  originalSets,
  planEdit,
  protectedSet,
  reverseEdit,
  wrongZone,
} from './records/edit.ts';
import {obstacleToSwap, unnamedNeighbour} from './records/obstacles.ts';
import type {RecordSet} from './records/record-set.ts';
import {differencesOf} from './records/record-text.ts';
import {setsInScope} from './records/scope.ts';
import {type SwapInput, swapInput} from './records/swap-input.ts';
import {hostedZone} from './target.ts';

/** Where neither the runbook nor the old record has a TTL. */
const defaultTtlSeconds = 60;

/** Points names at their new addresses, in one batch that Route 53 makes as a whole or not at all. */
export const swapRecords = defineStep({
  name: 'route53.swap-records',
  summary:
    'Replace records of a hosted zone in one batch, and wait until all its name servers have them.',
  targets: {zone: hostedZone},
  input: swapInput,
  before: beforeImage,
  output: z.object({}),
  reverses:
    "Restores exactly the old records, in one batch, and waits until resolvers have dropped the new ones. A resolver may hide a record that is back for the zone's negative TTL.",
  needs: {zone: editNeeds},
  effects: [{fact: 'traffic', by: 'dns', leadsTo: 'new'}],
  timeoutMs: 20 * 60_000,
  neverSkip: 'It decides where traffic goes, and later entries rely on it.',

  check: async (look) => {
    const {
      input,
      run,
      signal,
      targets: {zone},
    } = look;
    const edit = editOf(input);
    const stray = await wrongZone(zone, {scope: edit.scope, to: input.sets}, signal);
    if (stray) {
      return stray;
    }
    const {live, neighbours} = await setsInScope(zone, edit.scope, signal);
    // After the change, another client may add records at the same name.
    const neighbour = run.started ? undefined : unnamedNeighbour(zone, neighbours);
    if (neighbour) {
      return neighbour;
    }
    const from = originalSets(look, live);
    const to = edit.to(from);
    if (sameSets(live, to)) {
      return done({});
    }
    return (
      drift(zone, {live, from, to}) ??
      obstacleToSwap({zone, input, live, to, neighbours}) ??
      (await protectedSet(zone, edit, signal)) ??
      pending([...live], ...differencesOf(live, to))
    );
  },

  plan: ({input}, before) => planEdit(editOf(input), before),
  async reverse(look, before) {
    const actions = await reverseEdit(look, editOf(look.input), before);
    const {cachedSeconds} = look.input;
    // Also where the old records are back already: nobody knows since when.
    return 'kind' in actions || cachedSeconds === 0 ? actions : [...actions, expiry(cachedSeconds)];
  },
});

/** A resolver that asked right before the change keeps the answer for the TTL, which it may round up. */
const expiry = (cachedSeconds: number) =>
  ({
    on: 'zone',
    does: `wait ${cachedSeconds + 1} s, until resolvers have dropped the new records`,
    perform: (_zone: ZoneWriter, signal: AbortSignal) =>
      sleep((cachedSeconds + 1) * 1_000, undefined, {signal}),
  }) as const;

function editOf({sets, remove}: SwapInput): Edit {
  return {
    scope: [...sets, ...remove].map(({name, type}) => ({name, type})),
    to: (from) => sets.map((set) => completedSet(set, from)),
  };
}

function completedSet(set: SwapInput['sets'][number], from: readonly RecordSet[]): RecordSet {
  const old = from.find((each) => identityOf(each) === identityOf(set));
  const beside = from.filter(({name}) => canonicalName(name) === canonicalName(set.name));
  // An A in place of a CNAME: caches may hold it no longer than what was there.
  const lowest = Math.min(...beside.flatMap(({ttlSeconds}) => ttlSeconds ?? []), defaultTtlSeconds);
  const ttlSeconds = set.alias ? undefined : (set.ttlSeconds ?? old?.ttlSeconds ?? lowest);
  const weight = set.weight ?? old?.weight;
  return {
    ...set,
    ...(ttlSeconds !== undefined && {ttlSeconds}),
    ...(weight !== undefined && {weight}),
  };
}
