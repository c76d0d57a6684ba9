import {defineConfig} from 'vitest/config';
import {LongestFirst} from './test/longest-first.ts';
import {workers} from './test/workers.ts';

export default defineConfig({
  resolve: {conditions: ['switcharoo-source']},
  ssr: {resolve: {conditions: ['switcharoo-source']}},
  test: {
    include: ['test/**/*.test.ts', 'templates/**/*.test.ts', 'docs/**/*.test.ts'],
    globalSetup: ['test/build.ts'],
    maxWorkers: workers(),
    // The explorers keep much for a moment: with a small nursery up to a fifth of their time is
    // garbage collection.
    execArgv: ['--max-semi-space-size=64'],
    sequence: {sequencer: LongestFirst},
    // They end what hangs, and nothing else: how long a test takes says more of the machine than of the code.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: {poll: {timeout: 60_000}},
    env: {
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      // `test/build.ts` has compiled the lab and the command line.
      LAB_PROGRAMS: 'compiled',
      SWITCHAROO_DIST: 'compiled',
    },
  },
});
