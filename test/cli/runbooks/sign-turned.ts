import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {
  blocked,
  defineGate,
  defineRunbook,
  defineStep,
  defineTarget,
  done,
  holds,
  lapsed,
  pending,
} from 'switcharoo';
import {z} from 'zod';

const isClosed = {fact: 'port', of: 'sign', is: 'closed'} as const;

/** A sign is a file. */
const sign = defineTarget({
  kind: 'sign',
  config: z.object({path: z.string()}),
  async open({path}) {
    if (existsSync(`${path}.away`)) {
      throw new Error('The sign is away');
    }
    const reader = {read: () => readFileSync(path, 'utf8')};
    return {
      reader,
      writer: {...reader, write: (text: string) => writeFileSync(path, text)},
      close: async () => {},
    };
  },
});

const turn = defineStep({
  name: 'test.turn-sign',
  summary: 'Turn the sign.',
  targets: {sign},
  input: z.object({}),
  before: z.object({was: z.string()}),
  output: z.object({}),
  needs: {sign: []},
  reverses: 'Turns it again.',
  effects: [isClosed],
  timeoutMs: 5_000,
  upkeep: [
    {
      of: isClosed,
      reliedOnBy: 'visitors',
      check: async ({targets}) => {
        const is = targets.sign.read();
        return is === 'closed'
          ? holds()
          : lapsed('since today', {what: 'the sign', is, shouldBe: 'closed'});
      },
      restore: async () => [],
    },
  ],
  async check({targets}) {
    const was = targets.sign.read();
    return was === 'closed' ? done({}) : pending({was});
  },
  plan: async () => [
    {
      on: 'sign' as const,
      does: 'turn it',
      perform: async (writer: {write(text: string): void}) => writer.write('closed'),
    },
  ],
  reverse: async () => [],
});

const never = defineGate({
  name: 'test.never',
  summary: 'Check that all visitors have left.',
  targets: {sign},
  input: z.object({}),
  output: z.object({}),
  needs: {sign: []},
  timeoutMs: 5_000,
  check: async ({targets}) =>
    targets.sign.read() === 'closed'
      ? blocked('A visitor is still here.', 'Ask the visitor to leave.')
      : done({}),
});

export default defineRunbook({
  name: 'sign-turned',
  summary: 'Turn a sign for good.',
  params: z.object({}),
  targets: {sign},
})
  .step('turn', turn, {on: {sign: 'sign'}, input: () => ({})})
  .pointOfNoReturn('Nobody turns it again.')
  .step('never', never, {on: {sign: 'sign'}, input: () => ({}), after: ['turn']});
