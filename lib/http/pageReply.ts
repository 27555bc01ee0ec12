import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PAGE_HEADERS } from './page.ts';

/** A page as an answer, with the headers of every page. */
export const page = (statusCode: number, html: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { ...PAGE_HEADERS },
  body: html,
});

/** Sends a browser on, with cookies; nothing of it is kept, and the address that it leaves is told to nobody. */
export const redirect = (location: string, cookies: string[]): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 302,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  cookies,
});
