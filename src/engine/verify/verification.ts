import {sameJson} from '../../model/canonical.ts';
import type {Progress} from '../../model/progress.ts';
import {appliedEntries} from '../../model/progress.ts';
import type {AnyRunbook} from '../../model/runbook.ts';
import type {Counterexample, Verification} from '../../model/verification.ts';
import {commandText} from './command.ts';
import {endOf} from './end.ts';
import {type Exploration, explore, type Node, storyTo} from './explore.ts';
import type {Facts} from './facts.ts';
import {type Model, modelOf, undeclaredIn} from './model.ts';
import type {Finding} from './violation.ts';

/**
 * Explores a runbook: each entry done, failed before or after its change, its answer lost, the process dead; each
 * choice of a person. No system is contacted: the engine itself works on facts that the units declare.
 */
export async function verifyRunbook(runbook: AnyRunbook, params: unknown): Promise<Verification> {
  const model = modelOf(runbook, params);
  const exploration = await withoutStacks(() => explore(model));
  const {nodes, findings} = exploration;
  const all = [
    ...findings,
    ...unfinished(exploration),
    ...irreversible(model, nodes),
    ...deadEnds(nodes),
  ];
  const undeclared = undeclaredIn(runbook);
  return {
    states: nodes.length,
    ...(undeclared.length > 0 ? {undeclared} : {}),
    counterexamples: shortest(all).map(counterexampleOf(model)),
  };
}

/** The first entry that changes which database accepts writes, also where its effects depend on its input. */
export const firstToChangeWrites = (runbook: AnyRunbook, params: unknown): string | undefined =>
  [...modelOf(runbook, params).entries.values()].find(({effects}) =>
    effects.some(({fact}) => fact === 'writes'),
  )?.id;

/** Most of the exploration's errors are expected: a stack for each of them takes half of the time. */
async function withoutStacks<Result>(work: () => Promise<Result>): Promise<Result> {
  const {stackTraceLimit} = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** For each property and reason the shortest; of many reasons a few. */
function shortest(findings: readonly Finding[]): readonly Finding[] {
  const sorted = findings.toSorted((a, b) => a.story.length - b.story.length);
  const first = new Map(sorted.toReversed().map((finding) => [reasonOf(finding), finding]));
  const kept = sorted.filter((finding) => first.get(reasonOf(finding)) === finding);
  return kept.filter(
    ({violation: {property}}, index) =>
      kept.slice(0, index).filter(({violation}) => violation.property === property).length <
      mostOfOneProperty,
  );
}

const mostOfOneProperty = 3;

const reasonOf = ({violation: {property, because}}: Finding): string => `${property} ${because}`;

const counterexampleOf =
  (model: Model) =>
  ({violation: {property, because}, story, state}: Finding): Counterexample => ({
    property,
    because,
    steps: story,
    end: endOf(model, state),
  });

/** When all goes well, a run comes to its end. */
function unfinished({start}: Exploration): readonly Finding[] {
  const {at, story, isStuck} = followed(start, 'continue');
  return !isStuck || at.state.progress.outcome === 'done'
    ? []
    : [
        {
          violation: {
            property: 'cannot-finish',
            because: 'The run cannot finish, even when everything succeeds.',
          },
          state: at.state,
          story,
        },
      ];
}

interface Followed {
  readonly at: Node;
  readonly story: readonly string[];
  /** It goes no further; otherwise a property does not hold any more, which is reported as such. */
  readonly isStuck: boolean;
}

/** Repeats a command for as long as all goes well and something changes. */
function followed(start: Node, first: string): Followed {
  const passed = new Set<Node>();
  let at = start;
  let command = first;
  let story = storyTo(start);
  while (!passed.has(at)) {
    passed.add(at);
    const way = at.happy.get(command);
    if (!way) {
      return {at, story, isStuck: true};
    }
    story = [...story, ...way.story];
    if (!way.next) {
      return {at, story, isStuck: way.isStuck};
    }
    at = way.next;
    command = 'continue';
    if (isOver(at.state.progress) || at.state.progress.outcome === 'reversed') {
      return {at, story, isStuck: true};
    }
  }
  return {at, story, isStuck: true};
}

const isOver = ({outcome, checkpoints}: Progress): boolean =>
  outcome === 'done' || (outcome === 'reversed' && checkpoints.length === 0);

/** Before the point of no return, every state has a reversal to the start that restores all facts. */
function irreversible(model: Model, nodes: readonly Node[]): readonly Finding[] {
  for (const node of nodes) {
    const {progress} = node.state;
    if (progress.passedPointOfNoReturn || appliedEntries(progress).length === 0) {
      continue;
    }
    const isUnderWay = progress.reversingTo?.to === null;
    const command = isUnderWay ? 'continue' : commandText({kind: 'reverse', to: null});
    const {at, story, isStuck} = followed(node, command);
    const {outcome, checkpoints} = at.state.progress;
    const isReversed = outcome === 'reversed' && checkpoints.length === 0;
    if (isStuck && !(isReversed && isAsAtStart(model.start, at.state.facts))) {
      const because = isReversed
        ? 'A reversal to the start finishes, but not everything is as it was before the run.'
        : 'From here the run cannot be reversed to the start.';
      return [{violation: {property: 'no-lossless-reversal', because}, state: at.state, story}];
    }
  }
  return [];
}

const isAsAtStart = (start: Facts, now: Facts): boolean =>
  sameJson(changesIn(start), changesIn(now));

/** Without what was proven. */
function changesIn(facts: Facts): object {
  const {
    complete: _c,
    made: _m,
    compared: _p,
    fresh: _f,
    answers: _a,
    unproven: _u,
    ...changes
  } = facts;
  return changes;
}

/** From every state a run can come to an end, done or reversed. */
function deadEnds(nodes: readonly Node[]): readonly Finding[] {
  const earlier = new Map<Node, Node[]>();
  for (const node of nodes) {
    for (const next of node.next) {
      earlier.set(next, [...(earlier.get(next) ?? []), node]);
    }
  }
  const ending = nodes.filter((node) => isOver(node.state.progress) || node.isCutOff);
  const alive = new Set(ending);
  for (const node of ending) {
    for (const before of earlier.get(node) ?? []) {
      if (!alive.has(before)) {
        alive.add(before);
        ending.push(before);
      }
    }
  }
  const dead = nodes.find((node) => !alive.has(node));
  return dead
    ? [
        {
          violation: {
            property: 'dead-end',
            because: 'From here the run can neither finish nor be reversed.',
          },
          state: dead.state,
          story: storyTo(dead),
        },
      ]
    : [];
}
