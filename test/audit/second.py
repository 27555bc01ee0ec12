"""The second verifier on many cases: one JSON {"key", "lines", "pin", "outside"} a line in, one verdict a line out."""
import importlib.util, json, sys

spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
second = importlib.util.module_from_spec(spec)
spec.loader.exec_module(second)
for line in sys.stdin:
    case = json.loads(line)
    pin = second.read_note(case["pin"]) if case["pin"] else None
    outside = second.read_outside(case["outside"]["text"], case["outside"]["maxAge"]) if "outside" in case else None
    print(json.dumps(second.verify(case["lines"], second.read_public_key(case["key"]), pin, outside)))
