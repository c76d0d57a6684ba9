import {expect, test} from 'vitest';
import {deploymentsOf} from '../../src/cli/commands/deploy.ts';
import {imageWords} from '../../src/cli/commands/images.ts';
import {SwitcharooError} from '../../src/model/problem.ts';

test.each([
  {
    name: 'plain',
    text: 'app=web=master.5',
    is: {container: 'app', repository: 'web', tag: 'master.5'},
  },
  {
    name: 'for one service, in a nested repository',
    text: 'API:app=team/web=v1',
    is: {service: 'API', container: 'app', repository: 'team/web', tag: 'v1'},
  },
  {name: 'without a tag', text: 'app=web', is: undefined},
  {name: 'with a digest for a tag', text: 'app=web=sha256:abc', is: undefined},
])('the words for an image, $name', ({text, is}) => {
  expect(imageWords(text)).toEqual(is);
});

test('images that belong nowhere, or twice to the same place, are refused', () => {
  const image = {container: 'app', repository: 'web', tag: 'v1'};
  const told = [
    () => deploymentsOf(['WEB'], [{...image, service: 'API'}]),
    () => deploymentsOf(['WEB', 'API'], [{...image, service: 'API'}]),
    () => deploymentsOf(['WEB'], [image, image]),
  ].map((attempt) => {
    try {
      attempt();
      return 'accepted';
    } catch (error) {
      return error instanceof SwitcharooError ? error.problem.message : error;
    }
  });
  expect(told).toEqual([
    'An image is meant for API, which is none of the services to deploy: WEB.',
    'No image is given for WEB.',
    'Two images are given for the container app of WEB.',
  ]);
});
