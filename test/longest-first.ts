import {relative} from 'node:path';
import {BaseSequencer, type TestSpecification} from 'vitest/node';

/** The files that take longest, as `.ci/run` prints them: on a clean machine vitest does not know that. */
const longest = [
  'steps/hosts/real-host',
  'cli/cutover',
  'cli/two-laptops',
  'crash/crash',
  'cli/again-after-reversal',
  'steps/mysql/real-laws',
  'crash/hold-kills',
  'cli/process-stop',
  'cli/seamless-cutover',
  'fleet/restored',
  'engine/verify/verification',
  'cli/copied-state',
  'cli/ring',
  'steps/hosts/hold-connections',
  'cli/take-over',
  'cli/warm-cutover',
  'steps/mysql/freeze-on-each-server',
  'steps/hosts/lab-laws',
  'steps/hosts/real-systemd',
  'steps/mysql/ring',
  'steps/mysql/ring-faults',
  'cli/shared-journal',
  'steps/mysql/catalogue',
  'cli/deploy',
  'steps/aurora/seed',
  'cli/live',
].map((name) => `test/${name}.test.ts`);

/** What takes long begins early, so that no worker is left alone with it at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({moduleId}: TestSpecification) => {
      const rank = longest.indexOf(relative(process.cwd(), moduleId));
      return rank < 0 ? longest.length : rank;
    };
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
