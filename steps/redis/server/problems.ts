import type {Problem} from '../../../src/index.ts';

export const redisUnreachable = (name: string, address: string, cause: Error): Problem => ({
  code: 'redis-unreachable',
  message: `${name} (${address}) does not answer: ${withoutPoint(cause.message)}.`,
  hint: 'Check host, port and tls of the target in the inventory, and the firewall or security group. Try it from this machine: redis-cli -h HOST -p PORT PING',
});

export const redisLoginRefused = (name: string, address: string, answer: string): Problem => ({
  code: 'redis-login-refused',
  message: `${name} (${address}) refuses the login: ${withoutPoint(answer)}.`,
  hint: 'Correct user and password of the target in the inventory. Try them: redis-cli -h HOST -p PORT --user USER --askpass PING',
});

export const redisRefused = (name: string, command: string, answer: string): Problem => ({
  code: 'redis-refused',
  message: `${name} refuses ${command}: ${withoutPoint(answer)}.`,
  hint: hintOf(answer),
});

export const redisKeyRefused = (name: string, key: string, answer: string): Problem => ({
  code: 'redis-key-refused',
  message: `${name} refuses the key ${key}: ${withoutPoint(answer)}.`,
  hint: answer.startsWith('ERR Bad data format')
    ? 'The type of this key comes from a module or from a later version. Load the module on that server, or leave the key out with "drop".'
    : hintOf(answer),
});

export const redisKeyUnreadable = (name: string, key: string, type: string): Problem => ({
  code: 'redis-key-unreadable',
  message: `The key ${key} of ${name} has the type ${type}, which switcharoo cannot compare.`,
  hint: 'Leave the key out with "drop". Copy and compare it by hand, with the commands of its module.',
});

export const sentinelsSilent = (
  name: string,
  master: string,
  answers: readonly string[],
): Problem => ({
  code: 'redis-master-unknown',
  message: `No sentinel of ${name} returned the address of the master ${master}: ${answers.map(withoutPoint).join('; ')}.`,
  hint: 'Correct "sentinel" of the target in the inventory: redis-cli -h HOST -p 26379 SENTINEL MASTERS shows the names.',
});

/** By the first word of the answer, which is its code (Redis serialization protocol specification). */
function hintOf(answer: string): string {
  switch (answer.split(' ', 1)[0]) {
    case 'NOPERM':
      return 'Grant this command to the account: redis-cli ACL SETUSER USER +COMMAND ~*. For ElastiCache, add it to the access string of the user.';
    case 'READONLY':
      return 'This server is a replica. Name the master or its sentinels in the inventory.';
    case 'OOM':
      return 'The memory of this server is full. Raise maxmemory, use a larger node, or leave keys out with "drop".';
    case 'LOADING':
    case 'BUSY':
    case 'MASTERDOWN':
      return 'Wait until the server is ready, then retry.';
    case 'MISCONF':
      return 'The server cannot save to its disk (redis-cli INFO persistence). Fix that, then retry.';
    default:
      return 'Run the command with redis-cli to see the cause. Fix it, then retry.';
  }
}

const withoutPoint = (text: string): string => text.replace(/\.$/, '');
