import {PassThrough} from 'node:stream';
import {describe, expect, test} from 'vitest';
import {terminalOperator} from '../../src/cli/terminal-operator.ts';
import type {Failure, Question} from '../../src/engine/operator.ts';
import {plainPaint} from '../../src/report/index.ts';
import {clean} from '../../src/report/text.ts';

const enter = '\r';
const ctrlC = '\u0003';
const ctrlD = '\u0004';
const down = '\u001b[B';

const cutOver: Question = {
  about: 'confirmation',
  entry: 'go',
  question: 'Cut over now?',
  details: ['aurora is 0 bytes behind db1', 'shop.test. A is 127.0.0.11'],
  head: 'ab'.repeat(32),
};

const failure: Failure = {
  entry: 'open',
  problem: {
    code: 'target-unreachable',
    message: 'aurora at 127.0.0.1:3307 refused the connection.',
    hint: 'Look whether the server runs.',
  },
  changesInPlace: ['freeze: set super_read_only = ON'],
  reversibleTo: [null, 'prepared'],
  skip: {allowed: true, impossible: []},
  skippedBefore: [],
};

/** A terminal whose keys come from the test. It counts how often the screen was paused and given back. */
function terminal() {
  const input = new PassThrough();
  const output = new PassThrough();
  // Like a real terminal, it stays open when a prompt ends what it piped into it.
  output.end = () => output;
  const calls: string[] = [];
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const operator = terminalOperator({
    screen: {pause: () => calls.push('pause'), resume: () => calls.push('resume')},
    user: 'ada',
    paint: plainPaint,
    // The prompts use a terminal's streams as plain streams.
    input: input as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
  });
  const shown = async (words: string) => {
    while (!clean(text).includes(words)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const type = async (...keys: string[]) => {
    for (const key of keys) {
      input.write(key);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  return {operator, input, output, calls, shown, type, text: () => clean(text)};
}

const never = new AbortController().signal;

describe('a question at the terminal', () => {
  test.each([
    {name: 'y and Enter mean yes', keys: ['y', enter], answer: {answer: 'yes', by: 'ada'}},
    {name: 'Enter alone means no', keys: [enter], answer: {answer: 'no', by: 'ada'}},
    {name: 'any other word means no', keys: ['ok', enter], answer: {answer: 'no', by: 'ada'}},
    {name: 'Ctrl-C is no answer', keys: [ctrlC], answer: {answer: 'unasked', by: 'ada'}},
    {name: 'Ctrl-C after a y is none', keys: ['y', ctrlC], answer: {answer: 'unasked', by: 'ada'}},
    {name: 'Ctrl-D is none', keys: [ctrlD], answer: {answer: 'unasked', by: 'ada'}},
  ])('$name', async ({keys, answer}) => {
    const at = terminal();
    const asked = at.operator.ask(cutOver, never);
    await at.shown('Cut over now?');
    await at.type(...keys);
    expect(await asked).toEqual(answer);
    expect(at.calls).toEqual(['pause', 'resume']);
  });

  test('shows its details and the head of the journal before it is asked', async () => {
    const at = terminal();
    const asked = at.operator.ask(cutOver, never);
    await at.shown('Cut over now?');
    await at.type(enter);
    await asked;
    const wanted = [...cutOver.details, `head of the journal`, 'ab'.repeat(32), 'Cut over now?'];
    const places = wanted.map((words) => at.text().indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places.every((place) => place >= 0)).toBe(true);
  });

  test('tells that it is asked before it is shown, and shows the head of the journal after that', async () => {
    const at = terminal();
    let head = 'before';
    let textWhenTold = '';
    const question = {
      ...cutOver,
      get head() {
        return head;
      },
      onAsked: (person: string) => {
        textWhenTold = at.text();
        head = `after ${person} was asked`;
      },
    };
    const asked = at.operator.ask(question, never);
    await at.shown('Cut over now?');
    await at.type(enter);
    await asked;
    expect(textWhenTold).toBe('');
    expect(at.text()).toContain('head of the journal after ada was asked');
  });

  test('does not show a question that could not be journaled', async () => {
    const at = terminal();
    const full = new Error('the disk is full');
    const onAsked = () => {
      throw full;
    };
    await expect(at.operator.ask({...cutOver, onAsked}, never)).rejects.toBe(full);
    await expect(at.operator.decide({...failure, onAsked}, never)).rejects.toBe(full);
    expect(at.text()).toBe('');
    expect(at.calls).toEqual([]);
  });

  test('a terminal that goes away leaves it unasked', async () => {
    const at = terminal();
    const asked = at.operator.ask(cutOver, never);
    await at.shown('Cut over now?');
    at.input.end();
    expect(await asked).toEqual({answer: 'unasked', by: 'nobody'});
  });

  test('a run that is told to stop does not wait for the answer', async () => {
    const at = terminal();
    const stopping = new AbortController();
    const asked = at.operator.ask(cutOver, stopping.signal);
    await at.shown('Cut over now?');
    stopping.abort();
    expect(await asked).toEqual({answer: 'unasked', by: 'nobody'});
  });

  test('a run that was stopped before asks nothing', async () => {
    const at = terminal();
    const told: string[] = [];
    const onAsked = (person: string) => told.push(person);
    expect(await at.operator.ask({...cutOver, onAsked}, AbortSignal.abort())).toEqual({
      answer: 'unasked',
      by: 'nobody',
    });
    expect(told).toEqual([]);
  });
});

describe('a question that wants a word', () => {
  const protectedPlan: Question = {...cutOver, about: 'plan', entry: null, mustType: 'production'};

  test.each([
    {name: 'the word means yes', keys: ['production', enter], answer: 'yes'},
    {name: 'nothing means no', keys: [enter], answer: 'no'},
    {name: 'another word is asked again', keys: ['y', enter, '\u007f', enter], answer: 'no'},
    {name: 'Ctrl-C half-way is none', keys: ['produ', ctrlC], answer: 'unasked'},
  ])('$name', async ({keys, answer}) => {
    const at = terminal();
    const asked = at.operator.ask(protectedPlan, never);
    await at.shown('Type production to continue:');
    await at.type(...keys);
    expect(await asked).toEqual({answer, by: 'ada'});
  });

  test('the point of no return wants a whole yes', async () => {
    const at = terminal();
    const asked = at.operator.ask({...cutOver, about: 'point-of-no-return'}, never);
    await at.shown('Type yes to continue:');
    await at.type('y', enter, 'es', enter);
    expect(await asked).toEqual({answer: 'yes', by: 'ada'});
  });
});

describe('when an entry has failed', () => {
  test.each([
    {name: 'Enter alone stops here', keys: [enter], choice: {choice: 'stop'}},
    {name: 'Ctrl-C stops here', keys: [ctrlC], choice: {choice: 'stop'}},
    {name: 'it can be tried again', keys: [down, enter], choice: {choice: 'retry'}},
    {
      name: 'it can be reversed to the nearest checkpoint',
      keys: [down, down, down, enter],
      choice: {choice: 'reverse', to: 'prepared'},
    },
    {
      name: 'it can be reversed to the start',
      keys: [down, down, down, down, enter],
      choice: {choice: 'reverse', to: null},
    },
    {
      name: 'it can be skipped for a reason',
      keys: [down, down, enter, ' opened by hand ', enter],
      choice: {choice: 'skip', reason: 'opened by hand'},
    },
    {
      name: 'nothing but Enter for a reason leads back to the menu, where Enter stops',
      keys: [down, down, enter, enter, enter],
      choice: {choice: 'stop'},
    },
    {
      name: 'Ctrl-C instead of a reason stops here',
      keys: [down, down, enter, ctrlC],
      choice: {choice: 'stop'},
    },
  ])('$name', async ({keys, choice}) => {
    const at = terminal();
    const decided = at.operator.decide(failure, never);
    await at.shown('What do you want to do?');
    await at.type(...keys);
    expect(await decided).toEqual({...choice, by: 'ada'});
  });

  test('a skip shows what cannot be done without it, and wants the name of a protected inventory', async () => {
    const at = terminal();
    const skip = {allowed: true, impossible: ['go', 'freeze'], mustType: 'production'} as const;
    const decided = at.operator.decide({...failure, skip}, never);
    await at.shown('skip: continue without it; makes 2 later entries impossible');
    await at.type(down, down, enter);
    await at.shown('If you skip open, these entries become impossible:   go, freeze');
    await at.type('x', enter);
    await at.shown('Type production to skip open');
    // Enter alone leads back to the menu.
    await at.type(enter, down, down, enter, 'x', enter, 'production', enter);
    expect(await decided).toEqual({choice: 'skip', reason: 'x', by: 'ada'});
  });

  test('what is never skipped has no key for it, and the reason instead', async () => {
    const at = terminal();
    const skip = {allowed: false, because: 'Aurora would refuse writes.'} as const;
    const decided = at.operator.decide({...failure, skip}, never);
    await at.shown('What do you want to do?');
    expect(at.text()).toContain('no skip           open: Aurora would refuse writes.');
    expect(at.text()).not.toContain('skip:');
    await at.type(down, down, enter);
    expect(await decided).toEqual({choice: 'reverse', to: 'prepared', by: 'ada'});
  });

  test('a retry of what waits for a skipped entry says where it goes back to', async () => {
    const at = terminal();
    const skip = {allowed: false, because: 'It was not tried.'} as const;
    const decided = at.operator.decide({...failure, skip, skippedBefore: ['near']}, never);
    await at.shown('retry: run near after all, then continue');
    await at.type(down, enter);
    expect(await decided).toEqual({choice: 'retry', by: 'ada'});
  });

  test('two failures are asked about one after the other', async () => {
    const at = terminal();
    const both = [
      at.operator.decide(failure, never),
      at.operator.decide({...failure, entry: 'other'}, never),
    ];
    await at.shown('open has failed. What do you want to do?');
    expect(at.text().includes('other has failed')).toBe(false);
    await at.type(enter);
    await at.shown('other has failed. What do you want to do?');
    await at.type(down, enter);
    expect(await Promise.all(both)).toEqual([
      {choice: 'stop', by: 'ada'},
      {choice: 'retry', by: 'ada'},
    ]);
  });

  test('a terminal that goes away stops the run, and nobody answered', async () => {
    const at = terminal();
    const decided = at.operator.decide(failure, never);
    await at.shown('What do you want to do?');
    at.input.destroy();
    expect(await decided).toEqual({choice: 'stop', by: 'nobody'});
  });
});
