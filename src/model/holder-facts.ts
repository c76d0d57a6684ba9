import {z} from 'zod';
import {operator} from './run-started.ts';

/** Facts about whose a run is that several hosts share. */
export const holderFacts = [
  /**
   * `notBeforeUtc`: an action of the earlier holder may be under way until then. Nothing is done here until
   * `earlier-holder-stopped` says that it acts no more.
   */
  z.object({
    kind: z.literal('lock-taken-over'),
    from: z.string(),
    operator,
    notBeforeUtc: z.iso.datetime().optional(),
  }),
  z.object({kind: z.literal('earlier-holder-stopped'), because: z.string()}),
  /**
   * A reversal goes on although other hosts cannot see it, or a person lets the run go on: the store does not answer.
   * Once for each process.
   */
  z.object({kind: z.literal('not-shared'), because: z.string()}),
  /**
   * The entries that follow, so many, were written by `by` on a host that went on without the store. `operator` took
   * the run over on that host, and added them: nobody had acted on the run elsewhere since.
   */
  z.object({
    kind: z.literal('unshared-added'),
    by: z.string(),
    entries: z.number().int(),
    operator,
  }),
  /** It was offered to somebody else: nothing of it is under way on this host, and nothing is done here any more. */
  z.object({kind: z.literal('run-handed-over'), to: z.string(), operator}),
] as const;

/** Whether entries say whose a run is and who works on it, and nothing of what was done. */
export const areOfHolder = (entries: readonly {readonly kind: string}[]): boolean =>
  entries.every(({kind}) => ofHolder.has(kind));

const ofHolder = new Set([
  'lock-taken-over',
  'earlier-holder-stopped',
  'run-handed-over',
  'unshared-added',
  'operator-identified',
  'people-told',
]);
