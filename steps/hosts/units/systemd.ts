import type {RunMarker, UnitState} from '../contract.ts';
import {markerName} from '../files/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';

// A stop goes on to all of these (systemd.unit(5): Requires=, Requisite=, BindsTo=, PartOf=, PropagatesStopTo=).
const stopProperties = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];
const properties = [
  'Id,LoadState,ActiveState,UnitFileState,DropInPaths,TriggeredBy,Triggers,Persistent,CanStart,Transient',
  ...stopProperties,
].join(',');
// `systemctl stop` waits for the unit's TimeoutStopSec, which is 90 s unless it was set (systemd-system.conf(5)).
const jobLimitMs = 120_000;
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
  if (units.length === 0) {
    return [];
  }
  const output = await shell.run(unitsScript(folderOf(shell), units, marker), signal);
  const [shown = '', ...files] = output.split(/^@/m);
  // One block a unit, in the order asked, with an empty line between them.
  const blocks = shown.trim().split('\n\n');
  const states = units.map((unit, index) =>
    unitState(unit, blocks[index] ?? '', files[index] ?? '', marker),
  );
  const running = await runningOf(
    shell,
    states.flatMap(({alsoStops}) => alsoStops),
    signal,
  );
  return states.map((state) => ({
    ...state,
    alsoStops: state.alsoStops.filter((unit) => running.has(unit)),
  }));
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
  await shell.run(unblockScript(folderOf(shell), units, ownFolders, marker), signal);
}

export async function stopUnits(
  shell: Shell,
  units: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await shell.run(sh`systemctl stop -- ${units}`, signal, jobLimitMs);
}

export async function startUnits(
  shell: Shell,
  units: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await shell.run(sh`systemctl start -- ${units}`, signal, jobLimitMs);
}

const folderOf = ({root}: Shell) => `${root}/etc/systemd/system`;

const unitsScript = (folder: string, units: readonly string[], marker: RunMarker) =>
  sh`systemctl show -p ${properties} -- ${units}
for unit in ${units}; do
  echo @ $(test -d ${folder}/"$unit.d" && echo folder) $(test -e ${folder}/"$unit.d"/${dropInName(marker)} && echo file) $(test -e ${folder}/"$unit.d"/${`${dropInName(marker)}.new`} && echo new)
done`;

async function runningOf(
  shell: Shell,
  units: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (units.length === 0) {
    return new Set();
  }
  const output = await shell.run(sh`systemctl show -p Id,ActiveState -- ${units}`, signal);
  return new Set(
    [...output.matchAll(/^Id=(.*)\nActiveState=(?!inactive$|failed$)/gm)].map(([, id = '']) => id),
  );
}

function unitState(unit: string, block: string, files: string, marker: RunMarker): UnitState {
  const shown = new Map(
    block.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  );
  const words = (name: string) => (shown.get(name) ?? '').split(' ').filter((word) => word !== '');
  const dropIns = words('DropInPaths').map((path) => path.slice(path.lastIndexOf('/') + 1));
  const signs = [dropIns.includes(dropInName(marker)), files.includes(' file')];
  const some = signs.some(Boolean) || files.includes(' new');
  return {
    unit,
    id: shown.get('Id') || unit,
    loadState: shown.get('LoadState') ?? 'not-found',
    activeState: shown.get('ActiveState') ?? 'inactive',
    unitFileState: shown.get('UnitFileState') ?? '',
    block: signs.every(Boolean) ? 'whole' : some ? 'half' : 'none',
    dropInFolder: files.includes(' folder'),
    otherBlocks: dropIns.filter((name) => anyDropIn.test(name) && name !== dropInName(marker)),
    triggeredBy: words('TriggeredBy'),
    triggers: words('Triggers'),
    restartable: shown.get('CanStart') !== 'no' && shown.get('Transient') !== 'yes',
    // A target that goes down too stops nothing by that, and a step names no targets.
    alsoStops: stopProperties
      .flatMap(words)
      .filter((name) => /\.(service|socket|timer|path)$/.test(name)),
    persistent: shown.get('Persistent') === 'yes',
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
