import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import {checkTtl, type TtlInput, ttlEdit, ttlInput} from './records/ttl.ts';
import {hostedZone} from './target.ts';

/** Lowers TTLs, so that resolvers soon forget the old addresses once they are swapped. */
export const lowerTtl = defineStep({
  name: 'route53.lower-ttl',
  summary: 'Lower the TTL of records, so that resolvers soon forget them.',
  targets: {zone: hostedZone},
  input: ttlInput,
  before: beforeImage,
  /** The longest that a resolver may remember what it was told before this step. */
  output: z.object({ttlSeconds: z.number()}),
  reverses: 'Gives every record the TTL back that it had.',
  needs: {zone: editNeeds},
  timeoutMs: 20 * 60_000,

  check: (look) =>
    checkTtl(look, editOf(look.input), (live, first) =>
      live.every((ttlSeconds) => ttlSeconds <= look.input.ttlSeconds)
        ? // Our own look cannot see the old TTL any more: after the change it is in the before-image alone.
          {ttlSeconds: Math.max(...first)}
        : undefined,
    ),

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: TtlInput) => ttlEdit(input, (old) => Math.min(old, input.ttlSeconds));
