import {defineCommand} from '../command.ts';

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Check this machine: versions, ssh, credentials, clock, state folder',
  examples: ['doctor'],
  run: async ({app}) => {
    const {examine} = await import('../actions/doctor.ts');
    return examine(app);
  },
});
