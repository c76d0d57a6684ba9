import {expect, test} from 'vitest';
import {type HoldPoint, holdPointText, prepareForHold, strikeAt} from '../drills/hold-kills.ts';
import {onStage} from '../drills/stage.ts';

const at = (entry: string, kind: HoldPoint['kind']) =>
  ({of: 'cutover', entry, kind, nth: 0, waits: false}) as const;

// One of each: hold, freeze, open, release, and the reversal. All lines: `npm run drills -- --hold`.
const points: readonly HoldPoint[] = [
  {...at('hold', 'before'), how: 'cut', way: 'reverse'},
  {...at('hold', 'action-performed'), how: 'kill', way: 'reverse', waits: true},
  {...at('freeze', 'action-intended'), how: 'kill', way: 'reverse'},
  {...at('freeze', 'action-performed'), how: 'cut', way: 'reverse'},
  {...at('open-writes', 'action-intended'), how: 'kill', way: 'resume'},
  {...at('release', 'action-intended'), how: 'kill', way: 'reverse'},
  {...at('open-writes', 'action-performed'), of: 'reversal', how: 'kill', way: 'reverse'},
];

test('killed or cut off while connections are held, it loses nothing, and no host or side stays as it was', async () => {
  await onStage(async (stage) => {
    await prepareForHold(stage);
    for (const point of points) {
      const {ended, problems} = await strikeAt(stage, point);
      expect({point: holdPointText(point), problems}).toEqual({
        point: holdPointText(point),
        problems: [],
      });
      // 6 would call for a person, and none is needed: the kernel lets visitors through.
      expect(point.how === 'kill' ? ['SIGKILL'] : ['exit 5', 'exit 0']).toContain(ended);
    }
  });
}, 500_000);
