import {appendFileSync, existsSync, readFileSync, renameSync} from 'node:fs';
import {defineRunbook, defineStep, defineTarget, done, pending} from 'switcharoo';
import {z} from 'zod';

interface LedgerReader {
  lines(): readonly string[];
}

interface LedgerWriter extends LedgerReader {
  add(line: string): void;
}

/** A file with a line for every write that reached it. */
const ledger = defineTarget({
  kind: 'ledger',
  config: z.object({
    path: z.string(),
    moves: z.string().optional(),
    fills: z.string().optional(),
  }),
  open: async ({path, moves, fills}) => {
    const reader: LedgerReader = {
      lines: () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []),
    };
    const writer: LedgerWriter = {
      ...reader,
      add: (line) => {
        appendFileSync(path, `${line}\n`);
        // In the middle of the run, somebody tidies up.
        if (moves && line === 'line 10') {
          renameSync(moves, `${moves}-away`);
        }
        if (fills && line === 'line 10') {
          fillUp(fills);
        }
      },
    };
    return {reader, writer, close: async () => {}};
  },
});

/** Another program's file takes all that is free. */
function fillUp(path: string): void {
  for (const size of [16_384, 4_096, 1]) {
    try {
      for (;;) {
        appendFileSync(path, 'x'.repeat(size));
      }
    } catch {
      // A smaller piece may still fit.
    }
  }
}

const add = defineStep({
  name: 'ledger.add',
  summary: 'Add a line.',
  targets: {ledger},
  input: z.object({line: z.string()}),
  before: z.object({}),
  output: z.object({}),
  needs: {ledger: ['WRITE']},
  reverses: 'Nothing: a ledger only grows.',
  timeoutMs: 10_000,
  check: async ({input, targets}) =>
    targets.ledger.lines().includes(input.line) ? done({}) : pending({}),
  plan: async ({input: {line}}) => [
    {on: 'ledger', does: `add ${line}`, perform: async (writer) => writer.add(line)},
  ],
  reverse: async () => [],
});

const many = Array.from({length: 40}, (_none, index) => index + 1);

export default many.reduce<any>(
  // its type would name forty outputs
  (runbook, number) =>
    runbook.step(`add-${number}`, add, {
      on: {ledger: 'ledger'},
      input: () => ({line: `line ${number}`}),
    }),
  defineRunbook({
    name: 'many-writes',
    summary: 'Write forty lines.',
    params: z.object({}),
    targets: {ledger},
  }).phase('Write'),
);
