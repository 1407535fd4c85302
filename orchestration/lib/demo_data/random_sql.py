"""Repeatable random numbers as SQL expressions over whole numbers.

DuckDB's own `hash()` may change between versions and `random()` depends on the threads, so the
demo data mixes the row's number itself: xor with a constant, multiply, fold, multiply, each within
32 bits. The constants come from the seed and the name of the draw, so every draw is independent of
the others and the same on every machine.
"""

from dataclasses import dataclass
from hashlib import blake2b

LARGEST = 2**32 - 1


@dataclass(frozen=True)
class Draws:
    """Random draws for the rows of one entity, one draw per name."""

    seed: int
    entity: str
    number: str = "number"

    def bits(self, name: str) -> str:
        """SQL for a whole number from 0 to 2^32 - 1; the row's number must be under 2^32."""
        digest = blake2b(f"{self.seed}/{self.entity}/{name}".encode(), digest_size=12).digest()
        offset, first, second = (int.from_bytes(digest[i : i + 4], "big") for i in (0, 4, 8))
        # Odd factors under 2^31 lose nothing and cannot overflow a 64-bit product.
        mixed = f"(xor({self.number}, {offset}) * {first >> 1 | 1} & {LARGEST})"
        return f"(xor({mixed}, {mixed} >> 15) * {second >> 1 | 1} & {LARGEST})"

    def fraction(self, name: str) -> str:
        """SQL for a number from 0 up to but not including 1."""
        return f"({self.bits(name)} / 4294967296.0::double)"

    def below(self, limit: str | int, name: str) -> str:
        """SQL for a whole number from 0 to limit - 1; null where the limit is 0 or null."""
        return f"(case when ({limit}) > 0 then {self.bits(name)} * ({limit})::bigint >> 32 end)"

    def chance(self, share: float | str, name: str) -> str:
        """SQL for a boolean that is true for about `share` of the rows."""
        return f"({self.fraction(name)} < {share})"

    def pick(self, weights: dict[str, float], name: str) -> str:
        """SQL for one of the texts, each with its weight; the weights add up to 1."""
        return pick(self.fraction(name), weights)

    def spread(self, name: str) -> str:
        """SQL for a bell-shaped number from -1.5 to 1.5 around 0."""
        parts = (self.fraction(f"{name} {part}") for part in range(3))
        return f"({' + '.join(parts)} - 1.5)"


def pick(fraction: str, weights: dict[str, float]) -> str:
    """SQL for one of the texts, chosen by a fraction from 0 to 1; the last one takes the rest."""
    *firsts, last = weights
    reached = 0.0
    branches = []
    for text in firsts:
        reached += weights[text]
        branches.append(f"when {fraction} < {reached:.6f} then {literal(text)}")
    return f"case {' '.join(branches)} else {literal(last)} end" if branches else literal(last)


def literal(text: str) -> str:
    """SQL literal of a text; an empty text stands for null."""
    return "'" + text.replace("'", "''") + "'" if text else "null"
