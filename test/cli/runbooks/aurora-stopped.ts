import {findLab} from '@switcharoo/lab';
import {defineRunbook, defineStep, done, pending} from 'switcharoo';
import {auroraCluster} from 'switcharoo/aurora';
import {z} from 'zod';
import {prepare} from '../../../runbooks/fragments/prepare.ts';

/** A fault of the last moment: no later entry needs Aurora, so the run itself is done. */
const stopAurora = defineStep({
  name: 'test.stop-aurora',
  summary: 'Stop Aurora.',
  targets: {aurora: auroraCluster},
  input: z.object({}),
  before: z.object({}),
  output: z.object({}),
  needs: {aurora: []},
  reverses: 'Nothing.',
  effects: [],
  timeoutMs: 20_000,

  async check({targets: {aurora}, run}) {
    return run.started
      ? done({})
      : pending({}, {what: aurora.name, is: 'running', shouldBe: 'stopped'});
  },
  async plan() {
    return [
      {
        on: 'aurora' as const,
        does: 'stop the server',
        perform: async () => {
          // The test names the state folder of its lab here.
          const lab = findLab(process.env['TEST_STATE_DIR'] ?? '');
          await lab?.turn({what: 'database-killed', database: 'aurora'});
        },
      },
    ];
  },
  reverse: async () => [],
});

export default defineRunbook({
  name: 'aurora-stopped',
  summary: 'Replicate into Aurora, and stop it.',
  params: prepare.params,
  targets: prepare.targets,
})
  .include(prepare)
  .phase('Cut over')
  .step('stop-aurora', stopAurora, {
    on: {aurora: 'aurora'},
    input: () => ({}),
    after: ['verify-data'],
  });
