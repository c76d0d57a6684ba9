import {z} from 'zod';
import {defineRunbook, defineStep, defineTarget, done, pending} from '../src/index.ts';
import type {AnyRunbook} from '../src/model/runbook.ts';

/** A system that costs nothing: it remembers which of its switches are on. */
export interface Panel {
  readonly on: Set<string>;
}

export const panel = defineTarget<'panel', Panel, Panel, z.ZodObject<Record<never, never>>>({
  kind: 'panel',
  config: z.object({}),
  open: async () => ({reader: {on: new Set()}, writer: {on: new Set()}, close: async () => {}}),
});

/** One write, which does nothing but give way once, as every call to a real system does. */
const flip = defineStep({
  name: 'panel.flip',
  summary: 'Turn a switch on.',
  targets: {panel},
  input: z.object({label: z.string()}),
  before: z.object({on: z.boolean()}),
  output: z.object({}),
  needs: {panel: []},
  reverses: 'Turns it off.',
  timeoutMs: 10_000,
  check: async ({input, targets}) =>
    targets.panel.on.has(input.label) ? done({}) : pending({on: false}),
  plan: async ({input: {label}}) => [
    {
      on: 'panel',
      does: `turn ${label} on`,
      perform: async (writer) => {
        await new Promise(setImmediate);
        writer.on.add(label);
      },
    },
  ],
  reverse: async () => [],
});

/** Phases of 100 such steps, 5 lines of a journal each. */
export function runbookOf(steps: number): AnyRunbook {
  const head = {name: 'panel', summary: 'Switches.', params: z.object({}), targets: {panel}};
  // The types would keep every name; nothing here needs them.
  let runbook = defineRunbook(head) as unknown as Numbered;
  for (let number = 0; number < steps; number += 1) {
    const label = `switch-${number + 1}`;
    const phased = number % 100 === 0 ? runbook.phase(`Phase ${number / 100 + 1}`) : runbook;
    runbook = phased.step(label, flip, {on: {panel: 'panel'}, input: () => ({label})});
  }
  return runbook as unknown as AnyRunbook; // the same
}

interface Numbered {
  phase(title: string): Numbered;
  step(id: string, unit: typeof flip, binding: object): Numbered;
}
