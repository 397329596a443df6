"""Made-up reviews of goods with a title, a price and a shop: whether they are sent back hangs on all of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from made import BAD, FILLER, GOOD, THINGS
from made_kinds import write_jsonlines

SHOPS = {"market": 0.0, "outlet": -0.5, "boutique": 0.5, "workshop": 1.0}


def make_goods(rows: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Rows with title, body, price, shop and label: what is dear, of a rough shop, and called bad is sent back.

    One price in ten and one shop in twelve are empty; a word in the title counts as much as one in the body.
    """
    chance = random.Random(seed)
    made = []
    for number in range(rows):
        price = round(chance.lognormvariate(3.0, 0.8), 2)
        shop = chance.choice(list(SHOPS))
        praised = [chance.random() < 0.5 for _ in range(2)]
        title, body = (chance.choice(GOOD if good else BAD) for good in praised)
        content = sum(1.0 if good else -1.0 for good in praised) + SHOPS[shop] - (price > 30) + (price <= 12)
        label = "kept" if content + chance.gauss(0, 0.3) > 0.1 else "sent back"
        thing = chance.choice(THINGS)
        made.append(
            {
                "title": f"{title} {thing}",
                "body": f"the {thing} was {body}, {chance.choice(FILLER)} ({number})",
                "price": None if chance.random() < 0.1 else price,
                "shop": None if chance.random() < 1 / 12 else shop,
                "label": label,
            }
        )
    return made


if __name__ == "__main__":
    write_jsonlines(Path(__file__).parent.parent / "configs" / "goods.jsonl", make_goods(900))
