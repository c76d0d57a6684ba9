import {expect, test} from 'vitest';
import {type HoldPoint, holdPointText, prepareForHold, strikeAt} from '../drills/hold-kills.ts';
import {onStage} from '../drills/stage.ts';

const at = (entry: string, kind: HoldPoint['kind']) =>
  ({of: 'cutover', entry, kind, nth: 0, waits: false}) as const;

// One of each, and the reversal. All lines, and cut off too, which takes its time: `npm run drills -- --hold`.
const points: readonly HoldPoint[] = [
  // Its second action: the first waits for what is open.
  {...at('hold', 'action-performed'), nth: 1, how: 'kill', way: 'reverse', waits: true},
  // Aurora closed itself again where its parameter says so: the run asks again, or pauses and is finished.
  {...at('aurora-caught-up', 'entry-started'), how: 'failover', way: 'resume'},
  {...at('open-writes', 'action-performed'), of: 'reversal', how: 'kill', way: 'reverse'},
];

test('killed while connections are held, it loses nothing, and no host or side stays as it was', async () => {
  await onStage(async (stage) => {
    await prepareForHold(stage);
    for (const point of points) {
      const {ended, problems} = await strikeAt(stage, point);
      const line = holdPointText(point);
      expect({line, problems}).toEqual({line, problems: []});
      expect(ended, line).toMatch(point.how === 'kill' ? /^SIGKILL$/ : /^exit [05]$/);
    }
  });
});
