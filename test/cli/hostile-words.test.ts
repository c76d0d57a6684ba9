import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import type {CommandSpec} from '../../src/cli/command.ts';
import {commandGroups} from '../../src/cli/commands/index.ts';
import {main} from '../../src/cli/main.ts';

/** Escape sequences (also with one C1 character), a new title, a line of its own, and a text that is turned around. */
const hostile =
  'x\u001b[31m\u001b]0;title\u0007\u009b2J\r\nswitcharoo: done\u202eenod\u2066\u200b\u0000y';
const harmful = /[^\P{Cc}\n]|[\p{Cf}\u2028\u2029]/u;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switcharoo-hostile-'));
});
afterAll(() => rmSync(folder, {recursive: true, force: true}));

/** All that a command writes, in this process. */
async function outputOf(words: readonly string[]): Promise<{code: number; output: string}> {
  let output = '';
  const write = (chunk: string | Uint8Array) => {
    output += String(chunk);
    return true;
  };
  const streams = [process.stdout, process.stderr];
  const spies = streams.map((stream) => vi.spyOn(stream, 'write').mockImplementation(write));
  try {
    return {code: await main(words), output};
  } finally {
    for (const spy of spies) {
      spy.mockRestore();
    }
  }
}

const longName = (name: string) =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const commands = Object.values(commandGroups)
  .flat()
  .flatMap((command): readonly {readonly path: readonly string[]; readonly spec: CommandSpec}[] =>
    'commands' in command
      ? command.commands.map((child) => ({path: [command.name, child.name], spec: child}))
      : [{path: [command.name], spec: command}],
  );

describe('no command lets through what was typed as it is', () => {
  test.for(commands.map(({path, spec}) => ({name: path.join(' '), path, spec})))(
    '$name',
    async ({path, spec}) => {
      const count = spec.arguments?.split(' ').length ?? 0;
      const given = Array.from({length: count}, () => hostile);
      const mandatory = Object.entries(spec.options ?? {}).flatMap(([name, option]) =>
        option.isMandatory ? [longName(name), hostile] : [],
      );
      const tries: string[][] = [
        [...path, ...given, ...mandatory, '--', hostile, hostile],
        [...path, `--${hostile}`],
        [...path, `-${hostile}`],
        ...(count > 0 ? [[...path, ...given, ...mandatory]] : []),
        ...Object.entries(spec.options ?? {})
          .filter(([, {placeholder}]) => placeholder !== undefined)
          .map(([name]) => [...path, ...given, ...mandatory, longName(name), hostile]),
      ];
      // A command that takes no argument might do what it is for.
      const safe =
        count > 0 ? tries : tries.filter((words) => words.join(' ').includes(`-${hostile}`));
      for (const words of safe) {
        for (const json of [[], ['--json']]) {
          const {output: all} = await outputOf(['--state-dir', folder, ...words, ...json]);
          // For a shell: a tab between each word and what it means.
          const output = path[0] === 'complete' ? all.replaceAll('\t', ' ') : all;
          expect({words, output, harm: output.match(harmful)?.[0]}).toMatchObject({
            harm: undefined,
          });
          expect(output).not.toMatch(/^switcharoo: done/m);
        }
      }
    },
  );

  test('an unknown command, and a state folder of that name', async () => {
    for (const words of [
      [hostile],
      ['lab', hostile],
      ['help', hostile],
      ['--state-dir', join(folder, `no ${hostile}`), 'status'],
    ]) {
      const {code, output} = await outputOf(words);
      expect({words, harm: output.match(harmful)?.[0]}).toMatchObject({harm: undefined});
      expect(output).not.toMatch(/^switcharoo: done/m);
      expect(words[0] === 'help' ? 2 : code).toBeGreaterThan(1);
    }
  });

  test('commander still suggests on a line of its own', async () => {
    const {output} = await outputOf(['plam']);
    expect(output).toContain("error: unknown command 'plam'\n(Did you mean plan?)\n");
  });
});
