import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test, vi} from 'vitest';
import {StateFolder} from '../../src/journal/state-folder.ts';
import {traceIdOf} from '../../src/traces/span-facts.ts';
import {type Desk, openDesk} from '../cli/switcharoo.ts';
import {type Receiver, startReceiver} from './receiver.ts';

const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml', '--yes'];

let desk: Desk;
let folder: string;
const receivers: Receiver[] = [];

beforeEach(() => {
  desk = openDesk();
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-traces-'));
  vi.stubEnv('MAINTENANCE_FILE', join(folder, 'maintenance.html'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await desk.clear();
  rmSync(folder, {recursive: true, force: true});
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function receiverWith(answer?: number): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiver.url);
  return receiver;
}

/** Children below their parents, in the order of their beginning. */
function treeOf({spans}: Receiver): readonly string[] {
  const below = (parent: string, indent: string): readonly string[] =>
    spans
      .filter(({parentSpanId}) => parentSpanId === parent)
      .toSorted((a, b) => a.startTimeUnixNano - b.startTimeUnixNano)
      .flatMap(({spanId, name, attributes}) => [
        `${indent}${name}: ${attributes['switcharoo.outcome']}`,
        ...below(spanId, `${indent}  `),
      ]);
  return below('', '');
}

/** The names of the modules of OpenTelemetry that the program has loaded, as its engine counts them. */
function loadedIn(coverage: string): number {
  const texts = readdirSync(coverage).map((name) => readFileSync(join(coverage, name), 'utf8'));
  expect(texts.length).toBeGreaterThan(0);
  return texts.join('').match(/"url":"[^"]*@opentelemetry/g)?.length ?? 0;
}

test('a run and its reversal by another process are one trace, in either encoding', async () => {
  const receiver = await receiverWith();
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'authorization=Bearer%20t0ken-of-the-team');
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=lab');
  vi.stubEnv('NODE_V8_COVERAGE', join(folder, 'set'));
  expect(await desk.run('run', ...example)).toMatchObject({code: 0, stderr: ''});
  expect(loadedIn(join(folder, 'set'))).toBeGreaterThan(10);
  vi.stubEnv('NODE_V8_COVERAGE', undefined);
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
  vi.stubEnv('OTEL_SERVICE_NAME', 'shop-move');
  expect(await desk.run('reverse', '--yes')).toMatchObject({code: 0, stderr: ''});

  expect(treeOf(receiver)).toEqual([
    'maintenance: done',
    '  go: already-in-place',
    '  close: applied',
    '    site.show-maintenance-page on shopPage: performed',
    '  maintenance resumed: reversed',
    '    reverse to the start: reversed',
    '      reverse close: reversed',
    '        site.show-maintenance-page on shopPage: performed',
  ]);
  const state = new StateFolder(desk.stateFolder);
  const [run = ''] = state.runs();
  expect(new Set(receiver.spans.map(({traceId}) => traceId))).toEqual(new Set([traceIdOf(run)]));
  // No text of an action or a question: they have the values of parameters.
  expect(receiver.spans.find(({name}) => name.includes(' on '))?.attributes).toEqual({
    'switcharoo.run': run,
    'switcharoo.phase': 'Close',
    'switcharoo.entry': 'close',
    'switcharoo.step': 'site.show-maintenance-page',
    'switcharoo.target': 'shopPage',
    'switcharoo.target.kind': 'maintenance-page',
    'switcharoo.way': 'forward',
    'switcharoo.outcome': 'performed',
  });
  expect(JSON.stringify(receiver.spans)).not.toContain('Back at six');
  const [first, second] = [receiver.resources.at(0), receiver.resources.at(-1)];
  expect(first).toMatchObject({'service.name': 'switcharoo', 'deployment.environment.name': 'lab'});
  expect(second).toMatchObject({'service.name': 'shop-move'});
  const [sent, sentAsJson] = [receiver.headers.at(0), receiver.headers.at(-1)];
  expect(sent).toMatchObject({
    ...{authorization: 'Bearer t0ken-of-the-team', 'content-type': 'application/x-protobuf'},
  });
  expect(sentAsJson?.['content-type']).toBe('application/json');
  expect(readFileSync(state.journalOf(run), 'utf8')).not.toContain('t0ken');
});

test('a run beside a collector that never answers is done, and says what was lost', async () => {
  const receiver = await receiverWith(0);
  const {code, stdout, stderr} = await desk.run('run', ...example);
  expect(code).toBe(0);
  expect(receiver.headers.length).toBeGreaterThan(0);
  expect(stdout + stderr).toContain('The collector of traces did not accept 4 spans of this run.');
});

test('nothing of OpenTelemetry is loaded without its variables, nor when they forbid it', async () => {
  vi.stubEnv('NODE_V8_COVERAGE', join(folder, 'unset'));
  expect(await desk.run('run', ...example)).toMatchObject({code: 0});
  expect(loadedIn(join(folder, 'unset'))).toBe(0);

  const receiver = await receiverWith();
  vi.stubEnv('OTEL_SDK_DISABLED', 'true');
  vi.stubEnv('NODE_V8_COVERAGE', join(folder, 'disabled'));
  expect(await desk.run('reverse', '--yes')).toMatchObject({code: 0});
  expect(loadedIn(join(folder, 'disabled'))).toBe(0);
  expect(receiver.headers).toEqual([]);
});
