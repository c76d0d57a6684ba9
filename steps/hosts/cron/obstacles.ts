import {dirname} from 'node:path';
import {type Blocked, blocked} from '../../../src/index.ts';
import type {HostsLook, RunMarker} from '../contract.ts';
import {sha256} from '../files/encoded-text.ts';
import {keptFolder} from '../files/run-marker.ts';
import {editedFiles} from '../files/set-aside.ts';
import {unitObstacle} from '../units/obstacles.ts';
import {activeLines, hasRunComments} from './crontab-text.ts';
import {type CronsBefore, type CronsInput, type HostCrons, isStopped, timersOf} from './state.ts';

/** Why these crons cannot be stopped and restored, if anything prevents it. */
export function cronObstacle(
  crons: readonly HostCrons[],
  {input, targets, run}: HostsLook<CronsInput>,
): Blocked | null {
  const group = targets.hosts.name;
  const hint = 'Correct the name in the runbook, or the hosts in the inventory.';
  const missingUsers = (input.users === 'every' ? [] : input.users).filter((user) =>
    crons.every(({crontabs}) => crontabs.every((each) => each.user !== user || !each.account)),
  );
  if (missingUsers.length > 0) {
    return blocked(`No host of ${group} has the account ${missingUsers.join(', ')}.`, hint);
  }
  const missingFiles = input.cronFiles.filter((path) =>
    crons.every(({files}) =>
      files.every((each) => each.path !== path || (each.inPlace ?? each.kept) === null),
    ),
  );
  if (missingFiles.length > 0) {
    return blocked(`No host of ${group} has the file ${missingFiles.join(', ')}.`, hint);
  }
  return (
    unitObstacle(timersOf(crons), input.timers, group) ??
    editObstacle(crons, run) ??
    otherRunObstacle(crons, run)
  );
}

/** Another text than the original, and than the one that this entry installed. */
function editObstacle(crons: readonly HostCrons[], run: RunMarker): Blocked | null {
  for (const {host, crontabs, files} of crons) {
    const crontab = crontabs.find(
      ({kept, text}) => kept !== null && text !== kept.installed && text !== kept.original,
    );
    if (crontab !== undefined) {
      return blocked(
        `The crontab of ${crontab.user} on ${host} was edited after this run stopped it (active lines now: ${activeLines(crontab.text ?? '')}).`,
        `Save that edit elsewhere, then run on ${host}: cp ${keptFolder('', run)}/crontab-${crontab.user}~installed ${crontab.file} && touch ${dirname(crontab.file)}`,
      );
    }
    const [file] = editedFiles(files);
    if (file !== undefined) {
      return blocked(
        `${file.path} is in place again on ${host}, with other content than the file that this run moved aside.`,
        `Move it elsewhere, and stop configuration management on ${host}.`,
      );
    }
  }
  return null;
}

function otherRunObstacle(crons: readonly HostCrons[], run: HostsLook['run']): Blocked | null {
  for (const {host, crontabs, timers} of crons) {
    const commented = crontabs.find(
      (crontab) => crontab.kept === null && hasRunComments(crontab.text ?? ''),
    );
    if (commented !== undefined) {
      return blocked(
        `The crontab of ${commented.user} on ${host} still has lines that an earlier run commented out.`,
        'Reverse that run. If it left nothing else, remove its comments (#switcharoo:…) by hand.',
      );
    }
    const stopped = crontabs.some(isStopped) || timers.some(({block}) => block === 'whole');
    if (stopped && !run.started) {
      return blocked(
        `Crons on ${host} are already stopped by this entry, but the journal has no record of it.`,
        {
          text: 'The originals are on the host under /var/lib/switcharoo. Find the run that stopped them with',
          command: 'runs',
        },
      );
    }
  }
  return null;
}

/** Why the originals cannot be restored: they can be restored only over what this run left in their place. */
export function reversalObstacle(
  crons: readonly HostCrons[],
  before: readonly CronsBefore[],
  run: RunMarker,
): Blocked | null {
  const lost = before.flatMap(({host, crontabs, files}) => {
    const now = crons.find((each) => each.host === host);
    return [
      ...crontabs
        .filter(({user, sha256: original}) => {
          const {kept = null, text = null} = now?.crontabs.find((each) => each.user === user) ?? {};
          return kept === null && (text === null || sha256(text) !== original);
        })
        .map(({user}) => `The crontab of ${user} on ${host}`),
      ...files
        .filter(({path, sha256: original}) => {
          const {kept = null, inPlace = null} = now?.files.find((each) => each.path === path) ?? {};
          return kept === null && inPlace?.sha256 !== original;
        })
        .map(({path}) => `${path} on ${host}`),
    ].map((what) => `${what} is not the original, and this run keeps no copy of the original.`);
  });
  return lost.length > 0
    ? blocked(lost.join(' '), 'Restore it from a backup of the host.')
    : editObstacle(crons, run);
}
