import {type Mark, markName} from '../shell/run-marker.ts';
import {type Shell, sh} from '../shell/shell.ts';

/** A unit as systemd and the disk show it. */
export interface UnitState {
  readonly unit: string;
  /** Its own name, where `unit` is an alias. */
  readonly id: string;
  /** `loaded`, `not-found`, `masked`, … */
  readonly loadState: string;
  /** `active`, `inactive`, `failed`, `activating`, … */
  readonly activeState: string;
  /** `enabled`, `disabled`, `static`, … */
  readonly unitFileState: string;
  /** Our drop-in: on the disk and read by systemd, neither, or only one of them. */
  readonly block: 'none' | 'half' | 'whole';
  readonly dropInFolder: boolean;
  /** Drop-ins that other runs left. */
  readonly otherBlocks: readonly string[];
  readonly triggeredBy: readonly string[];
  readonly triggers: readonly string[];
  /** Whether it can be started again once it is stopped: not a transient unit, nor one that is masked. */
  readonly comesBack: boolean;
  /** What runs and is stopped with it, because it requires this unit or is a part of it. */
  readonly alsoStops: readonly string[];
  /** A timer that makes up for a missed run as soon as it is started (systemd.timer(5), Persistent=). */
  readonly persistent: boolean;
}

export interface SystemdWriter {
  /** Lets no start of these units go through until the drop-in is removed. What runs, runs on. */
  blockUnits(units: readonly string[], mark: Mark, signal: AbortSignal): Promise<void>;
  /** Removes our drop-in, and its folder if `ownFolder` names the unit and nothing else is in it. */
  unblockUnits(
    units: readonly string[],
    ownFolder: readonly string[],
    mark: Mark,
    signal: AbortSignal,
  ): Promise<void>;
  stopUnits(units: readonly string[], signal: AbortSignal): Promise<void>;
  startUnits(units: readonly string[], signal: AbortSignal): Promise<void>;
}

// A stop goes on to all of these (systemd.unit(5): Requires=, Requisite=, BindsTo=, PartOf=, PropagatesStopTo=).
const stopsToo = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'];
const properties = [
  'Id,LoadState,ActiveState,UnitFileState,DropInPaths,TriggeredBy,Triggers,Persistent,CanStart,Transient',
  ...stopsToo,
].join(',');
// `systemctl stop` waits for the unit's TimeoutStopSec, which is 90 s unless it was set (systemd-system.conf(5)).
const jobLimitMs = 120_000;
// The last of a unit's drop-ins: an empty condition in a later one, such as the override.conf that `systemctl edit` makes,
// takes back all conditions before it (systemd.unit(5)).
const dropInPrefix = 'zz-switcharoo-';
const ofSomeRun = /^(90|zz)-switcharoo-/;

/** systemd on a host. */
export function systemdOf(shell: Shell) {
  const folder = `${shell.root}/etc/systemd/system`;
  return {
    units: async (names: readonly string[], mark: Mark, signal: AbortSignal) =>
      names.length === 0 ? [] : readUnits(shell, folder, names, mark, signal),
    blockUnits: async (units: readonly string[], mark: Mark, signal: AbortSignal) => {
      await shell.run(blockScript(folder, units, mark), signal);
    },
    unblockUnits: async (
      units: readonly string[],
      ownFolder: readonly string[],
      mark: Mark,
      signal: AbortSignal,
    ) => {
      await shell.run(unblockScript(folder, units, ownFolder, mark), signal);
    },
    stopUnits: async (units: readonly string[], signal: AbortSignal) => {
      await shell.run(sh`systemctl stop -- ${units}`, signal, jobLimitMs);
    },
    startUnits: async (units: readonly string[], signal: AbortSignal) => {
      await shell.run(sh`systemctl start -- ${units}`, signal, jobLimitMs);
    },
  };
}

async function readUnits(
  shell: Shell,
  folder: string,
  names: readonly string[],
  mark: Mark,
  signal: AbortSignal,
): Promise<readonly UnitState[]> {
  const text = await shell.run(
    sh`systemctl show -p ${properties} -- ${names}
for unit in ${names}; do
  echo @ $(test -d ${folder}/"$unit.d" && echo folder) $(test -e ${folder}/"$unit.d"/${dropInOf(mark)} && echo file) $(test -e ${folder}/"$unit.d"/${`${dropInOf(mark)}.new`} && echo new)
done`,
    signal,
  );
  const [shown = '', ...files] = text.split(/^@/m);
  // One block a unit, in the order asked, with an empty line between them.
  const blocks = shown.trim().split('\n\n');
  const states = names.map((unit, index) =>
    unitState(unit, blocks[index] ?? '', files[index] ?? '', mark),
  );
  const running = await whichRun(
    shell,
    states.flatMap(({alsoStops}) => alsoStops),
    signal,
  );
  return states.map((state) => ({
    ...state,
    alsoStops: state.alsoStops.filter((unit) => running.has(unit)),
  }));
}

async function whichRun(
  shell: Shell,
  units: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (units.length === 0) {
    return new Set();
  }
  const text = await shell.run(sh`systemctl show -p Id,ActiveState -- ${units}`, signal);
  return new Set(
    [...text.matchAll(/^Id=(.*)\nActiveState=(?!inactive$|failed$)/gm)].map(([, id = '']) => id),
  );
}

function unitState(unit: string, block: string, files: string, mark: Mark): UnitState {
  const shown = new Map(
    block.split('\n').map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
  );
  const words = (name: string) => (shown.get(name) ?? '').split(' ').filter((word) => word !== '');
  const dropIns = words('DropInPaths').map((path) => path.slice(path.lastIndexOf('/') + 1));
  const signs = [dropIns.includes(dropInOf(mark)), files.includes(' file')];
  const some = signs.some(Boolean) || files.includes(' new');
  return {
    unit,
    id: shown.get('Id') || unit,
    loadState: shown.get('LoadState') ?? 'not-found',
    activeState: shown.get('ActiveState') ?? 'inactive',
    unitFileState: shown.get('UnitFileState') ?? '',
    block: signs.every(Boolean) ? 'whole' : some ? 'half' : 'none',
    dropInFolder: files.includes(' folder'),
    otherBlocks: dropIns.filter((name) => ofSomeRun.test(name) && name !== dropInOf(mark)),
    triggeredBy: words('TriggeredBy'),
    triggers: words('Triggers'),
    comesBack: shown.get('CanStart') !== 'no' && shown.get('Transient') !== 'yes',
    // A target that goes down too stops nothing by that, and a step names no targets.
    alsoStops: stopsToo
      .flatMap(words)
      .filter((name) => /\.(service|socket|timer|path)$/.test(name)),
    persistent: shown.get('Persistent') === 'yes',
  };
}

const dropInOf = (mark: Mark) => `${dropInPrefix}${markName(mark)}.conf`;

// `systemctl mask` refuses units whose file is in /etc, and with --runtime does nothing there without a word (systemd 252).
// A drop-in holds against every way to start a unit. Its condition is its own absence: one file to make and to remove.
const blockScript = (folder: string, units: readonly string[], mark: Mark) =>
  sh`umask 022
for unit in ${units}; do
  folder=${folder}/"$unit.d"
  file="$folder"/${dropInOf(mark)}
  mkdir -p "$folder"
  printf '%s\n' \
    '# switcharoo keeps this unit from starting. To let it start again: remove this file, then systemctl daemon-reload.' \
    '[Unit]' "ConditionPathExists=!$file" > "$file.new"
  mv -f "$file.new" "$file"
done
systemctl daemon-reload`;

const unblockScript = (
  folder: string,
  units: readonly string[],
  own: readonly string[],
  mark: Mark,
) =>
  sh`for unit in ${units}; do
  rm -f ${folder}/"$unit.d"/${dropInOf(mark)} ${folder}/"$unit.d"/${`${dropInOf(mark)}.new`}
done
for unit in ${own}; do
  rmdir ${folder}/"$unit.d" 2>/dev/null || :
done
systemctl daemon-reload`;
