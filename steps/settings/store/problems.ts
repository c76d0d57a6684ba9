import type {Problem} from '../../../src/index.ts';

export const settingsInvalid = (key: string, what: string): Problem => ({
  code: 'settings-invalid',
  message: `The settings ${key} cannot be given to a container: ${what}.`,
  hint: 'Correct the object in S3 (its text is not shown here). A value is a text, a number, true or false, {"ssm": "/name"} or {"secretsManager": "id", "key": "…"}.',
});

export const bucketNotNamed = (target: string, key: string): Problem => ({
  code: 'settings-bucket-missing',
  message: `${target} has no bucket from which the settings ${key} can be read.`,
  hint: `Set "bucket" of ${target} in the inventory, or leave the settings out.`,
});

export const referenceNotFound = (target: string, kind: string, name: string): Problem => ({
  code: 'settings-reference-not-found',
  message: `A setting refers to the ${kind} ${name}, which ${target} does not have, or which has no current version.`,
  hint: `Create it, correct its name in the settings, or correct the region of ${target} in the inventory.`,
});
