import {expect, test} from 'vitest';
import {askAws, awsProblem} from '../../../steps/aws/index.ts';

const named = (name: string, facts: object = {}): Error =>
  Object.assign(new Error(`${name} said so`), {name, ...facts});

const cases = [
  {name: 'a key that AWS does not know', error: named('UnrecognizedClientException')},
  {name: 'the same from a service that speaks XML', error: named('InvalidClientTokenId')},
  {name: 'no credentials at all', error: named('CredentialsProviderError')},
].map((one) => ({...one, code: 'aws-credentials-refused'}));

const others = [
  {name: 'a missing permission', error: named('AccessDeniedException'), code: 'aws-access-denied'},
  {name: 'too many calls', error: named('ThrottlingException'), code: 'aws-throttled'},
  {name: 'no answer in time', error: named('TimeoutError'), code: 'aws-unreachable'},
  {
    name: 'a refused connection',
    error: named('Error', {code: 'ECONNREFUSED'}),
    code: 'aws-unreachable',
  },
  {
    name: 'a server error that stays',
    error: named('ServerException', {$fault: 'server'}),
    code: 'aws-unreachable',
  },
];

for (const {name, error, code} of [...cases, ...others]) {
  test(`${name} is ${code}`, () => {
    expect(awsProblem('zone main', error)?.problem.code).toBe(code);
  });
}

test('an error of one service alone, and a stop by the operator, are thrown as they are', async () => {
  for (const error of [named('ServiceNotFoundException'), named('AbortError')]) {
    await expect(askAws('zone main', () => Promise.reject(error))).rejects.toBe(error);
  }
});

test('the problem names the target and quotes AWS', () => {
  expect(awsProblem('zone main', named('AccessDenied'))?.problem).toEqual({
    code: 'aws-access-denied',
    message: 'AWS does not allow this call for zone main: AccessDenied said so',
    hint: {
      text: 'Grant the role the permissions of the step. List them with',
      command: 'steps NAME',
    },
  });
});
