import {execFile} from 'node:child_process';
import {cpSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {chunksIn, copiedProgram, rewrite} from '../copied-program.ts';

const runbook = `import {defineRunbook} from 'switcharoo';
import * as smoke from 'switcharoo/smoke';
import {z} from 'zod';

export default defineRunbook({name: 'smoke', summary: 'Ask.', params: z.object({}), targets: {site: smoke.webSite}})
  .phase('Ask')
  .step('answers', smoke.httpAnswers, {on: {site: 'site'}, input: () => ({url: 'http://127.0.0.1:9/'})});
`;

/** A copy of the compiled program in which a check has a mistake. */
function programWithMistake(): string {
  const folder = copiedProgram();
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const check = 'const failure = await failureOf(';
  rewrite(folder, chunksIn(folder), check, `null.mistake; ${check}`);
  return folder;
}

test('a mistake of switcharoo is named by its module, not by the chunk that has it', async () => {
  const folder = programWithMistake();
  const project = join(folder, 'project');
  cpSync('docs/examples', project, {recursive: true});
  writeFileSync(join(project, 'smoke.ts'), runbook);
  writeFileSync(join(project, 'there.yaml'), 'name: there\ntargets:\n  site: {kind: site}\n');
  const words = ['plan', 'smoke.ts', '-i', 'there.yaml', '--json', '--state-dir', 'state'];
  const stdout = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['../bin/switcharoo.js', ...words], {cwd: project}, (_, text) =>
      resolve(text),
    );
  });
  expect(stdout).toMatch(/in switcharoo, at steps\/smoke\/http\.js:\d+: /);
});
