/** What tokens of the local provider carry; the audience and the scope are those that serverless.yml asks for. */
export const AUDIENCE = 'countersign';
export const SCOPE = 'openid countersign';
/** Seconds. */
export const ACCESS_TOKEN_TTL = 3600;
