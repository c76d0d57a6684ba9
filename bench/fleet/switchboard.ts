import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {defineRunbook, defineStep, defineTarget, done, pending} from 'switcharoo';
import {z} from 'zod';

// A service whose cutover costs nothing: four switches, each of them a file. So the bench measures only the program.

interface Board {
  isOn(label: string): boolean;
}
interface BoardWriter extends Board {
  turnOn(label: string): void;
}

const config = z.object({folder: z.string()});
const board = defineTarget<'board', Board, BoardWriter, typeof config>({
  kind: 'board',
  config,
  open: async ({folder}) => {
    const reader: Board = {isOn: (label) => existsSync(join(folder, label))};
    const turnOn = (label: string): void => writeFileSync(join(folder, label), '');
    return {reader, writer: {...reader, turnOn}, close: async () => {}};
  },
});

const flip = defineStep({
  name: 'board.flip',
  summary: 'Turn a switch on.',
  targets: {board},
  input: z.object({label: z.string()}),
  before: z.object({on: z.boolean()}),
  output: z.object({}),
  needs: {board: []},
  reverses: 'Nothing.',
  timeoutMs: 10_000,
  check: async ({input, targets}) =>
    targets.board.isOn(input.label) ? done({}) : pending({on: false}),
  plan: async ({input: {label}}) => [
    {on: 'board', does: `turn ${label} on`, perform: async (writer) => writer.turnOn(label)},
  ],
  reverse: async () => [],
});

const flips = (label: string) => ({on: {board: 'board'}, input: () => ({label})}) as const;

export default defineRunbook({
  name: 'switchboard',
  summary: 'Turn four switches on.',
  params: z.object({}),
  targets: {board},
  outage: {from: ['freeze'], until: ['open']},
})
  .phase('Prepare')
  .step('prepare', flip, flips('prepare'))
  .checkpoint('prepared')
  .phase('Cut over')
  .step('freeze', flip, flips('freeze'))
  .step('switch', flip, flips('switch'))
  .step('open', flip, flips('open'));
