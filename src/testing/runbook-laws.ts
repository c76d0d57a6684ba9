import {describe, expect, test} from 'vitest';
import type {AnyRunbook} from '../model/runbook.ts';
import {type Kill, Killed, type RigParts, RunbookRig} from './runbook-rig.ts';
import {lawOptions, type TriedWorld} from './step-laws.ts';

export interface RunbookCase extends Pick<RigParts, 'params' | 'answer' | 'clock'> {
  readonly runbook: AnyRunbook;
  /** A fresh world before the run. Its sessions have the names of the runbook's targets. */
  world(): Promise<TriedWorld>;
  /** What is compared, where the picture also holds what no reversal restores (a change counter). */
  comparable?(picture: unknown): unknown;
}

/** What a runbook keeps whose steps keep the laws of a step. */
export function lawsOfRunbook(tried: RunbookCase): void {
  describe(`the laws of ${tried.runbook.head.name}`, lawOptions, () => {
    for (const {law, check} of runbookLaws(tried)) {
      test(law, check);
    }
  });
}

/** Each throws where the runbook does not keep it. */
export function runbookLaws(tried: RunbookCase) {
  const forward = [
    {law: 'it runs to its end', check: () => runsToItsEnd(tried)},
    {
      law: 'killed at any line of the journal, it resumes and ends as an uninterrupted run',
      check: () => resumesFromEveryLine(tried),
    },
  ];
  const back = [
    {law: 'its reversal restores the world', check: () => reversalRestores(tried)},
    {
      law: 'killed at any line of the journal, it is reversed to the start',
      check: () => reversesFromEveryLine(tried),
    },
    {
      law: 'a reversal that is killed at any line continues to the start',
      check: () => reversalResumes(tried),
    },
  ];
  return lastReversible(tried.runbook) === null ? forward : [...forward, ...back];
}

/** The last item before the point of no return; `undefined`: there is no such point; `null`: it comes first. */
function lastReversible({items}: AnyRunbook): string | null | undefined {
  const point = items.findIndex(({kind}) => kind === 'point-of-no-return');
  const last = items[point - 1];
  if (point < 0 || !last) {
    return point < 0 ? undefined : null;
  }
  return last.kind === 'checkpoint' ? last.name : last.kind === 'entry' ? last.id : null;
}

const runsToItsEnd = (tried: RunbookCase) =>
  within(tried, async ({rig}) => {
    expect(await rig().run()).toEqual({kind: 'done'});
  });

const reversalRestores = (tried: RunbookCase) =>
  within(tried, async ({rig, picture}) => {
    const start = await picture();
    const run = rig();
    await forward(tried, run);
    expect(await run.reopened().reverse()).toEqual({kind: 'reversed', to: null});
    expect(await picture()).toEqual(start);
  });

async function resumesFromEveryLine(tried: RunbookCase): Promise<void> {
  const whole = await within(tried, async ({rig, picture}) => {
    const run = rig();
    await run.run();
    return {lines: run.entries.length, picture: await picture()};
  });
  for (const kill of killsIn(0, whole.lines)) {
    await within(tried, async ({rig, picture}) => {
      const run = rig(kill);
      const killed = await outcomeOf(run.run());
      expect(await run.reopened().run(), killed).toEqual({kind: 'done'});
      expect(await picture(), `${killed}, then resumed`).toEqual(whole.picture);
    });
  }
}

async function reversesFromEveryLine(tried: RunbookCase): Promise<void> {
  const lines = await within(tried, async ({rig}) => {
    const run = rig();
    await forward(tried, run);
    return run.entries.length;
  });
  // Before its first line there is no run.
  for (const kill of killsIn(0, lines).slice(1)) {
    await within(tried, async ({rig, picture}) => {
      const start = await picture();
      const run = rig(kill);
      const killed = await outcomeOf(forward(tried, run));
      expect(await run.reopened().reverse(), killed).toEqual({kind: 'reversed', to: null});
      expect(await picture(), `${killed}, then reversed`).toEqual(start);
    });
  }
}

async function reversalResumes(tried: RunbookCase): Promise<void> {
  const lines = await within(tried, async ({rig}) => {
    const run = rig();
    await forward(tried, run);
    const reversal = run.reopened();
    await reversal.reverse();
    return {first: run.entries.length, end: reversal.entries.length};
  });
  for (const kill of killsIn(lines.first, lines.end)) {
    await within(tried, async ({rig, picture}) => {
      const start = await picture();
      const run = rig();
      await forward(tried, run);
      const reversal = run.reopened(kill);
      const killed = await outcomeOf(reversal.reverse());
      expect(await reversal.reopened().reverse(), killed).toEqual({kind: 'reversed', to: null});
      expect(await picture(), `${killed}, then reversed`).toEqual(start);
    });
  }
}

/** As far as the run can be reversed. */
const forward = ({runbook}: RunbookCase, rig: RunbookRig) =>
  rig.run(lastReversible(runbook) ?? undefined);

const killsIn = (from: number, to: number): readonly Kill[] =>
  Array.from({length: to - from}, (_, index) => from + index).flatMap((line) => [
    {when: 'before', line} as const,
    {when: 'after', line} as const,
  ]);

/** In words. A process that ended before it came to that line has ended as it should. */
async function outcomeOf(work: Promise<{readonly kind: string}>): Promise<string> {
  try {
    return `not killed, but ${(await work).kind}`;
  } catch (error) {
    if (error instanceof Killed) {
      return error.message;
    }
    throw error;
  }
}

interface Trial {
  /** A new run of the runbook. */
  rig(kill?: Kill): RunbookRig;
  picture(): Promise<unknown>;
}

async function within<Result>(
  tried: RunbookCase,
  work: (trial: Trial) => Promise<Result>,
): Promise<Result> {
  const {runbook, params, answer, clock, comparable = (picture: unknown) => picture} = tried;
  const world = await tried.world();
  const {sessions, person} = world;
  const parts = {
    ...{runbook, params, sessions},
    ...(answer ? {answer} : {}),
    ...(clock ? {clock} : {}),
    ...(person ? {person} : {}),
  };
  try {
    return await work({
      rig: (kill) => new RunbookRig({...parts, ...(kill ? {kill} : {})}),
      picture: async () => comparable(await world.picture()),
    });
  } finally {
    await world.close?.();
  }
}
