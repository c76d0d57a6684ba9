import {z} from 'zod';
import {blocked, defineGate, done, type Look} from '../../src/index.ts';
import {contentReads, keyReads} from './checks/needs.ts';
import {type Comparison, compareAll} from './compare/compare-all.ts';
import {scopeInput, scopeOf} from './scope/scope.ts';
import {keyCount, keysText} from './server/key-text.ts';
import {redisDatabase} from './target.ts';

const targets = {source: redisDatabase, target: redisDatabase};
const input = scopeInput.extend({
  /** Of how many keys the content is compared: each run chooses others. Names, types and expiries are of all. */
  sample: z.union([z.literal('all'), z.coerce.number().int().min(1)]).default('all'),
  /** How far apart the times may be at which a key expires. */
  expiryToleranceSeconds: z.coerce.number().min(0).max(3_600).default(2),
});

type MatchLook = Look<typeof targets, z.output<typeof input>>;

const output = z.object({
  keys: z.number(),
  compared: z.number(),
  /** Keys that expired on one of both sides while they were compared: of these, nothing is said. */
  expired: z.number(),
});

/** Whether the new side has each key of the old one, and no other. */
export const keysMatch = defineGate({
  name: 'redis.keys-match',
  summary:
    'Check that two Redis databases have the same keys: names, types, expiry, and the content of all or of a sample.',
  targets,
  input,
  output,
  needs: {source: [keyReads, contentReads], target: [keyReads, contentReads]},
  effects: [],
  expensive: true,
  neverSkip: 'Only this gate proves that the new side has every key.',
  evidence: ({keys, compared}) => [
    `Both Redis databases have the same ${keyCount(keys)}, with the same types and expiries; the content of ${compared === keys ? 'all of them' : keyCount(compared)} is the same.`,
  ],
  timeoutMs: 60 * 60_000,

  async check(look) {
    const comparison = await compareAll(comparing(look));
    return verdictOn(look, comparison);
  },
});

const comparing = ({input: chosen, targets: sides, run, stillReading, signal}: MatchLook) => ({
  ...sides,
  scope: scopeOf(chosen),
  sample: chosen.sample,
  seed: run.id,
  toleranceMs: chosen.expiryToleranceSeconds * 1_000,
  signal,
  say: (progress: string) => stillReading?.(progress),
});

function verdictOn({targets: {source, target}}: MatchLook, comparison: Comparison) {
  const [from, to] = [
    `${source.name} (database ${source.db})`,
    `${target.name} (database ${target.db})`,
  ];
  const differences = [
    {is: `missing in ${to}`, ...comparison.missing},
    {is: `only in ${to}`, ...comparison.extra},
    {is: 'with a different type', ...comparison.otherType},
    {is: 'with a different expiry', ...comparison.otherExpiry},
    {is: 'with different content', ...comparison.otherContent},
  ].filter(({count}) => count > 0);
  if (differences.length > 0) {
    const texts = differences.map(
      ({is, count, first}) => `${keyCount(count)} ${is}: ${keysText(first, count)}`,
    );
    return blocked(
      `${to} differs from ${from}. ${texts.join('; ')}.`,
      'Stop the clients that still write to one of them (redis-cli CLIENT LIST shows them). Then reverse to the checkpoint before redis.copy-keys, and run again.',
    );
  }
  const {keys, compared, expired} = comparison;
  return done(
    {keys, compared, expired},
    ...(keys === 0 ? [`${from} and ${to} have no keys to compare.`] : []),
    ...(expired > 0
      ? [`${keyCount(expired)} expired during the comparison, and could not be compared.`]
      : []),
    ...(compared < keys
      ? [
          `The content of ${keyCount(keys - compared)} was not compared: the input "sample" limits it.`,
        ]
      : []),
  );
}
