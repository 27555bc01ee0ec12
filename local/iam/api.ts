import type { Iam } from '../iam.ts';
import { element, QueryError, queryService } from '../query.ts';
import type { AwsService, Caller } from '../types.ts';
import { ACCOUNT_ID, PARTITION } from './principals.ts';

const NAMESPACE = 'https://iam.amazonaws.com/doc/2010-05-08/';

/**
 * IAM in the AWS query protocol: GetRole and GetUser, as the world of principals has it. A role or user has the path and the
 * unique id that the world tells; where the world names it nowhere it exists under every path, and `Arn` and `Path` are left out.
 */
export function openIamApi({ iam }: { iam: Iam }): AwsService {
  const get = (kind: 'role' | 'user') => {
    const noun = kind === 'role' ? 'Role' : 'User';
    return ({ caller }: { caller: Caller }, form: URLSearchParams): string => {
      const name = form.get(`${noun}Name`) ?? '';
      if (!/^[\w+=,.@-]{1,64}$/.test(name)) {
        throw new QueryError(400, 'ValidationError', `The specified value for ${kind}Name is invalid.`);
      }
      const here = `arn:${PARTITION}:iam::${ACCOUNT_ID}:${kind}/`;
      const named = (arn: string) => arn.startsWith(here) && arn.endsWith(`/${name}`);
      const { missing, ids } = iam.world.state();
      const [id, arn] = Object.entries(ids).find(([, known]) => named(known)) ?? [];
      const resource = arn ?? here + name;
      if (!caller.allows(`iam:Get${noun}`, resource)) {
        const message = `User: ${caller.arn} is not authorized to perform: iam:Get${noun} on resource: ${kind} ${name}`;
        throw new QueryError(403, 'AccessDenied', message);
      }
      if (missing.some((gone) => gone === name || named(gone))) {
        throw new QueryError(404, 'NoSuchEntity', `The ${kind} with name ${name} cannot be found.`);
      }
      const path =
        arn === undefined ? '' : element('Path', arn.slice(here.length - 1, -name.length)) + element('Arn', arn);
      const uniqueId = element(`${noun}Id`, id ?? iam.world.uniqueIdOf(resource));
      return `<${noun}>${path}${element(`${noun}Name`, name)}${uniqueId}</${noun}>`;
    };
  };
  return queryService(NAMESPACE, { GetRole: get('role'), GetUser: get('user') });
}
