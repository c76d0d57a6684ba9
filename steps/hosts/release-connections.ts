import {z} from 'zod';
import {type Difference, defineStep, done, pending} from '../../src/index.ts';
import {
  heldWays,
  holdAction,
  holdSeen,
  isHeld,
  readHolds,
  releaseAction,
  waysOf,
} from './hold/group.ts';
import {holdBefore, holdInput, holdNeeds, outlastsDrain, outlastsDrainText} from './hold/input.ts';
import {portsText} from './hold/problems.ts';
import {hostGroup} from './target.ts';

/**
 * Ends the hold of this run, on all hosts at once. It is a step of its own, and not the reversal of
 * hosts.hold-connections in the middle of a run: so a reversal holds connections too, before the sides change again.
 */
export const releaseConnections = defineStep({
  name: 'hosts.release-connections',
  summary: 'Let the new connections through that hosts.hold-connections holds.',
  targets: {hosts: hostGroup},
  /** As given to hosts.hold-connections: the reversal holds the same ports within the same bounds. */
  input: holdInput
    .extend({
      /** As hosts.hold-connections gave it: then nothing is asked before connections are let through. */
      held: holdBefore.optional(),
    })
    .refine(outlastsDrain, outlastsDrainText),
  before: holdBefore,
  output: z.object({}),
  needs: holdNeeds,
  reverses: 'Holds new connections again, and waits until the open ones have ended.',
  effects: [{fact: 'connections', of: 'hosts', are: 'released'}],
  leavesNothing: true,
  roundTrips: {hosts: 1},
  timeoutMs: 60_000,
  neverSkip: 'Without it, new connections wait until the hold ends by itself.',
  poll: {firstMs: 20, mostMs: 200},

  async check(look) {
    const {input, run} = look;
    const seen = holdSeen(look);
    if (seen) {
      return seen.kind === 'released' ? done({}) : pending(seen.before);
    }
    if (input.held && !run.started) {
      return pending(
        input.held,
        ...input.held.hosts.map(({host}) => difference(host, 'held', input)),
      );
    }
    const holds = await readHolds(look);
    const kept = holds.filter(({value}) => value.own !== null);
    if (kept.length === 0) {
      return look.run.started
        ? done({})
        : done(
            {},
            `No new connections to ${portsText(look.input.ports)} of ${look.targets.hosts.name} are held by this run.`,
          );
    }
    return pending(
      {hosts: waysOf(holds)},
      ...kept.map(({host, value}) =>
        difference(
          host,
          isHeld(value)
            ? 'held'
            : `let through: the hold ended by itself after ${input.maxHoldMs} ms`,
          input,
        ),
      ),
    );
  },

  plan: async (look, {hosts}) =>
    releaseAction(
      look,
      look.input.held && !look.run.started ? hosts : heldWays(await readHolds(look)),
    ),

  reverse: async (look, {hosts}) => holdAction(look, hosts),
});

const difference = (
  host: string,
  is: string,
  {ports}: {readonly ports: readonly number[]},
): Difference => ({
  what: `new connections to ${portsText(ports)} of ${host}`,
  is,
  shouldBe: 'let through',
});
