import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {complete} from '../../src/cli/actions/complete.ts';
import {printCompletion, shells} from '../../src/cli/actions/completion.ts';
import {openApp} from '../../src/cli/app.ts';
import {commandGroups} from '../../src/cli/commands/index.ts';
import {root} from '../docs/pages.ts';
import {type Desk, openDesk} from './switcharoo.ts';

let desk: Desk;
let folder: string;
let run: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-completion-'));
  symlinkSync(join(root, 'bin/switcharoo.js'), join(folder, 'switcharoo'));
  process.env['MAINTENANCE_FILE'] = join(folder, 'page');
  desk = openDesk();
  const example = ['docs/examples/maintenance.ts', '-i', 'docs/examples/maintenance.yaml'];
  expect(await desk.run('run', ...example, '--yes')).toMatchObject({code: 0});
  [run = ''] = appAt(() => {}).state.runs();
});
afterAll(async () => {
  delete process.env['MAINTENANCE_FILE'];
  rmSync(folder, {recursive: true, force: true});
  await desk.clear();
});

const appAt = (print: (text: string) => void) => ({
  ...openApp({json: false, stateDir: desk.stateFolder}),
  print,
});

async function candidates(line: string): Promise<readonly string[]> {
  let printed = '';
  const app = appAt((text) => {
    printed += text;
  });
  await complete(app, commandGroups, line.split(' '));
  return printed.split('\n').filter(Boolean);
}

const wordsFor = async (line: string) =>
  (await candidates(line)).map((each) => each.split('\t')[0]);

describe('what could stand at the end of a line', () => {
  test.each([
    {line: 're', words: ['resume', 'reverse', 'report', 'replay', 'rehearse']},
    {line: 'lab ', words: ['up', 'down', 'status', 'count', 'break', 'slow', 'heal']},
    {line: 'lab break s', words: ['source', 'site']},
    {line: 'lab slow ', words: ['replication', 'aws']},
    {line: 'drill warm', words: ['warm-cutover']},
    {line: 'help pl', words: ['plan']},
    {line: 'plan --d', words: ['--details']},
    {line: 'plan bare-metal-to-ecs -i st', words: []},
    {line: 'plan -i l', words: ['lab']},
    {line: 'plan warm', words: ['warm-cutover']},
    {line: '--state-dir x plan warm', words: ['warm-cutover']},
    {line: 'run -i lab warm', words: ['warm-cutover']},
    {line: 'run docs/examples/maintenance.ts --until ', words: ['closed']},
    {line: 'reverse --to ', words: ['closed']},
    {line: 'explain plan-ch', words: ['plan-changed']},
    {line: 'docs what', words: ['what-if']},
    {line: 'completion z', words: ['zsh']},
    {line: 'rehearse --strategy B', words: ['BLUE_GREEN']},
    {line: 'steps mysql.freeze-w', words: ['mysql.freeze-writes']},
    {line: 'rehearse warm-cutover --fault freez', words: ['freeze=']},
    {line: 'rehearse warm-cutover --fault freeze=d', words: ['freeze=db', 'freeze=dns']},
    {line: 'rehearse warm-cutover --fault freeze = d', words: ['freeze=db', 'freeze=dns']},
    {line: 'rehearse warm-cutover --reverse-at acc', words: ['accept']},
    {line: 'schema repo', words: ['report']},
    {line: 'plan --inventory=l', words: ['--inventory=lab']},
    {line: 'plan --inventory = l', words: ['--inventory=lab']},
    {line: 'rehearse --strategy=B', words: ['--strategy=BLUE_GREEN']},
    {line: 'rehearse warm-cutover --fault=freeze=db', words: ['--fault=freeze=db']},
    {line: 'plan docs/examples/maintenance.ts --param page', words: ['pageText=']},
    {line: 'nonsense ', words: []},
    {line: 'run no/such/file.ts --until ', words: []},
  ])('"$line": $words', async ({line, words}) => {
    expect(await wordsFor(line)).toEqual(words);
  });

  test('runs are shown with what they are', async () => {
    expect(await candidates('status ')).toEqual([`${run}\tmaintenance on example: done`]);
  });
});

// The script is read by the shell itself, which asks the program as it does for a person.
const asks = {
  bash: (script: string) =>
    `eval "${'$'}SCRIPT"; COMP_WORDS=(switcharoo plan warm); COMP_CWORD=2; _switcharoo; printf '%s\\n' "${'$'}{COMPREPLY[@]}"; ${script}`,
  zsh: (script: string) =>
    `compdef() { :; }; _describe() { print -l -- "${'$'}{(@P)2}"; }; eval "${'$'}SCRIPT"; words=(switcharoo plan warm); CURRENT=3; _switcharoo; ${script}`,
  fish: (script: string) => `eval "${'$'}SCRIPT"; complete -C 'switcharoo plan warm'; ${script}`,
};

for (const shell of shells) {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0;
  test.skipIf(!isThere)(`${shell} completes the name of a runbook`, () => {
    let script = '';
    printCompletion(
      appAt((text) => {
        script = text;
      }),
      shell,
    );
    const {stdout, stderr} = spawnSync(shell, ['-c', asks[shell]('true')], {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...{SCRIPT: script, HOME: folder, SWITCHAROO_STATE_DIR: desk.stateFolder},
        PATH: `${folder}${delimiter}${process.env['PATH']}`,
      },
    });
    expect({words: stdout.trim().split(':')[0], stderr}).toEqual({
      words: 'warm-cutover',
      stderr: '',
    });
  });
}

test.skipIf(spawnSync('script', ['-V']).error !== undefined)(
  'bash at a terminal completes the text after its word breaks',
  async () => {
    const bash = spawn('script', ['-qfec', 'bash --norc --noprofile -i', '/dev/null'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {...process.env, TERM: 'dumb', PATH: `${folder}${delimiter}${process.env['PATH']}`},
    });
    let text = '';
    bash.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const typed = [
      'plan warm-cutover --inventory=',
      'plan docs/examples/maintenance.ts --param page',
      'rehearse warm-cutover --fault freeze=cr',
      'rehearse warm-cutover --fault=freeze=cr',
    ];
    bash.stdin.write('eval "$(switcharoo completion bash)"\n');
    for (const line of typed) {
      // Tab; then the line becomes one that prints its last word, with an end that shows a space or none.
      bash.stdin.write(`switcharoo ${line}\tX\x01set -- \x05\necho "last: $*"\n`);
    }
    bash.stdin.write('exit\n');
    await once(bash, 'close');
    expect([...text.matchAll(/^last: (.*?)\r?$/gm)].map(([, words]) => words)).toEqual([
      'switcharoo plan warm-cutover --inventory=lab X',
      'switcharoo plan docs/examples/maintenance.ts --param pageText=X',
      'switcharoo rehearse warm-cutover --fault freeze=crash X',
      'switcharoo rehearse warm-cutover --fault=freeze=crash X',
    ]);
  },
);
