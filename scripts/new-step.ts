import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const usage = `Write the skeleton of a step: npm run new-step TECHNOLOGY.VERB-OBJECT, such as ecs.drain-instances`;

/** A file that the skeleton adds or changes, by its path in the repository. */
export interface Written {
  readonly file: string;
  readonly text: string;
}

interface Names {
  /** `ecs.drain-instances` */
  readonly step: string;
  readonly technology: string;
  /** `drain-instances` */
  readonly action: string;
  /** `drainInstances` */
  readonly constant: string;
  /** The technology's first target, as its face exports it: `ecsService`. */
  readonly target: string;
}

/**
 * The skeleton of a step in the repository at `root`; nothing is written.
 *
 * @throws Error with one sentence that says what to do
 */
export function skeletonOf(step: string, root: string): readonly Written[] {
  const names = namesIn(step, root);
  const {technology, action} = names;
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  return [
    {file: `steps/${technology}/${action}.ts`, text: stepText(names)},
    {file: `steps/${technology}/${action}/problems.ts`, text: problemsText(names)},
    {file: `test/steps/${technology}/${action}.test.ts`, text: testText(names)},
    {
      file: `steps/${technology}/index.ts`,
      text: withExport(read(`steps/${technology}/index.ts`), names),
    },
    {file: 'CHANGELOG.md', text: withChange(read('CHANGELOG.md'), names)},
  ];
}

function namesIn(step: string, root: string): Names {
  const [, technology, action] = /^([a-z0-9-]+)\.([a-z0-9]+(?:-[a-z0-9]+)+)$/.exec(step) ?? [];
  if (technology === undefined || action === undefined) {
    throw new Error(`"${step}" is not the name of a step. ${usage}.`);
  }
  const face = join(root, 'steps', technology, 'index.ts');
  if (!existsSync(face)) {
    throw new Error(
      `There is no technology ${technology}: write steps/${technology}/contract.ts, target.ts and index.ts first (docs/a-step-from-issue-to-merge.md).`,
    );
  }
  if (existsSync(join(root, 'steps', technology, `${action}.ts`))) {
    throw new Error(`steps/${technology}/${action}.ts exists already.`);
  }
  const [, target] =
    /export const (\w+) = defineTarget\(/.exec(
      readFileSync(join(root, 'steps', technology, 'target.ts'), 'utf8'),
    ) ?? [];
  if (target === undefined) {
    throw new Error(`steps/${technology}/target.ts declares no target.`);
  }
  const constant = action.replaceAll(/-(.)/g, (_dash, letter) => letter.toUpperCase());
  return {step, technology, action, constant, target};
}

const stepText = ({step, action, constant, target}: Names): string => `import {z} from 'zod';
import {blocked, defineStep, SwitcharooError} from '../../src/index.ts';
import {notTaken} from './${action}/problems.ts';
import {${target}} from './target.ts';

/** Say here what an operator gets from it, and cite the source of each outside fact. */
export const ${constant} = defineStep({
  name: '${step}',
  summary: '${sentenceOf(action)}',
  targets: {target: ${target}},
  input: z.object({}),
  before: z.object({}),
  output: z.object({}),
  reverses: 'Restores the state that check saw.',
  needs: {target: []},
  /** The facts of docs/verifying-a-runbook.md that it changes; an empty list if it changes none. */
  effects: [],
  timeoutMs: 60_000,

  async check({targets: {target}}) {
    return blocked(
      \`\${target.name}: ${step} is not written yet.\`,
      'Write check first: it returns done, pending, waiting or blocked.',
    );
  },

  async plan() {
    return [changing(true)];
  },

  async reverse() {
    return [changing(false)];
  },
});

/** The one write, in the operator's words; the writer of the target makes it. */
const changing = (changed: boolean) => ({
  on: 'target' as const,
  does: changed ? '${words(action)}' : 'reverse: ${words(action)}',
  perform: async (target: {readonly name: string}, signal: AbortSignal) => {
    signal.throwIfAborted();
    throw new SwitcharooError(notTaken(target.name));
  },
});
`;

const problemsText = ({
  step,
  technology,
  action,
}: Names): string => `import type {Problem} from '../../../src/index.ts';

/** What the target did not do although it was asked to. */
export const notTaken = (name: string): Problem => ({
  code: '${technology}-${action}-not-taken',
  message: \`\${name} did not take the change of ${step}.\`,
  hint: 'Say here which command shows why, and what to do next.',
});
`;

const testText = ({
  step,
  technology,
  action,
  constant,
}: Names): string => `import {lawsOfStep} from 'switcharoo/testing';
import {describe} from 'vitest';
import {${constant}} from '../../../steps/${technology}/${action}.ts';

// The laws fail until check, plan and reverse of ${step} are written.
describe('on a fake', () => {
  lawsOfStep({step: ${constant}, input: {}, world: async () => fakeWorld()});
});

/** A small true model of the system: what the writer changes, the reader shows. */
function fakeWorld() {
  const state = {changed: false};
  const reader = {name: '${technology}', isChanged: async () => state.changed};
  const writer = {
    ...reader,
    change: async (changed: boolean, signal: AbortSignal) => {
      signal.throwIfAborted();
      state.changed = changed;
    },
  };
  return {
    sessions: {target: {reader, writer, close: async () => {}}},
    picture: async () => ({...state}),
  };
}
`;

const words = (action: string): string => action.replaceAll('-', ' ');

const sentenceOf = (action: string): string =>
  `${action.charAt(0).toUpperCase()}${words(action).slice(1)}.`;

/** The face with the step in its place: exports are in the order of their files. */
function withExport(face: string, {constant, action}: Names): string {
  const line = `export {${constant}} from './${action}.ts';`;
  const lines = face.split('\n');
  const after = lines.findIndex((each) => {
    const [, file] = /^export \{.*\} from '\.\/([\w-]+)\.ts';$/.exec(each) ?? [];
    return file !== undefined && file > action;
  });
  return after < 0 ? `${face}${line}\n` : lines.toSpliced(after, 0, line).join('\n');
}

/** The changelog with a line of the step as the first change of the version that is not published yet. */
function withChange(changelog: string, {step}: Names): string {
  const place = changelog.search(/^- /m);
  const line = `- \`${step}\`: say here what it does for an operator.\n`;
  return place < 0
    ? `${changelog}\n${line}`
    : `${changelog.slice(0, place)}${line}${changelog.slice(place)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    const step = process.argv[2] ?? '';
    const {action, constant} = namesIn(step, root);
    const written = skeletonOf(step, root);
    for (const {file, text} of written) {
      mkdirSync(dirname(join(root, file)), {recursive: true});
      writeFileSync(join(root, file), text);
    }
    const files = written.map(({file}) => `  ${file}\n`).join('');
    const test = written.find(({file}) => file.endsWith('.test.ts'))?.file;
    process.stdout.write(`Wrote:
${files}Next:
  npx vitest run ${test}          the laws fail until the step is written
  UPDATE_GOLDEN=1 npx vitest run test/docs    writes the pages that are made from the sources
In a runbook:
  .step('${action}', ${constant}, {on: {target: '…'}, input: () => ({})})
The checklist: docs/a-step-from-issue-to-merge.md
`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 2;
  }
}
