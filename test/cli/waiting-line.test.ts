import {expect, test} from 'vitest';
import {WaitingLine} from '../../src/cli/waiting-line.ts';

function lineOn(stream: {readonly isTTY?: boolean; readonly columns?: number}) {
  const written: string[] = [];
  let nowMs = 0;
  const line = new WaitingLine(
    {...stream, write: (text: string) => written.push(text)},
    () => nowMs,
  );
  const tellAt = (ms: number, text: string) => {
    nowMs = ms;
    line.tell(text);
  };
  return {line, written, tellAt};
}

test('at a terminal a line is written over, and gone before anything else is printed', () => {
  const {line, written, tellAt} = lineOn({isTTY: true, columns: 24});
  tellAt(0, 'reading 150 of 10,000 tables');
  expect(written).toEqual([]);
  tellAt(2_000, 'reading 300 of 10,000 tables');
  tellAt(2_100, 'reading 450 of 10,000 tables');
  tellAt(2_600, 'reading 900');
  line.clear();
  tellAt(2_700, 'reading 150');
  line.clear();
  expect(written).toEqual([
    '\r\u001b[K… reading 300 of 10,00…',
    '\r\u001b[K… reading 900',
    '\r\u001b[K',
  ]);
});

test('in a log it is a line now and then', () => {
  const {line, written, tellAt} = lineOn({});
  for (let second = 0; second <= 25; second += 1) {
    tellAt(second * 1_000, `reading ${second}`);
  }
  line.clear();
  expect(written).toEqual(['… reading 10\n', '… reading 20\n']);
});
