/**
 * Whether a statement of a log, as SHOW BINLOG EVENTS has it, is for nothing but the schema of the test rows and of
 * claims, or that of the server.
 */
export function isForOwnSchemas(info: string): boolean {
  const [, verb = '', kind = '', rest = ''] =
    /^(?:use `[^`]*`; ?)?\s*(CREATE|ALTER|DROP)\s+(DATABASE|SCHEMA|TABLE)\s+(?:IF (?:NOT )?EXISTS )?([\s\S]*)$/i.exec(
      info,
    ) ?? [];
  if (kind.toUpperCase() !== 'TABLE') {
    return ownSchema.test(rest);
  }
  // A single DROP may name tables of several schemas.
  const names = verb.toUpperCase() === 'DROP' ? rest.split(',') : [rest];
  return names.every((name) => ownTable.test(name));
}

const ownSchema = /^(?:`(?:switcharoo|mysql)`|(?:switcharoo|mysql)(?![\w$.\u0080-\uffff]))/i;
const ownTable = /^\s*(?:`(?:switcharoo|mysql)`|(?:switcharoo|mysql))\s*\./i;
