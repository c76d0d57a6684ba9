import {z} from 'zod';
import {defineStep, done, pending} from '../../src/index.ts';
import {sameSets} from './records/canonical.ts';
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
import {besideInTheWay} from './records/obstacles.ts';
import {differencesOf} from './records/record-text.ts';
import {inScope, standingAt} from './records/scope.ts';
import {type ShiftInput, shiftInput} from './records/shift-input.ts';
import {obstacleToShift, shared} from './records/weights.ts';
import {hostedZone} from './target.ts';

/** Leads a share of all answers to the new addresses: a canary first, then more, at last all or none. */
export const shiftWeight = defineStep({
  name: 'route53.shift-weight',
  summary: 'Lead a share of the answers for a name to its new addresses, by weighted records.',
  targets: {zone: hostedZone},
  input: shiftInput,
  before: beforeImage,
  output: z.object({percent: z.number()}),
  reverses: 'Gives back exactly the share, or the simple record, that was there before.',
  needs: {zone: editNeeds},
  timeoutMs: 20 * 60_000,

  check: async (look) => {
    const {input, run, signal} = look;
    const {zone} = look.targets;
    const edit = editOf(input);
    const stray = await wrongZone(zone, edit, signal);
    if (stray) {
      return stray;
    }
    const {live, beside} = await standingAt(zone, edit.scope, signal);
    const neighbour = run.started ? undefined : besideInTheWay(zone, beside);
    if (neighbour) {
      return neighbour;
    }
    const from = firstSeen(look, live);
    const to = edit.to(from);
    // A record that is not there has no old side, and nothing is made of it: that is not done.
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
  to: (from) => input.records.flatMap((record) => shared(input, record, from)),
});
