import type {Problem} from '../../../src/index.ts';

export const settingsInvalid = (key: string, what: string): Problem => ({
  code: 'settings-invalid',
  message: `The settings ${key} cannot be given to a container: ${what}.`,
  hint: 'Correct the object in S3. A value is a text, a number, true or false, {"ssm": "/name"} or {"secretsManager": "id", "key": "…"}; its own text is not shown here.',
});

export const bucketNotNamed = (target: string, key: string): Problem => ({
  code: 'settings-bucket-missing',
  message: `${target} has no bucket, and the settings ${key} are to be read from one.`,
  hint: `Set "bucket" of ${target} in the inventory, or leave the settings out.`,
});

export const referenceNotFound = (target: string, kind: string, name: string): Problem => ({
  code: 'settings-reference-not-found',
  message: `A setting leads to the ${kind} ${name}, which ${target} does not have, or which has no current version.`,
  hint: 'Create it, or correct its name in the settings; the region of the inventory counts, too.',
});
