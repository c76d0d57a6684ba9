import {type Facts, findingIf, type Settings} from '../../mysql/index.ts';
import type {AuroraCheck} from './check.ts';
import {sameSetting} from './same-setting.ts';

const inTheGroup = 'in the cluster parameter group';

/** The time zone of each side, and the zones that it has by name. */
export const timeZoneChecks: readonly AuroraCheck[] = [
  sameSetting('time-zone-differs', 'blocks', {
    expects: 'Both sides have the same time zone.',
    consequence: 'NOW(), and every DATETIME that is set with it, shifts at the cutover.',
    fix: `Set time_zone ${inTheGroup} to that of the source.`,
    value: (settings) => zoneOf(settings),
    shown: ({time_zone: zone, system_time_zone: system}) =>
      `time_zone = ${zone}${zone === 'SYSTEM' ? ` (${system})` : ''}`,
  }),
  {
    name: 'time-zone-names-missing',
    severity: 'blocks',
    looksAt: 'both',
    expects: 'Aurora has named time zones if the source has them.',
    consequence: "CONVERT_TZ(…, 'Europe/Berlin') gives NULL.",
    fix: 'mysql_tzinfo_to_sql /usr/share/zoneinfo | mysql mysql.',
    find: async ({aurora, source}) =>
      findingIf(
        await Promise.all([hasNamedZones(source), hasNamedZones(aurora)]).then(
          ([onSource, onAurora]) => onSource && !onAurora,
        ),
        `${aurora.name} has no named time zones, and ${source.name} has them`,
      ),
  },
];

function zoneOf({time_zone: zone = '', system_time_zone: system = ''}: Settings): string {
  const effective = zone === 'SYSTEM' ? system : zone;
  return ['UTC', 'Etc/UTC', 'GMT', '+00:00'].includes(effective) ? 'UTC' : effective;
}

const hasNamedZones = async (server: Facts): Promise<boolean> =>
  (await server.rows("SELECT CONVERT_TZ('2020-06-01', 'UTC', 'Europe/Berlin') AS there"))[0]?.[
    'there'
  ] !== null;
