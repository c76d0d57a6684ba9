import {expect, test} from 'vitest';
import {runProgram} from '../../../steps/image/builder/program.ts';

const saidBy = async (script: string): Promise<string> => {
  const signal = new AbortController().signal;
  const run = {cwd: '/', env: {}, signal, limitMs: 10_000};
  return (await runProgram(['sh', '-c', script], run)).message;
};

test('of the output of a program, the error is reported, and not the advice that follows it', async () => {
  const git = `echo "fatal: '/none' does not appear to be a git repository" >&2
echo "Please make sure you have the correct access rights" >&2
echo "and the repository exists." >&2`;
  expect(await saidBy(git)).toBe("fatal: '/none' does not appear to be a git repository");
  expect(await saidBy('echo one; echo two')).toBe('two');
  expect(await saidBy(':')).toBe('it wrote nothing');
});

test('a line that comes in parts is reported whole: a secret in two parts would be in neither', async () => {
  const lines: string[] = [];
  const script = `printf 'token s3c'; sleep 0.1; printf 'ret caf\\303'; sleep 0.1; printf '\\251\\nlast'`;
  const {message} = await runProgram(['sh', '-c', script], {
    signal: new AbortController().signal,
    limitMs: 10_000,
    report: (line) => lines.push(line),
  });
  expect(lines).toEqual(['token s3cret café', 'last']);
  expect(message).toBe('last');
});
