import {durationText} from '../model/duration.ts';
import {elapsedMs} from '../model/moment.ts';
import type {Session} from '../model/target.ts';
import {momentUtc} from '../report/index.ts';
import {closedTexts} from './channel-texts.ts';
import type {OpenedWorld} from './open-world.ts';
import {storeRemarks} from './run-store.ts';

/** Those of the store, the targets of a runbook, the channels to people, and a time that was typed. */
export const worldRemarks = async (
  opened: OpenedWorld,
  signal: AbortSignal,
  {alone = false, decideBy}: {readonly alone?: boolean; readonly decideBy?: Date} = {},
): Promise<readonly string[]> => {
  const {world, redactor, channels} = opened;
  return redactor.value([
    ...(alone ? [] : await storeRemarks(opened, signal)),
    ...(await sessionRemarks(world.targets, Object.keys(world.runbook.head.targets))),
    ...closedTexts(await channels()),
    ...(decideBy ? [decideByText(decideBy, world.clock.now())] : []),
  ]);
};

/** An hour that was mistyped is seen here, and not at night. */
function decideByText(decideBy: Date, now: Date): string {
  const by = `--decide-by: the cutover must be accepted by ${momentUtc(decideBy)}`;
  return decideBy <= now
    ? `${by}, which has passed: the run pauses before its next entry.`
    : `${by}, in ${durationText(elapsedMs(now, decideBy))}.`;
}

/**
 * What the sessions have to say of the way to their systems, each sentence once, with the targets that it is about. A
 * target that does not open has a problem of its own elsewhere.
 */
export async function sessionRemarks(
  targets: {session(name: string): Promise<Session<unknown, unknown> | undefined>},
  names: Iterable<string>,
): Promise<readonly string[]> {
  const byTarget = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const session = await targets.session(name).catch(() => undefined);
      return {name, texts: (await session?.remarks?.()) ?? []};
    }),
  );
  const texts = new Set(byTarget.flatMap((target) => target.texts));
  return [...texts].map((text) => {
    const about = byTarget.filter((target) => target.texts.includes(text));
    return `${about.map(({name}) => name).join(', ')}: ${text}`;
  });
}
