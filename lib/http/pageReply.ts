import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { PAGE_HEADERS } from './page.ts';

/** A page as an answer, with the headers of every page. */
export const page = (statusCode: number, html: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { ...PAGE_HEADERS },
  body: html,
});
