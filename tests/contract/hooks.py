"""What schemathesis cannot know: how to sign in, and which ids there are.

Requests are made up from the served description. Most of those that name a record, a conflict, an audit entry or a
device get one that is there instead, so that they reach the rules behind the parsers; the rest keep what was made up.
"""

import atexit
import base64
import hashlib
import os
import random
import secrets
from collections import Counter, defaultdict
from functools import cache
from urllib.parse import parse_qs, urlsplit

import requests
import schemathesis

SERVER = os.environ["HOLDFAST_SERVER_URL"]
PERSON = os.environ["HOLDFAST_PERSON"]
ORDER = {"title": "Hose leaks", "siteId": "north", "status": "assigned", "assignedTo": "technician"}
CHOICES = [
    {"choice": "mine"},
    {"choice": "theirs", "remember": True},
    {"choice": "value", "value": "so"},
    {"choice": "value", "value": 7},
    {"choice": "recreate"},
    {"choice": ""},
]

dice = random.Random(int(os.environ["HOLDFAST_SEED"]))
cursors = [None]
answers = defaultdict(Counter)


def mostly() -> bool:
    return dice.random() < 0.7


@cache
def sign_in() -> str:
    """By authorization code with PKCE, as the app does."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    app = {"client_id": "holdfast-pwa", "redirect_uri": f"{SERVER}/signed-in"}
    asked = {"response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256", **app}
    form = {"username": PERSON, "password": "demo"}
    page = requests.post(f"{SERVER}/oauth/authorize", params=asked, data=form, allow_redirects=False, timeout=30)
    code = parse_qs(urlsplit(page.headers["location"]).query)["code"][0]
    proof = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, **app}
    tokens = requests.post(f"{SERVER}/oauth/token", data=proof, timeout=30)
    tokens.raise_for_status()
    return tokens.json()["access_token"]


def ask(method: str, path: str, **more):
    headers = {"Authorization": f"Bearer {sign_in()}", **more.pop("headers", {})}
    return requests.request(method, f"{SERVER}/api/v1{path}", headers=headers, timeout=30, **more)


@cache
def device() -> str:
    return ask("GET", "/me").json()["device"]["id"]


@cache
def id_fields() -> dict[str, str]:
    """By plural name."""
    packs = ask("GET", "/domains").json()["packs"]
    return {entity["plural"]: entity["idField"] for pack in packs for entity in pack["entities"]}


@cache
def ids(plural: str) -> list[str]:
    page = ask("GET", f"/{plural}?limit=20") if plural in id_fields() else None
    return [record[id_fields()[plural]] for record in page.json()["items"]] if page and page.ok else []


@cache
def conflicts() -> list[str]:
    """Two authors over one field that a person settles."""
    made = []
    for _ in range(5):
        created = ask("POST", "/work-orders", json={**ORDER, "completionNotes": "first"})
        order, seen = created.json()["workOrderId"], {"If-Match": created.headers["ETag"]}
        ask("PATCH", f"/work-orders/{order}", json={"completionNotes": "second"}, headers=seen)
        late = ask("PATCH", f"/work-orders/{order}", json={"completionNotes": "third"}, headers=seen)
        made.append(late.json()["conflict"]["conflictId"])
    return made


@cache
def audits() -> list[str]:
    conflicts()
    page = ask("GET", "/audit?limit=20")
    return [entry["auditId"] for entry in page.json()["items"]] if page.ok else []


def one_of(known: list[str], made_up: str) -> str:
    return dice.choice(known) if known and mostly() else made_up


@schemathesis.auth()
class Bearer:
    def get(self, case, context):
        return sign_in()

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    place, body = case.path_parameters or {}, case.body
    if case.path.startswith("/api/v1/{entities}"):
        if mostly():
            place["entities"] = "work-orders"
        if "id" in place:
            place["id"] = one_of(ids(place["entities"]), place["id"])
        if isinstance(body, dict) and mostly():
            case.body = {**ORDER, "completionNotes": "mine", **body} if case.method == "POST" else change(body)
    elif case.path == "/api/v1/conflicts/{id}/resolve":
        place["id"] = one_of(conflicts(), place["id"])
        if isinstance(body, dict) and mostly():
            body["resolution"] = {"completionNotes": dice.choice(CHOICES)}
    elif case.path == "/api/v1/audit/{id}/restore":
        place["id"] = one_of(audits(), place["id"])
        if isinstance(body, dict) and mostly():
            body.pop("losing", None)
    elif case.path == "/api/v1/devices/{id}" and place["id"] == device():
        # Answers tell it, and it would sign this session out.
        place["id"] = "another"
    elif case.path == "/api/v1/sync/push" and isinstance(body, dict) and mostly():
        body["deviceId"] = device()
        for operation in filter(lambda each: isinstance(each, dict), body.get("operations") or []):
            operation["entityType"] = one_of(["work-order", "conflict", "notice"], operation.get("entityType"))
            operation["entityId"] = one_of(ids("work-orders"), operation.get("entityId"))
            operation["payload"] = change(operation.get("payload"))
    elif case.path == "/api/v1/sync/records" and mostly():
        plural = dice.choice(list(id_fields()))
        case.query = {"entity": plural, "ids": ",".join(ids(plural)[:5]) or "none"}
    elif case.path in ("/api/v1/sync/delta", "/api/v1/sync/digest") and mostly():
        case.query = {name: value for name, value in (case.query or {}).items() if name not in ("since", "entities")}
        cursor = dice.choice(cursors[-3:])
        case.query.update({"since": cursor} if cursor else {})


def change(fields) -> dict:
    """Some fields that there are, rightly or wrongly filled, and now and then whatever was made up."""
    kept = fields if isinstance(fields, dict) and dice.random() < 0.2 else {}
    right = {"title": "Late", "costEstimate": 3, "tags": ["wet"], "completionNotes": "so", "priority": "low"}
    wrong = ["on-hold", "", None, -1.5, True, [], {}, [{"noteId": 7}], "2026-11-21T08:30:00Z"]
    name = dice.choice([*right, "status", "tasks", "notes", "partsUsed", "_version"])
    return {**kept, name: right[name] if name in right and mostly() else dice.choice(wrong)}


@schemathesis.hook
def after_call(context, case, response):
    signed_in = response.request.headers.get("Authorization") == f"Bearer {sign_in()}"
    assert not (signed_in and response.status_code == 401), "the session ended: nothing more would be tried"
    answers[f"{case.operation.method.upper()} {case.path}"][response.status_code] += 1
    if case.path == "/api/v1/sync/delta" and response.status_code == 200:
        cursors.append(response.json()["cursor"])


@atexit.register
def tell():
    """How far the requests got: a contract that no success was held to is not held."""
    by_status = sum(answers.values(), Counter())
    told = ", ".join(f"{count} × {status}" for status, count in sorted(by_status.items()))
    print(f"{PERSON}: {by_status.total()} requests: {told}")
    for operation, statuses in sorted(answers.items()):
        if min(statuses) >= 400:
            print(f"  never a success: {operation} ({', '.join(map(str, sorted(statuses)))})")
