import {hostsInFolders, lawsOfStep} from 'switcharoo/testing';
import {postNotice} from '../steps/post-notice.ts';

// Two hosts, each in a folder of this machine: one with a text, one without.
lawsOfStep({
  step: postNotice,
  input: {text: 'The shop is moving. Change nothing here.\n'},
  world: async () => {
    const {session, picture, close} = await hostsInFolders(
      {name: 'web1', files: {'/etc/motd': 'Welcome.\n'}},
      {name: 'web2', files: {'/etc/hostname': 'web2\n'}},
    );
    return {sessions: {hosts: session}, picture, close};
  },
});
