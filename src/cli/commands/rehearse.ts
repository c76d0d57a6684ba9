import {defineCommand, flag, optional} from '../command.ts';
import {clients, html, slowProcedures} from '../options.ts';

export const rehearseCommand = defineCommand({
  name: 'rehearse',
  arguments: '[runbook]',
  summary: 'Run a runbook in the lab',
  description:
    'Start the lab, run a runbook in it while clients write all the time, report the outage and the lost writes, and stop the lab. Asks nothing.\n\nWithout a runbook, bare-metal-to-ecs.',
  options: {
    reverseAt: optional({
      placeholder: 'entry',
      description: 'Stop at this entry, accept writes for some seconds, then reverse everything',
    }),
    clients,
    slowProcedures,
    keep: flag({description: 'Leave the lab running afterwards'}),
    html,
  },
  examples: ['rehearse', 'rehearse bare-metal-to-ecs --reverse-at smoke'],
  run: async ({app, args: [runbook = 'bare-metal-to-ecs'], options}) => {
    const {rehearse} = await import('../actions/rehearse.ts');
    const {reverseAt, html: file, ...lab} = options;
    return rehearse(app, {runbook, reverseAt, html: file}, lab);
  },
});
