import {shellWord} from '../model/hint.ts';
import type {Problem} from '../model/problem.ts';

export const fleetNotFound = (path: string): Problem => ({
  code: 'fleet-not-found',
  message: `There is no file ${path}.`,
  hint: 'Give the file that names the waves, such as waves.ts. docs/a-fleet.md shows one.',
});

export const fleetLoadFailed = (file: string, why: string): Problem => ({
  code: 'fleet-load-failed',
  message: `${file} cannot be loaded: ${why}`,
  hint: 'Correct it, and run the command again.',
});

export const fleetInvalid = (file: string, mistake: string): Problem => ({
  code: 'fleet-invalid',
  message: `${file} is not a fleet: ${mistake}`,
  hint: 'Its default export must be defineFleet({name, waves}). docs/a-fleet.md shows one.',
});

export const fleetUnitInvalid = (unit: string, {message, hint}: Problem): Problem => ({
  code: 'fleet-unit-invalid',
  message: `${unit}: ${message}`,
  hint,
});

/** The inventory of the lab can be read only while a lab is up. */
export const rehearsedAlone = (
  units: readonly string[],
  {runbook, reverseAt}: {readonly runbook: string; readonly reverseAt: string},
): Problem => ({
  code: 'fleet-lab-is-up',
  message: `${units.join(', ')} ${units.length === 1 ? 'is' : 'are'} in the lab that is running, and "fleet rehearse" needs a lab of its own.`,
  hint: {
    text: `Stop the lab with "lab down". Then rehearse the runbook to its end with "rehearse ${shellWord(runbook)}", and back to its start with`,
    command: `rehearse ${shellWord(runbook)} --reverse-at ${shellWord(reverseAt)}`,
  },
});

export const fleetCollision = (
  units: readonly {readonly id: string}[],
  what: string,
  todo: string,
): Problem => ({
  code: 'fleet-collision',
  message: `${units.map(({id}) => id).join(', ')}: ${what}`,
  hint: todo,
});
