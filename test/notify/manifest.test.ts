import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OPERATIONS } from '../../lib/http/operations.ts';

interface Manifest {
  features: { bot_user: object; app_home: { messages_tab_enabled: boolean } };
  oauth_config: { scopes: { bot: string[]; user?: string[] } };
  settings: { interactivity: { is_enabled: boolean; request_url: string }; org_deploy_enabled: boolean };
}

const manifest = parse(readFileSync('docs/slack-manifest.yml', 'utf8')) as Manifest;

describe('the manifest of the Slack app', () => {
  it('sends what people press to the route that takes it', () => {
    const { is_enabled, request_url } = manifest.settings.interactivity;
    const route = OPERATIONS.find(({ id }) => id === 'slackInteractions')?.path;
    expect([is_enabled, new URL(request_url).pathname, new URL(request_url).protocol]).toEqual([true, route, 'https:']);
  });

  it('asks for what the methods that are called need, and for nothing more', () => {
    // https://docs.slack.dev/reference/methods: views.open needs none.
    expect(manifest.oauth_config.scopes).toEqual({ bot: ['chat:write', 'im:write', 'users:read'] });
    expect(manifest.features.app_home.messages_tab_enabled).toBe(true);
    expect(manifest.settings.org_deploy_enabled).toBe(false);
  });
});
