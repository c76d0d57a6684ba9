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
      ? `${file} has no default target for --load-schema, or more than one.`
      : `${file} has no target ${name} that --load-schema can use.`,
  hint:
    able.length === 0
      ? 'Add an empty server of the target version to the inventory, as a target of kind mysql.'
      : `Name one with --load-schema: ${able.join(', ')}.`,
});
