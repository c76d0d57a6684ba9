import type {CronFile, FileState, HostsAction, RunMarker} from '../contract.ts';
import {actionOn, onHosts, type PerHost} from '../group/per-host.ts';
import {hostsText, listText} from '../group/text.ts';
import {commentedOut, hasRebootJob, stoppedLinesText} from './crontab-text.ts';
import {type HostCrons, isToStop} from './state.ts';

export function stopCrontab(
  user: string,
  crons: readonly HostCrons[],
  marker: RunMarker,
): readonly HostsAction[] {
  const texts = crons.flatMap(({host, crontabs}) =>
    crontabs
      .filter((crontab) => crontab.user === user && isToStop(crontab))
      .map(({text}) => ({host, value: {from: text ?? '', to: commentedOut(text ?? '', marker)}})),
  );
  return actionOn(texts, {
    does: `comment out the crontab of ${user} on ${listText(texts.map(({host, value}) => `${host} (${stoppedLinesText(value.from)})`))}`,
    perform: (writer, signal) =>
      onHosts(writer, texts, (host, {from, to}) =>
        host.replaceCrontab(user, {from, to}, marker, signal),
      ),
  });
}

const atNextBoot = ' (its @reboot jobs start at the next boot)';

export function moveFileAside(
  path: string,
  crons: readonly HostCrons[],
  marker: RunMarker,
): readonly HostsAction[] {
  const hosts = hostsWithFile(crons, (file) => file.path === path && file.inPlace !== null);
  return actionOn(hosts, {
    does: `move ${path} aside on ${hostsText(hosts)}`,
    perform: (writer, signal) =>
      onHosts(writer, hosts, (host) => host.moveAside(path, marker, signal)),
  });
}

export function restoreCrontab(
  user: string,
  crons: readonly HostCrons[],
  marker: RunMarker,
): readonly HostsAction[] {
  const hosts = crons.flatMap(({host, crontabs}) =>
    crontabs.flatMap((crontab) =>
      crontab.user === user && crontab.kept !== null
        ? [{host, value: hasRebootJob(crontab.kept.original)}]
        : [],
    ),
  );
  const atBoot = hosts.some(({value}) => value);
  return actionOn(hosts, {
    does: `restore the crontab of ${user} on ${hostsText(hosts)}${atBoot ? atNextBoot : ''}`,
    perform: (writer, signal) =>
      onHosts(writer, hosts, (host) => host.restoreCrontab(user, marker, signal)),
  });
}

export function restoreFile(
  path: string,
  crons: readonly HostCrons[],
  marker: RunMarker,
): readonly HostsAction[] {
  const hosts = hostsWithFile(crons, (file) => file.path === path && file.kept !== null);
  const atBoot = crons
    .flatMap(({files}) => files)
    .some((file) => file.path === path && (file.kept?.atBoot ?? []).length > 0);
  return actionOn(hosts, {
    does: `restore ${path} on ${hostsText(hosts)}${atBoot ? atNextBoot : ''}`,
    perform: (writer, signal) =>
      onHosts(writer, hosts, (host) => host.restoreFile(path, marker, signal)),
  });
}

function hostsWithFile(
  crons: readonly HostCrons[],
  matches: (file: FileState<CronFile>) => boolean,
): PerHost<string> {
  return crons.filter(({files}) => files.some(matches)).map(({host}) => ({host, value: host}));
}
