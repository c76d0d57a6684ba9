import {Schedule} from './schedule.ts';
import {type Night, outageNight, plainNight} from './systems.ts';
import {TwoHosts} from './two-hosts.ts';

export interface Failed {
  readonly seed: number;
  readonly message: string;
  readonly story: readonly string[];
}

type Lived = Schedule | TwoHosts;

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
  return liveAll(first, count, (seed) => liveSchedule(seed, night));
}

/** The same with two hosts that share their journals; every second night has an outage. */
export const liveTwoHosts = (first: number, count: number): Promise<Failed | undefined> =>
  liveAll(first, count, async (seed) => {
    const nightOf = (isTold: boolean) =>
      new TwoHosts(seed, {night: seed % 2 === 0 ? outageNight : plainNight, isTold});
    return (await isKept(nightOf(false))) === undefined ? undefined : tell(seed, nightOf(true));
  });

function liveAll(
  first: number,
  count: number,
  live: (seed: number) => Promise<Failed | undefined>,
): Promise<Failed | undefined> {
  return silently(async () => {
    for (let seed = first; seed < first + count; seed += 1) {
      const failed = await live(seed);
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

const tellAgain = (seed: number, night: Night): Promise<Failed> =>
  tell(seed, new Schedule(seed, {night, isTold: true}));

async function tell(seed: number, schedule: Lived): Promise<Failed> {
  const message = (await isKept(schedule)) ?? 'it went well when it was lived again';
  return {seed, message, story: schedule.story};
}

/** Nothing, or which promise was broken. */
async function isKept(schedule: Lived): Promise<string | undefined> {
  try {
    await schedule.live();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Told as it goes on: a hundred thousand take an hour. */
const atOnce = 5_000;

/** `npm run drills -- --schedules N --seed S [--two-hosts]`: says what went wrong, and how to see it again. */
export async function drillSchedules(
  {count, seed, hosts}: {readonly count: number; readonly seed: number; readonly hosts: 1 | 2},
  say: (text: string) => void,
): Promise<number> {
  const begun = performance.now();
  const [live, flag] = hosts === 1 ? [liveSchedules, ''] : [liveTwoHosts, ' --two-hosts'];
  for (let lived = 0; lived < count; ) {
    const next = Math.min(atOnce, count - lived);
    const failed = await live(seed + lived, next);
    if (failed) {
      say([...failed.story, `seed ${failed.seed}: ${failed.message}`].join('\n'));
      say(`Again: npm run drills -- --schedules 1 --seed ${failed.seed}${flag}`);
      return 1;
    }
    lived += next;
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    say(`${lived} schedules from seed ${seed} in ${seconds} s: every promise was kept`);
  }
  return 0;
}
