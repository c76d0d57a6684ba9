import {defineTarget, type Session} from '../../src/index.ts';
import * as at from './at/queue.ts';
import {hostsPreflight} from './checks/logins.ts';
import {commandsOver} from './command/script.ts';
import type {HostsReader, HostsWriter, HostWriter} from './contract.ts';
import {readCronFiles} from './cron/cron-files.ts';
import * as crontabs from './cron/crontabs.ts';
import {moveAside, restoreFile} from './files/set-aside.ts';
import {textFilesOver} from './files/text-file.ts';
import * as firewall from './firewall/firewall.ts';
import {onEveryHost} from './group/per-host.ts';
import type {HoldWriter} from './hold/contract.ts';
import * as dryHolds from './hold/dry-hold.ts';
import * as holds from './hold/hold.ts';
import {readProcesses} from './processes/processes.ts';
import {forgetStopped, readStartedAgain} from './processes/started-again.ts';
import type {OwnFileWriter} from './proxy/contract.ts';
import * as ownFiles from './proxy/own-file.ts';
import * as proxies from './proxy/proxy.ts';
import {hostsConfig} from './shell/config.ts';
import {openShells, type Shell} from './shell/shell.ts';
import {readProgramFiles} from './supervisor/program-files.ts';
import * as supervisor from './supervisor/supervisorctl.ts';
import type {TreeWriter} from './tree/contract.ts';
import * as transfers from './tree/transfer.ts';
import {readHashes, readTree, readTreeState} from './tree/tree.ts';
import * as systemd from './units/systemd.ts';
import {readVisits} from './visitors/visits.ts';

/** Bare-metal hosts, reached with the system's OpenSSH client. One target is a group of hosts that play one role. */
export const hostGroup = defineTarget({
  kind: 'hosts',
  config: hostsConfig,
  async open({hosts}, {name}): Promise<Session<HostsReader, HostsWriter>> {
    const {shells, prepare, close} = await openShells(hosts);
    const group: HostsWriter = {name, hosts: shells.map(hostOver)};
    return {reader: group, writer: group, prepare, close};
  },
  preflight: hostsPreflight,
  ping: {
    what: 'command',
    send: ({hosts}, signal) => onEveryHost(hosts, (host) => host.secondOfMinute(signal)),
  },
});

/** A host over its root shell: each method is a function of the folder that is named for its subject. */
export const hostOver = (shell: Shell): HostWriter => ({
  ...commandsOver({...shell, keep: shell.root}),
  ...textFilesOver(shell),

  units: (names, marker, signal) => systemd.readUnits(shell, names, marker, signal),
  blockUnits: (units, marker, signal) => systemd.blockUnits(shell, units, marker, signal),
  unblockUnits: (units, ownFolders, marker, signal) =>
    systemd.unblockUnits(shell, units, ownFolders, marker, signal),
  stopUnits: (units, limitMs, marker, signal) =>
    systemd.stopUnits(shell, units, limitMs, marker, signal),
  startUnits: (units, limitMs, signal) => systemd.startUnits(shell, units, limitMs, signal),

  processes: (signal) => readProcesses(shell, signal),
  visits: (request, signal) => readVisits(shell, request, signal),
  secondOfMinute: async (signal) => Number(await shell.run('date +%S', signal)),

  crontabUsers: (marker, signal) => crontabs.readCrontabUsers(shell, marker, signal),
  crontabs: (users, marker, signal) => crontabs.readCrontabs(shell, users, marker, signal),
  replaceCrontab: (user, texts, marker, signal) =>
    crontabs.replaceCrontab(shell, user, texts, marker, signal),
  restoreCrontab: (user, marker, signal) => crontabs.restoreCrontab(shell, user, marker, signal),
  cronFiles: (paths, marker, signal) => readCronFiles(shell, paths, marker, signal),

  moveAside: (path, marker, signal) => moveAside(shell, path, marker, signal),
  restoreFile: (path, marker, signal) => restoreFile(shell, path, marker, signal),

  atQueue: (spool, marker, signal) => at.readQueue(shell, spool, marker, signal),
  atJobs: (paths, marker, signal) => at.readJobs(shell, paths, marker, signal),
  moveAtJobAside: (path, marker, signal) => at.moveJobAside(shell, path, marker, signal),
  restoreAtJob: (path, marker, signal) => at.restoreJob(shell, path, marker, signal),

  programFiles: (paths, marker, signal) => readProgramFiles(shell, paths, marker, signal),
  supervisorProcesses: (group, control, signal) =>
    supervisor.readProcesses(shell, group, control, signal),
  updateGroup: (group, control, signal) => supervisor.updateGroup(shell, group, control, signal),
  removeGroup: (group, control, marker, signal) =>
    supervisor.removeGroup(shell, group, control, marker, signal),
  startedAgain: (marker, signal) => readStartedAgain(shell, marker, signal),
  forgetStopped: (marker, signal) => forgetStopped(shell, marker, signal),
  startProcesses: (names, control, signal) =>
    supervisor.startProcesses(shell, names, control, signal),
  stopProcesses: (names, control, signal) =>
    supervisor.stopProcesses(shell, names, control, signal),

  filterRules: (signal) => firewall.readFilterRules(shell, signal),
  putChain: (family, chain, signal) => firewall.putChain(shell, family, chain, signal),
  removeChain: (family, chain, signal) => firewall.removeChain(shell, family, chain, signal),

  proxyState: (proxy, marker, withTest, signal) =>
    proxies.readProxy(shell, proxy, marker, withTest, signal),
  switchProxy: (proxy, texts, marker, signal) =>
    proxies.switchProxy(shell, proxy, texts, marker, signal),
  restoreProxy: (proxy, text, marker, signal) =>
    proxies.restoreProxy(shell, proxy, text, marker, signal),

  ...ownFilesOver(shell),
  ...treeOver(shell),
  ...holdsOver(shell),
});

const ownFilesOver = (shell: Shell): OwnFileWriter => ({
  ownFile: (file, marker, signal) => ownFiles.readOwnFile(shell, file, marker, signal),
  putOwnFile: (file, marker, signal) => ownFiles.putOwnFile(shell, file, marker, signal),
  removeOwnFile: (file, marker, signal) => ownFiles.removeOwnFile(shell, file, marker, signal),
});

const treeOver = (shell: Shell): TreeWriter => ({
  tree: (directory, signal) => readTree(shell, directory, signal),
  treeState: (directory, signal) => readTreeState(shell, directory, signal),
  hashes: (paths, hash, signal) => readHashes(shell, paths, hash, signal),
  sendFiles: (files, signal) => transfers.sendFiles(shell, files, signal),
  fetchFiles: (files, signal) => transfers.fetchFiles(shell, files, signal),
});

const holdsOver = (shell: Shell): HoldWriter => ({
  dryHold: (keeper, signal) => dryHolds.readDryHold(shell, keeper, signal),
  tryHold: (way, hold, holdMs, run, signal) =>
    dryHolds.tryHold(shell, way, hold, holdMs, run, signal),
  untilConnectionsEnd: (ports, limitMs, signal) =>
    dryHolds.untilConnectionsEnd(shell, ports, limitMs, signal),
  keepDryHold: (report, keeper, signal) => dryHolds.keepDryHold(shell, report, keeper, signal),
  forgetDryHold: (keeper, signal) => dryHolds.forgetDryHold(shell, keeper, signal),

  holdState: (hold, run, signal) => holds.readHold(shell, hold, run, signal),
  holdConnections: (way, hold, drainMs, run, signal) =>
    holds.holdConnections(shell, way, hold, drainMs, run, signal),
  releaseConnections: (way, marker, signal) => holds.releaseConnections(shell, way, marker, signal),
});
