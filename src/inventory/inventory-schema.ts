import {z} from 'zod';
import type {TargetKind} from '../model/target.ts';
import {inventoryShape} from './inventory.ts';
import {reference} from './references.ts';

type Schema = z.core.JSONSchema.BaseSchema;

/**
 * The JSON Schema of an inventory with these kinds of target, for editors. It allows a reference to a secret and
 * `${NAME}` in place of any value, and no field that nobody reads.
 */
export function inventorySchema(kinds: readonly TargetKind[]): Schema {
  const {targets: _targets, ...top} = jsonOf(inventoryShape).properties ?? {};
  const sorted = [...new Map(kinds.map((kind) => [kind.kind, kind])).values()].sort((a, b) =>
    a.kind < b.kind ? -1 : 1,
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Inventory of switcharoo',
    type: 'object',
    properties: {
      extends: {
        type: 'string',
        description: 'Another inventory: a path, or switcharoo/inventories/NAME of the package',
      },
      ...written({properties: top}).properties,
      params: {type: 'object', description: 'The parameters of the runbook'},
      targets: {type: 'object', additionalProperties: {anyOf: sorted.flatMap(targetSchemas)}},
    },
    required: ['name'],
    additionalProperties: false,
    definitions: {reference: jsonOf(reference)},
  };
}

const jsonOf = (schema: z.ZodType): Schema => {
  const {$schema: _version, ...json} = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  });
  return json;
};

/** Each form that a target of this kind may have. */
function targetSchemas({kind, config}: TargetKind): readonly Schema[] {
  const json = jsonOf(config);
  return (formsOf(json) ?? [json]).map((form) => {
    const {properties = {}, required = [], ...rest} = written(form);
    return {
      ...rest,
      type: 'object',
      title: kind,
      properties: {kind: {const: kind}, ...properties},
      required: ['kind', ...required],
    };
  });
}

const formsOf = ({anyOf, oneOf}: Schema): readonly Schema[] | undefined =>
  (anyOf ?? oneOf) as readonly Schema[] | undefined;

/** As it may be written in the file. */
function written(schema: Schema): Schema {
  if (schema.properties) {
    const properties = Object.entries(schema.properties).map(
      ([name, field]) => [name, written(field as Schema)] as const,
    );
    return {
      ...schema,
      properties: Object.fromEntries(properties),
      additionalProperties: schema.additionalProperties ?? false,
    };
  }
  if (schema.type === 'array' && typeof schema.items === 'object') {
    return {...schema, items: written(schema.items as Schema)};
  }
  if (schema.type === 'object' || schema.allOf) {
    return schema;
  }
  const forms = formsOf(schema)?.map(written) ?? [schema];
  return {
    anyOf: [...forms, {$ref: '#/definitions/reference'}, {type: 'string', pattern: '\\$\\{'}],
  };
}
