import {defineRunbook, defineStep, defineTarget, done, pending} from 'switcharoo';
import {z} from 'zod';

// A run that works for some minutes at a steady pace: each entry takes as long as the others.
const paceMs = Number(process.env['PACE_MS'] ?? 100);
const count = Number(process.env['METERS'] ?? 900);

interface Meter {
  readonly read: Set<number>;
}

const meter = defineTarget<'meter', Meter, Meter, z.ZodObject<Record<never, never>>>({
  kind: 'meter',
  config: z.object({}),
  open: async () => {
    const read = new Set<number>();
    return {reader: {read}, writer: {read}, close: async () => {}};
  },
});

const step = defineStep({
  name: 'meter.read',
  summary: 'Read a meter.',
  targets: {meter},
  input: z.object({number: z.number()}),
  before: z.object({}),
  output: z.object({}),
  needs: {meter: []},
  reverses: 'Nothing.',
  timeoutMs: 10_000,
  check: async ({input, targets}) =>
    targets.meter.read.has(input.number) ? done({}) : pending({}),
  plan: async ({input: {number}}) => [
    {
      on: 'meter',
      does: `read meter ${number}`,
      perform: async (writer) => {
        await new Promise((resolve) => setTimeout(resolve, paceMs));
        writer.read.add(number);
      },
    },
  ],
  reverse: async () => [],
});

const head = {
  ...{name: 'paced', summary: 'Read meters.', params: z.object({}), targets: {meter}},
  outage: {from: ['meter-10'], until: [`meter-${count - 10}`]},
};
// The types would keep every name; nothing here needs them.
let runbook = defineRunbook(head).phase('Read') as unknown as Steps;
for (let number = 1; number <= count; number += 1) {
  const binding = {on: {meter: 'meter'}, input: () => ({number})};
  runbook = runbook.step(`meter-${number}`, step, binding);
}

interface Steps {
  step(id: string, unit: typeof step, binding: object): Steps;
}

export default runbook;
