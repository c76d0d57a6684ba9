import {openScreen} from '../../src/cli/screen/index.ts';
import {terminalOperator} from '../../src/cli/terminal-operator.ts';
import type {EngineEvent} from '../../src/engine/events.ts';
import type {Fact} from '../../src/model/journal.ts';
import {plainPaint} from '../../src/report/index.ts';
import {journalOf} from '../model/journal-of.ts';
import {heldRun} from '../report/made-up.ts';

// Asks at the terminal, in an outage of a made-up run:
// `node --import tsx test/cli/waiting-demo.ts [tree|plain] [failure|question]`.
const [how = 'tree', what = 'failure'] = process.argv.slice(2);
const made = heldRun();
const failed = made.findIndex(({kind}) => kind === 'entry-failed');
const untilThen = what === 'failure' ? made.slice(0, failed + 1) : made.slice(0, failed - 2);
const facts = untilThen.map(({seq: _seq, prev: _prev, ...fact}) => fact);
const lastAtMs = Date.parse(facts.at(-1)?.atUtc ?? '');
const startedMs = Date.now();
const now = () => new Date(lastAtMs + Date.now() - startedMs);
const screen = openScreen({
  how: how as 'tree' | 'plain',
  stream: process.stdout,
  paint: plainPaint,
  now,
  outage: {from: ['mysql.freeze-writes'], until: ['open']},
});
const tell = (fact: Fact, atUtc = now().toISOString()) => {
  const [entry] = journalOf([fact]);
  const event: EngineEvent | undefined = entry && {
    kind: 'journaled',
    entry: {...entry, atUtc},
    head: entry.prev,
  };
  if (event) {
    screen.observe(event);
  }
};
for (const {atUtc, ...fact} of facts) {
  tell(fact, atUtc);
}
const operator = terminalOperator({screen, user: 'ada', paint: plainPaint});
const never = new AbortController().signal;
const asked = {question: 'What do you want to do?', details: []};
if (what === 'failure') {
  await operator.decide(
    {
      entry: 'open',
      problem: {
        code: 'target-unreachable',
        message: 'aurora at 127.0.0.1:3307 refused the connection 5 times in 10 s.',
        hint: 'Look whether the server runs, and whether its security group lets this machine connect to it.',
      },
      changesInPlace: Array.from(
        {length: 9},
        (_, at) =>
          `freeze-${at}: set super_read_only = ON on the server of number ${at} of this fleet`,
      ),
      reversibleTo: [null, 'prepared', 'seeded'],
      skip: {allowed: false, because: 'Aurora would refuse writes after the cutover, for ever.'},
      skippedBefore: [],
      onAsked: (person) => tell({kind: 'asked', entry: 'open', about: 'failure', person, ...asked}),
    },
    never,
  );
} else {
  await operator.ask(
    {
      about: 'confirmation',
      entry: 'open',
      question: 'Cut over now?',
      details: ['aurora is 0 bytes behind db1'],
      onAsked: (person) =>
        tell({kind: 'asked', entry: 'open', about: 'confirmation', person, ...asked}),
    },
    never,
  );
}
await screen.close();
process.stdout.write('closed\n');
