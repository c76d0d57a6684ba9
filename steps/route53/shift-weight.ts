import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {sameSets} from './records/canonical.ts';
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
import {unnamedNeighbour} from './records/obstacles.ts';
import {differencesOf} from './records/record-text.ts';
import {inScope, setsInScope} from './records/scope.ts';
import {type ShiftInput, shiftInput} from './records/shift-input.ts';
import {obstacleToShift, weightedSets} from './records/weights.ts';
import {hostedZone} from './target.ts';

/** Shifts a share of the answers to the new addresses: a canary first, then more, finally all or none. */
export const shiftWeight = defineStep({
  name: 'route53.shift-weight',
  summary: 'Shift a share of the answers for a name to its new addresses, with weighted records.',
  targets: {zone: hostedZone},
  input: shiftInput,
  before: beforeImage,
  output: z.object({percent: z.number()}),
  reverses: 'Restores the former weights, or the former simple record.',
  needs: {zone: editNeeds},
  effects: ({percent}) => [
    {fact: 'traffic', by: 'dns', leadsTo: percent === 100 ? 'new' : percent === 0 ? 'old' : 'both'},
  ],
  timeoutMs: 20 * 60_000,
  neverSkip: 'It decides where traffic goes, and later entries rely on it.',

  check: async (look) => {
    const {input, run, signal} = look;
    const {zone} = look.targets;
    const edit = editOf(input);
    const stray = await wrongZone(zone, {scope: edit.scope, to: input.records}, signal);
    if (stray) {
      return stray;
    }
    const {live, neighbours} = await setsInScope(zone, edit.scope, signal);
    const neighbour = run.started ? undefined : unnamedNeighbour(zone, neighbours);
    if (neighbour) {
      return neighbour;
    }
    const from = originalSets(look, live);
    const to = edit.to(from);
    // A missing record has no old side and produces no sets: that must not count as done.
    const complete = input.records.every((record) => to.some((set) => inScope([record], set)));
    if (complete && sameSets(live, to)) {
      return done({percent: input.percent});
    }
    return (
      drift(zone, {live, from, to}) ??
      obstacleToShift({zone, input, live, to}) ??
      (await protectedSet(zone, edit, signal)) ??
      pending([...live], ...differencesOf(live, to))
    );
  },

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: ShiftInput): Edit => ({
  scope: input.records.map(({name, type}) => ({name, type})),
  to: (from) => input.records.flatMap((record) => weightedSets(input, record, from)),
});
