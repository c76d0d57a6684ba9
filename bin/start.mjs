import {existsSync} from 'node:fs';

// The AWS SDK warns on Node 20 at every start; `switcharoo doctor` says so once, where it helps.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// In a checkout, the compiled files follow the sources. The package ships compiled.
if (existsSync(new URL('../src/', import.meta.url))) {
  const {buildIfStale} = await import('./build.mjs');
  buildIfStale();
}
const {main} = await import('../dist/src/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
