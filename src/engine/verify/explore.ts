import {journaledOutage} from '../../model/outage-limit.ts';
import type {Progress} from '../../model/progress.ts';
import {entryDigests} from '../digests.ts';
import {reverseRun} from '../reverse.ts';
import {runForward} from '../run.ts';
import {type Command, commandsFor, commandText} from './command.ts';
import {keyOf} from './key.ts';
import type {Model} from './model.ts';
import {EngineProcess, type IsKnown} from './process.ts';
import {progressWith, runName} from './progress-with.ts';
import {Script} from './script.ts';
import type {Finding, State} from './violation.ts';

/** A state that a run can be in, and the shortest way to it. */
export interface Node {
  readonly state: State;
  readonly commands: readonly Command[];
  /** What happened on the way from the node before it. */
  readonly story: readonly string[];
  readonly from: Node | undefined;
  /** Every node that can come next. */
  readonly next: Set<Node>;
  /** By command: what comes next when all goes well. */
  readonly happy: Map<string, HappyWay>;
  /** A property stops to hold on a way from here: what would follow is not explored. */
  isCutOff: boolean;
}

interface HappyWay {
  readonly next: Node | undefined;
  readonly story: readonly string[];
  /** There is no next node, and no property that does not hold either. */
  readonly isStuck: boolean;
}

export interface Exploration {
  readonly start: Node;
  readonly nodes: readonly Node[];
  readonly findings: readonly Finding[];
}

/** Breadth first, so that the first way to a state is the shortest. */
export async function explore(model: Model): Promise<Exploration> {
  const exploration = new Explorer(model);
  const start = exploration.nodeFor(
    {progress: progressAtStart(model), facts: model.start},
    [],
    undefined,
  );
  for (const node of exploration.nodes) {
    for (const command of node.commands) {
      await exploration.play(node, command);
    }
  }
  return {start, nodes: exploration.nodes, findings: exploration.findings};
}

class Explorer {
  readonly nodes: Node[] = [];
  readonly findings: Finding[] = [];
  readonly #model: Model;
  readonly #known = new Map<string, Node>();
  /** Who first came to each question about a failure: every answer was followed from there. */
  readonly #askedAt = new Map<string, Node>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** The node of an equal state, or a new one. */
  nodeFor(state: State, story: readonly string[], from: Node | undefined): Node {
    const commands = commandsFor(this.#model.runbook, state.progress);
    const key = keyOf(this.#model, state, commands);
    const known = this.#known.get(key);
    if (known) {
      return known;
    }
    const node = {
      state,
      commands,
      story,
      from,
      next: new Set<Node>(),
      happy: new Map(),
      isCutOff: false,
    };
    this.#known.set(key, node);
    this.nodes.push(node);
    return node;
  }

  /** Every way in which a command can go, as far as the end of one turn. */
  async play(node: Node, command: Command): Promise<void> {
    for (let script: Script | undefined = new Script(); script; script = script.next()) {
      const asked = {by: undefined as Node | undefined};
      const isKnown: IsKnown = (state, entry) => {
        asked.by = this.#askedBy(node, state, entry);
        return asked.by !== undefined;
      };
      const process = await play(this.#model, {node, command, script, isKnown});
      const opening = openingOf(node, command);
      this.#report(node, opening, process);
      const story = [...opening, ...process.story];
      const isLegal = process.violations.every(({violation}) => violation.continues);
      const isGoing = isLegal && asked.by === undefined;
      const next = isGoing ? this.nodeFor(process.state, story, node) : undefined;
      const after = next ?? asked.by;
      if (after) {
        node.next.add(after);
      }
      if (script.isHappy) {
        node.happy.set(commandText(command), {next, story, isStuck: isLegal});
      }
    }
  }

  #askedBy(node: Node, state: State, entry: string): Node | undefined {
    const commands = commandsFor(this.#model.runbook, state.progress);
    const key = `${entry} ${keyOf(this.#model, state, commands)}`;
    const first = this.#askedAt.get(key);
    this.#askedAt.set(key, first ?? node);
    return first;
  }

  #report(node: Node, opening: readonly string[], {violations}: EngineProcess): void {
    for (const {violation, state, story} of violations) {
      this.findings.push({violation, state, story: [...storyTo(node), ...opening, ...story]});
      node.isCutOff ||= !violation.continues;
    }
  }
}

interface Play {
  readonly node: Node;
  readonly command: Command;
  readonly script: Script;
  readonly isKnown: IsKnown;
}

async function play(
  model: Model,
  {node: {state}, command, script, isKnown}: Play,
): Promise<EngineProcess> {
  const process = new EngineProcess(model, resumed(state, command), script, isKnown);
  const {reversingTo} = state.progress;
  await process.play((context) => {
    if (command.kind === 'reverse') {
      return reverseRun(context, command.to, '');
    }
    return reversingTo ? reverseRun(context, reversingTo.to, '') : runForward(context);
  });
  return process;
}

/** A run that was cut between two turns just goes on; any other one is taken up by a command. */
function resumed({progress, facts}: State, command: Command): State {
  const goesOn =
    command.kind === 'continue' &&
    (progress.outcome === 'running' || progress.outcome === 'reversing');
  return goesOn
    ? {progress, facts}
    : {progress: progressWith(progress, {kind: 'run-resumed', operator, accepted: []}), facts};
}

function openingOf({state: {progress}}: Node, command: Command): readonly string[] {
  const isPaused = progress.outcome !== 'running' && progress.outcome !== 'reversing';
  return command.kind === 'continue' && isPaused ? ['you resume'] : [];
}

export function storyTo(node: Node): readonly string[] {
  return node.from ? [...storyTo(node.from), ...node.story] : node.story;
}

const operator = {user: 'you', host: 'here', pid: 1};

function progressAtStart({runbook}: Model): Progress {
  const {outage} = runbook.head;
  const started = progressWith(undefined, {
    kind: 'run-started',
    run: runName,
    runbook: {
      name: runbook.head.name,
      file: '',
      digest: '',
      entries: [...entryDigests(runbook)],
      ...journaledOutage(runbook),
    },
    inventory: {name: runName, file: '', digest: '', protected: false},
    params: {},
    plan: '',
    operator,
    versions: {switcharoo: '', node: ''},
    rehearsal: false,
    ...(outage?.longestMs === undefined ? {} : {longestOutageMs: outage.longestMs}),
  });
  return started;
}
