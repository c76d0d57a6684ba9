import type {NormalizedSchema} from '@smithy/core/schema';

/** What does not agree with the model, and where: `services[0].desiredCount is a string, not a number`. */
export type Mismatches = readonly string[];

interface Wire {
  /** The name of a member on the wire. */
  wireName(member: string, schema: NormalizedSchema): string;
  /** The items of a list, of a member with this name; `undefined` where the value is no list of the model. */
  itemsOf(value: unknown, schema: NormalizedSchema): readonly unknown[] | undefined;
  isScalar(value: unknown, schema: NormalizedSchema): boolean;
  /** Of an object: not a member, and not of the model either (the namespace of XML). */
  isBeside(name: string): boolean;
}

const kinds = (schema: NormalizedSchema): string =>
  schema.isNumericSchema()
    ? 'number'
    : schema.isBooleanSchema()
      ? 'boolean'
      : schema.isTimestampSchema()
        ? 'timestamp'
        : 'string';

/** As JSON 1.0 and 1.1 write it: numbers are numbers, and times are seconds. */
export const jsonWire: Wire = {
  wireName: (member) => member,
  itemsOf: (value) => (Array.isArray(value) ? value : undefined),
  isScalar: (value, schema) => {
    const kind = kinds(schema);
    return kind === 'timestamp' ? typeof value === 'number' : typeof value === kind;
  },
  isBeside: () => false,
};

/** As XML has it once it is read: everything is text, and a list of one is not a list. */
export const xmlWire: Wire = {
  wireName: (member, schema) => String(schema.getMergedTraits().xmlName ?? member),
  itemsOf: (value, schema) => {
    const {xmlFlattened} = schema.getMergedTraits();
    if (xmlFlattened) {
      return [value].flat();
    }
    if (value === '') {
      return [];
    }
    const item = String(schema.getValueSchema().getMergedTraits().xmlName ?? 'member');
    const isList = typeof value === 'object' && value !== null;
    return isList && Object.keys(value).every((name) => name === item)
      ? [(value as Readonly<Record<string, unknown>>)[item]].flat()
      : undefined;
  },
  isScalar: (value, schema) => {
    if (typeof value !== 'string') {
      return false;
    }
    switch (kinds(schema)) {
      case 'number':
        return value !== '' && !Number.isNaN(Number(value));
      case 'boolean':
        return value === 'true' || value === 'false';
      case 'timestamp':
        return !Number.isNaN(Date.parse(value));
      default:
        return true;
    }
  },
  isBeside: (name) => name === 'xmlns',
};

/** Compares a value with its schema, all the way down. */
export function mismatches(
  wire: Wire,
  schema: NormalizedSchema,
  value: unknown,
  path: string,
): Mismatches {
  if (value === null || value === undefined || schema.isDocumentSchema()) {
    return [];
  }
  if (schema.isStructSchema()) {
    return inStruct(wire, schema, value, path);
  }
  if (schema.isListSchema()) {
    const items = wire.itemsOf(value, schema);
    return items
      ? items.flatMap((item, at) =>
          mismatches(wire, schema.getValueSchema(), item, `${path}[${at}]`),
        )
      : [`${path} is no list of the model`];
  }
  if (schema.isMapSchema()) {
    return wire === jsonWire && typeof value === 'object'
      ? Object.entries(value).flatMap(([key, entry]) =>
          mismatches(wire, schema.getValueSchema(), entry, `${path}.${key}`),
        )
      : [];
  }
  return wire.isScalar(value, schema) ? [] : [`${path} is no ${kinds(schema)}`];
}

function inStruct(wire: Wire, schema: NormalizedSchema, value: unknown, path: string): Mismatches {
  // An element without content is a structure without members.
  if (value === '') {
    return [];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path} is no structure`];
  }
  const members = new Map(
    [...schema.structIterator()].map(([name, member]) => [wire.wireName(name, member), member]),
  );
  const lacking = requiredOf(schema)
    .map((name) => wire.wireName(name, schema.getMemberSchema(name)))
    .filter((name) => !(name in value) && !notOnFirstPages.has(name));
  const unlike = Object.entries(value).flatMap(([name, content]) => {
    const member = members.get(name);
    if (member) {
      return mismatches(wire, member, content, `${path}.${name}`);
    }
    return wire.isBeside(name) ? [] : [`${path}.${name} is not in the model`];
  });
  return [...lacking.map((name) => `${path}.${name} is missing`), ...unlike];
}

/** The model requires it of every page, and AWS sends it from the second on (Route 53 API, ListHostedZones). */
const notOnFirstPages = new Set(['Marker']);

/** A structure is [3, namespace, name, traits, members, schemas, how many of the first members are required]. */
function requiredOf(schema: NormalizedSchema): readonly string[] {
  const shape: unknown = schema.getSchema();
  const [members, required] = Array.isArray(shape) ? [shape[4], shape[6]] : [];
  return Array.isArray(members) ? members.slice(0, Number(required ?? 0)) : [];
}
