import type {z} from 'zod';

/**
 * Parameters of the right shape, where no inventory gives them: what is given, the defaults, and samples. A list that
 * may be empty has one member, so that the entries that it makes are there.
 */
export function sampleParams(schema: z.ZodType, given: Readonly<Record<string, unknown>>): unknown {
  const sample = sampleOf(schema);
  const all = isRecord(sample) ? {...sample, ...given} : sample;
  const {success, data} = schema.safeParse(all);
  return success ? data : all;
}

/** `of`: the name of the parameter, so that two that name targets name different ones. */
function sampleOf(schema: z.core.$ZodType, of = ''): unknown {
  const {def} = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape).map(([key, member]) => [key, sampleOf(member, key)]),
      );
    case 'array':
      return [sampleOf(def.element, of)];
    case 'record':
      return {[textOf('')]: sampleOf(def.valueType, of)};
    case 'default':
      return isEmpty(def.defaultValue) ? sampleOf(def.innerType, of) : def.defaultValue;
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'prefault':
    case 'catch':
      return sampleOf(def.innerType, of);
    case 'pipe':
      return sampleOf(def.in, of);
    case 'union':
      return def.options[0] && sampleOf(def.options[0], of);
    case 'enum':
      return Object.values(def.entries)[0];
    case 'literal':
      return def.values[0];
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return 'format' in def && def.format === 'url' ? 'https://sample.example' : textOf(of);
    default:
      return textOf(of);
  }
}

const textOf = (name: string): string => (name === '' ? 'sample' : `sample-${name}`);

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
