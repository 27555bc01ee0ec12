import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface State {
  Type: string;
  Retry?: { ErrorEquals: string[]; MaxAttempts: number; MaxDelaySeconds?: number }[];
  Catch?: { ErrorEquals: string[]; Next: string }[];
  Parameters?: { Payload: Record<string, unknown> };
  TimeoutSeconds?: number;
  TimeoutSecondsPath?: string;
  Choices?: { StringEquals: string; Next: string }[];
}

const { States } = JSON.parse(readFileSync('statemachine/approval.asl.json', 'utf8')) as {
  States: Record<string, State>;
};
const tasks = Object.entries(States).filter(([, { Type }]) => Type === 'Task');

describe('each task of the state machine', () => {
  it.each(tasks)('%s tries the transient again, catches the rest and has a time limit', (_, state) => {
    expect(state.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)).toContain('States.TaskFailed');
    expect(state.Catch?.flatMap(({ ErrorEquals }) => ErrorEquals)).toContain('States.ALL');
    expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
  });

  it.each(tasks)('%s is handed ids and no document', (_, state) => {
    const values = Object.values(state.Parameters?.Payload ?? {});
    expect(JSON.stringify(values)).not.toMatch(/document|policy|comment|reason/i);
    expect(values.length).toBeLessThanOrEqual(4);
  });
});

it('the ends are apart', () => {
  const ends = Object.entries(States).filter(([, { Type }]) => Type === 'Succeed' || Type === 'Fail');
  expect(ends.map(([name]) => name)).toEqual(
    expect.arrayContaining(['Applied', 'Rejected', 'Cancelled', 'Expired', 'Stale', 'Failed', 'Uncertain']),
  );
});

it.each(['UNTOLD', 'TEMPORARY'])(
  'a change that is %s when it was told of is no end: it is looked at again',
  (status) => {
    expect(States.End?.Choices?.find(({ StringEquals }) => StringEquals === status)?.Next).toBe('Look');
  },
);
