import {Schedule} from './schedule.ts';
import {type Night, outageNight} from './systems.ts';

export interface Failed {
  readonly seed: number;
  readonly message: string;
  readonly story: readonly string[];
}

// Nobody reads where the errors of ten thousand nights came from, and remembering it takes a third of the time.
const silently = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const {stackTraceLimit} = Error;
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/** Lives through the nights of so many seeds, one after the other, until one goes wrong. */
export async function liveSchedules(
  first: number,
  count: number,
  night: Night = outageNight,
): Promise<Failed | undefined> {
  return silently(async () => {
    for (let seed = first; seed < first + count; seed += 1) {
      const failed = await liveSchedule(seed, night);
      if (failed) {
        return failed;
      }
    }
    return undefined;
  });
}

/** One night. The same seed always gives the same one. */
export async function liveSchedule(
  seed: number,
  night: Night = outageNight,
): Promise<Failed | undefined> {
  const schedule = new Schedule(seed, {night, isTold: false});
  return (await isKept(schedule)) === undefined ? undefined : tellAgain(seed, night);
}

/** All that happened in one night, in words. */
export async function storyOf(
  seed: number,
  night: Night = outageNight,
): Promise<readonly string[]> {
  return (await tellAgain(seed, night)).story;
}

async function tellAgain(seed: number, night: Night): Promise<Failed> {
  const schedule = new Schedule(seed, {night, isTold: true});
  const message = (await isKept(schedule)) ?? 'it went well when it was lived again';
  return {seed, message, story: schedule.story};
}

/** Nothing, or which promise was broken. */
async function isKept(schedule: Schedule): Promise<string | undefined> {
  try {
    await schedule.live();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `npm run drills -- --schedules N --seed S`: says what went wrong, and how to see it again. */
export async function drillSchedules(
  {count, seed}: {readonly count: number; readonly seed: number},
  say: (text: string) => void,
): Promise<number> {
  const begun = performance.now();
  const failed = await liveSchedules(seed, count);
  if (failed) {
    say([...failed.story, `seed ${failed.seed}: ${failed.message}`].join('\n'));
    say(`Again: npm run drills -- --schedules 1 --seed ${failed.seed}`);
    return 1;
  }
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  say(`${count} schedules from seed ${seed} in ${seconds} s: every promise was kept`);
  return 0;
}
