import {type Blocked, blocked} from '../../../src/index.ts';
import type {HostsLook} from '../target.ts';
import {whyNot} from '../units/blocked-units.ts';
import {activeLines, hasOurComments, sha256} from './crontab-text.ts';
import {type CronsBefore, type CronsInput, type FoundCrons, isStopped, timersOf} from './state.ts';

/** Why these crons cannot be stopped in a way that can be put back, if so. */
export function whyNotCrons(
  found: readonly FoundCrons[],
  {input, targets, run}: HostsLook<CronsInput>,
): Blocked | null {
  const group = targets.hosts.name;
  const unknown = (input.users === 'every' ? [] : input.users).filter((user) =>
    found.every(({crontabs}) => crontabs.every((each) => each.user !== user || !each.account)),
  );
  if (unknown.length > 0) {
    return blocked(
      `No host of ${group} has the account ${unknown.join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  const absent = input.cronFiles.filter((path) =>
    found.every(({files}) =>
      files.every((each) => each.path !== path || (each.inPlace ?? each.kept) === null),
    ),
  );
  if (absent.length > 0) {
    return blocked(
      `No host of ${group} has the file ${absent.join(', ')}.`,
      'Correct the name in the runbook, or the hosts in the inventory.',
    );
  }
  return (
    whyNot(timersOf(found), input.timers, group) ?? whyEdited(found) ?? whyLeftOver(found, run)
  );
}

/** What cron would run now is neither what was there nor what this entry installed. */
function whyEdited(found: readonly FoundCrons[]): Blocked | null {
  for (const {host, crontabs, files} of found) {
    const crontab = crontabs.find(
      ({text, kept}) => kept !== null && text !== kept.installed && text !== kept.original,
    );
    if (crontab !== undefined) {
      return blocked(
        `The crontab of ${crontab.user} on ${host} was edited after this run stopped it (active lines now: ${activeLines(crontab.text ?? '')}).`,
        `Someone, or configuration management, works on it. Find out who, keep that edit elsewhere, and install what this run left there: crontab-${crontab.user}~installed under /var/lib/switcharoo.`,
      );
    }
    const file = files.find(
      ({inPlace, kept}) => inPlace !== null && kept !== null && inPlace.sha256 !== kept.sha256,
    );
    if (file !== undefined) {
      return blocked(
        `${file.path} is back on ${host}, with other content than the file that this run moved aside.`,
        'Someone, or configuration management, wrote it. Find out who, and move it elsewhere.',
      );
    }
  }
  return null;
}

function whyLeftOver(found: readonly FoundCrons[], run: HostsLook['run']): Blocked | null {
  for (const {host, crontabs, timers} of found) {
    const other = crontabs.find(
      (crontab) => crontab.kept === null && hasOurComments(crontab.text ?? ''),
    );
    if (other !== undefined) {
      return blocked(
        `The crontab of ${other.user} on ${host} still has lines that an earlier run commented out.`,
        'Reverse that run first. If nothing is left of it, take its comments (#switcharoo:…) out by hand.',
      );
    }
    const adopted = crontabs.some(isStopped) || timers.some(({block}) => block === 'whole');
    if (adopted && !run.started) {
      return blocked(
        `Crons on ${host} are already stopped by this entry, although the journal says nothing of it.`,
        'Find out whose journal it is in: switcharoo runs. The originals are kept on the host under /var/lib/switcharoo.',
      );
    }
  }
  return null;
}

/** What was there can be put back only over what this run left there. */
export function whyNoWayBack(
  found: readonly FoundCrons[],
  before: readonly CronsBefore[],
): Blocked | null {
  const lost = before.flatMap(({host, crontabs, files}) => {
    const now = found.find((each) => each.host === host);
    return [
      ...crontabs
        .filter(({user, sha256: was}) => {
          const {kept = null, text = null} = now?.crontabs.find((each) => each.user === user) ?? {};
          return kept === null && (text === null || sha256(text) !== was);
        })
        .map(({user}) => `The crontab of ${user} on ${host}`),
      ...files
        .filter(({path, sha256: was}) => {
          const {kept = null, inPlace = null} = now?.files.find((each) => each.path === path) ?? {};
          return kept === null && inPlace?.sha256 !== was;
        })
        .map(({path}) => `${path} on ${host}`),
    ].map((what) => `${what} is not what it was, and this run keeps no original of it.`);
  });
  return lost.length > 0
    ? blocked(lost.join(' '), 'Put it back from a backup of the host.')
    : whyEdited(found);
}
