import type { Guardians, KnownValues } from '../../policy/types.ts';
import type { RulesFile } from './schema.ts';

type Path = readonly PropertyKey[];
type Known = NonNullable<RulesFile['known']>['applier'];

/** What the rules file says that every request of the applier, and every one of the people behind it, has. */
export function knownOf({ known }: Pick<RulesFile, 'known'>): NonNullable<Guardians['known']> {
  const values = (own: Known | undefined): KnownValues =>
    Object.fromEntries(
      Object.entries({ ...known?.everybody, ...own }).flatMap(([name, some]) =>
        some === undefined ? [] : [[name, [some].flat()]],
      ),
    );
  return { applier: values(known?.applier), administrators: values(known?.administrators) };
}

const SOURCE_IP = 'aws:SourceIp';

/** What is said twice, and an address of the applier: Lambda calls from addresses that nobody knows. */
export function inKnown({ known = {} }: Pick<RulesFile, 'known'>): [path: Path, message: string][] {
  const { everybody = {}, applier = {}, administrators = {} } = known;
  const addresses = Object.entries({ everybody, applier }).flatMap(([who, values]): [Path, string][] =>
    SOURCE_IP in values
      ? [
          [
            ['known', who, SOURCE_IP],
            'the applier runs in Lambda, whose address is not known: say it of administrators',
          ],
        ]
      : [],
  );
  const twice = Object.entries({ applier, administrators }).flatMap(([who, values]) =>
    Object.keys(values)
      .filter((name) => Object.hasOwn(everybody, name))
      .map((name): [Path, string] => [['known', who, name], `${name} stands under everybody too`]),
  );
  return [...addresses, ...twice];
}
