import {
  functionCall,
  type Pattern,
  patternsUsed,
  statementsWith,
  understands,
} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';

interface Feature extends Pattern {
  /** A statement that only a server with the feature answers. */
  readonly probe: string;
}

const call = (name: string, values: string): Feature => ({
  name: `${name}()`,
  pattern: functionCall(name),
  probe: `SELECT ${name}(${values}) AS answer`,
});

/** Features that newer servers may have dropped; each that the source uses is tried on Aurora. */
const removableFeatures: readonly Feature[] = [
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

export const removedFeatureChecks: readonly AuroraCheck[] = [
  {
    name: 'removed-features-used',
    severity: 'warns',
    looksAt: 'both',
    expects:
      'Aurora has every function and syntax that the source uses (in stored objects, and with performance_schema = ON in statements).',
    consequence:
      'Statements with it fail on Aurora (errno 1064, 1305), and a load stops at such an object.',
    fix: 'Replace it before the seed: SHA2() for a hash, ORDER BY in addition to GROUP BY, ST_AsText() and similar.',
    find: async ({aurora, source}) => {
      const used = await patternsUsed(source, removableFeatures);
      const understood = await Promise.all(used.map(({probe}) => understands(aurora, probe)));
      const missing = used.filter((_, index) => !understood[index]);
      return statementsWith(source, missing, `what ${aurora.name} does not have`);
    },
  },
];
