import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readServerlessFile } from '../../local/serverless/read.ts';

const at = (name: string) =>
  readServerlessFile(join(import.meta.dirname, '..', '..', name), { stage: 'prod', params: {}, env: {} });
const forward = at('docs/forward.template.yml');

it('forwards exactly the events that the function trail takes, by a role that may put events on that bus alone', () => {
  const { functions } = at('serverless.yml') as unknown as {
    functions: { trail: { events: { eventBridge: { pattern: object } }[] } };
  };
  expect(forward.Resources).toMatchObject({
    Forward: {
      Properties: {
        EventPattern: functions.trail.events[0]?.eventBridge.pattern,
        Targets: [{ Arn: { Ref: 'HomeBus' }, RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] } }],
      },
    },
    ForwardRole: {
      Properties: {
        Policies: [
          {
            PolicyDocument: {
              Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: { Ref: 'HomeBus' } }],
            },
          },
        ],
      },
    },
  });
});
