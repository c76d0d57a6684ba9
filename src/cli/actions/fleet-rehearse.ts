import {describedUnits} from '../../fleet/described-units.ts';
import {loadFleet} from '../../fleet/fleet-file.ts';
import {type FleetRehearsal, fleetRehearsals, rehearsalRemark} from '../../fleet/rehearsals.ts';
import {type ExitCode, exitCodes} from '../../run/exit-codes.ts';
import type {App} from '../app.ts';
import {printDocument} from '../print-document.ts';
import type {LabSetup} from './rehearsal-lab.ts';
import {rehearse} from './rehearse.ts';

/**
 * Rehearses each runbook of a fleet in the lab, forward to its end and back to its start, where that was not done as it
 * is now.
 */
export async function rehearseFleet(app: App, file: string, setup: LabSetup): Promise<ExitCode> {
  const {fleet} = await loadFleet(file);
  const units = await describedUnits(app, fleet);
  for (const {word, reverseAt, forward, back} of await fleetRehearsals(app, units)) {
    const about = {runbook: word, fault: undefined, store: false, html: undefined};
    if (forward === null) {
      app.say(`Rehearsing ${word} to its end.`);
      await rehearse(app, {...about, reverseAt: undefined}, setup);
    }
    if (back === null) {
      app.say(`Rehearsing ${word} to ${reverseAt}, and back to its start.`);
      await rehearse(app, {...about, reverseAt}, setup);
    }
  }
  return print(app, fleet.name, await fleetRehearsals(app, units));
}

function print(app: App, fleet: string, rehearsals: readonly FleetRehearsal[]): ExitCode {
  const missing = rehearsals.flatMap((rehearsal) => rehearsalRemark(rehearsal));
  if (app.json) {
    printDocument(app, 'fleet-rehearsals', {fleet, runbooks: rehearsals, next: []});
  } else {
    for (const {runbook, units, forward, back} of rehearsals) {
      app.print(
        `${forward && back ? '✓' : '✗'} ${runbook} (${units.join(', ')}): forward ${forward ?? 'never'}, back ${back ?? 'never'}`,
      );
    }
  }
  return missing.length === 0 ? exitCodes.done : exitCodes.blocked;
}
