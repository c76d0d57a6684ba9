import {expect, test} from 'vitest';
import {deploymentsOf} from '../../src/cli/actions/deploy.ts';
import {parseImage} from '../../src/cli/image-argument.ts';
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
])('an image argument, $name', ({text, is}) => {
  expect(parseImage(text)).toEqual(is);
});

test.each([
  {name: 'without a tag', text: 'app=web'},
  {name: 'with a digest for a tag', text: 'app=web=sha256:abc'},
])('an image argument is refused $name', ({text}) => {
  expect(() => parseImage(text)).toThrow('Give it as container=repository=tag.');
});

test('images that belong nowhere, or twice to the same place, are refused', () => {
  const image = {container: 'app', repository: 'web', tag: 'v1'};
  const messages = [
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
  expect(messages).toEqual([
    'An image is given for API, which is not one of the services to deploy: WEB.',
    'No image is given for WEB.',
    'Two images are given for the container app of WEB.',
  ]);
});
