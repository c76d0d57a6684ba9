import {describedUnits} from '../../fleet/described-units.ts';
import {loadFleet} from '../../fleet/fleet-file.ts';
import {fleetLabIsUp} from '../../fleet/problems.ts';
import {
  type FleetRehearsal,
  fleetRehearsals,
  isMissing,
  rehearsalsDue,
} from '../../fleet/rehearsals.ts';
import {shellWord} from '../../model/hint.ts';
import {problemsIn, SwitcharooError} from '../../model/problem.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import {printProblems} from '../print-problems.ts';
import {loadLab, nextLabOf} from './lab-package.ts';
import type {LabSetup} from './rehearsal-lab.ts';
import {rehearse} from './rehearse.ts';

/**
 * Rehearses each runbook of a fleet in the lab, forward to its end and back to its start, where that was not done as it
 * is now. One that fails does not keep the others from being rehearsed; a signal ends all.
 */
export async function rehearseFleet(app: App, file: string, setup: LabSetup): Promise<ExitCode> {
  const {fleet} = await loadFleet(file);
  const units = await describedUnits(app, fleet, await nextLabOf(app));
  const due = rehearsalsDue(fleetRehearsals(app, units));
  if (due.length > 0 && (await loadLab()).findLab(app.state.path)) {
    throw new SwitcharooError(fleetLabIsUp());
  }
  const {code, tried, isStopped} = await rehearseAll(app, due, setup);
  const missing = print(app, {fleet: fleet.name, file}, fleetRehearsals(app, units), tried);
  if (isStopped && missing !== exitCodes.done) {
    app.say('Stopped. To rehearse what is missing, repeat fleet rehearse.');
  }
  return isStopped && code !== exitCodes.done ? code : missing;
}

/** `code`: of the last one. */
async function rehearseAll(
  app: App,
  due: ReturnType<typeof rehearsalsDue>,
  setup: LabSetup,
): Promise<{
  readonly code: ExitCode;
  readonly tried: ReadonlySet<string>;
  readonly isStopped: boolean;
}> {
  let isStopped = false;
  const stop = () => {
    isStopped = true;
  };
  const tried = new Set<string>();
  let code: ExitCode = exitCodes.done;
  // Beside those of the rehearsal, which end it.
  for (const signal of endings) {
    process.on(signal, stop);
  }
  try {
    for (const {runbook, reverseAt} of due) {
      const place = reverseAt === undefined ? 'its end' : `${reverseAt}, and back to its start`;
      app.say(`Rehearsing ${runbook} to ${place}.`);
      const about = {...{runbook, reverseAt}, fault: undefined, store: false, html: undefined};
      code = await rehearse(app, about, setup).catch((error: unknown) => {
        printProblems(app, problemsIn(error));
        return exitCodes.blocked;
      });
      if (isStopped) {
        break;
      }
      tried.add(runbook);
    }
  } finally {
    for (const signal of endings) {
      process.off(signal, stop);
    }
  }
  return {code, tried, isStopped};
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function print(
  app: App,
  {fleet, file}: {readonly fleet: string; readonly file: string},
  rehearsals: readonly FleetRehearsal[],
  tried: ReadonlySet<string>,
): ExitCode {
  const missing = rehearsals.filter(isMissing);
  const next = missing.length === 0 ? [app.paste(`fleet plan ${shellWord(file)}`)] : [];
  if (app.json) {
    printDocument(app, 'fleet-rehearsals', {fleet, runbooks: rehearsals, next});
  } else {
    for (const {runbook, units, forward, back} of rehearsals) {
      app.print(
        `${forward && back ? '✓' : '✗'} ${runbook} (${units.join(', ')}): forward ${forward ?? 'never'}, back ${back ?? 'never'}`,
      );
    }
  }
  for (const {word, units} of missing.filter((rehearsal) => tried.has(rehearsal.word))) {
    app.say(
      `! ${word} still has no rehearsal that counts for ${units.join(', ')}. If its rehearsal failed, fix the cause and repeat fleet rehearse. Otherwise the parameters of these units result in other entries than those of the lab: rehearse these units on a staging system.`,
    );
  }
  for (const command of app.json ? [] : next) {
    app.say(`Next: ${command}`);
  }
  return missing.length === 0 ? exitCodes.done : exitCodes.blocked;
}
