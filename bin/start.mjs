import {existsSync} from 'node:fs';

// The AWS SDK warns on Node 20 at every start; `switcharoo doctor` says so once, where it helps.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// In a checkout, the compiled files follow the sources: to look for a newer one takes a tenth of a start. The tests
// have looked once for all. The package ships compiled.
const isCompiled = process.env.SWITCHAROO_DIST === 'compiled';
if (!isCompiled && existsSync(new URL('../src/', import.meta.url))) {
  const {buildIfStale} = await import('./build.mjs');
  buildIfStale();
}
const {main} = await import('../dist/src/cli/main.js');
process.exitCode = await main(process.argv.slice(2));

// All is done. Something that was left open must not keep a person at 3 a.m. from the next command.
const leave = () => {
  const isWritten = process.stdout.writableLength + process.stderr.writableLength === 0;
  return isWritten ? process.exit() : wait(200);
};
const wait = (ms) => setTimeout(leave, ms).unref();
wait(3_000);
