import {type Problem, SwitcharooError} from '../../model/problem.ts';
import type {AnyUnit} from '../../model/step.ts';
import {didYouMean, namesNear} from '../../model/suggestion.ts';
import {stepsText, stepText} from '../../report/index.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import {ownLibrary} from '../../run/own-library.ts';
import {stepLibrary} from '../../run/step-library.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';

/** Lists the step library and the project's own steps, or describes one of them. */
export async function showSteps(app: App, name: string | undefined): Promise<ExitCode> {
  const [shipped, own] = await Promise.all([stepLibrary(), ownLibrary()]);
  if (own.problems.length > 0) {
    printProblems({...app, json: false}, own.problems, {
      inPlace: ['this command has changed nothing'],
    });
  }
  const units = [...shipped, ...own.units];
  const unit = units.find((candidate) => candidate.name === name);
  if (name !== undefined && !unit) {
    const names = units.map((candidate) => candidate.name);
    throw new SwitcharooError(unknownStep(name, names));
  }
  if (app.json) {
    printDocument(app, 'steps', {steps: (unit ? [unit] : units).map(documentOf), next: []});
  } else {
    app.print(unit ? stepText(unit, app) : stepsText(units, app));
  }
  return exitCodes.done;
}

function documentOf(unit: AnyUnit) {
  return {
    name: unit.name,
    kind: unit.kind,
    summary: unit.summary,
    targets: Object.fromEntries(
      Object.entries<{kind: string}>(unit.targets).map(([part, {kind}]) => [part, kind]),
    ),
    needs: unit.needs,
    timeoutMs: unit.timeoutMs,
    effects: typeof unit.effects === 'function' ? 'depends on the input' : (unit.effects ?? null),
    ...(unit.neverSkip === undefined ? {} : {neverSkip: unit.neverSkip}),
    ...(unit.kind === 'step' ? {reverses: unit.reverses} : {}),
    ...(unit.kind === 'one-way' ? {oneWayBecause: unit.oneWayBecause} : {}),
  };
}

const unknownStep = (name: string, names: readonly string[]): Problem => ({
  code: 'unknown-step',
  message: `There is no step or gate ${name}.`,
  hint: {text: `${didYouMean(namesNear(name, names))}List them with`, command: `steps`},
});
