import {z} from 'zod';
import {blocked, defineGate, elapsedMs, measured, shifted, waiting} from '../../src/index.ts';
import type {MysqlReader} from './contract.ts';
import {hasReached} from './replication/position.ts';
import {linkObstacle} from './ring/links.ts';
import {mysqlServer} from './target.ts';

const minuteMs = 60_000;

/** What was measured until there: a resumed run goes on with it. */
const measurements = z.object({count: z.number(), longestMs: z.number(), tooLong: z.number()});
type Measurements = z.output<typeof measurements>;

/**
 * Watches replication before a person accepts: from Aurora back to the old source it is what makes a reversal lossless.
 * The lag is measured, as how long it takes until what upstream has written now is executed: Seconds_Behind says 0
 * while nothing arrives. It counts from `since`, so that a resumed run does not watch longer.
 */
export const watchReplication = defineGate({
  name: 'mysql.watch-replication',
  summary: 'Wait until replication has run for some minutes, and check its lag.',
  targets: {upstream: mysqlServer, replica: mysqlServer},
  input: z.object({
    /** From when it counts: when writes were opened, say. */
    since: z.coerce.date(),
    /** 0: one measurement. */
    minutes: z.coerce
      .number()
      .min(0)
      .max(24 * 60)
      .default(10),
    /** The lag that the last measurement may have. */
    lagMsMax: z.coerce.number().int().min(0).max(20_000).default(2_000),
    /** How much later than `minutes` the lag may come down to it, in ms. */
    lateMsMax: z.coerce
      .number()
      .int()
      .min(0)
      .default(5 * minuteMs),
  }),
  output: measurements.extend({lastMs: z.number(), lagMsMax: z.number()}),
  needs: {upstream: ['REPLICATION CLIENT'], replica: ['REPLICATION CLIENT']},
  relies: [{fact: 'replication', from: 'upstream', to: 'replica', is: 'running'}],
  timeoutMs: 25 * 3_600_000,
  poll: {firstMs: 1_000, mostMs: 20_000},
  evidence: (output) => [lagText(output)],

  async check({input, targets: {upstream, replica}, run, now, signal}) {
    const {lagMsMax} = input;
    const obstacle = await linkObstacle([{from: upstream, to: replica}], signal);
    if (obstacle && 'kind' in obstacle) {
      return obstacle;
    }
    const end = shifted(input.since, input.minutes * minuteMs);
    const until = `until ${end.toISOString().slice(11, 19)} UTC`;
    const isLate = elapsedMs(end, now) >= input.lateMsMax;
    if (obstacle) {
      return isLate ? stillBehind(obstacle.connecting, upstream) : waiting(obstacle.connecting);
    }
    const lagMs = await measuredLag({upstream, replica}, lagMsMax, signal);
    const all = withLag(measurements.safeParse(run.bookmark).data, lagMs);
    if (lagMs === null) {
      const text = `${replica.name} is more than ${lagMsMax} ms behind ${upstream.name}`;
      return isLate ? stillBehind(text, upstream) : waiting(text, all);
    }
    const seen = {...all, lastMs: lagMs, lagMsMax};
    return now < end
      ? waiting(`watching ${until}: ${lagText(seen)}`, all)
      : measured(seen, [lagText(seen)]);
  },
});

const stillBehind = (text: string, upstream: MysqlReader) =>
  blocked(
    `At the end of the watch ${text}.`,
    `A reversal would have to wait for it. Look for a long statement with SHOW PROCESSLIST on both servers, and for load on ${upstream.name}. A retry measures again.`,
  );

/** In ms; `null` where it is longer than `mostMs`. */
async function measuredLag(
  {upstream, replica}: {readonly upstream: MysqlReader; readonly replica: MysqlReader},
  mostMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const goal = await upstream.position(signal);
  const startMs = performance.now();
  for (;;) {
    const replication = await replica.replication(signal);
    const lagMs = Math.round(performance.now() - startMs);
    if (replication && hasReached(replication.executed, goal)) {
      return lagMs;
    }
    if (lagMs > mostMs) {
      return null;
    }
    await replica.waitUntilExecuted(goal, signal);
  }
}

const withLag = (
  earlier: Measurements = {count: 0, longestMs: 0, tooLong: 0},
  lagMs: number | null,
): Measurements => ({
  count: earlier.count + 1,
  longestMs: Math.max(earlier.longestMs, lagMs ?? 0),
  tooLong: earlier.tooLong + (lagMs === null ? 1 : 0),
});

interface Seen extends Measurements {
  readonly lastMs: number;
  readonly lagMsMax: number;
}

/** `a lag of 12 ms, at most 80 ms in 31 measurements`; `a lag of 12 ms, over 2000 ms in 2 of 31 measurements`. */
function lagText({count, lastMs, longestMs, tooLong, lagMsMax}: Seen): string {
  const worst =
    tooLong > 0
      ? `over ${lagMsMax} ms in ${tooLong} of ${count}`
      : `at most ${longestMs} ms in ${count}`;
  return `a lag of ${lastMs} ms, ${worst} measurement${count === 1 ? '' : 's'}`;
}
