/** What somebody asks to do, as IAM judges it. */
export interface Asked {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the request, such as `s3:if-none-match`. */
  readonly context: Readonly<Record<string, string>>;
}

/** A policy of IAM, or of a bucket. */
export interface PolicyDocument {
  readonly Statement: readonly PolicyStatement[];
}

interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  /** With variables, such as `${aws:PrincipalArn}`. */
  readonly Resource?: string | readonly string[];
  /** Every resource but these. */
  readonly NotResource?: string | readonly string[];
  /** Operator, key, value. */
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** IAM's order (User Guide, "Policy evaluation logic"): a Deny wins, and without an Allow everything is denied. */
export function decide(policies: readonly PolicyDocument[], asked: Asked): Decision {
  const statements = policies.flatMap(({Statement}) => Statement.filter(isAbout(asked)));
  if (statements.some(({Effect}) => Effect === 'Deny')) {
    return 'explicitDeny';
  }
  return statements.length > 0 ? 'allowed' : 'implicitDeny';
}

/** The condition keys that policies ask for, and a request does not have. */
export const missingKeys = (
  policies: readonly PolicyDocument[],
  {context}: Pick<Asked, 'context'>,
): readonly string[] => {
  const keys = policies.flatMap(({Statement}) =>
    Statement.flatMap(({Condition = {}}) => Object.values(Condition).flatMap(Object.keys)),
  );
  return [...new Set(keys)].filter((key) => !(key in context));
};

const isAbout =
  ({action, resource, context}: Asked) =>
  ({Action, Resource, NotResource, Condition = {}}: PolicyStatement): boolean =>
    [Action].flat().some((pattern) => matches(pattern, action)) &&
    (NotResource === undefined
      ? isAmong(Resource ?? [], resource, context)
      : !isAmong(NotResource, resource, context)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, [values].flat(), context[key])),
    );

function holds(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'Null':
      return values.includes(String(value === undefined));
    case 'StringEquals':
      return value !== undefined && values.includes(value);
    case 'Bool':
      return value !== undefined && values.includes(value);
    default:
      throw new Error(`This lab does not know the condition operator ${operator}.`);
  }
}

/** A variable stands for its value as it is; one without a value matches nothing (User Guide, "Policy variables"). */
const isAmong = (
  patterns: string | readonly string[],
  resource: string,
  context: Asked['context'],
): boolean =>
  [patterns].flat().some((pattern) => {
    const pieces = pattern.split(/(\$\{[^}]+\})/).map((piece) => {
      const [, name] = /^\$\{([^}]+)\}$/.exec(piece) ?? [];
      const value = name === undefined ? undefined : context[name];
      return name === undefined ? globbed(piece) : value === undefined ? '(?!)' : escaped(value);
    });
    return new RegExp(`^${pieces.join('')}$`).test(resource);
  });

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${globbed(pattern)}$`, 'i').test(text);

const globbed = (pattern: string): string =>
  pattern
    .split(/([*?])/)
    .map((piece) => (piece === '*' ? '.*' : piece === '?' ? '.' : escaped(piece)))
    .join('');

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
