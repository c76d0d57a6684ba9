import type {Observation} from '../../../src/index.ts';
import {type Facts, findingIf, type Settings} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';
import {sameSetting} from './same-setting.ts';

const inTheGroup = 'in the cluster parameter group';

/** Settings that must be the same on both sides, or no smaller on Aurora. */
export const settingChecks: readonly AuroraCheck[] = [
  sameSetting('sql-mode-differs', 'blocks', {
    expects: 'sql_mode is the same on both sides.',
    consequence: 'Statements that the source accepts fail on Aurora, or the other way round.',
    fix: `Set sql_mode ${inTheGroup} to that of the source.`,
    value: ({sql_mode: mode = ''}) =>
      mode
        .split(',')
        .filter((part) => part !== 'NO_AUTO_CREATE_USER')
        .sort()
        .join(','),
    shown: ({sql_mode: mode}) => `sql_mode = ${mode || "''"}`,
  }),
  sameSetting('table-name-case-differs', 'blocks', {
    expects: 'Both sides treat upper and lower case in table names alike.',
    consequence: 'Tables are not found. The setting cannot be changed once a cluster exists.',
    fix: 'Create a new cluster with lower_case_table_names as on the source.',
    value: ({lower_case_table_names: value = '0'}) => (value === '1' ? '1' : '0'),
    shown: ({lower_case_table_names: value}) => `lower_case_table_names = ${value}`,
  }),
  sameSetting('auto-increment-steps-differ', 'warns', {
    expects: 'AUTO_INCREMENT has the same step and offset on both sides.',
    consequence: 'From the cutover on, ids have another pattern.',
    fix: `Set auto_increment_increment and auto_increment_offset ${inTheGroup} to those of the source.`,
    value: steps,
    shown: steps,
  }),
  {
    name: 'max-packet-smaller',
    severity: 'blocks',
    looksAt: 'both',
    expects: "Aurora's max_allowed_packet is no smaller than the source's.",
    consequence: 'Statements with large values that the source accepts are refused (errno 1153).',
    fix: `Raise max_allowed_packet ${inTheGroup}.`,
    find: ({aurora, source}) => smallerSetting(aurora, source, 'max_allowed_packet'),
  },
  {
    name: 'max-connections-lower',
    severity: 'warns',
    looksAt: 'both',
    expects: 'Aurora accepts as many connections as the source.',
    consequence: 'Under the same load clients are refused (errno 1040).',
    fix: `Raise max_connections ${inTheGroup}, or use a larger instance class.`,
    find: ({aurora, source}) => smallerSetting(aurora, source, 'max_connections'),
  },
];

function steps({auto_increment_increment: step, auto_increment_offset: offset}: Settings): string {
  return `auto_increment_increment = ${step} and auto_increment_offset = ${offset}`;
}

async function smallerSetting(
  aurora: Facts,
  source: Facts,
  name: string,
): Promise<readonly Observation[]> {
  const [{[name]: onAurora}, {[name]: onSource}] = await Promise.all([
    aurora.settings(),
    source.settings(),
  ]);
  return findingIf(
    Number(onAurora) < Number(onSource),
    `${aurora.name} has ${name} = ${onAurora}, and ${source.name} has ${onSource}`,
  );
}
