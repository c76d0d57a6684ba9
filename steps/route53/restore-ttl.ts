import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import {checkTtl, type TtlInput, ttlEdit, ttlInput} from './records/ttl.ts';
import {hostedZone} from './target.ts';

/** Gives records a long TTL again, once they will not move any more. */
export const restoreTtl = defineStep({
  name: 'route53.restore-ttl',
  summary: 'Set the TTL of records to its everyday value again.',
  targets: {zone: hostedZone},
  input: ttlInput,
  before: beforeImage,
  output: z.object({}),
  reverses: 'Gives every record the TTL back that it had.',
  needs: {zone: editNeeds},
  timeoutMs: 20 * 60_000,

  check: (look) =>
    checkTtl(look, editOf(look.input), (live) =>
      live.every((ttlSeconds) => ttlSeconds === look.input.ttlSeconds) ? {} : undefined,
    ),

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: TtlInput) => ttlEdit(input, () => input.ttlSeconds);
