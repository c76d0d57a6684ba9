import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import {checkTtl, type TtlInput, ttlEdit, ttlInput} from './records/ttl.ts';
import {hostedZone} from './target.ts';

/** Lowers TTLs, so that caches drop the old addresses soon after a swap. */
export const lowerTtl = defineStep({
  name: 'route53.lower-ttl',
  summary: 'Lower the TTL of records before their addresses change.',
  targets: {zone: hostedZone},
  input: ttlInput,
  before: beforeImage,
  /** The longest that a resolver may cache an answer from before this step. */
  output: z.object({ttlSeconds: z.number()}),
  reverses: 'Restores the former TTL of every record.',
  needs: {zone: editNeeds},
  effects: [],
  timeoutMs: 20 * 60_000,

  check: (look) =>
    checkTtl(look, editOf(look.input), (live, original) =>
      live.every((ttlSeconds) => ttlSeconds <= look.input.ttlSeconds)
        ? // After the change only the before-image has the old TTL.
          {ttlSeconds: Math.max(...original)}
        : undefined,
    ),

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: TtlInput) => ttlEdit(input, (old) => Math.min(old, input.ttlSeconds));
