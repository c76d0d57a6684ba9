import {writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {openScreen, screenKindFor} from '../../../src/cli/screen/index.ts';
import type {EngineEvent} from '../../../src/engine/events.ts';
import type {EntryDigest} from '../../../src/model/run-started.ts';
import {ansiPaint, plainPaint} from '../../../src/report/index.ts';
import {journalOf, runStarted, stepDone, type Told} from '../../model/journal-of.ts';

// Plays a made-up run on the screen: `node --import tsx test/cli/screen/demo.ts [tree|plain|ndjson] [pace in ms]
// [entries a phase] [file]`.
// It writes into the file when it is through, whatever became of its terminal.
const [how = screenKindFor(process.stdout, process.env), paceMs = '120', size = '8', through] =
  process.argv.slice(2);
const phases = ['Prepare', 'Cut over', 'Settle'];

const entries: EntryDigest[] = phases.flatMap((phase, at) =>
  Array.from({length: Number(size)}, (_, index) => ({
    id:
      at === 1 && index === 1 ? 'freeze' : `${phase.toLowerCase().replace(' ', '-')}-${index + 1}`,
    phase,
    unit: 'demo.step',
    digest: '0',
  })),
);

const told: Told[] = [
  runStarted({
    runbook: {name: 'shop-move', file: 'runbooks/shop-move.ts', digest: 'r', entries},
    inventory: {
      name: 'production',
      file: 'inventories/production.yaml',
      digest: 'i',
      protected: true,
    },
  }),
  ...phases.flatMap((phase): Told[] => [
    ...entries
      .filter((entry) => entry.phase === phase)
      .flatMap(({id}) => stepDone(id, `put \u001b[31m${id}\u001b[0m in its place`)),
    {kind: 'checkpoint-reached', name: phase.toLowerCase()},
  ]),
  {kind: 'run-done'},
];

const screen = openScreen({
  how: how as 'tree' | 'plain' | 'ndjson',
  stream: process.stdout,
  paint: process.env['NO_COLOR'] ? plainPaint : ansiPaint,
  now: () => new Date(),
  outage: {from: ['freeze'], until: ['cut-over-6']},
});
process.on('SIGHUP', () => {});
for (const entry of journalOf(told)) {
  const now = {...entry, atUtc: new Date().toISOString()};
  screen.observe({kind: 'journaled', entry: now, head: entry.prev});
  if (entry.kind === 'action-intended') {
    for (const left of [3, 2, 1]) {
      await sleep(Number(paceMs));
      const event: EngineEvent = {
        kind: 'progress',
        entry: entry.entry,
        text: `aurora is at mysql-bin.000003:${1200 - left}, ${left * 311} bytes behind db2, which stands at mysql-bin.000007:88012`,
      };
      screen.observe(event);
    }
  }
}
await screen.close();
process.stdout.write('closed\n');
if (through) {
  writeFileSync(through, 'through');
}
