import {writeFileSync} from 'node:fs';
import {openScreen} from '../../src/cli/screen/index.ts';
import {terminalOperator} from '../../src/cli/terminal-operator.ts';
import {plainPaint} from '../../src/report/index.ts';

// Asks one question at the terminal, and writes the answer into the file: `node --import tsx
// test/cli/terminal-operator-demo.ts FILE`.
process.on('SIGHUP', () => {});
const screen = openScreen({
  how: 'tree',
  stream: process.stdout,
  paint: plainPaint,
  now: () => new Date(),
});
const operator = terminalOperator({screen, user: 'ada', paint: plainPaint});
const answer = await operator.ask(
  {about: 'confirmation', entry: 'go', question: 'Cut over now?', details: []},
  new AbortController().signal,
);
await screen.close();
process.on('exit', (code) => writeFileSync(process.argv[2] ?? '', JSON.stringify({answer, code})));
