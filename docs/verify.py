#!/usr/bin/env python3
"""Verifies an exported Countersign history: python3 verify.py --export FILE --public-key FILE [--pin FILE] [--outside FILE [--max-age 1h]]

A second opinion: written apart from the program it judges, with nothing but Python's own library (3.8 or later).
Exit 0 clean, 1 tampered, 2 incomplete; the last line of output is the verdict as JSON. What each check means: audit.md.
"""
import argparse, base64, functools, hashlib, hmac, json, math, re, sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal

DOMAIN, LOG, WORKFLOW = "countersign-audit/v1", "main", "countersign"
HASH = re.compile(r"[0-9a-f]{64}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
NOTE = re.compile(r"%s\n([A-Za-z0-9_.-]{1,64})\n(0|[1-9][0-9]{0,14})\n([0-9a-f]{64})\n(%s)\n" % (re.escape(DOMAIN), INSTANT.pattern))


class Tampered(Exception):
    def __init__(self, seq, why):
        super().__init__(why)
        self.seq, self.why = seq, why


class Incomplete(Exception):
    pass


def sha256(text):
    return hashlib.sha256(re.sub("[\ud800-\udfff]", "\ufffd", text).encode("utf-8")).hexdigest()


def unusable(why):
    print("verify.py: " + why, file=sys.stderr)
    sys.exit(2)


# ── ECDSA on P-256 (FIPS 186-4, SEC 1) ─────────────────────────────────────────────────────────────────────────
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
A, B = P - 3, 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" "04")


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + A) * pow(2 * p[1], -1, P) % P
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(k, point):
    result = None
    while k:
        if k & 1:
            result = add(result, point)
        point, k = add(point, point), k >> 1
    return result


def read_public_key(text):
    der = base64.b64decode("".join(line for line in text.split("\n") if "-----" not in line))
    if len(der) != len(SPKI) + 64 or not der.startswith(SPKI):
        unusable("the public key must be an elliptic curve key on P-256")
    x, y = int.from_bytes(der[-64:-32], "big"), int.from_bytes(der[-32:], "big")
    if (y * y - x * x * x - A * x - B) % P:
        unusable("the public key is no point of P-256")
    return x, y


def der_integer(value):
    raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([2, len(raw)]) + raw


@functools.lru_cache(maxsize=1024)
def is_signed(key, note, signature):
    try:
        der = base64.b64decode(signature, validate=True)
        if base64.b64encode(der).decode() != signature:
            return False
        length = der[3]
        r = int.from_bytes(der[4:4 + length], "big")
        s = int.from_bytes(der[6 + length:6 + length + der[5 + length]], "big")
        body = der_integer(r) + der_integer(s)
        if der != bytes([0x30, len(body)]) + body or not (0 < r < N and 0 < s < N):
            return False
    except (ValueError, IndexError, OverflowError):
        return False
    digest = int.from_bytes(hashlib.sha256(note.encode("ascii")).digest(), "big")
    inverse = pow(s, -1, N)
    point = add(times(digest * inverse % N, G), times(r * inverse % N, key))
    return point is not None and point[0] % N == r


# ── JSON as the log writes it: sorted names, no white space, numbers as ECMAScript prints them ─────────────────
def number(text):
    value = float(text)
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def refuse(text):
    raise ValueError(text)


def read_json(text):
    return json.loads(text, parse_int=number, parse_float=lambda t: refuse(t) if math.isinf(float(t)) else number(t), parse_constant=refuse)


def canonical(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{%s}" % ",".join(canonical(name) + ":" + canonical(value[name]) for name in names)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(canonical, value))
    if isinstance(value, float):
        if value == int(value) and abs(value) < 1e21:
            return str(int(Decimal(repr(value))))
        if 1e-6 <= abs(value) < 1e21:
            return format(Decimal(repr(value)), "f")
        return re.sub(r"e([+-])0*", r"e\1", repr(value))
    text = json.dumps(value, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda m: "\\u%04x" % ord(m.group()), text)


# ── What a fact must say ───────────────────────────────────────────────────────────────────────────────────────
def text(v): return isinstance(v, str)
def flag(v): return isinstance(v, bool)
def whole(v): return isinstance(v, int) and not isinstance(v, bool) and abs(v) < 2**53
def real(v): return isinstance(v, (int, float)) and not isinstance(v, bool)
def digest(v): return text(v) and HASH.fullmatch(v) is not None
def instant(v): return text(v) and INSTANT.fullmatch(v) is not None
def texts(v): return isinstance(v, list) and all(map(text, v))
def members(**kinds): return lambda v: isinstance(v, dict) and all(name in v and kind(v[name]) for name, kind in kinds.items())


BINDING = members(after=digest, base=digest)
DECIDED = members(binding=BINDING, comment=text, channel=text)
SAID = members(comment=text, channel=text)
FAILED = members(person=text, channel=text, error=text)
TOLD = members(mailed=texts, slacked=texts, failed=lambda v: isinstance(v, list) and all(map(FAILED, v)))
COMMON = members(type=text, change=text, keyArn=text, person=text, at=instant, log=text, prev=digest, seq=whole)
DURATION = re.compile(r"P(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?")


def seconds(v):
    match = DURATION.fullmatch(v) if text(v) else None
    total = sum(int(n or 0) * unit for n, unit in zip(match.groups(), (604800, 86400, 3600, 60, 1))) if match else 0
    return total if 0 < total <= 366 * 86400 else None


KEY = members(arn=text, keyId=text, accountId=text, region=text, aliases=texts)
TRACE = members(caller=text, writtenAt=instant, eventId=text)
STAGE = members(name=text, quorum=whole, approvers=texts, **{"from": texts})


def maybe(name, kind):
    return lambda v: name not in v or kind(v[name])


def both(*kinds):
    return lambda v: all(kind(v) for kind in kinds)


def list_of(kind):
    return lambda v: isinstance(v, list) and all(map(kind, v))


# ── When something may be put: freezes and change windows, once or of every week ───────────────────────────────
MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{3}))?)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))")
OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?")
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def moment(v):
    """Milliseconds since 1970; None when there is no such time. Days go over the end of a month, as in ECMAScript."""
    match = MOMENT.fullmatch(v)
    if match is None:
        return None
    year, month, day, hour, minute, second, millis, east, north = (int(match[i] or 0) for i in (1, 2, 3, 4, 5, 6, 7, 9, 10))
    if not (1 <= month <= 12 and 1 <= day <= 31 and minute < 60 and second < 60 and east < 24 and north < 60):
        return None
    if hour > 24 or (hour == 24 and (minute or second or millis)):
        return None
    y = year - (month <= 2)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 719469
    offset = (east * 60 + north) * (-1 if match[8] == "-" else 1)
    return (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + millis


def minutes(v): return int(v[:2]) * 60 + int(v[3:])
def time_of_day(v): return text(v) and re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", v) is not None
def fixed(v): return text(v) and re.search(r"\.[0-9]{3}", v) is None and moment(v) is not None


ONCE = members(name=text, to=fixed, **{"from": fixed})
WEEKLY = both(members(name=text, days=list_of(lambda v: v in DAYS), timeZone=text), maybe("from", time_of_day), maybe("to", time_of_day))
WINDOWS = list_of(lambda v: isinstance(v, dict) and (WEEKLY if "timeZone" in v else ONCE)(v))


@functools.lru_cache(maxsize=None)
def zone(name):
    """The clock of a place, or None where it is not known here: Python has none before 3.9, and its names come from the machine."""
    match = OFFSET.fullmatch(name)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    try:
        from zoneinfo import ZoneInfo, available_timezones
        return ZoneInfo({one.lower(): one for one in available_timezones()}[name.lower()])
    except (ImportError, KeyError):
        return None


def zones_in(fact):
    kind = fact["type"]
    holds = fact["rule"] if kind in ("SUBMITTED", "VERSIONED") else fact.get("today", {}) if kind in ("APPLY_INTENT", "APPLY_HELD") else {}
    return [one["timeZone"] for one in holds.get("freeze", []) + holds.get("windows", []) if "timeZone" in one]


def inside(window, at):
    if "timeZone" not in window:
        return moment(window["from"]) <= at < moment(window["to"])
    clock = (datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=at)).astimezone(zone(window["timeZone"]))
    now, end = clock.hour * 60 + clock.minute, minutes(window["to"]) if "to" in window else 1440
    return DAYS[clock.weekday()] in window["days"] and minutes(window.get("from", "00:00")) <= now < end


def held(holds, at):
    """Do these freezes and windows forbid a put at this moment?"""
    windows = holds.get("windows", [])
    return any(inside(one, at) for one in holds.get("freeze", [])) or (len(windows) > 0 and not any(inside(one, at) for one in windows))


RULE = both(members(name=text, quorum=whole, approvers=texts, remindEvery=real, rulesSha256=digest),
            maybe("stages", lambda v: isinstance(v, list) and all(map(STAGE, v))),
            maybe("escalate", members(after=real, approvers=texts)),
            maybe("delegates", lambda v: isinstance(v, dict) and all(map(texts, v.values()))),
            maybe("freeze", WINDOWS), maybe("windows", WINDOWS),
            maybe("breakGlass", members(reviewers=texts, remindEvery=real)))
PROPOSED = both(members(reason=text, binding=BINDING, before=digest, afterCanonical=digest, risk=text, rule=RULE,
                        expiresAt=instant, applyBy=instant), maybe("ticket", text), maybe("applyAfter", instant),
                maybe("revertAfter", lambda v: seconds(v) is not None),
                maybe("principalIds", lambda v: isinstance(v, dict) and all(map(text, v.values()))))

LEFT = members(stages=lambda v: isinstance(v, list) and all(map(texts, v)), escalation=texts,
               delegates=lambda v: isinstance(v, dict) and all(map(texts, v.values())))

SHAPES = {
    "SUBMITTED": both(members(key=KEY), PROPOSED, maybe("coAuthors", texts), maybe("reverts", text), maybe("rebases", text),
                      maybe("undoes", text), maybe("set", members(id=text, changes=texts, asOne=flag))),
    "ASKED": both(TOLD, maybe("people", texts)),
    "VERSIONED": both(members(version=whole), PROPOSED), "ESCALATED": members(to=texts), "CHANGES_TOLD": TOLD,
    "HELD_TOLD": both(TOLD, members(by=text), maybe("until", instant)),
    "APPROVAL_WITHDRAWN": both(SAID, maybe("askAgain", texts)), "CHANGES_REQUESTED": both(DECIDED, maybe("askAgain", texts)),
    "APPROVALS_LAPSED": members(people=texts, left=LEFT, rulesSha256=digest),
    "LAPSE_TOLD": TOLD, "COMMENTED": SAID, "DELEGATED": members(to=text, until=instant),
    "LINKS_REVOKED": maybe("of", text), "REVIEWED": members(verdict=text, comment=text), "REVIEW_ASKED": TOLD,
    "REMINDED": TOLD, "APPROVAL_GIVEN": both(DECIDED, maybe("onBehalfOf", text)),
    "REJECTED": DECIDED, "CANCELLED": members(comment=text), "EXPIRED": members(),
    "APPLY_INTENT": both(members(binding=BINDING, approvers=texts, fence=whole, attempt=text), maybe("today", members(freeze=WINDOWS, windows=WINDOWS))),
    "APPLY_HELD": members(by=text, fence=whole, attempt=text, today=members(freeze=WINDOWS, windows=WINDOWS)),
    "APPLIED": both(members(before=digest, after=digest, live=digest, put=flag), maybe("putAt", instant)), "STALE": both(members(live=digest, detail=text), maybe("by", text)),
    "REVERT_INTENT": members(binding=BINDING, fence=whole, attempt=text),
    "REVERTED": members(before=digest, after=digest, live=digest, put=flag),
    "FAILED": both(members(error=text, detail=text), maybe("live", digest)),
    "UNCERTAIN": both(members(detail=text), maybe("live", digest)), "CLOSED": TOLD,
    "BOUNCED": members(to=text, bounceType=text, detail=text), "COMPLAINED": members(to=text, detail=text), "PERSON_ERASED": members(who=text),
    "REFUSED": members(attempt=text, code=text),
    "BASELINED": members(after=digest, canonical=digest),
    "FOREIGN_WRITE": both(members(key=KEY, before=digest, after=digest, canonical=digest, foundBy=text, stands=flag, risk=text, rule=text,
                                  approvers=texts), maybe("trace", TRACE), maybe("byApplier", flag)),
    "FOREIGN_TRACED": members(trace=TRACE), "FOREIGN_TOLD": TOLD, "FOREIGN_ADOPTED": SAID,
}
BY_THE_WORKFLOW = {"ASKED", "REMINDED", "ESCALATED", "CHANGES_TOLD", "HELD_TOLD", "APPROVALS_LAPSED", "LAPSE_TOLD", "REVIEW_ASKED", "EXPIRED", "APPLY_INTENT", "APPLY_HELD", "APPLIED",
                   "REVERT_INTENT", "REVERTED", "STALE", "FAILED", "UNCERTAIN", "CLOSED"}
EVEN_AFTER_THE_END = {"PERSON_ERASED", "REFUSED", "ASKED", "BOUNCED", "COMPLAINED", "REVIEWED", "REVIEW_ASKED"}
OPEN = {"PENDING", "APPROVED", "APPLYING"}
MOST_ACTS = 500
BLANK = " \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
#: type: the states from which it may come, and the state that it leads to
MOVES = {
    "REJECTED": ({"PENDING", "APPROVED"}, "REJECTED"), "CANCELLED": ({"PENDING", "APPROVED"}, "CANCELLED"),
    "EXPIRED": ({"PENDING", "APPROVED"}, "EXPIRED"), "APPLY_INTENT": ({"APPROVED"}, "APPLYING"),
    "APPLY_HELD": ({"APPLYING"}, "APPROVED"), "APPLIED": ({"APPLYING"}, "APPLIED"), "STALE": ({"PENDING", "APPROVED", "APPLYING", "REVERTING"}, "STALE"),
    "REVERT_INTENT": ({"APPLIED"}, "REVERTING"), "REVERTED": ({"REVERTING"}, "REVERTED"),
    "FAILED": ({"APPROVED", "APPLYING", "APPLIED", "REVERTING"}, "FAILED"), "UNCERTAIN": ({"APPLYING", "REVERTING"}, "UNCERTAIN"),
}


def later(at, duration):
    year, month, day, hour, minute, second, millis = map(int, re.findall(r"[0-9]+", at))
    start = datetime(year, month, 1) + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    end = start + timedelta(milliseconds=millis + int(duration * 1000))
    return end.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (end.microsecond // 1000)


def asks_for_somebody(rule):
    stages = rule.get("stages")
    if stages is None:
        return rule["quorum"] >= 1
    people = {person for stage in stages for person in stage["approvers"]}
    return (len(stages) > 0 and all(stage["quorum"] >= 1 for stage in stages) and people == set(rule["approvers"])
            and rule["quorum"] == sum(stage["quorum"] for stage in stages))


def in_order(fact):
    return fact["at"] < fact["expiresAt"] <= fact["applyBy"] and fact.get("applyAfter", "") < fact["applyBy"]


class Change:
    """What the facts of one change add up to."""

    def __init__(self, fact):
        self.status, self.key, self.submitted = "PENDING", fact["keyArn"], fact["at"]
        self.authors = [fact["person"], *fact.get("coAuthors", [])]
        self.version, self.acts, self.delegations, self.reviewed, self.revert_at = 1, 0, [], False, None
        self.applied = False
        self.propose(fact)

    def propose(self, fact):
        self.rule, self.binding, self.before = fact["rule"], fact["binding"], fact["before"]
        self.expires, self.apply_by, self.since = fact["expiresAt"], fact["applyBy"], fact["at"]
        self.approvals, self.wants_changes, self.escalated = [], None, None
        self.after_canonical, self.apply_after, self.revert_after = fact["afterCanonical"], fact.get("applyAfter", ""), fact.get("revertAfter")
        rule = self.rule
        self.stages = rule["stages"] if "stages" in rule else [{"quorum": rule["quorum"], "approvers": rule["approvers"]}]

    def leave(self, left):
        """Takes people out of the rule, place by place."""
        stay = lambda people, gone: [one for one in people if one not in gone]
        rule = dict(self.rule)
        gone = left["stages"] + [[]] * len(self.stages)
        self.stages = [dict(stage, approvers=stay(stage["approvers"], gone[i])) for i, stage in enumerate(self.stages)]
        named = {person for stage in self.stages for person in stage["approvers"]}
        rule["approvers"] = [one for one in rule["approvers"] if one in named]
        if "escalate" in rule:
            rule["escalate"] = dict(rule["escalate"], approvers=stay(rule["escalate"]["approvers"], left["escalation"]))
        if "delegates" in rule:
            rule["delegates"] = {seat: stay(people, left["delegates"].get(seat, [])) for seat, people in rule["delegates"].items()}
        self.rule = rule

    def lapse(self, people, left):
        if self.status != "APPROVED":
            return False
        before = {one for one, _ in self.standing()[0]}
        self.leave(left)
        counted, stage = self.standing()
        if sorted(people) != sorted(before - {one for one, _ in counted}) or stage == len(self.stages):
            return False
        self.approvals = [fact for fact in self.approvals if fact["person"] not in people]
        return self.wait_again()

    def beyond(self):
        return self.rule["escalate"]["approvers"] if self.escalated is not None and "escalate" in self.rule else []

    def seat_counts(self, seat, stage, at):
        if seat in self.authors:
            return False
        there = stage < len(self.stages) and seat in self.stages[stage]["approvers"]
        return there or (seat in self.beyond() and at >= self.escalated)

    def stands_in(self, person, seat, at):
        return person in self.rule.get("delegates", {}).get(seat, []) and any(
            one["person"] == seat and one["to"] == person and one["at"] <= at < one["until"] for one in self.delegations)

    def standing(self):
        """The approvals that count, as (person, seat), and the stage that waits."""
        counted, stage, in_stage = [], 0, 0
        for fact in self.approvals:
            person, at = fact["person"], fact["at"]
            seat = fact.get("onBehalfOf", person)
            taken = {name for one in counted for name in one}
            if (stage < len(self.stages) and same(fact, self.binding) and at < self.expires and person not in self.authors
                    and (seat == person or self.stands_in(person, seat, at)) and self.seat_counts(seat, stage, at)
                    and not taken & {person, seat}):
                counted.append((person, seat))
                in_stage += 1
                while stage < len(self.stages) and in_stage >= self.stages[stage]["quorum"]:
                    stage, in_stage = stage + 1, 0
        return counted, stage

    def has_a_say(self, person, at):
        seats = [one for one in [*self.rule["approvers"], *self.beyond()] if one not in self.authors]
        return person not in self.authors and (person in seats or any(
            one["to"] == person and one["person"] in seats and self.stands_in(person, one["person"], at) for one in self.delegations))

    def seat_for(self, person, at):
        counted, stage = self.standing()
        taken = {name for one in counted for name in one}
        seats = [person] + [one["person"] for one in self.delegations if one["to"] == person]
        return next((seat for seat in seats if seat not in taken and self.seat_counts(seat, stage, at)
                     and (seat == person or self.stands_in(person, seat, at))), None)

    def late(self, at):
        over = self.status != "APPLYING" and at >= (self.expires if self.status == "PENDING" else self.apply_by)
        return over or self.acts >= MOST_ACTS

    def wait_again(self):
        self.status = "PENDING"
        return True

    def escalation(self):
        return later(self.since, self.rule["escalate"]["after"])

    def temporary(self):
        return self.status == "REVERTING" or (self.status == "APPLIED" and self.revert_at is not None)

    def revert_is_due(self, at):
        return self.temporary() and at >= self.revert_at

    def may_be_put(self, at, *today):
        when = moment(at)
        if when is None or not self.apply_after <= at < self.apply_by:
            return False
        return "breakGlass" in self.rule or not any(held(holds, when) for holds in (self.rule, *today))

    def held_now(self, at, today):
        when = moment(at)
        if when is None or "breakGlass" in self.rule:
            return False
        return at < self.apply_after or held(self.rule, when) or held(today, when)

    def take(self, fact):
        """Applies one fact; False when the facts before do not allow it."""
        kind, person, at, status = fact["type"], fact["person"], fact["at"], self.status
        if fact["keyArn"] != self.key or kind == "SUBMITTED":
            return False
        if kind in ("APPROVAL_GIVEN", "REJECTED", "CHANGES_REQUESTED", "APPROVAL_WITHDRAWN"):
            if not self.has_a_say(person, at) or status not in OPEN or self.late(at):
                return False
            if status == "APPLYING" or ("binding" in fact and not same(fact, self.binding)):
                return False
            if kind != "APPROVAL_GIVEN" and "onBehalfOf" in fact:
                return False
        if kind == "APPROVAL_GIVEN" and not self.approve(fact):
            return False
        if kind in ("APPROVAL_WITHDRAWN", "CHANGES_REQUESTED"):
            left = [one for one in self.approvals if one["person"] != person]
            if kind == "APPROVAL_WITHDRAWN" and len(left) == len(self.approvals):
                return False
            self.approvals, self.acts = left, self.acts + 1
            if kind == "CHANGES_REQUESTED":
                self.wants_changes = person
            enough = kind == "APPROVAL_WITHDRAWN" and status == "APPROVED" and self.standing()[1] == len(self.stages)
            return True if enough else self.wait_again()
        if kind == "APPROVALS_LAPSED":
            return self.lapse(fact["people"], fact["left"])
        if kind == "COMMENTED":
            speaks = person in self.authors or self.has_a_say(person, at)
            if not speaks or status not in OPEN or self.late(at) or not fact["comment"].strip(BLANK) or "onBehalfOf" in fact:
                return False
            self.acts += 1
        if kind == "LINKS_REVOKED":
            self.acts += 1
        if kind == "VERSIONED":
            if person != self.authors[0] or status not in ("PENDING", "APPROVED") or self.acts >= MOST_ACTS:
                return False
            if (status == "PENDING" and at >= self.expires) or fact["version"] != self.version + 1:
                return False
            if not asks_for_somebody(fact["rule"]) or not in_order(fact):
                return False
            self.version, self.acts = fact["version"], self.acts + 1
            self.propose(fact)
            return self.wait_again()
        if kind == "DELEGATED":
            to = fact["to"]
            if person in self.authors or person not in self.rule["approvers"] or to in self.authors:
                return False
            if to not in self.rule.get("delegates", {}).get(person, []) or status not in ("PENDING", "APPROVED"):
                return False
            if self.acts >= MOST_ACTS or not at < fact["until"] <= self.expires:
                return False
            self.acts += 1
            self.delegations.append(fact)
        if kind == "ESCALATED":
            if status != "PENDING" or "escalate" not in self.rule or self.escalated is not None or at < self.escalation():
                return False
            self.escalated = at
        if kind == "REVIEWED":
            counting = [one for one, _ in self.standing()[0]]
            if person in self.authors or person in counting or person not in self.rule.get("breakGlass", {}).get("reviewers", []):
                return False
            if not self.applied or self.reviewed or not fact["comment"].strip(BLANK):
                return False
            self.reviewed = True
        if kind == "EXPIRED" and not at >= {"PENDING": self.expires, "APPROVED": self.apply_by}.get(status, "~"):
            return False
        if kind == "APPLY_INTENT":
            counted, stage = self.standing()
            named = fact["approvers"]
            if not same(fact, self.binding) or not self.apply_after <= at < self.apply_by or stage != len(self.stages) or len(set(named)) != len(named):
                return False
            if not set(named) <= {one for one, _ in counted} or len(named) < self.rule["quorum"]:
                return False
            if "today" in fact and not self.may_be_put(at, fact["today"]):
                return False
        if kind == "APPLY_HELD" and not self.held_now(at, fact["today"]):
            return False
        if kind == "APPLIED" and (fact["before"], fact["after"]) != (self.before, self.binding["after"]):
            return False
        if kind == "APPLIED" and "putAt" in fact and not self.may_be_put(fact["putAt"]):
            return False
        if kind == "REVERT_INTENT":
            back = {"after": self.before, "base": self.after_canonical}
            if not same(fact, back) or not self.revert_is_due(at):
                return False
        if kind == "REVERTED" and (fact["before"], fact["after"]) != (self.binding["after"], self.before):
            return False
        if kind == "FAILED" and status == "APPLIED" and not self.revert_is_due(at):
            return False
        if kind == "STALE" and status in ("PENDING", "APPROVED") and "by" not in fact:
            return False
        if kind == "CLOSED" and (status in OPEN or status == "REVERTING"):
            return False
        if kind in MOVES:
            sources, self.status = MOVES[kind]
            if kind == "APPLIED":
                self.applied = True
                self.revert_at = later(at, seconds(self.revert_after)) if self.revert_after is not None else None
            return status in sources
        return True

    def approve(self, fact):
        person, at = fact["person"], fact["at"]
        counted, stage = self.standing()
        if any(one == person for one, _ in counted) or self.status != "PENDING" or at >= self.expires:
            return False
        if self.wants_changes not in (None, person):
            return False
        seat = self.seat_for(person, at)
        if seat is None and stage < len(self.stages):
            return False
        if fact.get("onBehalfOf", person) != (seat or person) or fact.get("onBehalfOf") == person:
            return False
        self.approvals.append(fact)
        self.acts, self.wants_changes = self.acts + 1, None
        if self.standing()[1] == len(self.stages):
            self.status = "APPROVED"
        return True


class Outside:
    """What happened to keys outside of the workflow."""

    def __init__(self):
        self.seen, self.writes, self.over = set(), {}, set()

    def take(self, fact):
        kind, name, key = fact["type"], fact["change"], fact["keyArn"]
        if (kind == "FOREIGN_ADOPTED") == (fact["person"] == WORKFLOW):
            return False
        if kind == "BASELINED":
            first = key not in self.seen
            self.seen.add(key)
            return first
        write = self.writes.get(name)
        if kind == "FOREIGN_WRITE":
            if write is not None or name in self.over or fact["key"]["arn"] != key:
                return False
            self.seen.add(key)
            self.writes[name] = dict(fact)
            return True
        if write is None:
            return name in self.over and kind != "FOREIGN_ADOPTED"
        if write["keyArn"] != key:
            return False
        if kind == "FOREIGN_TRACED":
            if "trace" in write:
                return False
            write["trace"] = fact["trace"]
        if kind == "FOREIGN_ADOPTED":
            if "trace" not in write:
                return False
            writer = write["trace"]["caller"].split("/")[-1].lower()
            if fact["person"] not in write["approvers"] or fact["person"].lower() == writer or not fact["comment"].strip(BLANK):
                return False
            del self.writes[name]
            self.over.add(name)
        return True

    def allows_undo(self, fact):
        if "undoes" not in fact:
            return True
        write = self.writes.get(fact["undoes"])
        return write is not None and write["keyArn"] == fact["keyArn"] and write["before"] != write["after"]


def judge(open_changes, outside, fact):
    """Applies one fact to the open changes; False when the facts before do not allow it."""
    kind, name = fact["type"], fact["change"]
    if kind == "BASELINED" or kind.startswith("FOREIGN_"):
        return outside.take(fact)
    if kind == "SUBMITTED" and not outside.allows_undo(fact):
        return False
    if kind in BY_THE_WORKFLOW and fact["person"] != WORKFLOW:
        return False
    change = open_changes.get(name)
    if change is None:
        if kind in EVEN_AFTER_THE_END:
            return True
        if kind != "SUBMITTED" or fact["key"]["arn"] != fact["keyArn"] or not asks_for_somebody(fact["rule"]):
            return False
        if not in_order(fact) or ("set" in fact and name not in fact["set"]["changes"]):
            return False
        open_changes[name] = Change(fact)
        return True
    try:
        if not change.take(fact):
            return False
    except (ValueError, OverflowError):  # a time that there is not
        return False
    if kind == "CLOSED" and not change.temporary():
        del open_changes[name]
    return True


def documents(fact):
    if fact["type"] in ("SUBMITTED", "VERSIONED"):
        return [fact["before"], fact["binding"]["after"]]
    return {"FOREIGN_WRITE": lambda: [fact["before"], fact["after"]], "BASELINED": lambda: [fact["after"]]}.get(fact["type"], list)()


def same(fact, binding):
    return all(fact["binding"][part] == binding[part] for part in ("after", "base"))


# ── The log ────────────────────────────────────────────────────────────────────────────────────────────────────
def read_note(note):
    match = NOTE.fullmatch(note)
    return match and {"log": match[1], "seq": int(match[2]), "hash": match[3], "time": match[4]}


def read_pin(mail):
    """The checkpoint in a file that somebody kept, wherever it stands in it; None when it holds none."""
    found = re.search(r"^%s\n(?:.*\n){4}" % re.escape(DOMAIN), mail.replace("\r\n", "\n"), re.MULTILINE)
    return read_note(found.group()) if found else None


def read_outside(said, max_age):
    """What countersign outside wrote: (note, signature) or None, and up to when entries must be covered by it; None when it is something else."""
    unix = said.replace("\r\n", "\n")
    note = re.search(r"^%s\n(?:.*\n){4}" % re.escape(DOMAIN), unix, re.MULTILINE)
    signature = re.search(r"^\s*Signature: ([A-Za-z0-9_+/]+=*)$", unix, re.MULTILINE)
    read = re.search(r"^Read: (.*)$", unix, re.MULTILINE)
    at = read and INSTANT.fullmatch(read[1]) and moment(read[1])
    there = note is not None and signature is not None
    if not at or not (there or said.startswith("No checkpoint lies there.")):
        return None
    return {"signed": (note.group(), signature[1]) if there else None, "late": later("1970-01-01T00:00:00.000Z", at / 1000 - max_age)}


MEMBERS = {
    "log": {"kind", "format", "log", "whole"}, "entry": {"kind", "seq", "hash", "body", "documents", "openings"},
    "checkpoint": {"kind", "note", "signature"}, "head": {"kind", "seq", "hash"},
}


def is_record(r):
    place = lambda: whole(r.get("seq")) and r["seq"] >= 0 and text(r.get("hash"))
    kind = r.get("kind") if isinstance(r, dict) else None
    if not isinstance(kind, str) or not set(r) <= MEMBERS.get(kind, set()):
        return False
    if kind == "log":
        return r.get("format") == "countersign-export/v1" and text(r.get("log")) and flag(r.get("whole"))
    if kind == "entry":
        openings = r.get("openings", {})
        said = lambda o: isinstance(o, dict) and len(o) == 2 and text(o.get("salt")) and text(o.get("value"))
        return place() and text(r.get("body")) and texts(r.get("documents", [])) and isinstance(openings, dict) and all(map(said, openings.values()))
    if kind == "checkpoint":
        return text(r.get("note")) and text(r.get("signature"))
    return kind == "head" and place()


def forged(r):
    """Is something said about a seal of this entry that it was not made from?"""
    def holds(seal, o):
        if seal not in r["body"] or not HASH.fullmatch(o["salt"]):
            return False
        kind = "per" if seal.startswith("per_") else "txt"
        value = re.sub("[\ud800-\udfff]", "\ufffd", o["value"])
        return seal == kind + "_" + hmac.new(bytes.fromhex(o["salt"]), (kind + "\0" + value).encode("utf-8"), "sha256").hexdigest()
    return not all(holds(seal, o) for seal, o in r.get("openings", {}).items())


class Verification:
    def __init__(self, key, pin, outside):
        self.key, self.pins, self.outside_to, self.late = key, [pin] if pin else [], None, None
        self.header, self.ended, self.gap, self.newest = None, False, None, None
        self.seq, self.hash = 0, sha256(DOMAIN + "\0genesis\0" + LOG)
        self.entries, self.checkpoints, self.vouched, self.open, self.outside = 0, 0, 0, {}, Outside()
        if outside is not None:
            self.look_outside(outside["signed"], outside["late"])

    def look_outside(self, signed, late):
        """The log must reach what lies outside, and no entry behind that may be older than this."""
        note = signed and read_note(signed[0])
        if signed and not (note and is_signed(self.key, *signed)):
            self.gap = "the newest checkpoint outside is not signed with this public key"
            return
        if note:
            self.pins.append(note)
        self.outside_to, self.late = note["seq"] if note else 0, late

    def take(self, r):
        if not is_record(r):
            raise Incomplete("no record of an export")
        if self.ended:
            raise Incomplete("something follows after the head")
        if self.header is None:
            if r["kind"] != "log" or r["log"] != LOG:
                raise Incomplete("no header of this log")
            self.header = r
            self.pinned()
        elif r["kind"] == "log":
            raise Incomplete("a second header")
        else:
            getattr(self, r["kind"])(r, self.header["whole"])

    def entry(self, r, whole_log):
        due = self.seq + 1 if whole_log else r["seq"]
        if r["seq"] != due:
            raise Tampered(due, "missing, or out of order")
        if sha256(DOMAIN + "\0\0" + r["body"]) != r["hash"]:
            raise Tampered(due, "its hash is not that of its text")
        try:
            fact = read_json(r["body"])
            if canonical(fact) != r["body"]:
                raise ValueError
        except (ValueError, OverflowError, RecursionError):
            raise Tampered(due, "its text is not in the one form that is ever written")
        if not whole_log and forged(r):
            raise Tampered(due, "somebody or something else than was sealed")
        if whole_log:
            self.place(r, fact, due)
        self.entries += 1
        if whole_log:
            self.pinned()

    def place(self, r, fact, due):
        known = COMMON(fact) and fact["type"] in SHAPES
        if not COMMON(fact) or (known and not SHAPES[fact["type"]](fact)):
            raise Tampered(due, "its text is no fact")
        if (fact["log"], fact["seq"], fact["prev"]) != (LOG, due, self.hash):
            raise Tampered(due, "it does not follow the entry before it")
        if forged(r):
            raise Tampered(due, "somebody or something else than was sealed")
        if not known or not all(map(zone, zones_in(fact))):
            self.open[fact["change"]] = "unjudged"
            self.gap = self.gap or "entry %d is a %s" % (due, fact["type"])
        elif known and [sha256(d) for d in r.get("documents", [])] != documents(fact):
            raise Tampered(due, "its documents are missing or others")
        elif self.open.get(fact["change"]) != "unjudged" and not judge(self.open, self.outside, fact):
            raise Tampered(due, "the facts before do not allow it")
        self.seq, self.hash = due, r["hash"]
        if self.outside_to == due - 1 and fact["at"] < self.late:
            self.gap = self.gap or "entry %d of %s is not covered by a checkpoint outside" % (due, fact["at"])

    def pinned(self):
        for pin in self.pins:
            if pin["seq"] == self.seq:
                if pin["hash"] != self.hash:
                    raise Tampered(self.vouched + 1, "not what is pinned")
                self.vouched = max(self.vouched, self.seq)

    def checkpoint(self, r, whole_log):
        c, suspect = read_note(r["note"]), self.vouched + 1
        if c is None or not is_signed(self.key, r["note"], r["signature"]) or c["log"] != LOG:
            raise Tampered(suspect, "a checkpoint that the notary has not signed")
        if self.newest and (c["seq"] <= self.newest["seq"] or c["time"] < self.newest["time"]):
            raise Tampered(suspect, "a checkpoint goes back")
        if whole_log and c["seq"] > self.seq:
            raise Tampered(self.seq + 1, "entries that were signed are missing")
        if whole_log and (c["seq"] < self.seq or c["hash"] != self.hash):
            raise Tampered(suspect, "not what was signed")
        self.newest, self.vouched = c, max(self.vouched, c["seq"])
        self.checkpoints += 1

    def head(self, r, whole_log):
        self.ended = True
        if not whole_log:
            return
        if r["seq"] != self.seq:
            raise Tampered(min(r["seq"], self.seq) + 1, "the head is another entry than the last")
        if r["hash"] != self.hash:
            raise Tampered(self.vouched + 1, "the head is not the hash of the last entry")
        if any(pin["seq"] > self.seq for pin in self.pins):
            raise Tampered(self.seq + 1, "entries that are pinned are missing")

    def finish(self):
        if self.gap or not self.ended or not self.header["whole"] or self.newest is None:
            raise Incomplete(self.gap or "the end, entries or every checkpoint are missing")


def verify(lines, key, pin=None, outside=None):
    v = Verification(key, pin, outside)
    so_far = lambda **more: dict(entries=v.entries, checkpoints=v.checkpoints, **more)
    try:
        for line in lines:
            try:
                record = read_json(line)
            except (ValueError, OverflowError, RecursionError):
                raise Incomplete(v.gap or "a line cannot be read")
            v.take(record)
        v.finish()
    except Tampered as bad:
        return so_far(verdict="tampered", firstBad=bad.seq, why=bad.why)
    except Incomplete as gap:
        return so_far(verdict="incomplete", why=str(gap))
    dangling = [name for name, change in v.open.items() if change != "unjudged" and change.status in ("APPLYING", "REVERTING")]
    return so_far(verdict="clean", protectedTo=v.vouched, dangling=dangling)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--export", required=True)
    parser.add_argument("--public-key", required=True)
    parser.add_argument("--pin")
    parser.add_argument("--outside")
    parser.add_argument("--max-age", default="1h")
    args = parser.parse_args()
    key = read_public_key(open(args.public_key).read())
    pin = read_pin(open(args.pin, newline="").read()) if args.pin else None
    if args.pin and pin is None:
        unusable("the pin holds no checkpoint")
    age = re.fullmatch("([0-9]{1,6})([mhd])", args.max_age)
    if age is None:
        unusable("--max-age is a number of minutes, hours or days: 30m, 1h, 2d")
    max_age = int(age[1]) * {"m": 60, "h": 3600, "d": 86400}[age[2]]
    outside = read_outside(open(args.outside, newline="").read(), max_age) if args.outside else None
    if args.outside and outside is None:
        unusable("the file is not what countersign outside wrote")
    with open(args.export, encoding="utf-8", errors="surrogateescape", newline="\n") as lines:
        verdict = verify(lines, key, pin, outside)
    print(json.dumps(verdict))
    sys.exit({"clean": 0, "tampered": 1, "incomplete": 2}[verdict["verdict"]])


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # Python itself would end with 1 then, and 1 says tampered.
        unusable("not everything could be read: %s: %s" % (type(error).__name__, error))
