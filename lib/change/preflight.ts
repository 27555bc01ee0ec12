/** Why something of AWS was not seen; never an error of the change. */
export interface NotSeen {
  notSeen: string;
}

/** What AWS said about a proposal when it was made, beside its document. Shown and kept, and but for missing principals not judged. */
export interface Preflight {
  /** The roles and users of the key's account that the live policy does not name yet, as IAM knows them. */
  principals: {
    /** Unique id (AROA…, AIDA…) by ARN. */
    ids: Record<string, string>;
    missing: string[];
    notSeen: { principal: string; why: string }[];
  };
  grants: GrantsSeen | NotSeen;
  /** One entry for each check of IAM Access Analyzer that is configured. */
  accessAnalyzer: AnalyzerCheck[];
}

/** The grants of a key: access past its policy, which no change of the policy takes away. */
export interface GrantsSeen {
  total: number;
  /** False when there are more than were asked for. */
  complete: boolean;
  /** Alike ones are one, most frequent first. */
  groups: GrantGroup[];
}

/** A grant as ListGrants tells it. */
export interface Grant {
  /** An ARN or a service principal. */
  grantee: string;
  /** Without `kms:`, sorted. */
  operations: string[];
  issuingAccount: string;
  retiring?: string;
  /** `EncryptionContextSubset`, `EncryptionContextEquals`, `SourceArn`; empty when nothing limits it. */
  constraints: Record<string, unknown>;
}

/** Grants that differ in nothing but their constraints. */
export interface GrantGroup extends Omit<Grant, 'constraints'> {
  count: number;
  /** How many of them nothing limits. */
  unconstrained: number;
  /** How many different constraints they have, and the first few of these. */
  different: number;
  constraints: Record<string, unknown>[];
}

/** What one check of IAM Access Analyzer, by its name there, answered; no findings: it found nothing. */
export type AnalyzerCheck = { check: string; findings: AnalyzerFinding[] } | ({ check: string } & NotSeen);

/** A finding of AWS, in its own words. */
export interface AnalyzerFinding {
  severity: 'error' | 'warning' | 'info';
  code: string;
  message: string;
  /** JSON pointer into the proposed document, where AWS names a place. */
  path?: string;
}

/** How many groups, how many constraints of one, and how many characters of constraints are kept: an item of the table holds 400 KB. */
const MOST_GROUPS = 25;
const MOST_CONSTRAINTS = 3;
const MOST_CHARACTERS = 16_000;
/** How many findings of one check, and characters of one, are kept. */
const MOST_FINDINGS = 50;
const MOST_OF_MESSAGE = 500;

/** Sums up the grants of a key by who may do what for whom. */
export function sumUpGrants(grants: readonly Grant[], complete: boolean): GrantsSeen {
  const groups = new Map<string, GrantGroup & { seen: Set<string> }>();
  for (const { constraints, ...who } of grants) {
    const name = JSON.stringify([who.grantee, who.operations, who.issuingAccount, who.retiring]);
    const fresh = { ...who, count: 0, unconstrained: 0, different: 0, constraints: [], seen: new Set<string>() };
    const group = groups.get(name) ?? fresh;
    groups.set(name, group);
    group.count++;
    const limits = JSON.stringify(constraints);
    if (Object.keys(constraints).length === 0) group.unconstrained++;
    else if (!group.seen.has(limits)) {
      group.seen.add(limits);
      if (group.different++ < MOST_CONSTRAINTS) group.constraints.push(constraints);
    }
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count).map(({ seen: _, ...group }) => group);
  let left = MOST_CHARACTERS;
  const kept = sorted.slice(0, MOST_GROUPS).map((group) => {
    left -= JSON.stringify(group.constraints).length;
    return left < 0 ? { ...group, constraints: [] } : group;
  });
  return { total: grants.length, complete, groups: kept };
}

/** The findings of one check as they are kept; those that are too many are counted. */
export function keptFindings(findings: readonly AnalyzerFinding[]): AnalyzerFinding[] {
  const kept = findings
    .slice(0, MOST_FINDINGS)
    .map((one) => ({ ...one, message: one.message.slice(0, MOST_OF_MESSAGE) }));
  const rest = findings.length - kept.length;
  return rest > 0 ? [...kept, { severity: 'info', code: 'MORE', message: `And ${rest} more.` }] : kept;
}
