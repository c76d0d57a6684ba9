import {z} from 'zod';
import type {AnyUnit} from '../model/step.ts';
import type {TargetKinds} from '../model/target.ts';
import {effectsText} from './effects-text.ts';
import {durationText, type TextOptions} from './labels.ts';
import {flow, pad, widthOf} from './text.ts';

/** The step library: one line a step, by technology. */
export function stepsText(units: readonly AnyUnit[], {width, paint}: TextOptions): string {
  const sorted = [...units].sort((a, b) => (a.name < b.name ? -1 : 1));
  const columns = Math.max(0, ...sorted.map(({name}) => widthOf(name)));
  return sorted
    .flatMap((unit) =>
      flow(
        [
          {text: unit.name, paint: paint.bold},
          pad('', columns - widthOf(unit.name) + 2),
          {
            text: kindWords[unit.kind],
            paint: unit.kind === 'one-way' ? paint.red : paint.dim,
          },
          pad('', kindColumns - kindWords[unit.kind].length + 2),
          unit.summary,
        ],
        {width, rest: pad('', columns + kindColumns + 4)},
      ),
    )
    .join('\n');
}

/** Everything that an operator or an author asks about one step. */
export function stepText(unit: AnyUnit, options: TextOptions): string {
  const {paint, width} = options;
  return [
    ...flow([{text: unit.name, paint: paint.bold}, ` (${kindWords[unit.kind]})`], options),
    ...flow([unit.summary], {width, first: '  '}),
    ...section('Targets', partsOf(unit), options),
    ...section('Input', fieldsOf(unit.input, 'input'), options),
    ...section('Output', fieldsOf(unit.output, 'output'), options),
    ...section('Needs', needsOf(unit), options),
    ...section(
      'Limit',
      [`${durationText(unit.timeoutMs)}, if the runbook does not set its own`],
      options,
    ),
    ...section('Reversal', [reversalText(unit)], options),
    ...section('Effects', effectsText(unit), options),
    ...section('Skipping', [skipText(unit)], options),
  ].join('\n');
}

const kindWords = {step: 'step', 'one-way': 'one-way', gate: 'gate'} as const;
const kindColumns = 7;

function section(title: string, lines: readonly string[], {width, paint}: TextOptions): string[] {
  const shown = lines.length > 0 ? lines : ['none'];
  return [
    '',
    paint.bold(title),
    ...shown.flatMap((line) => flow([line], {width, first: '  ', rest: '    '})),
  ];
}

const partsOf = (unit: AnyUnit): readonly string[] =>
  Object.entries(unit.targets as TargetKinds).map(
    ([part, kind]) => `${part}: a target of kind ${kind.kind}`,
  );

const needsOf = (unit: AnyUnit): readonly string[] =>
  Object.entries(unit.needs as Record<string, readonly string[]>).flatMap(([part, needs]) =>
    needs.map((need) => `${part}: ${need}`),
  );

function reversalText(unit: AnyUnit): string {
  switch (unit.kind) {
    case 'step':
      return unit.reverses;
    case 'one-way':
      return `None. ${unit.oneWayBecause}`;
    case 'gate':
      return 'Not needed: a gate changes nothing.';
  }
}

const skipText = ({neverSkip}: AnyUnit): string =>
  neverSkip === undefined
    ? 'Possible after a failure, with a reason, if the runbook does not rule it out.'
    : `Never. ${neverSkip}`;

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
}

function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): readonly string[] {
  // What JSON cannot say (a Date, a transform) is shown as "any" and must not stop the page.
  const shape = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: sayDates,
  }) as JsonSchema;
  return Object.entries(shape.properties ?? {}).map(([name, field]) => {
    const optional =
      io === 'input' && !shape.required?.includes(name) && field.default === undefined;
    return [
      `${name}${optional ? '?' : ''}: ${typeText(field)}`,
      ...(field.default === undefined ? [] : [`, ${JSON.stringify(field.default)} if not given`]),
      ...(field.description ? [` (${field.description})`] : []),
    ].join('');
  });
}

function sayDates({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: z.core.JSONSchema.BaseSchema;
}): void {
  if (zodSchema._zod.def.type === 'date') {
    jsonSchema.type = 'string';
    jsonSchema.format = 'date';
  }
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined || schema.enum) {
    return (schema.enum ?? [schema.const]).map((it) => JSON.stringify(it)).join(' | ');
  }
  if (schema.anyOf) {
    return [...new Set(schema.anyOf.map(typeText))].join(' | ');
  }
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items ? typeText(schema.items) : 'anything'}`;
    case 'object':
      return objectText(schema);
    case 'string':
      return schema.format?.startsWith('date') ? 'time' : 'text';
    case 'integer':
      return 'whole number';
    case undefined:
      return 'anything';
    default:
      return String(schema.type);
  }
}

function objectText({properties, additionalProperties, required}: JsonSchema): string {
  if (properties) {
    const fields = Object.entries(properties).map(
      ([name, field]) => `${name}${required?.includes(name) ? '' : '?'}: ${typeText(field)}`,
    );
    return `{${fields.join(', ')}}`;
  }
  return typeof additionalProperties === 'object'
    ? `{name: ${typeText(additionalProperties)}}`
    : '{}';
}
