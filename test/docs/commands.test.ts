import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test, vi} from 'vitest';
import {main} from '../../src/cli/main.ts';
import {type Desk, openDesk} from '../cli/switcharoo.ts';
import {blocks, pages, read, root} from './pages.ts';

/** Every place in the docs where a command is typed: in a block, or between backticks. */
const typed = pages.flatMap((page) => {
  const text = page === 'docs/problems.md' ? '' : (read(page) ?? '');
  const inline = [...text.matchAll(/`((?:npx )?switcharoo [^`\n]+)`/g)].map(
    ([, line = '']) => line,
  );
  const inBlocks = blocks
    .filter((block) => block.page === page && ['sh', 'console'].includes(block.language))
    .flatMap((block) => block.text.split('\n'))
    .map((line) => line.replace(/^\$ /, ''))
    .filter((line) => /^(npx )?switcharoo /.test(line));
  return [...inline, ...inBlocks].map((line) => ({page, line: line.replace(/^npx /, '')}));
});

/** Each one starts the program: seconds, on a machine with much else to do. */
const helps = new Map<string, string>();

/** What `--help` says of a command. Asked here, not in a process of its own: the docs mention dozens. */
async function helpOf(...words: readonly string[]): Promise<string> {
  const key = words.join(' ');
  const help = helps.get(key) ?? (await printed(() => main([...words, '--help'])));
  helps.set(key, help);
  return help;
}

async function printed(work: () => Promise<unknown>): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  try {
    await work();
    return text;
  } finally {
    spy.mockRestore();
  }
}

describe('the commands in the docs', () => {
  test('are commands of the program, with options that they have', async () => {
    expect(typed.length).toBeGreaterThan(20);
    const wrong: string[] = [];
    for (const {page, line} of typed) {
      if (!(await isCommand(line))) {
        wrong.push(`${page}: ${line}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('are all of the program: each one is told of in the docs', async () => {
    const commands = [...(await helpOf()).matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
    const told = new Set(typed.map(({line}) => line.split(' ')[1]));
    expect(commands.filter((name) => name !== 'help' && !told.has(name ?? ''))).toEqual([]);
  });

  test('are npm scripts where they begin with npm', () => {
    const {scripts} = JSON.parse(read('package.json') ?? '{}');
    const named = pages.flatMap((page) =>
      [...(read(page) ?? '').matchAll(/npm (?:run )?([a-z:-]+)/g)].flatMap(([whole, name = '']) =>
        /^npm (run|test)/.test(whole) ? [whole.startsWith('npm test') ? 'test' : name] : [],
      ),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** Blocks that look and change nothing are run as they stand. */
describe('the blocks in the docs that are safe to run', () => {
  let desk: Desk;
  beforeAll(() => {
    desk = openDesk();
  });
  afterAll(() => desk.clear());

  const safe = blocks
    .filter(({language}) => language === 'sh')
    .flatMap(({page, text}) => text.split('\n').map((line) => ({page, line})))
    .filter(({line}) => /^npx switcharoo (steps|runs|--help|--version)/.test(line));

  test('are some', () => expect(safe.length).toBeGreaterThan(0));

  test.each(safe)('$page: $line', async ({line}) => {
    const words = line
      .replace(/\s+#.*$/, '')
      .split(/\s+/)
      .slice(2);
    expect(await desk.run(...words)).toMatchObject({code: 0, stderr: ''});
  });
});

test('every relative link of the docs leads to a file, and to a heading in it', () => {
  const links = pages.flatMap((page) =>
    [...(read(page) ?? '').matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, to = '']) => ({
      page,
      to,
    })),
  );
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({page, to}) => !leadsSomewhere(page, to))).toEqual([]);
});

async function isCommand(line: string): Promise<boolean> {
  const words = line
    .replace(/\s+#.*$/, '')
    .split(/\s+/)
    .slice(1);
  const [name = '', inner = ''] = words;
  if (name.startsWith('-')) {
    return (await helpOf()).includes(name);
  }
  const program = await helpOf();
  if (!program.includes(`\n  ${name} `)) {
    return false;
  }
  const isNested = ['fleet', 'lab'].includes(name) && /^[a-z]/.test(inner);
  if (isNested && !(await helpOf(name)).includes(`\n  ${inner} `)) {
    return false;
  }
  const help = await (isNested ? helpOf(name, inner) : helpOf(name));
  const options = words.filter((word) => word.startsWith('-')).map((word) => word.split('=')[0]);
  return options.every((option) => new RegExp(`(^|[ ,])${option}([ ,]|$)`, 'm').test(help));
}

function leadsSomewhere(page: string, to: string): boolean {
  const [file = '', heading] = to.split('#');
  const path = file === '' ? page : join(dirname(page), file);
  if (!existsSync(join(root, path))) {
    return false;
  }
  return heading === undefined || headingsOf(path).includes(heading);
}

/** As GitHub makes anchors of headings. */
const headingsOf = (page: string): readonly string[] =>
  [...(read(page) ?? '').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
