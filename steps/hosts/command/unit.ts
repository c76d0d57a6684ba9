import {z} from 'zod';
import {
  type Blocked,
  blocked,
  done,
  pending,
  type ReportProgress,
  SwitcharooError,
  type Verdict,
  waiting,
} from '../../../src/index.ts';
import type {RunMarker} from '../contract.ts';
import {onEveryHost} from '../group/per-host.ts';
import {listText} from '../group/text.ts';
import type {
  Command,
  CommandEnd,
  CommandMachines,
  CommandReader,
  CommandWriter,
} from './contract.ts';
import {longestOutput} from './contract.ts';
import {
  type CommandPart,
  commandFailed,
  commandStateUnclear,
  commandStillRunning,
  commandText,
  endText,
} from './problems.ts';

/** A look may take 30 s. */
const longestCheckSeconds = 25;
const longestCommandSeconds = 3_600;

const text = z.string().trim().min(1);

/** A command for /bin/sh that tells whether a change is made. */
export const commandCheck = {
  /**
   * Ends with 0 where the change is made, with `pendingExit` where it is not, and with anything else where it cannot
   * tell. It changes nothing, and prints only what stays the same while nothing is changed.
   */
  check: text,
  /** Variables of its environment, for what the text of a command needs: `"$FEED"`. */
  values: z
    .record(
      z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'must be a name such as FEED_URL'),
      z.coerce.string(),
    )
    .refine((values) => !('PATH' in values || 'ROOT' in values), 'must not set PATH or ROOT')
    .default({}),
  pendingExit: z.coerce.number().int().min(1).max(123).default(1),
  checkSeconds: z.coerce.number().positive().max(longestCheckSeconds).default(10),
};
const commandChecked = z.object(commandCheck);
type CommandCheck = z.output<typeof commandChecked>;

/** A change that is made of three commands for /bin/sh. The values are for all three. */
export const commandInput = z.object({
  /** What "do" does, in the imperative, for the plan: `pause the importer`. */
  does: text,
  /** What "undo" does: `start the importer again`. */
  undoes: text,
  ...commandCheck,
  do: text,
  undo: text,
  /** Of "do" and of "undo", on each machine. */
  limitSeconds: z.coerce.number().positive().max(longestCommandSeconds).default(60),
});
type CommandInput = z.output<typeof commandInput>;

/** What the check saw on each machine where the change was to be made. */
export const commandBefore = z.object({
  hosts: z.array(z.object({host: z.string(), exit: z.number(), printed: z.string()})),
});
type CommandBefore = z.output<typeof commandBefore>;

/** What the check printed on each machine when the change was made. */
export const commandOutput = z.object({printed: z.record(z.string(), z.string())});

interface CheckLook {
  readonly input: CommandCheck;
  readonly run: RunMarker;
  readonly signal: AbortSignal;
}

interface CommandLook extends CheckLook {
  readonly input: CommandInput;
}

export async function checkCommands(
  look: CheckLook,
  {hosts}: CommandMachines,
): Promise<Verdict<CommandBefore, z.output<typeof commandOutput>>> {
  const seen = await onEveryHost(hosts, (host) => readState(look, host));
  const busy = seen.filter(({value}) => value.kind === 'running').map(({host}) => host);
  if (busy.length > 0) {
    return waiting(`a command of an earlier attempt is still running on ${listText(busy)}`);
  }
  const obstacle = obstacleIn(
    seen.flatMap(({host, value}) => (value.kind === 'unclear' ? [{host, ...value}] : [])),
  );
  if (obstacle) {
    return obstacle;
  }
  const open = seen.flatMap(({host, value}) =>
    value.kind === 'pending' ? [{host, exit: look.input.pendingExit, printed: value.printed}] : [],
  );
  if (open.length > 0) {
    return pending(
      {hosts: open},
      ...open.map(({host, printed}) => ({
        what: `the check on ${host}`,
        is: `exit code ${look.input.pendingExit}${printed === '' ? '' : `: ${shortened(printed)}`}`,
        shouldBe: 'exit code 0',
      })),
    );
  }
  const printed = seen.flatMap(({host, value}) =>
    value.kind === 'done' ? [[host, value.printed] as const] : [],
  );
  return done({printed: Object.fromEntries(printed)});
}

/** "do" on each machine where it is to be done. */
export async function doActions<Part extends string>(
  on: Part,
  look: CommandLook,
  {hosts}: CommandMachines,
) {
  const seen = await onEveryHost(hosts, (host) => readState(look, host));
  const open = seen.filter(({value}) => value.kind !== 'done').map(({host}) => host);
  return actionFor({on, part: 'do', look, machines: open, isOver: (_, {kind}) => kind === 'done'});
}

/** "undo" on each machine that is not as it was before. */
export async function undoActions<Part extends string>(
  on: Part,
  look: CommandLook,
  {hosts}: CommandMachines,
  before: CommandBefore,
) {
  const isRestored = (machine: string, state: State) =>
    before.hosts.some(
      ({host, printed}) =>
        host === machine && state.kind === 'pending' && state.printed === printed,
    );
  const named = hosts.filter(({name}) => before.hosts.some(({host}) => host === name));
  const seen = await onEveryHost(named, (host) => readState(look, host));
  const changed = seen.filter(({host, value}) => !isRestored(host, value)).map(({host}) => host);
  return actionFor({on, part: 'undo', look, machines: changed, isOver: isRestored});
}

type State =
  | {readonly kind: 'done' | 'pending'; readonly printed: string}
  | {readonly kind: 'running'}
  | {readonly kind: 'unclear'; readonly end: CommandEnd};

async function readState({input, run, signal}: CheckLook, host: CommandReader): Promise<State> {
  const {check, values, checkSeconds} = input;
  const command = {text: check, values, limitMs: checkSeconds * 1_000};
  const end = await host.checkCommand(command, run, signal);
  if (end === 'running') {
    return {kind: 'running'};
  }
  const isShort = end.printedBytes <= longestOutput;
  if (isShort && (end.exit === 0 || end.exit === input.pendingExit)) {
    return {kind: end.exit === 0 ? 'done' : 'pending', printed: end.printed};
  }
  return {kind: 'unclear', end};
}

function obstacleIn(
  unclear: readonly {readonly host: string; readonly end: CommandEnd}[],
): Blocked | undefined {
  const hosts = unclear.map(({host}) => host);
  const reasons = unclear.map(({host, end}) =>
    end.printedBytes > longestOutput
      ? `${commandText('check', host)} printed ${end.printedBytes} bytes; at most ${longestOutput} are allowed.`
      : `${commandText('check', host)} ${endText(end)}, which is neither done nor pending.`,
  );
  return unclear.length === 0
    ? undefined
    : blocked(
        reasons.join(' '),
        `Run the command "check" by hand on ${listText(hosts)}. It must end with exit code 0 where the change is made, and with "pendingExit" where it is not. It must print little, such as the digest of a file instead of the file.`,
      );
}

interface Acting<Part extends string> {
  readonly on: Part;
  readonly part: Exclude<CommandPart, 'check'>;
  readonly look: CommandLook;
  readonly machines: readonly string[];
  readonly isOver: (machine: string, state: State) => boolean;
}

const actionFor = <Part extends string>({on, part, look, machines, isOver}: Acting<Part>) =>
  machines.length === 0
    ? []
    : [
        {
          on,
          does: `${part === 'do' ? look.input.does : look.input.undoes} on ${listText(machines)} (${shortened(look.input[part])})`,
          perform: async (
            {hosts}: CommandMachines<CommandWriter>,
            signal: AbortSignal,
            _say: ReportProgress,
            note?: ReportProgress,
          ) => {
            const acting = hosts.filter(({name}) => machines.includes(name));
            await onEveryHost(acting, (host) =>
              runOn(host, {part, look: {...look, signal}, isOver, note}),
            );
          },
        },
      ];

/** Looks first: the command may have been run by a try that lost its answer, and need not be safe to repeat. */
async function runOn(
  host: CommandWriter,
  {
    part,
    look,
    isOver,
    note,
  }: Pick<Acting<string>, 'part' | 'look' | 'isOver'> & {
    readonly note: ReportProgress | undefined;
  },
): Promise<void> {
  const state = await readState(look, host);
  if (isOver(host.name, state)) {
    return;
  }
  if (state.kind === 'unclear') {
    throw new SwitcharooError(commandStateUnclear(host.name, state.end));
  }
  const end =
    state.kind === 'running'
      ? state.kind
      : await host.runCommand(commandOf(look.input, part), look.run, look.signal);
  if (end === 'running') {
    throw new SwitcharooError(commandStillRunning(part, host.name));
  }
  note?.(`${host.name}: ${endText(end)}`);
  if (end.exit !== 0) {
    throw new SwitcharooError(commandFailed(part, host.name, end));
  }
}

const commandOf = (input: CommandInput, part: Exclude<CommandPart, 'check'>): Command => ({
  text: input[part],
  values: input.values,
  limitMs: input.limitSeconds * 1_000,
});

const longestShown = 80;

/** The first line, as far as there is room. */
function shortened(full: string): string {
  const [first = ''] = full.trim().split('\n');
  const isWhole = first === full.trim() && first.length <= longestShown;
  return isWhole ? first : `${first.slice(0, longestShown)} …`;
}
