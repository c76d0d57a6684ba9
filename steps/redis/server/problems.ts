import type {Problem} from '../../../src/index.ts';

export const redisUnreachable = (name: string, address: string, cause: Error): Problem => ({
  code: 'redis-unreachable',
  message: `${name} (${address}) does not answer: ${withoutPoint(cause.message)}.`,
  hint: 'Check host, port and tls of the target in the inventory, the firewall or security group, and whether this machine reaches it: redis-cli -h HOST -p PORT PING',
});

export const redisLoginRefused = (name: string, address: string, answer: string): Problem => ({
  code: 'redis-login-refused',
  message: `${name} (${address}) refuses the login: ${withoutPoint(answer)}.`,
  hint: 'Correct user and password of the target in the inventory: redis-cli --user USER --askpass PING',
});

export const redisRefused = (name: string, command: string, answer: string): Problem => ({
  code: 'redis-refused',
  message: `${name} refuses ${command}: ${withoutPoint(answer)}.`,
  hint: hintOf(answer),
});

export const redisKeyRefused = (name: string, key: string, answer: string): Problem => ({
  code: 'redis-key-refused',
  message: `${name} does not take the key ${key}: ${withoutPoint(answer)}.`,
  hint: answer.startsWith('ERR Bad data format')
    ? 'Its type is one of a module, or a newer one. Load the module there, or take the key out with "drop".'
    : hintOf(answer),
});

export const redisKeyUnreadable = (name: string, key: string, type: string): Problem => ({
  code: 'redis-key-unreadable',
  message: `The key ${key} of ${name} has the type ${type}, which switcharoo cannot compare.`,
  hint: 'Compare it by the commands of its module. Take it out with "drop", and copy it by hand.',
});

export const sentinelsSilent = (
  name: string,
  master: string,
  answers: readonly string[],
): Problem => ({
  code: 'redis-master-unknown',
  message: `No sentinel of ${name} says who is the master ${master}: ${answers.map(withoutPoint).join('; ')}.`,
  hint: 'Correct "sentinel" of the target in the inventory: redis-cli -h HOST -p 26379 SENTINEL MASTERS shows the names.',
});

/** By the first word of the answer, which is its code (Redis serialization protocol specification). */
function hintOf(answer: string): string {
  switch (answer.split(' ', 1)[0]) {
    case 'NOPERM':
      return 'Grant it to the account: redis-cli ACL SETUSER USER +COMMAND ~*, or the user group of ElastiCache.';
    case 'READONLY':
      return 'It is a replica. Name the master in the inventory, or its sentinels.';
    case 'OOM':
      return 'Its memory is full. Raise maxmemory, take a larger node, or drop keys with "drop".';
    case 'LOADING':
    case 'BUSY':
    case 'MASTERDOWN':
      return 'Wait until it is ready, then retry.';
    case 'MISCONF':
      return 'It cannot save to its disk: fix that (redis-cli INFO persistence), then retry.';
    default:
      return 'Send the command with redis-cli, and fix the cause. Then retry.';
  }
}

const withoutPoint = (text: string): string => text.replace(/\.$/, '');
