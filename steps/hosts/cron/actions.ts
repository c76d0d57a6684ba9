import {placesOf} from '../shell/host-text.ts';
import type {Mark} from '../shell/run-marker.ts';
import {type HostsAction, onThose, type PerHost, whenAny} from '../target.ts';
import {activeLinesText, commentedOut} from './crontab-text.ts';
import type {CronFileState} from './crontabs.ts';
import {type FoundCrons, isToStop} from './state.ts';

export function stopCrontab(
  user: string,
  found: readonly FoundCrons[],
  mark: Mark,
): readonly HostsAction[] {
  const those = found.flatMap(({host, crontabs}) =>
    crontabs
      .filter((crontab) => crontab.user === user && isToStop(crontab))
      .map(({text}) => ({host, value: {from: text ?? '', to: commentedOut(text ?? '', mark)}})),
  );
  return whenAny(those, {
    does: `comment out the crontab of ${user} on ${placesOf(those.map(({host, value}) => `${host} (${activeLinesText(value.from)})`))}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host, texts) => host.replaceCrontab(user, texts, mark, signal)),
  });
}

export function moveFile(
  path: string,
  found: readonly FoundCrons[],
  mark: Mark,
): readonly HostsAction[] {
  const those = filesWhere(found, (file) => file.path === path && file.inPlace !== null);
  return whenAny(those, {
    does: `move ${path} out of cron's sight on ${placesOf(those.map(({host}) => host))}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host) => host.moveCronFile(path, mark, signal)),
  });
}

export function restoreCrontab(
  user: string,
  found: readonly FoundCrons[],
  mark: Mark,
): readonly HostsAction[] {
  const those = found
    .filter(({crontabs}) =>
      crontabs.some((crontab) => crontab.user === user && crontab.kept !== null),
    )
    .map(({host}) => ({host, value: user}));
  return whenAny(those, {
    does: `put back the crontab of ${user} on ${placesOf(those.map(({host}) => host))}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host) => host.restoreCrontab(user, mark, signal)),
  });
}

export function returnFile(
  path: string,
  found: readonly FoundCrons[],
  mark: Mark,
): readonly HostsAction[] {
  const those = filesWhere(found, (file) => file.path === path && file.kept !== null);
  return whenAny(those, {
    does: `put ${path} back on ${placesOf(those.map(({host}) => host))}`,
    perform: (writer, signal) =>
      onThose(writer, those, (host) => host.returnCronFile(path, mark, signal)),
  });
}

function filesWhere(
  found: readonly FoundCrons[],
  holds: (file: CronFileState) => boolean,
): PerHost<string> {
  return found.filter(({files}) => files.some(holds)).map(({host}) => ({host, value: host}));
}
