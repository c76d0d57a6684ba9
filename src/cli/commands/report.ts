import {defineCommand} from '../command.ts';
import {html} from '../options.ts';

export const reportCommand = defineCommand({
  name: 'report',
  arguments: '[run]',
  summary: 'Print the timeline, durations and outage of a run',
  description:
    'Print the timeline of a run, its durations beside those of the last comparable run, and the outage.\n\nWithout a run, the newest.',
  options: {html},
  examples: ['report', 'report --html cutover.html'],
  run: async ({app, args: [run], options}) => {
    const {printReport} = await import('../actions/report.ts');
    return printReport(app, run, options.html);
  },
});
