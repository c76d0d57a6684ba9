import {functionCall, type Pattern, statementsWith, understands} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

interface Removed extends Pattern {
  /** What a server that has it answers. */
  readonly probe: string;
}

const call = (name: string, values: string): Removed => ({
  name: `${name}()`,
  pattern: functionCall(name),
  probe: `SELECT ${name}(${values}) AS answer`,
});

/** What a newer server may have no more; Aurora itself is asked which of it. */
const mayBeRemoved: readonly Removed[] = [
  ...[
    'PASSWORD',
    'OLD_PASSWORD',
    'DES_ENCRYPT',
    'DES_DECRYPT',
    'ENCRYPT',
    'MD5',
    'SHA1',
    'SHA',
  ].map((name) => call(name, "'x'")),
  ...['ENCODE', 'DECODE', 'JSON_MERGE'].map((name) => call(name, "'1', '2'")),
  ...['ASTEXT', 'ASBINARY', 'GLENGTH', 'GEOMFROMTEXT', 'POINTFROMTEXT'].map((name) =>
    call(name, 'NULL'),
  ),
  {name: 'SQL_CACHE', pattern: /\bSQL_CACHE\b/i, probe: 'SELECT SQL_CACHE 1 AS answer'},
  {
    name: 'GROUP BY … ASC or DESC',
    pattern:
      /\bGROUP\s+BY\b(?:(?!\b(?:HAVING|ORDER|LIMIT|UNION|SELECT|FROM|WHERE|OVER)\b|;)[\s\S])*?\b(?:ASC|DESC)\b/i,
    probe: 'SELECT 1 AS answer FROM (SELECT 1 AS a) t GROUP BY a ASC',
  },
];

export const removedChecks: readonly AuroraCheck[] = [
  {
    name: 'removed-from-aurora',
    severity: 'warns',
    looksAt: 'beside',
    expects:
      'Aurora has every function and form that the source uses (seen in stored objects, and with performance_schema = ON in statements).',
    consequence:
      'What uses it fails on Aurora (errno 1064, 1305), and a load stops where it makes such an object.',
    fix: 'Do without it before the seed: SHA2() for a hash, ORDER BY beside GROUP BY, ST_AsText() and the like.',
    find: async ({aurora, source}) => {
      const missing: Removed[] = [];
      for (const one of mayBeRemoved) {
        if (!(await understands(aurora, one.probe))) {
          missing.push(one);
        }
      }
      return statementsWith(source, missing, `what ${aurora.name} does not have`);
    },
  },
];
