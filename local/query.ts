import type { AwsRequest, AwsResponse, AwsService } from './types.ts';

/** A refusal in the query protocol: AWS's own code, with the HTTP status that it has there. */
export class QueryError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What is inside of `<…Result>`. Throws QueryError. */
export type QueryOperation = (request: AwsRequest, form: URLSearchParams) => string;

/** A service in the AWS query protocol: a form in, XML out. An operation that is not among these is refused as AWS does. */
export function queryService(namespace: string, operations: Readonly<Record<string, QueryOperation>>): AwsService {
  return {
    async handle(request) {
      const form = new URLSearchParams(request.body.toString('utf8'));
      const operation = form.get('Action') ?? request.operation;
      try {
        const answer = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
        if (answer === undefined) {
          throw new QueryError(
            400,
            'InvalidAction',
            `Could not find operation ${operation} for version ${form.get('Version')}`,
          );
        }
        const result = `<${operation}Result>${answer(request, form)}</${operation}Result>`;
        const metadata = `<ResponseMetadata>${requestId()}</ResponseMetadata>`;
        return xml(200, `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`);
      } catch (error) {
        if (error instanceof QueryError) return refuse(namespace, error);
        throw error;
      }
    },
    close: async () => {},
  };
}

function refuse(namespace: string, { status, code, message }: QueryError): AwsResponse {
  const error = element('Type', 'Sender') + element('Code', code) + element('Message', message);
  return xml(status, `<ErrorResponse xmlns="${namespace}"><Error>${error}</Error>${requestId()}</ErrorResponse>`);
}

function requestId(): string {
  return element('RequestId', crypto.randomUUID());
}

function xml(status: number, body: string): AwsResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

/** An element that holds text. */
export function element(name: string, text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `<${name}>${escaped}</${name}>`;
}
