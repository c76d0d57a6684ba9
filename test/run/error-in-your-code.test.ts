import {join, relative, resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {openRun, type Run, reopenRun, SwitcharooError} from 'switcharoo';
import {afterEach, expect, test} from 'vitest';
import {folderWith} from '../inventory/folder.ts';

const from = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);

/** The mistake of an author: read a member of what is not there. */
const planted = (place: string) => `if (process.env['PLANTED'] === '${place}') gone.x;`;

const imports = `
import {z} from ${from('node_modules/zod/index.js')};
import * as s from ${from('src/index.ts')};
const gone: any = undefined;
`;

const stepText = `${imports}
let text = 'open';
export const sign = s.defineTarget({kind: 'sign', config: z.object({}), async open(_config, {name}) {
  ${planted('open')}
  return {reader: {name}, writer: {name}, close: async () => {}};
}});
export const close = s.defineStep({
  name: 'shop.close', summary: 'Close the shop.', targets: {sign}, input: z.object({text: z.string()}),
  before: z.object({text: z.string()}), output: z.object({}), reverses: 'Opens it.',
  needs: {sign: []}, timeoutMs: 500,
  async check({input}) {
    ${planted('check')}
    if (process.env['PLANTED'] === 'nothing') return undefined as any;
    return text === input.text ? s.done({}) : s.pending({text}, {what: 'sign', is: text, shouldBe: input.text});
  },
  async plan({input}) {
    ${planted('plan')}
    return [turn(input.text)];
  },
  async reverse(_look, before) {
    ${planted('reverse')}
    return text === before.text ? [] : [turn(before.text)];
  },
});
const turn = (to: string) => ({on: 'sign' as const, does: 'turn the sign', async perform() {
  ${planted('perform')}
  text = to;
}});
`;

const bookText = `${imports}
import {close, sign} from './parts/step.ts';
${planted('load')}
const params = z.object({doors: z.array(z.string()).default(['front'])}).refine(() => {
  ${planted('params')}
  return true;
});
export default s.defineRunbook({
  name: 'shop', summary: 'Close the shop.', params, targets: {front: sign},
  alsoWritten: () => {
    ${planted('alsoWritten')}
    return [];
  },
})
  .confirm('go', {question: 'Close?', details: () => {
    ${planted('details')}
    return [];
  }})
  .step('close', close, {on: {sign: 'front'}, input: () => {
    ${planted('input')}
    return {text: 'closed'};
  }})
  .each('door', {title: 'Doors', of: ({doors}) => doors, name: (door) => {
    ${planted('each')}
    return door;
  }}, close, (door) => ({on: {sign: door}, input: () => ({text: 'closed'})}))
  .checkpoint('closed');
`;

interface Shop {
  readonly request: {
    readonly runbook: string;
    readonly inventory: string;
    readonly stateFolder: string;
  };
  /** Where a mistake is planted, as a person reads it. */
  placeOf(place: string): string;
}

function openShop(): Shop {
  const folder = folderWith({
    'book.ts': bookText,
    'parts/step.ts': stepText,
    'shop.yaml': 'name: shop\ntargets:\n  front: {kind: sign}\n',
  });
  return {
    request: {
      runbook: join(folder, 'book.ts'),
      inventory: join(folder, 'shop.yaml'),
      stateFolder: join(folder, 'state'),
    },
    placeOf: (place) => {
      const [name, text] = stepText.includes(planted(place))
        ? ['parts/step.ts', stepText]
        : ['book.ts', bookText];
      const line = text.slice(0, text.indexOf(planted(place))).split('\n').length;
      return `${relative('', join(folder, name))}:${line}`;
    },
  };
}

afterEach(() => {
  delete process.env['PLANTED'];
});

const closing = async <Result>(run: Run, work: (run: Run) => Promise<Result>): Promise<Result> => {
  try {
    return await work(run);
  } finally {
    await run.close();
  }
};

/** What the first blocked line of a plan says. */
const blockOf = ({items}: {readonly items: readonly object[]}) => {
  const {code, detail} = (items.find((item) => 'outlook' in item && item.outlook === 'blocked') ??
    {}) as {code?: string; detail?: string};
  return {code, message: detail};
};

const problemOf = (error: unknown) =>
  error instanceof SwitcharooError
    ? {code: error.problem.code, message: error.problem.message}
    : error;

/** Plans and runs with the mistake in place, and returns what an operator reads first. */
const planned = (place: string, {request}: Shop) => {
  process.env['PLANTED'] = place;
  return openRun({...request, yes: true}).then(
    (run) => closing(run, async () => blockOf(await run.plan())),
    problemOf,
  );
};

async function run(place: string, {request}: Shop): Promise<unknown> {
  return closing(await openRun({...request, yes: true}), async (opened) => {
    const plan = await opened.plan();
    process.env['PLANTED'] = place;
    const result = await opened.forward(plan);
    return 'problem' in result ? problemOf(new SwitcharooError(result.problem)) : result;
  });
}

async function reversed(place: string, shop: Shop): Promise<unknown> {
  const {request} = shop;
  const name = await closing(await openRun({...request, yes: true}), async (opened) => {
    expect((await opened.forward(await opened.plan())).kind).toBe('done');
    return opened.name;
  });
  process.env['PLANTED'] = place;
  return closing(await reopenRun({...request, run: name, yes: true}), async (opened) => {
    const {lines} = await opened.planReversal(null);
    const {detail} = lines.find(({outlook}) => outlook === 'blocked') ?? {};
    return {message: detail};
  });
}

const says = "TypeError: Cannot read properties of undefined (reading 'x').";
const code = 'error-in-your-code';

test.for([
  {place: 'check', what: 'close'},
  {place: 'plan', what: 'close'},
  {place: 'input', what: 'The input of close'},
  {place: 'details', what: 'The input of go'},
  {place: 'params', what: 'Checking the parameters of shop'},
  {place: 'each', what: 'Making the entries of .each'},
])('a plan names the line of a mistake in $place', async ({place, what}) => {
  const shop = openShop();
  expect(await planned(place, shop)).toEqual({
    code,
    message: `${what} failed in your code, at ${shop.placeOf(place)}: ${says}`,
  });
});

test.for([
  {place: 'alsoWritten', what: 'alsoWritten of shop'},
  {place: 'open', what: 'Opening front'},
])('no plan is made with a mistake in $place', async ({place, what}) => {
  const shop = openShop();
  process.env['PLANTED'] = place;
  const opened = await openRun({...shop.request, yes: true});
  expect(await closing(opened, () => opened.plan().then(blockOf, problemOf))).toEqual({
    code,
    message: `${what} failed in your code, at ${shop.placeOf(place)}: ${says}`,
  });
});

test('a runbook that fails while it is loaded is named with its line', async () => {
  const shop = openShop();
  expect(await planned('load', shop)).toEqual({
    code: 'runbook-load-failed',
    message: `${shop.request.runbook} cannot be loaded: your code failed at ${shop.placeOf('load')}: ${says}`,
  });
});

test.for([
  {place: 'check', what: 'close'},
  {place: 'plan', what: 'close'},
  {place: 'perform', what: '"turn the sign" of close'},
  {place: 'input', what: 'The input of close'},
])('a run names the line of a mistake in $place', async ({place, what}) => {
  const shop = openShop();
  expect(await run(place, shop)).toEqual({
    code,
    message: `${what} failed in your code, at ${shop.placeOf(place)}: ${says}`,
  });
});

test('a reversal names the line of a mistake', async () => {
  const shop = openShop();
  expect(await reversed('reverse', shop)).toEqual({
    message: `close failed in your code, at ${shop.placeOf('reverse')}: ${says}`,
  });
});

test('a check that returns nothing is no mistake in switcharoo', async () => {
  expect(await planned('nothing', openShop())).toEqual({
    code: 'unit-result-invalid',
    message: 'check of shop.close returned no verdict, such as done({}) or pending({…}).',
  });
});
