import type {Lock} from '../journal/contract.ts';
import type {SwitcharooError} from '../model/problem.ts';
import type {Host} from './host.ts';
import type {OpenedWorld} from './open-world.ts';

interface Around {
  readonly host: Pick<Host, 'state'>;
  readonly opened: Pick<OpenedWorld, 'redactor' | 'world'>;
}

/** What a journal reports beside its lines. */
export interface Watch {
  readonly broken: AbortController;
  onReserveUsed(): void;
}

export const newWatch = (): Watch => ({broken: new AbortController(), onReserveUsed: () => {}});

export const journalOptions = (
  {host, opened: {redactor, world}}: Around,
  lock: Lock,
  watch: Watch,
) => ({
  now: () => world.clock.now(),
  monotonic: () => ({mark: world.clock.mark, ms: Math.round(world.clock.monotonic())}),
  lock,
  redactor,
  disk: host.state.disk,
  onBroken: (error: SwitcharooError) => watch.broken.abort(error),
  onReserveUsed: () => watch.onReserveUsed(),
});
