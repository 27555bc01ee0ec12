import { interactionPolicy, Provider } from 'oidc-provider';
import type { Person } from '../people.ts';
import { memoryAdapter } from './adapter.ts';
import type { OidcKeys } from './keys.ts';
import { ACCESS_TOKEN_TTL, AUDIENCE } from './terms.ts';

export const CLIENT_ID = 'countersign-web';
/** RFC 8707 wants a URI; what stands in `aud` is AUDIENCE. */
const RESOURCE = 'urn:countersign';

/**
 * The OpenID provider: authorization code with PKCE for one public client on loopback, access tokens as JWTs for this API.
 * The person's consent is not asked: client and API are the same product.
 *
 * @param loginPath where a person chooses who to be, for an interaction's uid
 */
export function openProvider(options: {
  issuer: string;
  keys: OidcKeys;
  people: readonly Person[];
  loginPath(uid: string): string;
}): Provider {
  const { issuer, keys, people, loginPath } = options;
  const claimsOf = (email: string) => {
    const person = people.find((one) => one.email === email);
    return person && { email, email_verified: true, name: person.name, groups: person.groups };
  };
  const policy = interactionPolicy.base();
  // Another program could take over a loopback port on a machine of many; this one has one person.
  policy.get('consent')?.checks.remove('native_client_prompt');
  return new Provider(issuer, {
    adapter: memoryAdapter(),
    jwks: { keys: [keys.signing] },
    cookies: { keys: keys.cookies },
    clients: [
      {
        client_id: CLIENT_ID,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        // A native client's loopback redirect fits every port (RFC 8252, 7.3).
        redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback', 'http://[::1]/callback'],
      },
    ],
    claims: { openid: ['sub', 'email', 'email_verified', 'name', 'groups'] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'countersign',
          audience: AUDIENCE,
          accessTokenTTL: ACCESS_TOKEN_TTL,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (_, token) => ('accountId' in token ? claimsOf(String(token.accountId)) : undefined),
    findAccount: (_, email) =>
      claimsOf(email) && { accountId: email, claims: () => ({ sub: email, ...claimsOf(email) }) },
    loadExistingGrant: async (ctx) => {
      const { client, session, provider } = ctx.oidc;
      if (!client || !session?.accountId) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      grant.addResourceScope(RESOURCE, 'countersign');
      await grant.save();
      return grant;
    },
    interactions: { policy, url: (_, interaction) => loginPath(interaction.uid) },
    renderError: (ctx, out) => {
      ctx.type = 'json';
      ctx.body = JSON.stringify(out);
    },
    ttl: {
      AccessToken: ACCESS_TOKEN_TTL,
      AuthorizationCode: 60,
      Grant: 8 * 3600,
      IdToken: 3600,
      Interaction: 3600,
      Session: 8 * 3600,
    },
  });
}
