import type {RunMarker, UnitState} from '../contract.ts';
import {removeEmptyFolders} from '../files/guarded-edit.ts';
import {markerName} from '../files/run-marker.ts';
import {psRows} from '../processes/processes.ts';
import {defineRemember, forgetScript} from '../processes/started-again.ts';
import {sh} from '../shell/quote.ts';
import type {Shell} from '../shell/shell.ts';
import {Dependencies, dependencyProperties} from './dependencies.ts';
import {msOf, type Shown, shownIn, showScript, wordsOf} from './shown.ts';

const properties = [
  ...['Id', 'LoadState', 'ActiveState', 'UnitFileState', 'DropInPaths', 'TriggeredBy', 'Triggers'],
  ...['Persistent', 'CanStart', 'CanStop', 'Transient', 'NeedDaemonReload', 'OnSuccess'],
  ...['TimeoutStopUSec', 'TimeoutStartUSec', 'StopWhenUnneeded'],
  ...dependencyProperties,
];
/** `systemctl stop` waits for TimeoutStopSec of each unit, which is 90 s unless it was set (systemd-system.conf(5)). */
const jobLimitMs = 120_000;
const longestJobMs = 24 * 3_600_000;
// The last of a unit's drop-ins: an empty condition in a later one, such as the override.conf that `systemctl edit`
// makes, cancels all conditions before it (systemd.unit(5)).
const dropInPrefix = 'zz-switcharoo-';
const anyDropIn = /^(90|zz)-switcharoo-/;

export async function readUnits(
  shell: Shell,
  units: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly UnitState[]> {
  const templates = await instancesOf(shell, units.filter(isTemplate), signal);
  const others = await readNamed(
    shell,
    units.filter((unit) => !isTemplate(unit)),
    marker,
    signal,
  );
  return units.flatMap((unit) => [...templates, ...others].filter((state) => state.unit === unit));
}

/** `worker@.service` is no unit: its instances are. */
const isTemplate = (unit: string) => /@\.\w+$/.test(unit);

async function instancesOf(
  shell: Shell,
  templates: readonly string[],
  signal: AbortSignal,
): Promise<readonly UnitState[]> {
  const states: UnitState[] = [];
  for (const unit of templates) {
    const pattern = unit.replace('@.', '@*.');
    const script = sh`systemctl list-units --all --plain --no-legend -- ${pattern}`;
    const lines = (await shell.run(script, signal)).split('\n');
    const instances = lines.flatMap((line) => line.trim().split(/\s+/)[0] || []);
    const state = unitState(unit, new Map([['LoadState', 'template']]), '', {id: '', entry: ''});
    states.push({...state, instances, alsoStops: [], stopsTargets: [], alsoStarts: []});
  }
  return states;
}

async function readNamed(
  shell: Shell,
  units: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<readonly UnitState[]> {
  if (units.length === 0) {
    return [];
  }
  const output = await shell.run(unitsScript(shell.root, units, marker), signal);
  const [blocks = '', ...files] = output.split(/^@/m);
  const shown = shownIn(blocks);
  const known = new Map(units.map((unit, index) => [unit, shown[index] ?? new Map()]));
  const dependencies = new Dependencies(shell, known);
  const states: UnitState[] = [];
  for (const [index, unit] of units.entries()) {
    const own = unitState(unit, known.get(unit) ?? new Map(), files[index] ?? '', marker);
    const isUp = !['inactive', 'failed'].includes(own.activeState);
    const stopped = isUp ? await dependencies.stoppedWith(unit, signal) : [];
    const isThere = own.loadState !== 'not-found';
    states.push({
      ...own,
      alsoStops: stopped.filter((name) => !name.endsWith('.target')),
      stopsTargets: stopped.filter((name) => name.endsWith('.target')),
      alsoStarts: isThere ? await dependencies.startedWith(unit, signal) : [],
    });
  }
  return states;
}

export async function blockUnits(
  shell: Shell,
  units: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  await shell.run(blockScript(folderOf(shell), units, marker), signal);
}

export async function unblockUnits(
  shell: Shell,
  units: readonly string[],
  ownFolders: readonly string[],
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const script = `${unblockScript(folderOf(shell), units, ownFolders, marker)}
${forgetScript(shell.root, marker)}
${removeEmptyFolders(shell.root, marker)}`;
  await shell.run(script, signal);
}

/** `limitMs`: how long systemd lets them take, before it kills them. */
export async function stopUnits(
  shell: Shell,
  units: readonly string[],
  limitMs: number,
  marker: RunMarker,
  signal: AbortSignal,
): Promise<void> {
  const script = `${defineRemember(shell.root, marker)}
${sh`ids=$(systemctl show -p Id -- ${units} | sed -n 's/^Id=//p')`}
remember $(${psRows} | awk -v units=" $(echo $ids) " '$5 != "-" && index(units, " " $5 " ") {print $1}')
${sh`systemctl stop -- ${units}`}
stopped`;
  await shell.run(script, signal, jobMs(limitMs));
}

export async function startUnits(
  shell: Shell,
  units: readonly string[],
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  // Only the targets themselves: they would start whatever they want, also units that did not run before.
  const targets = units.filter((unit) => unit.endsWith('.target'));
  const others = units.filter((unit) => !targets.includes(unit));
  const scripts = [
    ...(others.length > 0 ? [sh`systemctl start -- ${others}`] : []),
    ...(targets.length > 0
      ? [sh`systemctl start --job-mode=ignore-requirements -- ${targets}`]
      : []),
  ];
  await shell.run(scripts.join('\n'), signal, jobMs(limitMs));
}

const jobMs = (limitMs: number) => Math.min(longestJobMs, Math.max(jobLimitMs, limitMs + 30_000));

const folderOf = ({root}: Shell) => `${root}/etc/systemd/system`;

// A line a unit, after `@`: what is in its folder, `cancels` with a drop-in after ours that cancels conditions, and
// `user` with a file of that name of a user's manager (systemd.unit(5), "User Unit Search Path").
const unitsScript = (root: string, units: readonly string[], marker: RunMarker) =>
  `${showScript(units, properties)}
${sh`for unit in ${units}; do
  folder=${`${root}/etc/systemd/system`}/"$unit.d"
  echo @ $(test -d "$folder" && echo folder) $(test -e "$folder"/${dropInName(marker)} && echo file) $(test -e "$folder"/${`${dropInName(marker)}.new`} && echo new)
  grep -lsE '^(Condition|Assert)[A-Za-z]+ *= *$' "$folder"/z[z-]*.conf | sed 's/^/cancels /' || :
  template=$(printf %s "$unit" | sed 's/@.*\./@./')
  if [ "$(systemctl show -p LoadState -- "$unit")" = LoadState=not-found ]; then
    { getent passwd | cut -d: -f6; echo ${`${root}/home`}/*; } | tr ' ' '\n' | sort -u | while read -r home; do
      for below in .config/systemd/user .local/share/systemd/user; do
        for name in "$unit" "$template"; do
          if [ -e "$home/$below/$name" ]; then echo "user $home/$below/$name"; fi
        done
      done
    done
    for folder in ${[`${root}/etc/systemd/user`, `${root}/usr/lib/systemd/user`, `${root}/run/systemd/user`]}; do
      if [ -e "$folder/$unit" ]; then echo "user $folder/$unit"; fi
    done
  fi
done`}`;

type OwnState = Omit<UnitState, 'alsoStops' | 'stopsTargets' | 'alsoStarts'>;

function unitState(unit: string, shown: Shown, files: string, marker: RunMarker): OwnState {
  const [signs = '', ...lines] = files.split('\n');
  const after = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const dropIns = wordsOf(shown, 'DropInPaths').map((path) =>
    path.slice(path.lastIndexOf('/') + 1),
  );
  const own = [dropIns.includes(dropInName(marker)), signs.includes(' file')];
  const some = own.some(Boolean) || signs.includes(' new');
  return {
    unit,
    id: shown.get('Id') || unit,
    loadState: shown.get('LoadState') ?? 'not-found',
    activeState: shown.get('ActiveState') ?? 'inactive',
    unitFileState: shown.get('UnitFileState') ?? '',
    block: own.every(Boolean) ? 'whole' : some ? 'half' : 'none',
    dropInFolder: signs.includes(' folder'),
    otherBlocks: dropIns.filter((name) => anyDropIn.test(name) && name !== dropInName(marker)),
    triggeredBy: wordsOf(shown, 'TriggeredBy'),
    triggers: wordsOf(shown, 'Triggers'),
    restartable: shown.get('CanStart') !== 'no' && shown.get('Transient') !== 'yes',
    stoppable: shown.get('CanStop') !== 'no',
    needsReload: shown.get('NeedDaemonReload') === 'yes',
    persistent: shown.get('Persistent') === 'yes',
    startsAfter: wordsOf(shown, 'OnSuccess'),
    stopMs: msOf(shown.get('TimeoutStopUSec')),
    startMs: msOf(shown.get('TimeoutStartUSec')),
    cancels: after('cancels').filter(
      (path) => path.slice(path.lastIndexOf('/') + 1) > dropInName(marker),
    ),
    userFiles: [...new Set(after('user'))],
    instances: [],
  };
}

const dropInName = (marker: RunMarker) => `${dropInPrefix}${markerName(marker)}.conf`;

// `systemctl mask` refuses units whose file is in /etc, and with --runtime it does nothing there and prints no error
// (systemd 252). A drop-in prevents every kind of start. Its condition is its own absence: one file to make and to
// remove.
const blockScript = (folder: string, units: readonly string[], marker: RunMarker) =>
  sh`umask 022
for unit in ${units}; do
  folder=${folder}/"$unit.d"
  file="$folder"/${dropInName(marker)}
  mkdir -p "$folder"
  printf '%s\n' \
    '# switcharoo prevents this unit from starting. To allow it: remove this file, then run systemctl daemon-reload.' \
    '[Unit]' "ConditionPathExists=!$file" > "$file.new"
  mv -f "$file.new" "$file"
done
systemctl daemon-reload`;

const unblockScript = (
  folder: string,
  units: readonly string[],
  ownFolders: readonly string[],
  marker: RunMarker,
) =>
  sh`for unit in ${units}; do
  rm -f ${folder}/"$unit.d"/${dropInName(marker)} ${folder}/"$unit.d"/${`${dropInName(marker)}.new`}
done
for unit in ${ownFolders}; do
  rmdir ${folder}/"$unit.d" 2>/dev/null || :
done
systemctl daemon-reload`;
