import type {Answer, Choice, Failure, Operator, Question, SkipRule} from '../engine/operator.ts';
import type {Paint} from '../report/paint.ts';
import {clean} from '../report/text.ts';
import {
  choicesFor,
  fittedFailureLines,
  impossibleLines,
  menuQuestion,
  menuRows,
} from './failure-menu.ts';
import {questionLines} from './question-lines.ts';
import {survivingWrite} from './screen/broken-terminal.ts';
import {leastPictureRows, type Screen} from './screen/screen.ts';
import {type Unanswered, withKeys} from './terminal-keys.ts';
import {waitingTheme} from './waiting-theme.ts';

interface TerminalOptions {
  readonly screen: Pick<Screen, 'pause' | 'resume' | 'waiting'>;
  /** The person's name, for the journal. */
  readonly user: string;
  readonly paint: Paint;
  readonly input?: NodeJS.ReadStream;
  readonly output?: NodeJS.WriteStream;
}

/**
 * A person at a terminal. Enter means no; Ctrl-C, Ctrl-D and a terminal that goes away leave the question unanswered.
 * Each of them pauses the run.
 */
export function terminalOperator(options: TerminalOptions): Operator {
  const terminal = new Terminal(options);
  return {
    name: options.user,
    ask: (question, signal) => terminal.ask(question, signal),
    decide: (failure, signal) => terminal.decide(failure, signal),
  };
}

/** What inquirer takes beside the question. */
interface PromptContext {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

class Terminal {
  readonly #user: string;
  readonly #screen: TerminalOptions['screen'];
  readonly #paint: Paint;
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: TerminalOptions) {
    this.#user = options.user;
    this.#screen = options.screen;
    this.#paint = options.paint;
    this.#input = options.input ?? process.stdin;
    this.#output = options.output ?? process.stdout;
  }

  /** Entries that run together may fail together: one question at a time, and nothing drawn over it. */
  #alone<Result>(
    {lines, promptRows}: {lines: () => Promise<readonly string[]>; promptRows: number},
    work: () => Promise<Result>,
  ): Promise<Result> {
    const turn = this.#queue.then(async () => {
      const shown = await lines();
      this.#screen.pause(shown.length + promptRows);
      try {
        this.#print(shown);
        return await work();
      } finally {
        this.#screen.resume();
      }
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  ask(question: Question, signal: AbortSignal): Promise<Answer> {
    const lines = async () => {
      const facts = signal.aborted ? [] : ((await question.facts?.()) ?? []);
      this.#tellAsked(question, signal, facts);
      return questionLines(question, facts, this.#layout());
    };
    return this.#alone({lines, promptRows: 3}, () => this.#ask(question, signal));
  }

  /** A run that was told to stop asks nothing. */
  #tellAsked(
    {onAsked}: Pick<Question, 'onAsked'>,
    {aborted}: AbortSignal,
    facts: readonly string[] = [],
  ): void {
    if (!aborted) {
      onAsked?.(this.#user, facts);
    }
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Answer> {
    const {confirm, input} = await import('@inquirer/prompts');
    const word = question.mustType ?? (question.about === 'point-of-no-return' ? 'yes' : undefined);
    const message = clean(question.question);
    const answer = await this.#prompt(signal, async (context) =>
      word === undefined
        ? confirm({message, default: false, theme: this.#theme}, context)
        : (await input(
            {
              message: `${message} Type ${word} to continue:`,
              validate: wordOrEmpty(word),
              theme: this.#theme,
            },
            context,
          )) === word,
    );
    if (answer === 'dismissed' || answer === 'gone') {
      return {answer: 'unasked', by: answer === 'dismissed' ? this.#user : 'nobody'};
    }
    return answer === true && question.wantsNote
      ? this.#askNote(signal)
      : {answer: answer === true ? 'yes' : 'no', by: this.#user};
  }

  /** Without a note there is no answer: nobody could tell later who had said so. */
  async #askNote(signal: AbortSignal): Promise<Answer> {
    const {input} = await import('@inquirer/prompts');
    const message = 'Who did it, or said so, and a note (goes into the journal; empty: pause):';
    const note = await this.#prompt(signal, (context) =>
      input({message, theme: this.#theme}, context),
    );
    if (note === 'dismissed' || note === 'gone' || note.trim() === '') {
      return {answer: 'unasked', by: note === 'gone' ? 'nobody' : this.#user};
    }
    return {answer: 'yes', by: this.#user, note: note.trim()};
  }

  decide(failure: Failure, signal: AbortSignal): Promise<Choice & {readonly by: string}> {
    const {width} = this.#layout();
    const promptRows = menuRows(failure, width);
    const lines = async () => {
      const facts = signal.aborted ? [] : ((await failure.facts?.()) ?? []);
      this.#tellAsked(failure, signal, facts);
      const room = (this.#output.rows || 24) - promptRows - leastPictureRows;
      return fittedFailureLines(failure, facts, {...this.#layout(), room});
    };
    return this.#alone({lines, promptRows}, () => this.#decide(failure, signal));
  }

  async #decide(failure: Failure, signal: AbortSignal): Promise<Choice & {readonly by: string}> {
    const {select} = await import('@inquirer/prompts');
    const choice = await this.#prompt(signal, async (context): Promise<Choice> => {
      const message = menuQuestion(failure);
      for (;;) {
        const choices = [...choicesFor(failure)];
        const chosen = await select({message, choices, theme: this.#theme}, context);
        if (chosen !== 'skip') {
          return chosen;
        }
        const reason =
          failure.skip.allowed && (await this.#askToSkip(failure, failure.skip, context));
        if (reason) {
          return {choice: 'skip', reason};
        }
      }
    });
    return typeof choice === 'string'
      ? {choice: 'stop', by: choice === 'gone' ? 'nobody' : this.#user}
      : {...choice, by: this.#user};
  }

  /** The reason; empty when the person thought better of it. */
  async #askToSkip(
    {entry}: Failure,
    {impossible, mustType}: Extract<SkipRule, {allowed: true}>,
    context: PromptContext,
  ): Promise<string> {
    const {input} = await import('@inquirer/prompts');
    this.#print(impossibleLines(clean(entry), impossible, this.#layout()));
    const message = `Why do you skip ${clean(entry)}? (goes into the journal; empty: back to the menu)`;
    const reason = (await input({message, theme: this.#theme}, context)).trim();
    if (reason === '' || mustType === undefined) {
      return reason;
    }
    const typed = await input(
      {
        message: `Type ${mustType} to skip ${clean(entry)} (empty: menu):`,
        validate: wordOrBack(mustType),
        theme: this.#theme,
      },
      context,
    );
    return typed === mustType ? reason : '';
  }

  /** Also ends when the terminal goes away: no key can come any more. */
  async #prompt<Result>(
    signal: AbortSignal,
    show: (context: PromptContext) => Promise<Result>,
  ): Promise<Result | Unanswered> {
    return withKeys(this.#input, async ({input, ended}) => {
      // Inquirer leaves its reader open when it starts with a signal that is already aborted.
      if (signal.aborted || ended.aborted) {
        return ended.reason === 'dismissed' ? 'dismissed' : 'gone';
      }
      try {
        return await show({input, output: this.#output, signal: AbortSignal.any([signal, ended])});
      } catch (cause) {
        return reasonUnanswered(cause, signal.aborted ? 'gone' : ended.reason);
      }
    });
  }

  /** While a question is up, nothing else is drawn: the clock of an outage ticks in the question. */
  get #theme() {
    // The question mark of the prompt and a space are before the line.
    const line = () => this.#screen.waiting?.(this.#layout().width - 2);
    return waitingTheme(line, this.#paint.bold);
  }

  #print(lines: readonly string[]): void {
    survivingWrite(this.#output)(`${lines.join('\n')}\n`);
  }

  #layout() {
    return {width: this.#output.columns || 80, paint: this.#paint};
  }
}

const wordOrEmpty = (word: string) => (typed: string) =>
  typed === word || typed === '' || `That is not ${word}. Leave it empty to pause.`;

const wordOrBack = (word: string) => (typed: string) =>
  typed === word || typed === '' || `That is not ${word}. Leave it empty to return to the menu.`;

/** Inquirer's own errors mean that there was no answer. Any other error is a bug, and is thrown again. */
function reasonUnanswered(cause: unknown, reason: unknown): Unanswered {
  if (reason === 'gone' || reason === 'dismissed') {
    return reason;
  }
  if (cause instanceof Error && cause.name === 'ExitPromptError') {
    return 'dismissed';
  }
  throw cause;
}
