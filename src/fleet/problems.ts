import type {Problem} from '../model/problem.ts';

export const fleetNotFound = (path: string): Problem => ({
  code: 'fleet-not-found',
  message: `There is no file ${path}.`,
  hint: {
    text: 'The file names the waves of a fleet, as docs/a-fleet.md shows. An example, waves.ts, is among the files of a project. If you have another file, name it. Otherwise write what is missing of these files with',
    command: 'init',
  },
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

export const fleetLabIsUp = (): Problem => ({
  code: 'fleet-lab-is-up',
  message: 'A lab is running, and "fleet rehearse" starts a lab of its own for each rehearsal.',
  hint: {
    text: 'Stop the running lab, then repeat fleet rehearse. It stops with',
    command: 'lab down',
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
