import {clean} from '../../report/text.ts';

/** More than the picture has rows for. */
const eventsKept = 10;

/** What a task puts out: first what its check last reported or its action does, then what happened, the newest last. */
interface TaskOutput {
  readonly detail: string;
  readonly events: readonly string[];
}

export function readOutput(output = ''): TaskOutput {
  const [detail = '', ...events] = output.split('\n');
  return {detail, events};
}

export const withDetail = (output: string | undefined, detail: string): string =>
  [clean(detail), ...readOutput(output).events].join('\n');

export function withEvent(output: string | undefined, event: string): string {
  const {detail, events} = readOutput(output);
  return [detail, ...[...events, clean(event)].slice(-eventsKept)].join('\n');
}
