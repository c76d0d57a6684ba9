import {z} from 'zod';
import {defineStep} from '../../src/index.ts';
import {sameSets} from './records/canonical.ts';
import {beforeImage, editNeeds, planEdit, reverseEdit} from './records/edit.ts';
import {checkTtl, ttlEdit, ttlName, ttlSeconds} from './records/ttl.ts';
import {hostedZone} from './target.ts';

const input = z
  .object({
    /** An alias has no TTL of its own: nothing is set where the records of a name are aliases by now. */
    names: ttlName.extend({ttlSeconds: ttlSeconds.optional()}).array().min(1),
    /** For names without one of their own. */
    ttlSeconds: ttlSeconds.optional(),
  })
  .refine(
    (given) => names(given).every((ttl) => ttl !== undefined),
    'give ttlSeconds, for all names or for each',
  );
type Input = z.output<typeof input>;

/** Raises TTLs again, once the addresses are final. */
export const restoreTtl = defineStep({
  name: 'route53.restore-ttl',
  summary: 'Set the TTL of records to its normal value.',
  targets: {zone: hostedZone},
  input,
  before: beforeImage,
  output: z.object({}),
  reverses: 'Restores the former TTL of every record.',
  needs: {zone: editNeeds},
  effects: [],
  timeoutMs: 20 * 60_000,

  check: (look) => {
    const edit = editOf(look.input);
    return checkTtl(look, edit, (live) => (sameSets(live, edit.to(live)) ? {} : undefined));
  },

  plan: ({input}, before) => planEdit(editOf(input), before),
  reverse: (look, before) => reverseEdit(look, editOf(look.input), before),
});

const names = (given: {
  readonly names: readonly {readonly ttlSeconds?: number | undefined}[];
  readonly ttlSeconds?: number | undefined;
}) => given.names.map(({ttlSeconds}) => ttlSeconds ?? given.ttlSeconds);

const editOf = (input: Input) =>
  ttlEdit(input, (old, named) => named?.ttlSeconds ?? input.ttlSeconds ?? old);
