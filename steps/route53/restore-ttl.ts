import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import {checkTtl, type TtlInput, ttlEdit, ttlInput} from './records/ttl.ts';
import {hostedZone} from './target.ts';

/** Raises TTLs again, once the addresses are final. */
export const restoreTtl = defineStep({
  name: 'route53.restore-ttl',
  summary: 'Set the TTL of records to its normal value.',
  targets: {zone: hostedZone},
  input: ttlInput,
  before: beforeImage,
  output: z.object({}),
  reverses: 'Restores the former TTL of every record.',
  needs: {zone: editNeeds},
  effects: [],
  timeoutMs: 20 * 60_000,

  check: (look) =>
    checkTtl(look, editOf(look.input), (live) =>
      live.every((ttlSeconds) => ttlSeconds === look.input.ttlSeconds) ? {} : undefined,
    ),

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const editOf = (input: TtlInput) => ttlEdit(input, () => input.ttlSeconds);
