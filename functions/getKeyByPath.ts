import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { handler as getKey } from './getKey.ts';
import { handler as getKeyPolicy } from './getKeyPolicy.ts';
import { handler as keyHistory } from './keyHistory.ts';

/** `GET /keys/alias/payments`, `…/policy` and `…/history`: what API Gateway makes of `alias%2Fpayments`, which it decodes before it looks for a route. */
export const handler = (event: APIGatewayProxyEventV2, context: Context) => {
  const [, key, what] = /^(.+?)(\/policy|\/history)?$/.exec(event.pathParameters?.path ?? '') ?? [];
  const act = what === '/policy' ? getKeyPolicy : what === '/history' ? keyHistory : getKey;
  return act({ ...event, pathParameters: { key } }, context);
};
