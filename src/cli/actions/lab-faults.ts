import type {LabFault, LabFaultName} from '@switcharoo/lab';
import {type Problem, SwitcharooError} from '../../model/problem.ts';
import {didYouMean, namesNear} from '../../model/suggestion.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {runningLab} from './lab.ts';
import {loadLab} from './lab-package.ts';

type Faults = Readonly<Record<LabFaultName, LabFault>>;

/** Faults that only make the lab slow: `lab slow aws`. */
const slow = 'slow-';

/** Makes a part of the running lab go wrong until it is healed. */
export const breakLab = (app: App, name: string): Promise<ExitCode> => cause(app, name, false);

/** Makes a part of the running lab slow until it is healed. */
export const slowLab = (app: App, name: string): Promise<ExitCode> => cause(app, name, true);

/** What `lab break` takes, or `lab slow`, and the fault that each word means. */
export function faultsFor(faults: Faults, isSlow: boolean) {
  const names = Object.keys(faults) as LabFaultName[]; // its own keys
  return names
    .filter((name) => name.startsWith(slow) === isSlow)
    .map((name) => ({word: name.slice(isSlow ? slow.length : 0), name}));
}

async function cause(app: App, given: string, isSlow: boolean): Promise<ExitCode> {
  const {labFaults} = await loadLab();
  const offered = faultsFor(labFaults, isSlow);
  const name = offered.find(({word}) => word === given)?.name;
  if (name === undefined) {
    throw new SwitcharooError(
      faultUnknown(
        given,
        offered.map(({word}) => word),
      ),
    );
  }
  const {what, heal}: LabFault = labFaults[name];
  const isNew = await (await runningLab(app)).cause(name);
  if (app.json) {
    const next = heal.length > 0 ? [app.paste('lab heal')] : [];
    printDocument(app, 'lab-fault', {fault: name, what, isNew, lasts: heal.length > 0, next});
    return exitCodes.done;
  }
  const lasts = heal.length > 0 ? ` End it with: ${app.paste('lab heal')}` : '';
  app.print(`${isNew ? 'Now' : 'As before'}, ${what}.${lasts}`);
  return exitCodes.done;
}

/** Ends everything that was broken or made slow by name. */
export async function healLab(app: App): Promise<ExitCode> {
  const healed = await (await runningLab(app)).heal();
  if (app.json) {
    printDocument(app, 'lab-healed', {healed, next: []});
  } else {
    app.print(healed.length > 0 ? `Healed: ${healed.join(', ')}.` : 'Nothing was broken.');
  }
  return exitCodes.done;
}

/** The fault of this name, of those that `--fault` takes. */
export function faultNamed(faults: Faults, name: string): LabFaultName {
  const names = Object.keys(faults);
  if (!names.includes(name)) {
    throw new SwitcharooError(faultUnknown(name, names));
  }
  return name as LabFaultName; // one of its keys
}

const faultUnknown = (name: string, names: readonly string[]): Problem => ({
  code: 'lab-fault-unknown',
  message: `The lab has no fault ${name}.`,
  hint: `${didYouMean(namesNear(name, names))}It has these: ${names.join(', ')}.`,
});
