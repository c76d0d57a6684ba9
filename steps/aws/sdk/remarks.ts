import {AwsClock, clockText} from './clock.ts';
import type {AwsConfig} from './config.ts';
import {lastUntil} from './credentials.ts';
import {sourceText} from './credentials-problems.ts';

/**
 * What the operator should know of the way to AWS: a clock that is wrong, as answers so far have shown, and credentials
 * that end. It asks nothing that was not asked before.
 */
export async function awsRemarks(config: AwsConfig): Promise<readonly string[]> {
  const clock = new AwsClock(config.endpoint);
  const wrongClock = clockText(clock.offsetMs());
  // Credentials that cannot be had have failed a check already.
  const until = await lastUntil(config).catch(() => undefined);
  return [
    ...(wrongClock === undefined ? [] : [wrongClock]),
    ...(until === undefined ? [] : [lifeText(config, until, clock.msUntil(until))]),
  ];
}

function lifeText(config: AwsConfig, until: Date, leftMs: number): string {
  const minutes = Math.max(0, Math.floor(leftMs / 60_000));
  const at = `${until.toISOString().slice(11, 16)} UTC`;
  const length = minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
  return `The credentials of ${sourceText(config)} last until ${at} (${length}); ${renewalText(config)}`;
}

const renewalText = ({mfa}: AwsConfig): string =>
  mfa === undefined || mfa.command !== undefined
    ? 'they are renewed before.'
    : 'nobody is there to type a new code then: give mfa a command, or the role a longer session.';
