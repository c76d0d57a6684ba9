import {z} from 'zod';
import {
  type Blocked,
  blocked,
  type Difference,
  defineStep,
  done,
  pending,
} from '../../src/index.ts';
import type {HostsLook, ProxyState, ReverseProxy} from './contract.ts';
import {actionOn, onEveryHost, onHosts, type PerHost} from './group/per-host.ts';
import {hostsText} from './group/text.ts';
import {hostFiles} from './proxy/obstacles.ts';
import {sha256OfText} from './proxy/proxy.ts';
import {editObstacle, isWritten} from './proxy/switched.ts';
import {hostGroup} from './target.ts';
import {unitName} from './units/state.ts';

const input = z.object({
  /** A file that is there; its mode and owner stay. */
  file: z.string().regex(/^\/[\w./-]+$/),
  /** All that it then contains. No secret: it is in the runbook. */
  text: z.string(),
  /** A command that tests the new file, such as `php -l FILE`: a file that fails is put back at once. */
  test: z.array(z.string().min(1)).default([]),
  /** The unit that reads the file again on a reload. */
  reload: unitName.optional(),
});
type Input = z.output<typeof input>;
type Files = PerHost<ProxyState>;

/** A setting, a feature flag, a list of addresses: the content of a file is switched, and put back exactly. */
export const hostsFile = defineStep({
  name: 'hosts.file',
  summary: 'Replace the content of a file on hosts.',
  targets: {hosts: hostGroup},
  input,
  before: hostFiles,
  output: z.object({}),
  needs: {
    hosts: [
      'sudo without a password for /bin/sh (the file, its test, systemctl show, is-active and reload, /var/lib/switcharoo)',
    ],
  },
  reverses: 'Restores the original file, byte for byte, with its mode and owner.',
  effects: [],
  timeoutMs: 60_000,

  async check(look) {
    const files = await readFiles(look);
    const obstacle = obstacleIn(files, look);
    if (obstacle) {
      return obstacle;
    }
    const open = files.filter(({value}) => !isInPlace(look.input)(value));
    return open.length === 0
      ? done({})
      : pending({hosts: beforeOf(files, look.input)}, ...open.map(difference(look.input)));
  },

  async plan(look, {hosts}) {
    const {input, run} = look;
    const open = (await readFiles(look)).filter(({value}) => !isInPlace(input)(value));
    const originals = hosts
      .filter(({host}) => open.some((each) => each.host === host))
      .map(({host, sha256}) => ({host, value: sha256}));
    return actionOn(originals, {
      does: `replace ${input.file} on ${hostsText(originals)}${thenText(input)}`,
      perform: (writer, signal) =>
        onHosts(writer, originals, (host, from) =>
          host.switchProxy(fileOf(input), {from, text: input.text}, run, signal),
        ),
    });
  },

  async reverse(look) {
    const {input, run} = look;
    const kept = (await readFiles(look)).filter(({value}) => value.kept !== null);
    return (
      editObstacle(kept, input, run) ??
      actionOn(kept, {
        does: `restore ${input.file} on ${hostsText(kept)}${thenText(input)}`,
        perform: (writer, signal) =>
          onHosts(writer, kept, (host) =>
            host.restoreProxy(fileOf(input), input.text, run, signal),
          ),
      })
    );
  },
});

const fileOf = ({file, test, reload}: Input): ReverseProxy => ({
  file,
  test,
  unit: reload ?? null,
});

/** The test and the unit are asked before the first change only: the change itself tests the file. */
const readFiles = ({targets, input, run, signal}: HostsLook<Input>): Promise<Files> =>
  onEveryHost(targets.hosts.hosts, (host) =>
    host.proxyState(fileOf(input), run, !run.started, signal),
  );

/** Written by this entry, tested and read; or as somebody else had written it before. */
const isInPlace = (input: Input) => (state: ProxyState) =>
  isWritten(input)(state) && (state.kept === null || state.reloadedWith === state.inPlace?.sha256);

/** Where somebody else had written it, nothing is put back. */
const beforeOf = (files: Files, input: Input) =>
  files.flatMap(({host, value}) => {
    const file = value.kept ?? (isWritten(input)(value) ? null : value.inPlace);
    return file === null ? [] : [{host, ...file}];
  });

function obstacleIn(files: Files, look: HostsLook<Input>): Blocked | null {
  const {file, reload, test} = look.input;
  for (const {host, value} of files) {
    if (value.inPlace === null) {
      return blocked(
        `${file} is not on ${host}.`,
        'Correct "file" in the runbook. To create a file that is not there yet, use hosts.command.',
      );
    }
    if (value.activeState !== null && value.activeState !== 'active') {
      return blocked(
        `${reload} on ${host} is ${value.loadState === 'not-found' ? 'not installed' : value.activeState}, so nothing would read ${file} again.`,
        `Start the unit, or correct "reload" in the runbook. On ${host}: systemctl status ${reload}`,
      );
    }
    if (value.complaint !== null) {
      return blocked(
        `The test already fails on ${host} with the current ${file}: ${test.join(' ')} ended with ${value.complaint}.`,
        `Fix the file or the test, then try it on ${host}: ${test.join(' ')}`,
      );
    }
  }
  return editObstacle(files, look.input, look.run);
}

const difference =
  (input: Input) =>
  ({host, value}: {readonly host: string; readonly value: ProxyState}): Difference => ({
    what: `${input.file} on ${host}`,
    is: isWritten(input)(value) ? 'new content, not yet tested and reloaded' : 'different content',
    shouldBe: `the content in the runbook (${sha256OfText(input.text).slice(0, 12)})`,
  });

const thenText = ({test, reload}: Input): string =>
  `${test.length > 0 ? ', test it' : ''}${reload === undefined ? '' : `, and reload ${reload}`}`;
