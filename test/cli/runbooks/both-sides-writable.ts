import {setTimeout as sleep} from 'node:timers/promises';
import {defineRunbook, defineStep, done, pending} from 'switcharoo';
import {auroraCluster} from 'switcharoo/aurora';
import {z} from 'zod';
import {prepare} from '../../../runbooks/fragments/prepare.ts';

/** A fault: for a moment Aurora accepts writes while the source does, and nothing shows it afterwards. */
const openTooEarly = defineStep({
  name: 'test.open-too-early',
  summary: 'Enable writes on Aurora for a moment, before the source is frozen.',
  targets: {aurora: auroraCluster},
  input: z.object({}),
  before: z.object({}),
  output: z.object({}),
  needs: {aurora: ['EXECUTE ON mysql.*']},
  reverses: 'Nothing.',
  effects: [],
  timeoutMs: 20_000,

  async check({targets: {aurora}, run}) {
    return run.started
      ? done({})
      : pending({}, {what: aurora.name, is: 'closed', shouldBe: 'open'});
  },
  async plan() {
    return [
      {
        on: 'aurora' as const,
        does: 'enable writes for 400 ms',
        perform: async (aurora, signal) => {
          await aurora.allowWrites(signal);
          await sleep(400);
          await aurora.fenceWrites(2, signal);
        },
      },
    ];
  },
  reverse: async () => [],
});

export default defineRunbook({
  name: 'both-sides-writable',
  summary: 'Open Aurora before the freeze.',
  params: prepare.params,
  targets: prepare.targets,
})
  .include(prepare)
  .phase('Cut over')
  .step('open-too-early', openTooEarly, {
    on: {aurora: 'aurora'},
    input: () => ({}),
    after: ['replicate'],
  });
