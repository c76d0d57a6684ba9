import {z} from 'zod';

export interface UnknownField {
  /** Where it is, as `hosts.0.adress`. */
  readonly path: string;
  readonly name: string;
  /** The names of the fields that could be there. */
  readonly possible: readonly string[];
}

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape | boolean;
  readonly anyOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
}

/** Fields that a schema would leave out without a word: a name that is misspelt reads like one that is not there. */
export function unknownFieldsIn(schema: z.ZodType, value: unknown): readonly UnknownField[] {
  // What JSON cannot say (a transform) is anything.
  const shape = z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'}) as Shape;
  return unknownAt(shape, value, []);
}

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value);

function unknownAt(
  shape: Shape,
  value: unknown,
  path: readonly (string | number)[],
): readonly UnknownField[] {
  if (shape.anyOf) {
    const [first = [], ...others] = shape.anyOf
      .filter(({type}) => type === undefined || type === typeOf(value))
      .map((each) => unknownAt(each, value, path));
    // The form that fits best.
    return others.reduce((best, each) => (each.length < best.length ? each : best), first);
  }
  if (shape.allOf || typeof value !== 'object' || value === null) {
    return [];
  }
  if (Array.isArray(value)) {
    const {items} = shape;
    return typeof items === 'object'
      ? value.flatMap((each, index) => unknownAt(items, each, [...path, index]))
      : [];
  }
  const {properties, additionalProperties = false} = shape;
  return Object.entries(value).flatMap(([name, field]) => {
    const of = properties?.[name] ?? additionalProperties;
    if (typeof of === 'object') {
      return unknownAt(of, field, [...path, name]);
    }
    return of === true || properties === undefined
      ? []
      : [{path: [...path, name].join('.'), name, possible: Object.keys(properties)}];
  });
}
