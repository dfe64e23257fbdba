"""Reads the vCards on standard input with Python's vobject and writes what it understood, one JSON array."""
import base64
import io
import json
import sys

import vobject

cards = []
text = sys.stdin.buffer.read().decode("utf-8")
for card in vobject.readComponents(io.StringIO(text, newline="")):
    values = lambda name: [each.value for each in card.contents.get(name, [])]
    adr = lambda a: [a.box, a.extended, a.street, a.city, a.region, a.code, a.country]
    name = card.n.value
    cards.append(
        {
            "uid": card.uid.value,
            "fn": card.fn.value,
            "n": [name.family, name.given, name.additional, name.prefix, name.suffix],
            # vobject gives the units of an organisation as a list.
            "org": [unit for org in values("org") for unit in org],
            "title": values("title"),
            "tel": [
                [each.value, "PREF" in each.params.get("TYPE", []), each.group or ""]
                for each in card.contents["tel"]
            ],
            "label": [[each.value, each.group or ""] for each in card.contents.get("x-ablabel", [])],
            "email": values("email"),
            "url": values("url"),
            "adr": [adr(a) for a in values("adr")],
            "note": values("note"),
            "photo": [base64.b64encode(photo).decode("ascii") for photo in values("photo")],
        }
    )
json.dump(cards, sys.stdout)
