import {blocked, defineStep, done, pending, waiting} from '../../src/index.ts';
import {
  holdAction,
  holdDifference,
  holdObstacle,
  holdSeen,
  isHeld,
  openText,
  readHolds,
  releaseAction,
  waysOf,
} from './hold/group.ts';
import {holdBefore, holdInput, holdNeeds, outlastsDrain, outlastsDrainText} from './hold/input.ts';
import {portsText} from './hold/problems.ts';
import {hostGroup} from './target.ts';

/**
 * Holds new connections to the old side in the kernel of each host: a client waits and sends its first packet again
 * after 1 s, then after 3 s. Requests under way are answered first. The kernel ends the hold by itself after
 * `maxHoldMs`, whatever happens to this program, to ssh or to the network. It covers packets that come in through
 * INPUT, not ports that a container engine forwards.
 */
export const holdConnections = defineStep({
  name: 'hosts.hold-connections',
  summary: 'Hold new connections in the kernel of each host, until the open ones have ended.',
  targets: {hosts: hostGroup},
  input: holdInput.refine(outlastsDrain, outlastsDrainText),
  before: holdBefore,
  /** For hosts.release-connections, which then needs to ask nothing. */
  output: holdBefore,
  needs: holdNeeds,
  reverses: 'Lets new connections through, and removes what held them.',
  effects: [{fact: 'connections', of: 'hosts', are: 'held'}],
  roundTrips: {hosts: 1},
  timeoutMs: 60_000,
  neverSkip: 'Without it, requests fail while nobody can write.',
  undoWhenFailed: true,
  reversalAhead: true,
  endsByItself: ({ports, maxHoldMs}) => ({
    // ipset counts in whole seconds.
    afterMs: Math.ceil(maxHoldMs / 1_000) * 1_000,
    what: `Each host lets new connections to ${portsText(ports)} through`,
  }),
  poll: {firstMs: 20, mostMs: 200},

  async check(look) {
    const {input, run} = look;
    const seen = holdSeen(look);
    if (seen) {
      return seen.kind === 'held' ? done(seen.before) : pending(seen.before);
    }
    const holds = await readHolds(look);
    const obstacle = holdObstacle(holds, input);
    const free = holds.filter(({value}) => !isHeld(value));
    if (obstacle !== null || free.length > 0) {
      return (
        obstacle ??
        pending({hosts: waysOf(holds)}, ...free.map((each) => holdDifference(each, input)))
      );
    }
    if (!run.started) {
      return blocked(
        `New connections to ${portsText(input.ports)} of ${look.targets.hosts.name} are already held by this run.`,
        'Release them with hosts.release-connections before they are held again.',
      );
    }
    return holds.some(({value}) => value.open > 0)
      ? waiting(openText(holds))
      : done({hosts: waysOf(holds)});
  },

  plan: async (look, {hosts}) => holdAction(look, hosts),

  // Looks at nothing, for visitors wait: where this run holds no connections it changes nothing.
  reverse: async (look, {hosts}) => releaseAction(look, hosts),
});
