import {shellWord} from '../../model/hint.ts';
import type {StoreSurvey} from '../../model/store-check.ts';
import {isPlace, storeWords} from '../../model/take-over-words.ts';
import {flow} from '../../report/text.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {checkStore, setupOfStore} from '../../run/store-check.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {listenToSignals} from '../signals.ts';
import {usageError} from '../usage.ts';

/** Tries the store of an inventory, and prints what came of it. */
export async function checkStoreOf(app: App, options: StoreOptions): Promise<ExitCode> {
  const named = namedIn(options);
  const signals = listenToSignals(app.say);
  try {
    app.waiting('Checking the store.');
    const survey = await checkStore(app, named, signals.stopping);
    const isFit = survey.problems.length === 0;
    const hasAdvice = survey.checks.some(({hint}) => hint !== undefined);
    if (app.json) {
      const next = isFit
        ? hasAdvice
          ? [commandOf(app, 'init', options)]
          : []
        : [commandOf(app, 'check', options)];
      printDocument(app, 'store-check', {...survey, next});
    } else {
      app.print(surveyText(app, options, survey));
      printProblems(app, survey.problems);
    }
    return isFit ? exitCodes.done : exitCodes.blocked;
  } finally {
    signals.dispose();
  }
}

/** Prints how the store of an inventory is made. Asks nothing, and makes nothing. */
export async function showStoreSetup(app: App, options: StoreOptions): Promise<ExitCode> {
  const named = namedIn(options);
  const signals = listenToSignals(app.say);
  try {
    const setup = await setupOfStore(app, named, signals.stopping);
    if (app.json) {
      printDocument(app, 'store-init', {...setup, next: [commandOf(app, 'check', options)]});
      return exitCodes.done;
    }
    const {place, commands, policies} = setup;
    app.print(
      [
        `${app.paint.bold(place)}: nothing was created. An administrator creates it with these files and commands:`,
        ...policies.flatMap(({file, of, document}) => [
          '',
          `${app.paint.bold(file)}, the policy of ${of}`,
          JSON.stringify(document, null, 2),
        ]),
        ...commands.flatMap(({does, command}) => ['', `# ${does}`, command]),
        '',
        `Then check it: ${commandOf(app, 'check', options)}`,
      ].join('\n'),
    );
    return exitCodes.done;
  } finally {
    signals.dispose();
  }
}

/** The store of an inventory, or a store of its own. */
interface StoreOptions {
  readonly inventory: string | undefined;
  readonly store: string | undefined;
}

function namedIn({inventory, store}: StoreOptions) {
  if (inventory !== undefined) {
    return {inventory, store};
  }
  if (store === undefined || !isPlace(store)) {
    throw usageError(
      store === undefined ? 'No store was named.' : `${store} is not a place.`,
      'Name the inventory of the store with -i, or the place of the store with --store s3://bucket/prefix.',
    );
  }
  return {inventory: store};
}

const commandOf = (app: App, command: string, {inventory, store}: StoreOptions): string => {
  const file = inventory === undefined ? '' : ` -i ${shellWord(inventory)}`;
  return app.paste(`store ${command}${file}${storeWords(store)}`);
};

function surveyText(app: App, options: StoreOptions, survey: StoreSurvey): string {
  const {paint} = app;
  const marks = {
    good: paint.green('✓'),
    advice: paint.yellow('!'),
    bad: paint.red('✗'),
    'not-checked': paint.dim('?'),
  };
  const setup = commandOf(app, 'init', options);
  const lines = survey.checks.flatMap(({check, result, observed, hint = ''}) => {
    const state = result === 'not-checked' ? `${check}: not checked. ` : `${check}: `;
    const [text, command] = typeof hint === 'string' ? [hint] : [`${hint.text}:`, hint.command];
    return [
      ...flow([marks[result], ` ${state}${observed} ${text}`], {width: app.width, rest: '  '}),
      ...(command === undefined ? [] : [`    ${setup}`]),
    ];
  });
  const count = survey.left.length;
  const leftLine =
    count === 0
      ? []
      : [
          `${count === 1 ? 'One object of this check stays' : `${count} objects of this check stay`} in ${survey.place}, outside every journal.`,
        ];
  const name = survey.store === survey.place ? '' : ` (${survey.store})`;
  return [`${paint.bold(survey.place)}${name}`, ...lines, ...leftLine].join('\n');
}
