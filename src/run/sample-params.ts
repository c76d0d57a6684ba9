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

function sampleOf(schema: z.core.$ZodType): unknown {
  const {def} = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(def.shape).map(([key, member]) => [key, sampleOf(member)]),
      );
    case 'array':
      return [sampleOf(def.element)];
    case 'record':
      return {[sampleText]: sampleOf(def.valueType)};
    case 'default':
      return isEmpty(def.defaultValue) ? sampleOf(def.innerType) : def.defaultValue;
    case 'optional':
    case 'nullable':
    case 'readonly':
    case 'prefault':
    case 'catch':
      return sampleOf(def.innerType);
    case 'pipe':
      return sampleOf(def.in);
    case 'union':
      return def.options[0] && sampleOf(def.options[0]);
    case 'enum':
      return Object.values(def.entries)[0];
    case 'literal':
      return def.values[0];
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return 'format' in def && def.format === 'url' ? 'https://sample.example' : sampleText;
    default:
      return sampleText;
  }
}

const sampleText = 'sample';

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
