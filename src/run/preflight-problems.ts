import type {Problem} from '../model/problem.ts';

/** `name` is empty where no target was named; `able` are those on which definitions can be tried. */
export const schemaTargetUnknown = (
  name: string,
  able: readonly string[],
  file: string,
): Problem => ({
  code: 'schema-load-target-unknown',
  message:
    name === ''
      ? `${file} has no target, or several, on which definitions are usually tried.`
      : `${file} has no target ${name} on which definitions can be tried.`,
  hint:
    able.length === 0
      ? 'Add an empty server of the target version to the inventory, as a target of kind mysql.'
      : `Name one with --load-schema: ${able.join(', ')}.`,
});
