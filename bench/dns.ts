import {performance} from 'node:perf_hooks';
import {startAwsEndpoint} from '../lab/aws/endpoint.ts';
import {AwsError} from '../lab/aws/replies.ts';
import {createRoute53} from '../lab/aws/route53.ts';
import type {Action, Look} from '../src/index.ts';
import type {ZoneTargets} from '../steps/route53/records/edit.ts';
import type {SwapInput} from '../steps/route53/records/swap-input.ts';
import {swapRecords} from '../steps/route53/swap-records.ts';
import {hostedZone} from '../steps/route53/target.ts';

// `npm run bench:dns`: what planning and making a swap costs in a zone of 10,000 records, on an account that answers
// five
// requests a second and refuses what is above. The calls are those that reached the endpoint, through the real SDK.
const records = 10_000;
const perSecond = 5;
const operations = [
  'GetHostedZone',
  'ListResourceRecordSets',
  'ListResourceRecordSetProtections',
  'ChangeResourceRecordSets',
  'GetChange',
] as const;
const credentials = {accessKeyId: 'AKIALAB', secretAccessKey: 'lab-secret'};
const nameAt = (index: number) => `h${String(index).padStart(5, '0')}.shop.test`;

say(`A zone of ${records} records, an account of ${perSecond} requests a second\n`);
table(['swap', 'calls to plan', 'seconds', 'a call a name', 'calls to make', 'seconds', 'refused']);
for (const names of [1, 20, 450]) {
  const measured = await swap(names);
  table([
    names === 1 ? 'of one name' : `of ${names} names`,
    measured.planCalls,
    figure(measured.planMs / 1000),
    names + 2,
    measured.makeCalls,
    figure(measured.makeMs / 1000),
    measured.refused,
  ]);
}

/** Names spread evenly over the zone: the worst case for reading neighbours together. */
async function swap(names: number) {
  let refused = 0;
  const zone = {
    id: 'ZSHOP',
    name: 'shop.test',
    nameServers: ['ns1.lab.test.'],
    records: Array.from({length: records - 2}, (_, index) => record(index, '192.0.2.1')),
  };
  const route53 = createRoute53({zones: [zone], insyncMs: 500, requestsPerSecond: perSecond});
  const counting: typeof route53 = {
    ...route53,
    handle: async (request) => {
      try {
        return await route53.handle(request);
      } catch (error) {
        refused += error instanceof AwsError && error.code === 'Throttling' ? 1 : 0;
        throw error;
      }
    },
  };
  const endpoint = await startAwsEndpoint({services: [counting], credentials});
  const config = hostedZone.config.parse({endpoint: endpoint.url, credentials, zoneId: 'ZSHOP'});
  const session = await hostedZone.open(config, {name: 'dns', signal: never()});
  try {
    const step = Math.floor((records - 2) / names);
    const sets = Array.from({length: names}, (_, index) => {
      const {ttl, ...set} = record(index * step, '198.51.100.1');
      return {...set, ttlSeconds: ttl};
    });
    const look: Look<ZoneTargets, SwapInput> = {
      input: swapRecords.input.parse({sets}),
      targets: {zone: session.reader},
      run: {id: 'bench', entry: 'swap', started: false},
      now: new Date(),
      signal: never(),
    };
    const calls = () =>
      operations.reduce((sum, operation) => sum + endpoint.calls('route53', operation), 0);
    const started = performance.now();
    const actions = await plan(look);
    const planned = performance.now();
    const planCalls = calls();
    for (const action of actions) {
      await action.perform(session.writer, never(), () => {});
    }
    return {
      planCalls,
      planMs: planned - started,
      makeCalls: calls() - planCalls,
      makeMs: performance.now() - planned,
      refused,
    };
  } finally {
    await session.close();
    await endpoint.stop();
  }
}

async function plan(look: Look<ZoneTargets, SwapInput>): Promise<readonly Action<ZoneTargets>[]> {
  const verdict = await swapRecords.check(look);
  if (verdict.kind !== 'pending') {
    throw new Error(JSON.stringify(verdict));
  }
  return swapRecords.plan(look, verdict.before);
}

function record(index: number, value: string) {
  return {name: nameAt(index), type: 'A', ttl: 60, values: [value]};
}

function never(): AbortSignal {
  return new AbortController().signal;
}

function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}

function table(cells: readonly (string | number)[]): void {
  say(
    cells
      .map((cell, index) => (index === 0 ? String(cell).padEnd(16) : String(cell).padStart(15)))
      .join(''),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
