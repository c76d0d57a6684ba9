import type {Problem} from '../model/problem.ts';
import {didYouMean, namesNear} from '../model/suggestion.ts';
import type {RunbookMistake} from './runbook-mistakes.ts';
import type {UnknownField} from './unknown-fields.ts';

export const inventoryNotFound = (
  name: string,
  tried: readonly string[],
  available: readonly string[],
): Problem => ({
  code: 'inventory-not-found',
  message: `There is no inventory ${name}; looked for ${tried.join(' and ')}.`,
  hint: `${didYouMean(namesNear(name, available))}Create that file, or give the path of an inventory, or the name of one in inventories/. Available: ${listed(available)}.`,
});

export const inventoryInvalid = (file: string, details: string): Problem => ({
  code: 'inventory-invalid',
  message: `${file} is not an inventory: ${details}`,
  hint: 'inventories/production.example.yaml shows every field, with comments.',
});

export const inventoryVariableMissing = (file: string, names: readonly string[]): Problem => ({
  code: 'inventory-variable-missing',
  message: `${file} uses ${names.map((name) => `\${${name}}`).join(', ')}, which ${names.length === 1 ? 'is' : 'are'} not set in the environment.`,
  hint: 'Export each of them, and run the command again.',
});

export const labNotRunning = (file: string, variables: string): Problem => ({
  code: 'lab-not-running',
  message: `${file} describes the lab, but no lab is running: ${variables} does not exist.`,
  hint: {text: 'Start it with', command: 'lab up'},
});

export const targetMissing = (
  target: string,
  kind: string,
  {file, targets}: {readonly file: string; readonly targets: object},
): Problem => ({
  code: 'target-missing',
  message: `The runbook needs the target ${target} (${kind}), and ${file} has no target of that name.`,
  hint: `${didYouMean(namesNear(target, Object.keys(targets)))}Add ${target} under "targets" in ${file}, or map it to a target of the inventory.`,
});

export const targetWrongKind = (
  target: string,
  is: string,
  shouldBe: string,
  file: string,
): Problem => ({
  code: 'target-wrong-kind',
  message: `${target} in ${file} is of kind ${is}; the runbook needs ${shouldBe}.`,
  hint: `Set "kind: ${shouldBe}" there, or name another target.`,
});

export const targetInvalid = (target: string, file: string, details: string): Problem => ({
  code: 'target-invalid',
  message: `${target} in ${file} is not complete: ${details}`,
  hint: 'inventories/production.example.yaml shows every field of each kind.',
});

export const targetFieldUnknown = (
  {target, kind, file}: {readonly target: string; readonly kind: string; readonly file: string},
  {path, name, possible}: UnknownField,
): Problem => ({
  code: 'target-field-unknown',
  message: `${target} in ${file} has the field ${path}, which a target of kind ${kind} does not have.`,
  hint: `${didYouMean(namesNear(name, possible))}Correct it or leave it out. Possible there: ${listed(possible)}.`,
});

export const secretMissing = (target: string, reference: string, cause: string): Problem => ({
  code: 'secret-missing',
  message: `${target} needs ${reference}, which cannot be read: ${cause}.`,
  hint: 'Store the secret where the reference points; an inventory never contains the secret itself.',
});

export const paramsInvalid = (runbook: string, details: string, file: string): Problem => ({
  code: 'params-invalid',
  message: `The parameters of ${runbook} are not valid: ${details}`,
  hint: `Set them under "params" in ${file}, or with --param name=value where the command accepts it.`,
});

export const runbookNotFound = (
  name: string,
  tried: readonly string[],
  available: readonly string[],
): Problem => ({
  code: 'runbook-not-found',
  message: `There is no runbook ${name}; looked for ${tried.join(' and ')}.`,
  hint: `${didYouMean(namesNear(name, available))}Give the path of a TypeScript file, or the name of one in runbooks/. Available: ${listed(available)}.`,
});

export const runbookNotNamed = (names: readonly string[]): Problem => ({
  code: 'runbook-not-named',
  message: `There are ${names.length} runbooks in runbooks/, and none is named: ${listed(names)}.`,
  hint: {text: 'Name one, such as', command: `rehearse ${names[0] ?? ''}`},
});

export const ownCodeNotLoaded = (what: string, cause: string): Problem => ({
  code: 'own-code-not-loaded',
  message: `${what} cannot be loaded, so its steps and targets are missing here: ${cause}`,
  hint: 'Fix it: "tsc --noEmit" shows every mistake of your files with its line. For a package: npm install.',
});

export const runbookLoadFailed = (file: string, cause: string): Problem => ({
  code: 'runbook-load-failed',
  message: `${file} cannot be loaded: ${cause}`,
  hint: 'Fix the file: "tsc --noEmit" shows every mistake with its line.',
});

export const runbookThrew = (
  file: string,
  {where, message}: {readonly where: string; readonly message: string},
): Problem => ({
  code: 'runbook-load-failed',
  message: `${file} cannot be loaded: your code failed at ${where}: ${message}.`,
  hint: 'Fix what it says, or the code at that line, then repeat the command.',
});

export const runbookInvalid = (file: string, {what, instead}: RunbookMistake): Problem => ({
  code: 'runbook-invalid',
  message: `${file} is not a valid runbook: ${what}.`,
  hint: instead
    ? `${didYouMean(namesNear(instead.of, instead.possible))}Possible here: ${listed(instead.possible)}.`
    : 'See docs/writing-a-runbook.md. "tsc --noEmit" finds such mistakes while you write.',
});

const listed = (names: readonly string[]): string => names.join(', ') || 'none';
