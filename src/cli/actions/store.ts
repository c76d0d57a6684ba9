import {shellWord} from '../../model/hint.ts';
import type {StoreSurvey} from '../../model/store-check.ts';
import {flow} from '../../report/text.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {checkStore, setupOfStore} from '../../run/store-check.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {listenToSignals} from '../signals.ts';

/** Tries the store of an inventory, and prints what came of it. */
export async function checkStoreOf(app: App, inventory: string): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    app.waiting('Checking the store.');
    const survey = await checkStore(app, inventory, signals.stopping);
    const isFit = survey.problems.length === 0;
    const hasAdvice = survey.checks.some(({hint}) => hint !== undefined);
    if (app.json) {
      const next = isFit
        ? hasAdvice
          ? [commandOf(app, 'init', inventory)]
          : []
        : [commandOf(app, 'check', inventory)];
      printDocument(app, 'store-check', {...survey, next});
    } else {
      app.print(surveyText(app, inventory, survey));
      printProblems(app, survey.problems);
    }
    return isFit ? exitCodes.done : exitCodes.blocked;
  } finally {
    signals.dispose();
  }
}

/** Prints how the store of an inventory is made. Asks nothing, and makes nothing. */
export async function showStoreSetup(app: App, inventory: string): Promise<ExitCode> {
  const signals = listenToSignals(app.say);
  try {
    const setup = await setupOfStore(app, inventory, signals.stopping);
    if (app.json) {
      printDocument(app, 'store-init', {...setup, next: [commandOf(app, 'check', inventory)]});
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
        `Then check it: ${commandOf(app, 'check', inventory)}`,
      ].join('\n'),
    );
    return exitCodes.done;
  } finally {
    signals.dispose();
  }
}

const commandOf = (app: App, command: string, inventory: string): string =>
  app.paste(`store ${command} -i ${shellWord(inventory)}`);

function surveyText(app: App, inventory: string, survey: StoreSurvey): string {
  const {paint} = app;
  const marks = {
    good: paint.green('✓'),
    advice: paint.yellow('!'),
    bad: paint.red('✗'),
    'not-checked': paint.dim('?'),
  };
  const paste = (command: string) => app.paste(command.replace('INVENTORY', shellWord(inventory)));
  const lines = survey.checks.flatMap(({check, result, observed, hint = ''}) => {
    const state = result === 'not-checked' ? `${check}: not checked. ` : `${check}: `;
    const [text, command] = typeof hint === 'string' ? [hint] : [`${hint.text}:`, hint.command];
    return [
      ...flow([marks[result], ` ${state}${observed} ${text}`], {width: app.width, rest: '  '}),
      ...(command === undefined ? [] : [`    ${paste(command)}`]),
    ];
  });
  const count = survey.left.length;
  const leftLine =
    count === 0
      ? []
      : [
          `${count === 1 ? 'One object of this check stays' : `${count} objects of this check stay`} in ${survey.place}, outside every journal.`,
        ];
  return [`${paint.bold(survey.place)} (${survey.store})`, ...lines, ...leftLine].join('\n');
}
