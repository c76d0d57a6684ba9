import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {aliasTtlSeconds} from './records/alias.ts';
import {canonicalName} from './records/canonical.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import type {RecordSet} from './records/record-set.ts';
import {checkTtl, isAt, ttlEdit, ttlName, ttlSeconds} from './records/ttl.ts';
import {hostedZone} from './target.ts';

const input = z.object({names: ttlName.array().min(1), ttlSeconds});
type Input = z.output<typeof input>;

const output = z.object({
  /** The longest that a resolver may cache an answer from before this step. */
  ttlSeconds: z.number(),
  /** The same for each name: `route53.restore-ttl` takes it. */
  names: z.array(z.object({name: z.string(), ttlSeconds: z.number()})),
  /** For each record its TTL before and now: `dns.ttl-drained` takes it. An alias has 60 s, before and now. */
  records: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttlSeconds: z.number(),
      lowTtlSeconds: z.number(),
    }),
  ),
});

/** Lowers TTLs, so that caches drop the old addresses soon after a swap. */
export const lowerTtl = defineStep({
  name: 'route53.lower-ttl',
  summary: 'Lower the TTL of records before their addresses change.',
  targets: {zone: hostedZone},
  input,
  before: beforeImage,
  output,
  reverses: 'Restores the former TTL of every record.',
  needs: {zone: editNeeds},
  effects: [],
  timeoutMs: 20 * 60_000,

  check: (look) =>
    checkTtl(look, editOf(look.input), (live, original) =>
      live.every(({ttlSeconds = 0}) => ttlSeconds <= look.input.ttlSeconds)
        ? outputOf(look.input, live, original)
        : undefined,
    ),

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: Input) => ttlEdit(input, (old) => Math.min(old, input.ttlSeconds));

/** After the change only the before-image has the old TTLs. */
function outputOf(
  {names}: Input,
  live: readonly RecordSet[],
  original: readonly RecordSet[],
): z.output<typeof output> {
  const longest = (sets: readonly RecordSet[]) =>
    Math.max(0, ...sets.map(({ttlSeconds = aliasTtlSeconds}) => ttlSeconds));
  const groups = new Map(live.map((set) => [`${canonicalName(set.name)} ${set.type}`, set]));
  return {
    ttlSeconds: longest(original),
    names: names.map((named) => ({
      name: named.name,
      ttlSeconds: longest(original.filter((set) => isAt(named, set))),
    })),
    records: [...groups.values()].map(({name, type}) => ({
      name,
      type,
      ttlSeconds: longest(original.filter((set) => isAt({name, type}, set))),
      lowTtlSeconds: longest(live.filter((set) => isAt({name, type}, set))),
    })),
  };
}
