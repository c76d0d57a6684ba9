import type {TextOptions} from './labels.ts';

interface RoleGrants {
  readonly role: string;
  readonly what: string;
  readonly statements: readonly string[];
}

/** SQL to paste into psql. */
export const fleetGrantsText = (roles: readonly RoleGrants[], {paint}: TextOptions): string =>
  [
    ...roles.flatMap(({role, what, statements}) => [
      paint.dim(`-- ${role} ${what}`),
      ...statements,
      '',
    ]),
    paint.dim('-- Each person and process has a login of its own, such as:'),
    "CREATE ROLE kim LOGIN PASSWORD '...' IN ROLE switcharoo_fleet_operator;",
  ].join('\n');
